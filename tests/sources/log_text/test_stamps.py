"""Time stamps: what they say of the moment, and whether they say their zone."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.sources.log_text.heads import epoch, find_stamp, quick_stamp

AT = 1_768_943_519.0  # 2026-01-20 21:11:59 UTC
NOW = AT + 3600


@pytest.fixture
def seoul(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A host nine hours ahead of UTC."""
    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "at", "step_s"),
    [
        ("2026-01-20T21:11:59Z", AT, 1.0),
        ("2026-01-20 21:11:59.25 UTC", AT + 0.25, 0.01),
        ("2026-01-20 22:11:59,250+01:00", AT + 0.25, 0.001),
        ("[2026-01-20 12:11:59 -0900]", AT, 1.0),
        ("2026/01/20 21:11:59 GMT x", AT, 1.0),
        ("20/Jan/2026:21:11:59 +0000", AT, 1.0),
        ("20-Jan-2026 21:11:59.5 Z", AT + 0.5, 0.1),
        ("2026-01-20T21:11:59.123456789Z", AT + 0.123456, 1e-9),
        ("2026-12-31T23:59:60Z", 1_798_761_599.0, 1.0),
    ],
)
def test_a_stamp_that_says_its_zone_is_one_moment(text: str, at: float, step_s: float) -> None:
    found = find_stamp(text, NOW)

    assert found is not None
    (moment,) = found.written_at.readings
    assert moment == pytest.approx(at, abs=1e-6)
    assert found.written_at.step_s == pytest.approx(step_s)


@pytest.mark.usefixtures("seoul")
@pytest.mark.parametrize(
    "text",
    [
        "2026-01-20 21:11:59",
        "2026/01/20 21:11:59",
        "Jan 20, 2026 9:11:59 PM",
        "20 Jan 2026 21:11:59",
        "Jan 20 21:11:59",
        "[01/20/26 21:11:59]",
    ],
)
def test_a_stamp_without_a_zone_is_local_time_or_utc(text: str) -> None:
    found = find_stamp(text, NOW)

    assert found is not None
    assert not found.written_at.is_zone_stated
    assert found.written_at.readings == (AT - 9 * 3600, AT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "21:11:59.123 [main] INFO x",  # of any day
        "2026-13-20 21:11:59",
        "2026-02-30 21:11:59",
        "Feb 29 21:11:59",
        "2026-01-20 29:11:59",
        "9999-99-99 99:99:99",
        "version 2026-01-20",
    ],
)
def test_what_is_no_moment_is_unknown(text: str) -> None:
    assert find_stamp(text, NOW) is None


def test_the_year_is_the_one_that_lies_before_now() -> None:
    found = find_stamp("Dec 31 23:59:59", AT)  # in January

    assert found is not None
    assert AT - 25 * 86_400 < found.written_at.at_if_utc < AT


@pytest.mark.parametrize(
    ("number", "at", "step_s"),
    [
        (AT, AT, 1.0),
        (AT + 0.25, AT + 0.25, 0.001),
        (AT * 1e3 + 250, AT + 0.25, 1e-3),
        (AT * 1e6, AT, 1e-6),
        (int(AT) * 10**9, AT, 1e-9),
    ],
)
def test_an_epoch_number_says_its_unit_by_its_size(number: float, at: float, step_s: float) -> None:
    written_at = epoch(number)

    assert written_at is not None
    assert written_at.at == pytest.approx(at)
    assert written_at.step_s == step_s
    assert written_at.is_zone_stated


@pytest.mark.parametrize("number", [0, -1, 13, 1e30, 10**400, float("nan"), float("inf")])
def test_other_numbers_are_no_times(number: float) -> None:
    assert epoch(number) is None


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    find_stamp(text, NOW)
    quick_stamp(text)


@given(st.datetimes(), st.sampled_from(["Z", "+09:00", "-0330", ""]), st.integers(0, 999))
def test_the_quick_way_reads_what_the_thorough_one_reads(
    moment: object, zone: str, fraction: int
) -> None:
    text = f"{moment:%Y-%m-%d %H:%M:%S},{fraction:03d}{zone} x"
    quick, thorough = quick_stamp(text), find_stamp(text, NOW)

    if thorough is None or not text.startswith(("1", "2")):
        return

    assert quick is not None
    assert quick.written_at.at == pytest.approx(thorough.written_at.at, abs=1e-6)
    assert quick.written_at.is_zone_stated == thorough.written_at.is_zone_stated
    assert quick.end == thorough.end
