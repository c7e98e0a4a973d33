"""A group's lag over time."""

from __future__ import annotations

from dataclasses import replace

from ehtui.domain.snapshot import (
    GroupPartition,
    GroupState,
    Lease,
    LeaseState,
    Series,
    Snapshot,
    SourceState,
)
from ehtui.views.lags import WINDOW_S, total_lag

NOBODY = Lease(LeaseState.NEVER_OWNED)
READ = 1_000.0
SNAPSHOT = Snapshot(
    clock_offset_s=0.0,
    sources=(SourceState("hub", read_at=READ), SourceState("store", read_at=READ)),
)


def group(*series: Series) -> GroupState:
    partitions = (GroupPartition(str(n), NOBODY, lag_series=each) for n, each in enumerate(series))

    return GroupState("g", tuple(partitions))


def test_it_adds_what_partitions_lag() -> None:
    rising: Series = ((600.0, 0.0), (1_000.0, 400.0))
    level: Series = ((500.0, 7.0),)

    assert total_lag(SNAPSHOT, group(rising, level), points=5) == (
        (600.0, 7.0),
        (700.0, 107.0),
        (800.0, 207.0),
        (900.0, 307.0),
        (1_000.0, 407.0),
    )


def test_a_level_partition_stays_as_it_was_last_seen() -> None:
    assert {v for _, v in total_lag(SNAPSHOT, group(((100.0, 3.0), (200.0, 3.0))))} == {3.0}


def test_it_begins_where_every_partition_is_known_and_within_the_window() -> None:
    late: Series = ((990.0, 1.0),)
    old: Series = ((1.0, 1.0),)

    assert total_lag(SNAPSHOT, group(old, late))[0][0] == 990.0
    assert total_lag(SNAPSHOT, group(old))[0][0] == READ - WINDOW_S


def test_it_ends_at_the_older_read() -> None:
    sources = (SourceState("hub", read_at=READ), SourceState("store", read_at=READ - 90))
    failing = replace(SNAPSHOT, sources=sources)

    assert total_lag(failing, group(((800.0, 5.0),)))[-1] == (READ - 90, 5.0)


def test_nothing_known_is_nothing() -> None:
    assert total_lag(SNAPSHOT, None) == ()
    assert total_lag(SNAPSHOT, group(())) == ()
    assert total_lag(Snapshot(), group(((1.0, 1.0),))) == ()
