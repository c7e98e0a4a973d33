"""Lag over time: a group's and a partition's, gaps as gaps, nothing after what was read."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ehtui.domain.snapshot import (
    GroupPartition,
    GroupState,
    LagHistory,
    LagMinute,
    Lease,
    LeaseState,
    Series,
    Snapshot,
    SourceState,
)
from ehtui.views.lags import SPANS_S, by_minute, group_curve, partition_curve, zoomed

NOBODY = Lease(LeaseState.NEVER_OWNED)
NOW = 3600.0 * 10  # a whole minute
NUMBER = int(NOW // 60)
SNAPSHOT = Snapshot(
    taken_at=NOW,
    sources=(SourceState("hub", read_at=NOW), SourceState("store", read_at=NOW)),
)


def minute(ago: int, total: int, *lags: int) -> LagMinute:
    ids = tuple(str(n) for n in range(len(lags)))
    return LagMinute(NUMBER - ago, total, ids, array("q", lags))


def looks(*ago_and_lag: tuple[float, float]) -> Series:
    return tuple((NOW - ago, lag) for ago, lag in ago_and_lag)


def group(history: LagHistory, *series: Series) -> GroupState:
    partitions = (GroupPartition(str(n), NOBODY, lag_series=each) for n, each in enumerate(series))
    return GroupState("g", tuple(partitions), lag_history=history)


def test_an_hour_is_minutes_and_its_end_is_looks() -> None:
    minutes = tuple(minute(ago, 100 + ago) for ago in range(60, 1, -1))
    history = LagHistory(minutes, NUMBER, 7, looks((60, 6.0), (30, 7.0), (0, 7.0)))
    curve = group_curve(replace(SNAPSHOT, policy=SLOW), group(history), 60, 3600.0)

    assert curve.values[:3] == (160.0, 159.0, 158.0)
    assert curve.values[-4:] == (104.0, 103.0, 102.0, 7.0)
    assert curve.highest == 160.0


SLOW = replace(SNAPSHOT.policy, hub_interval_s=30.0, store_interval_s=30.0)


def test_a_minute_that_was_not_measured_is_a_gap() -> None:
    history = LagHistory((minute(5, 50), minute(2, 20)), NUMBER, 3, looks((30, 3.0)))

    assert group_curve(SNAPSHOT, group(history), 10, 600.0).values[4:] == (
        None,
        50.0,
        None,
        None,
        20.0,
        3.0,
    )
    assert by_minute(group(history)) == (50.0, None, None, 20.0, None, 3.0)


def test_looks_that_are_far_apart_have_a_gap_between_them() -> None:
    history = LagHistory((), NUMBER - 1, 9, looks((50, 9.0), (10, 4.0), (5, 4.0)))

    assert group_curve(SNAPSHOT, group(history), 6, 60.0).values == (
        None,
        9.0,
        None,
        None,
        None,
        4.0,
    )


def test_it_ends_where_it_was_read_last() -> None:
    old = SourceState("store", read_at=NOW - 40)
    failing = replace(SNAPSHOT, sources=(SourceState("hub", read_at=NOW), old))
    history = LagHistory((), NUMBER - 1, 9, looks((50, 9.0), (40, 8.0)))

    assert group_curve(failing, group(history), 6, 60.0).values[-4:] == (8.0, None, None, None)


def test_before_the_first_look_nothing_is_known() -> None:
    history = LagHistory((), NUMBER - 1, 9, looks((10, 9.0)))

    assert group_curve(SNAPSHOT, group(history), 6, 60.0).values == (None,) * 5 + (9.0,)


def test_a_level_partition_stays_as_it_was_last_seen() -> None:
    minutes = tuple(minute(ago, 9, 3) for ago in (10, 9, 8, 5, 4, 3, 2, 1))
    history = LagHistory(minutes, NUMBER, 9)
    level = group(history, looks((570, 3.0)))
    curve = partition_curve(SNAPSHOT, level, "0", 10, 600.0)

    assert curve.values == (3.0, 3.0, 3.0, None, None, 3.0, 3.0, 3.0, 3.0, 3.0)
    assert partition_curve(SNAPSHOT, level, "7", 3, 60.0).values == (None,) * 3


@pytest.mark.parametrize(
    ("known_s", "span_s"),
    [(0.0, 30.0), (45.0, 60.0), (290.0, 300.0), (370.0, 300.0), (380.0, 600.0), (9000.0, 3600.0)],
)
def test_by_itself_a_curve_is_as_long_as_what_is_known(known_s: float, span_s: float) -> None:
    history = LagHistory((), NUMBER, 1, looks((known_s, 1.0), (0, 1.0)))

    assert group_curve(SNAPSHOT, group(history), 10).span_s == span_s


def test_nothing_known_is_nothing() -> None:
    for nothing in (None, group(LagHistory()), group(LagHistory(), ())):
        curve = group_curve(SNAPSHOT, nothing, 5)
        assert curve.values == (None,) * 5
        assert curve.highest is None

    assert by_minute(group(LagHistory())) == ()


def test_a_span_ends_at_the_shortest_and_the_longest() -> None:
    assert zoomed(SPANS_S[0], 1) == SPANS_S[0]
    assert zoomed(SPANS_S[1], 1) == SPANS_S[0]
    assert zoomed(SPANS_S[-1], -1) == SPANS_S[-1] == 3600.0


Measured = st.lists(st.tuples(st.floats(0, 4000), st.floats(0, 1e6)), max_size=30)


@given(Measured, st.integers(1, 130), st.none() | st.sampled_from(SPANS_S), st.floats(0, 90))
def test_a_curve_tells_what_was_measured_and_nothing_after_the_picture(
    measured: list[tuple[float, float]], slices: int, span_s: float | None, late_s: float
) -> None:
    series = looks(*sorted(measured, reverse=True))
    history = LagHistory((), NUMBER, 0, series)
    snapshot = replace(SNAPSHOT, taken_at=NOW + late_s)
    curve = group_curve(snapshot, group(history), slices, span_s)
    partition = partition_curve(snapshot, group(history, series), "0", slices, span_s)

    for each in (curve, partition):
        assert len(each.values) == slices
        assert {v for v in each.values if v is not None} <= {0.0, *(v for _, v in series)}
        assert each.ends_at == snapshot.taken_at


def test_a_curve_stands_still_but_for_its_newest_end() -> None:
    series = looks(*((float(ago), float(ago % 7)) for ago in range(290, -1, -5)))
    history = LagHistory((), NUMBER, 0, series)
    curves = [
        group_curve(replace(SNAPSHOT, taken_at=NOW + later), group(history), 100, 300.0).values
        for later in (0, 5, 10, 14, 31)
    ]

    assert {curve[:-1] for curve in curves[:4]} == {curves[0][:-1]}
    assert curves[4] != curves[3]
    grown = replace(history, looks=(*series, (NOW + 5, 99.0)))
    assert group_curve(replace(SNAPSHOT, taken_at=NOW + 6), group(grown), 100, 300.0).values == (
        *curves[0][:-1],
        99.0,
    )
