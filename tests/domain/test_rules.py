"""The rules of lag, rates and health one by one, as tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ehtui.domain.progress import Rule
from ehtui.domain.progress.behind import FULL, Arrivals, behind, remembered
from ehtui.domain.progress.health import (
    Commit,
    Progress,
    Rewind,
    Situation,
    StallLimits,
    committed,
    judge,
    out_rate,
    pace_of,
)
from ehtui.domain.progress.lag import (
    Lag,
    extended,
    lag_of,
    rate,
    value_at,
)
from ehtui.domain.snapshot import BehindBasis, Counted, Health, Lease, LeaseState, Series
from ehtui.domain.world.hub import PartitionSample
from tests.domain.records import T, checkpoint, sample


@pytest.mark.parametrize(
    ("begin", "last", "is_empty", "sequence", "expected", "counted"),
    [
        (0, -1, True, None, Lag(0, lost=0), Counted(-1, None)),  # never written
        (
            0,
            99,
            False,
            None,
            Lag(100, is_bound=True),
            Counted(99, None),
        ),  # never checkpointed: a bound
        (5, 5, False, None, Lag(1, is_bound=True), Counted(5, None)),  # KEDA says 0 here
        (0, 99, False, 99, Lag(0, lost=0), Counted(99, 99)),
        (0, 99, False, 89, Lag(10, lost=0), Counted(99, 89)),
        (50, 99, False, 9, Lag(50, lost=40), Counted(99, 9)),  # retention removed 10 … 49
        (50, 99, False, 49, Lag(50, lost=0), Counted(99, 49)),
        (100, 99, True, 59, Lag(0, lost=40), Counted(99, 59)),  # all gone before it was read
        (0, 99, False, 120, Lag(0, lost=0, ahead=21), Counted(99, 120)),
        (0, 99, False, -1, Lag(100, lost=0), Counted(99, -1)),
    ],
)
def test_lag(
    begin: int,
    last: int,
    is_empty: bool,
    sequence: int | None,
    expected: Lag,
    counted: Counted,
) -> None:
    record = None if sequence is None else checkpoint(sequence)

    found = lag_of(sample(begin, last, is_empty=is_empty), record)

    assert found == replace(expected, counted=counted)


def test_lag_is_unknown_without_a_sample_or_a_sequence() -> None:
    assert lag_of(None, checkpoint(5)) == Lag()
    assert lag_of(sample(0, 99), checkpoint(None)) == Lag(why=Rule.NO_SEQUENCE)


def test_a_checkpoint_newer_than_the_sample_is_not_ahead() -> None:
    assert lag_of(sample(0, 99), checkpoint(120), is_later=False).ahead is None
    assert lag_of(sample(0, 99), checkpoint(120), is_later=True).ahead == 21


@given(st.integers(0, 10**6), st.integers(-1, 10**6), st.booleans(), st.integers(-1, 2 * 10**6))
def test_lag_is_never_negative(begin: int, last: int, is_empty: bool, sequence: int) -> None:
    found = lag_of(sample(begin, last, is_empty=is_empty), checkpoint(sequence))

    assert found.lag is not None
    assert found.lag >= 0
    assert (found.lost or 0) >= 0


HISTORY = ((100, T, T), (200, T + 10, T + 10), (300, T + 30, T + 30))


@pytest.mark.parametrize(
    ("oldest_unread", "seconds", "basis"),
    [
        (200, 90.0, BehindBasis.INTERPOLATED),
        (150, 95.0, BehindBasis.INTERPOLATED),
        (250, 80.0, BehindBasis.INTERPOLATED),
        (300, 70.0, BehindBasis.INTERPOLATED),
        (100, 100.0, BehindBasis.INTERPOLATED),
        (99, 100.0, BehindBasis.AT_LEAST),  # older than the history: never extrapolated
    ],
)
def test_behind(oldest_unread: int, seconds: float, basis: BehindBasis) -> None:
    found = behind(HISTORY, oldest_unread, 5, T + 100)

    assert found is not None
    assert found.seconds == pytest.approx(seconds)
    assert found.basis is basis


def test_behind_is_zero_only_where_measured() -> None:
    nothing = behind(HISTORY, 301, 0, T)

    assert nothing is not None
    assert (nothing.seconds, nothing.basis) == (0, BehindBasis.MEASURED)
    assert behind(HISTORY, 301, 5, T) is None
    assert behind((), 5, 5, T) is None
    assert behind(HISTORY, 5, None, T) is None


def test_history_thins_out_and_reaches_far_back() -> None:
    history: Arrivals = ()

    for n in range(720):
        point = PartitionSample("0", 0, n * 10, "", T + 5 * n, is_empty=False, sampled_at=T)
        history = remembered(history, point)

    assert len(history) <= FULL
    assert list(history) == sorted(history)
    assert history[-1][1] - history[0][1] >= 1800


def test_a_silence_outlasts_the_thinning() -> None:
    history: Arrivals = ()
    at = came_at = T

    for n in range(720):
        until = at  # no look saw it later than that
        at += 5

        if n == 300:
            until = at + 600
            at = until + 5

        found = PartitionSample("0", 0, n * 10, "", at, is_empty=False, sampled_at=at)
        history = remembered(history, found, last_until=until)

        if n == 300:
            came_at = at

    assert len(history) <= FULL
    waited = behind(history, 2991, 5, at)
    assert waited is not None
    assert waited.seconds == pytest.approx(at - came_at, abs=60)


def test_what_is_remembered_as_last_is_never_later_than_what_came_next() -> None:
    first = PartitionSample("0", 0, 10, "", T, is_empty=False, sampled_at=T)
    second = PartitionSample("0", 0, 20, "", T + 5, is_empty=False, sampled_at=T + 9)
    history = remembered(remembered((), first), second, last_until=T + 7)

    assert history == ((10, T, T + 5), (20, T + 5, T + 5))


@pytest.mark.parametrize(
    ("state", "lag", "progress", "in_per_s", "expected"),
    [
        (LeaseState.EXPIRED, Lag(5), Progress(), 1.0, Health.UNOWNED),
        (LeaseState.RELEASED, Lag(0), Progress(), 1.0, Health.UNOWNED),
        (LeaseState.HELD, Lag(0, ahead=4), Progress(), 1.0, Health.AHEAD),
        (LeaseState.HELD, Lag(), Progress(), 1.0, Health.UNKNOWN),
        (LeaseState.HELD, Lag(9, is_bound=True), Progress(), 1.0, Health.UNKNOWN),
        # zero lag is never stopped, however old the checkpoint
        (LeaseState.HELD, Lag(0), Progress(waiting_since=T - 9999), 0.0, Health.OK),
        (
            LeaseState.HELD,
            Lag(9),
            Progress(waits=(4.0, 5.0), waiting_since=T - 31, pace=None),
            1.0,
            Health.STOPPED,
        ),
        # slow but usual: judged by its own cadence
        (
            LeaseState.HELD,
            Lag(9),
            Progress(waits=(100.0, 90.0), waiting_since=T - 250),
            1.0,
            Health.UNKNOWN,
        ),
        (
            LeaseState.HELD,
            Lag(9),
            Progress(rewind=Rewind(T, 50, 10)),
            1.0,
            Health.REWOUND,
        ),
        (
            LeaseState.HELD,
            Lag(9),
            Progress(commits=tuple(Commit(T - 60 + 12 * n, 7, 9) for n in range(5))),
            0.0,
            Health.STALLED,
        ),
        (
            LeaseState.HELD,
            Lag(500),
            Progress(commits=tuple(Commit(T - 50 + 5 * n, n, 100 + 40 * n) for n in range(10))),
            1.0,
            Health.BEHIND,
        ),
        (
            LeaseState.HELD,
            Lag(100),
            Progress(commits=tuple(Commit(T - 50 + 5 * n, n, 100 + n % 2) for n in range(10))),
            1.0,
            Health.OK,
        ),
    ],
)
def test_health(
    state: LeaseState, lag: Lag, progress: Progress, in_per_s: float, expected: Health
) -> None:
    lease = Lease(state, "a", T, T + 180)
    verdict, rule = judge(Situation(lease, lag, progress, StallLimits(30, 300), in_per_s), T)

    assert verdict is expected
    assert rule


def test_commits_tell_pace_waits_and_rewinds() -> None:
    progress = Progress(waiting_since=T)

    for n, sequence in enumerate((10, 20, 30, 5, 31)):
        record = checkpoint(sequence, T + 10 * n)
        progress = committed(progress, record, 1)

        if sequence == 5:
            assert progress.rewind == Rewind(T + 30, 30, 5)

    assert progress.rewind is None  # caught up again
    assert progress.waits == (10.0, 10.0, 20.0)


def test_out_rate_fades_only_once_the_next_commit_is_late() -> None:
    pace = pace_of(tuple(Commit(T + 60 * n, 600 * n, 0) for n in range(5)))

    assert out_rate(pace, T + 240) == pytest.approx(10)
    assert out_rate(pace, T + 240 + 80) == pytest.approx(10)
    assert out_rate(pace, T + 240 + 135) == pytest.approx(5)  # between 1.5 and 3 of its gaps
    assert out_rate(pace, T + 240 + 180) == 0
    assert out_rate(pace, T + 240 + 600) == 0
    assert out_rate(pace_of((Commit(T, 5, 0),)), T) is None


def test_series_keep_corners_only() -> None:
    series: Series = ()
    seen_at = T

    for n, value in enumerate((5, 5, 5, 5, 8, 8, 9)):
        series = extended(series, seen_at, T + n, value)
        seen_at = T + n

    assert series == ((T, 5), (T + 3, 5), (T + 4, 8), (T + 5, 8), (T + 6, 9))
    assert value_at(series, T + 2) == 5
    assert value_at(series, T + 3.5) == 6.5
    assert value_at(series, T + 99) == 9


def test_rate_needs_two_moments_and_ends() -> None:
    series = ((T, 0.0), (T + 10, 100.0))

    assert rate(((T, 5.0),), T) is None
    assert rate(series, T + 10) == 10
    assert rate(series, T + 20) == 5
    assert rate(series, T + 70) == 0
    assert rate(((T, 100.0), (T + 5, 3.0)), T + 5) is None


@given(st.lists(st.tuples(st.floats(0.1, 20), st.integers(0, 50)), min_size=1, max_size=100))
def test_corners_tell_the_same_as_all_points(steps: list[tuple[float, int]]) -> None:
    at, value, seen_at = T, 0, T
    series: Series = ()
    plain: list[tuple[float, float]] = []

    for gap_s, grown in steps:
        at, value = at + gap_s, value + grown
        series = extended(series, seen_at, at, value)
        plain.append((at, value))
        seen_at = at

    for moment, expected in plain[-25:]:
        assert value_at(series, moment) == pytest.approx(expected)
