from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.domain.snapshot import Behind, BehindBasis
from ehtui.views import formats
from ehtui.views.formats import UTC_CLOCK, Clock
from tests.views.world import NOW

DAY = 86400


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "–"),
        (0, "0s"),
        (0.4, "<1s"),
        (1, "1s"),
        (59.9, "59s"),
        (60, "1m"),
        (61, "1m01s"),
        (139, "2m19s"),
        (3600, "1h"),
        (3659, "1h"),
        (7080, "1h58m"),
        (7380, "2h03m"),
        (3 * DAY, "3d"),
        (3 * DAY + 4 * 3600, "3d04h"),
        (-30, "-30s"),
    ],
)
def test_duration(seconds: float | None, text: str) -> None:
    assert formats.duration(seconds) == text


UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": DAY}


@given(st.floats(min_value=1, max_value=10_000 * DAY))
def test_a_duration_is_never_longer_than_it_was(seconds: float) -> None:
    parts = re.findall(r"(\d+)([smhd])", formats.duration(seconds))
    told = sum(int(number) * UNIT_S[unit] for number, unit in parts)
    resolution = 1 if seconds < 3600 else 60 if seconds < DAY else 3600

    assert told <= seconds < told + resolution


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "–"), (5, "5s"), (139, "2m"), (7199, "1h"), (2 * DAY + 1, "2d")]
)
def test_coarse(seconds: float | None, text: str) -> None:
    assert formats.coarse(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "–"), (0.4, "now"), (2, "2s ago"), (139, "2m19s ago")]
)
def test_age(seconds: float | None, text: str) -> None:
    assert formats.age(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0, "0"), (1823, "1,823"), (10**9, "1,000,000,000")]
)
def test_count(value: int | None, text: str) -> None:
    assert formats.count(value) == text


@pytest.mark.parametrize(
    ("per_s", "text"),
    [
        (None, "–"),
        (math.inf, "–"),
        (0.0, "0.0"),
        (0.01, "<0.1"),
        (13.04, "13.0"),
        (99.9, "99.9"),
        (260.4, "260"),
        (1240.0, "1,240"),
    ],
)
def test_rate(per_s: float | None, text: str) -> None:
    assert formats.rate(per_s) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(None, "–"), (0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (48_000_000, "45.8 MiB")],
)
def test_size(amount: int | None, text: str) -> None:
    assert formats.size(amount) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (Behind(0.0, BehindBasis.MEASURED), "0s"),
        (Behind(0.5, BehindBasis.INTERPOLATED), "<1s"),
        (Behind(140.0, BehindBasis.INTERPOLATED), "~2m20s"),
        (Behind(1800.0, BehindBasis.AT_LEAST), ">30m"),
        (Behind(0.4, BehindBasis.AT_LEAST), ">0s"),
        (Behind(139.0, BehindBasis.EXACT), "2m19s"),
    ],
)
def test_behind(value: Behind | None, text: str) -> None:
    assert formats.behind(value) == text


@pytest.mark.parametrize(
    ("value", "is_bound", "text"),
    [(None, True, "–"), (0, False, "0"), (1820, False, "1,820"), (232, True, "≤232")],
)
def test_lag(value: int | None, is_bound: bool, text: str) -> None:
    assert formats.lag(value, is_bound=is_bound) == text


@pytest.mark.parametrize(
    ("owner", "text"),
    [
        (None, "–"),
        ("", "–"),
        ("73fda457-b555-4af5-873a-54a2baa5fd95", "73fda457"),
        ("a", "a"),
        ("소비자하나둘셋", "소비자하"),
        ("\x1b[31mred", "\\x1b[31m"),
    ],
)
def test_owner(owner: str | None, text: str) -> None:
    assert formats.owner(owner) == text


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ((), ""),
        (("2",), "2"),
        (("0", "1"), "0,1"),
        (("3", "0", "1", "2", "7"), "0–3,7"),
        (("0", "2", "3", "4"), "0,2–4"),
        (("a", "1"), "a,1"),
    ],
)
def test_number_ranges(names: tuple[str, ...], text: str) -> None:
    assert formats.number_ranges(names) == text


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ((), ""),
        (("a",), "a"),
        (("a", "b"), "a and b"),
        (("a", "b", "c"), "a, b and c"),
        (tuple("abcdefgh"), "a, b, c, d, e and 3 more"),
    ],
)
def test_listed(items: tuple[str, ...], text: str) -> None:
    assert formats.listed(items) == text


def test_a_command_can_be_pasted() -> None:
    assert formats.command("ehtui", "--group", "$Default") == "ehtui --group '$Default'"


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 events"), (1, "1 event"), (1820, "1,820 events")]
)
def test_plural(number: int, text: str) -> None:
    assert formats.plural(number, "event") == text


def test_clocks() -> None:
    seoul = Clock(9 * 3600)

    assert UTC_CLOCK.time(NOW) == "12:03:00"
    assert seoul.time(NOW) == "21:03:00"
    assert UTC_CLOCK.full(NOW) == "2026-11-22 12:03:00 UTC"
    assert seoul.full(NOW) == "2026-11-22 21:03:00 UTC+09:00"
    assert UTC_CLOCK.moment(NOW - DAY, NOW) == "11-21 12:03:00"
    assert seoul.moment(NOW - 10 * 3600, NOW) == "11:03:00"
    assert UTC_CLOCK.moment(NOW - 13 * 3600, NOW) == "11-21 23:03:00"
    assert UTC_CLOCK.span(NOW + 41, NOW + 77, NOW) == "12:03:41–12:04:17"
    assert UTC_CLOCK.time(None) == UTC_CLOCK.full(None) == UTC_CLOCK.moment(None, NOW) == "–"


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "–"), (0.3, "+0.3s"), (-12.0, "-12.0s"), (-0.04, "+0.0s")]
)
def test_differences_of_clocks(seconds: float | None, text: str) -> None:
    assert formats.signed_s(seconds) == text


def test_all_of_few_is_said_as_people_say_it() -> None:
    told = [formats.every(number, "owner") for number in (1, 2, 3)]
    assert told == ["The only owner", "Both owners", "All 3 owners"]


def test_a_measured_zero_arrives_as_nothing() -> None:
    assert formats.arriving(0.0) == "nothing arrives"
    assert formats.arriving(13.0) == "13.0/s arrive"
