from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import pytest
from msgspec.structs import replace
from typing_extensions import override

from ehtui.domain.leases.renewals import CloserLooks
from ehtui.domain.leases.timing import TimingBasis
from ehtui.domain.progress import Rule
from ehtui.domain.snapshot import (
    Behind,
    BehindBasis,
    GroupPartition,
    Health,
    Lease,
    LeaseState,
    PartitionState,
    Severity,
    Snapshot,
    SourceStatus,
)
from ehtui.domain.world.hub import PartitionSample
from ehtui.views.cells import Cell, Row, Tone
from ehtui.views.glyphs import ASCII
from ehtui.views.report import table_lines
from ehtui.views.states import health_of
from ehtui.views.tables import RowMemo, partitions_table
from ehtui.views.width import width
from tests.views import world

COLUMNS = [
    "id",
    "health",
    "owner",
    "lease",
    "bar",
    "last",
    "checkpoint",
    "lag",
    "trend",
    "behind",
    "in",
    "out",
    "proves",
]


def cell(row: Row, column: str) -> Cell:
    return row.cells[COLUMNS.index(column)]


def text(row: Row, column: str) -> str:
    return cell(row, column).text


def row_of(partition_lease: Lease | None = None, **changes: object) -> Row:
    """The row of a hub with one partition."""
    partition = world.partition("0", partition_lease or world.lease(), 20, 17, **changes)

    return partitions_table(snapshot_of(partition), world.GROUP).rows[0]


def snapshot_of(*partitions: GroupPartition, **changes: object) -> Snapshot:
    states = tuple(PartitionState(p.id, world.sample(p.id, 20), 1.0) for p in partitions)

    return world.snapshot(
        **(
            {"partitions": states, "groups": (world.group_state(*partitions),), "findings": ()}
            | changes
        )
    )


def test_the_picture() -> None:
    table = partitions_table(world.snapshot(), world.GROUP)

    assert table.title == "3 · lag 1,823 · in 39/s · out 26/s"
    assert table.notes == ("read 1s ago", "clock +0.3s")
    assert [row.rank for row in table.rows] == [0, 0, 2]
    assert [text(table.rows[2], c)[-8:] for c in COLUMNS] == [
        "2",
        "overdue",
        "51ab7c10",
        "41s",
        "░░░░░░░░",
        "231,544",
        "229,724",
        "1,820",
        "▁▁▁▁▂▄▆█",
        "~2m20s",
        "13.0",
        "0.0",
        "unknown",
    ]


def test_columns_have_the_order_of_the_cells() -> None:
    table = partitions_table(world.snapshot(), world.GROUP)

    assert [column.key for column in table.columns] == COLUMNS
    assert all(len(row.cells) == len(table.columns) for row in table.rows)


@pytest.mark.parametrize(
    ("cells", "titles"),
    [
        (60, "ID HEALTH OWNER LEASE LAG BEHIND"),
        (80, "ID HEALTH OWNER LEASE LAG TREND BEHIND IN/s OUT/s"),
        (118, "ID HEALTH OWNER LEASE LAST SEQ CHECKPOINT LAG TREND BEHIND IN/s OUT/s"),
    ],
)
def test_what_gives_way(cells: int, titles: str) -> None:
    header, *_ = table_lines(partitions_table(world.snapshot(), world.GROUP), cells)

    assert header.split() == titles.split()
    assert width(header) <= cells


LEASES = {
    "held": (world.lease(age=12), "168s", "█████████░", Tone.GOOD),
    "fresh": (world.lease(age=0), "180s", "██████████", Tone.GOOD),
    "guessed": (world.lease(age=12, basis=TimingBasis.GUESSED), "~168s", "█████████░", Tone.GOOD),
    "assumed": (world.lease(age=12, basis=TimingBasis.ASSUMED), "~168s", "█████████░", Tone.GOOD),
    "long": (world.lease(age=12, expires_after=7200), "1h", "██████████", Tone.GOOD),
    "last second": (world.lease(age=179), "1s", "█░░░░░░░░░", Tone.GOOD),
    "overdue": (world.lease(LeaseState.OVERDUE, age=150), "30s", "██░░░░░░░░", Tone.WARNING),
    "expired": (world.lease(LeaseState.EXPIRED, age=319), "2m ago", "░" * 10, Tone.CRITICAL),
    "blob lease": (world.lease(expires_after=None), "held", "█" * 10, Tone.GOOD),
    "released": (Lease(LeaseState.RELEASED), "none", " " * 10, Tone.DIM),
    "never owned": (Lease(LeaseState.NEVER_OWNED), "none", " " * 10, Tone.DIM),
}


@pytest.mark.parametrize(("lease", "seconds", "bar", "tone"), LEASES.values(), ids=LEASES)
def test_leases(lease: Lease, seconds: str, bar: str, tone: Tone) -> None:
    store = world.source("store", age=0.3)  # just read: the poll's moment is now
    snapshot = snapshot_of(world.partition("0", lease, 20, 20), sources=(store,))
    row = partitions_table(snapshot, world.GROUP).rows[0]

    assert (text(row, "lease"), text(row, "bar"), cell(row, "lease").tone) == (seconds, bar, tone)


def quiet_lease(lease: Lease, *, after_s: float = 0.0, selected: str | None = None) -> str:
    """What a screen shows of a lease, so long after the world's moment."""
    snapshot = snapshot_of(world.partition("0", lease, 20, 20), clock_offset_s=0.0)
    later = replace(snapshot, taken_at=world.NOW + after_s)
    row = partitions_table(later, world.GROUP, selected=selected, quiet=True).rows[0]

    return text(row, "lease")


def renewed(age: float, overdue_after: float = 51.5, **changes: Any) -> Lease:
    """A lease that is judged overdue so long after its renewal."""
    return world.lease(age=age, overdue_at=world.NOW - age + overdue_after, **changes)


def test_a_countdown_names_every_second() -> None:
    row = world.partition("0", world.lease(age=12), 20, 20)
    shown = [
        text(
            partitions_table(snapshot_of(row, clock_offset_s=n + 0.5), world.GROUP).rows[0], "lease"
        )
        for n in range(4)
    ]

    assert shown == ["168s", "167s", "166s", "165s"]


@pytest.mark.parametrize("age", [0, 12, 30, 36, 51])
def test_on_a_screen_a_lease_that_is_renewed_in_time_stands_still(age: float) -> None:
    assert quiet_lease(renewed(age)) == ">120s"


@pytest.mark.parametrize(
    ("lease", "shown"),
    [
        (renewed(0, expires_after=600), ">540s"),
        (renewed(0, expires_after=7200), ">1h"),
        (renewed(0, 17, expires_after=60), ">40s"),
        (renewed(0, 35, expires_after=60), ">30s"),  # below, every second is told
        (renewed(0, basis=TimingBasis.ASSUMED), "~120s"),
        (world.lease(age=0), "180s"),  # when it is overdue is not known
    ],
)
def test_the_bound_is_what_is_left_when_a_renewal_is_overdue(lease: Lease, shown: str) -> None:
    assert quiet_lease(lease) == shown


@pytest.mark.parametrize(
    ("lease", "now", "later"),
    [
        (renewed(52), "128s", "125s"),  # its renewal is due
        (renewed(60, state=LeaseState.OVERDUE), "120s", "117s"),
        (renewed(155, 160), "25s", "22s"),  # the last seconds
        (renewed(190, state=LeaseState.EXPIRED), "10s ago", "13s ago"),
    ],
)
def test_a_number_that_moves_tells_of_a_missed_renewal(lease: Lease, now: str, later: str) -> None:
    assert (quiet_lease(lease), quiet_lease(lease, after_s=3)) == (now, later)


def test_the_selected_row_and_a_report_count_by_the_second() -> None:
    lease = renewed(12)
    snapshot = snapshot_of(world.partition("0", lease, 20, 20), clock_offset_s=0.0)
    reported = partitions_table(replace(snapshot, taken_at=world.NOW), world.GROUP)

    assert quiet_lease(lease, after_s=3, selected="0") == "165s"
    assert text(reported.rows[0], "lease") == "168s"


def test_on_a_screen_reads_that_come_in_time_stand_still() -> None:
    def notes(age: float) -> tuple[str, ...]:
        store = world.source("store", age=age)
        snapshot = world.snapshot(sources=(store,), clock_offset_s=None)

        return partitions_table(snapshot, world.GROUP, quiet=True).notes

    assert notes(0.3) == notes(9) == ("data under 10s old",)
    assert notes(12.5) == ("read 12s ago", "3 rows stale, up to 10s")


@pytest.mark.parametrize(
    ("state", "health", "word", "rank"),
    [
        (LeaseState.HELD, Health.OK, "ok", 0),
        (LeaseState.HELD, Health.BEHIND, "behind", 2),
        (LeaseState.OVERDUE, Health.OK, "overdue", 2),
        (LeaseState.OVERDUE, Health.BEHIND, "overdue", 2),
        (LeaseState.OVERDUE, Health.OVERDUE, "overdue", 2),
        (LeaseState.OVERDUE, Health.STOPPED, "overdue", 2),
        (LeaseState.OVERDUE, Health.AHEAD, "ahead", 3),
        (LeaseState.EXPIRED, Health.UNOWNED, "expired", 3),
        (LeaseState.EXPIRED, Health.STOPPED, "expired", 3),
        (LeaseState.RELEASED, Health.UNOWNED, "released", 2),
        (LeaseState.NEVER_OWNED, Health.UNOWNED, "unowned", 2),
        (LeaseState.HELD, Health.AHEAD, "ahead", 3),
        (LeaseState.HELD, Health.UNKNOWN, "unknown", 0),
    ],
)
def test_health_is_the_worse_of_lease_and_lag(
    state: LeaseState, health: Health, word: str, rank: int
) -> None:
    told = health_of(world.partition("0", world.lease(state), 20, 17, health=health))

    assert (told.text, told.rank) == (word, rank)


def test_a_window_that_fills_says_how_far_it_is() -> None:
    partition = world.partition(
        "0", world.lease(), 20, 17, health=Health.UNKNOWN, rule=Rule.FILLING, window=(7, 10)
    )
    table = partitions_table(snapshot_of(partition), world.GROUP)

    assert text(table.rows[0], "health") == "wait 7/10"
    assert "health 7/10" in table.notes


def test_the_title_says_that_new_owners_are_timed_and_what_that_asks_for() -> None:
    closer = CloserLooks(0.5, 2, world.NOW + 60)
    snapshot = replace(world.snapshot(), closer_looks=closer)

    notes = partitions_table(snapshot, world.GROUP).notes
    learns = "store read every 0.5s to learn how often 2 new owners renew"
    assert notes == ("read 1s ago", learns, "clock +0.3s")


def test_unknown_is_a_dash_and_zero_is_measured() -> None:
    unknown = row_of(lag=None, behind=None, out_per_s=None, lag_series=())
    zero = row_of(lag=0, out_per_s=0.0)

    assert [text(unknown, c) for c in ("lag", "behind", "out", "trend")] == ["–"] * 4
    assert [cell(unknown, c).sort for c in ("lag", "behind", "out")] == [None] * 3
    assert [text(zero, c) for c in ("lag", "behind", "out")] == ["0", "0s", "0.0"]


def test_a_bound_is_no_lag() -> None:
    row = row_of(checkpoint=None, lag=232, lag_is_bound=True, behind=None)

    assert (text(row, "checkpoint"), text(row, "lag")) == ("none", "≤232")


@pytest.mark.parametrize(
    ("behind", "shown"),
    [
        (Behind(140.0, BehindBasis.INTERPOLATED), "~2m20s"),
        (Behind(1800.0, BehindBasis.AT_LEAST), ">30m"),
    ],
)
def test_behind(behind: Behind, shown: str) -> None:
    assert text(row_of(behind=behind), "behind") == shown


def test_without_a_store_the_hub_side_still_shows() -> None:
    store = world.source("store", status=SourceStatus.OFF, read_at=None)
    table = partitions_table(world.snapshot(groups=(), sources=(store,)), world.GROUP)
    row = table.rows[0]

    assert table.title == "3 · in 39/s"
    assert text(row, "last") == "232,118"
    assert {text(row, c).strip() for c in ("health", "owner", "bar", "lease", "lag")} == {"–"}


def test_a_partition_that_only_the_store_knows_comes_last() -> None:
    known, gone = (
        world.partition("0", world.lease(), 20, 20),
        world.partition("9", world.lease(), 20, 20),
    )
    snapshot = snapshot_of(known)
    table = partitions_table(
        replace(snapshot, groups=(world.group_state(gone, known),)), world.GROUP
    )

    assert [row.key for row in table.rows] == ["0", "9"]
    assert text(table.rows[1], "last") == "–"


def test_an_empty_partition_has_no_last_event() -> None:
    sample = PartitionSample("0", 0, -1, "-1", None, is_empty=True, sampled_at=world.NOW)
    table = partitions_table(
        world.snapshot(partitions=(PartitionState("0", sample),), groups=()), world.GROUP
    )

    assert text(table.rows[0], "last") == "empty"


def test_a_stale_row_tells_its_age() -> None:
    old = PartitionState("0", world.sample("0", 20, at=world.NOW - 47))
    table = partitions_table(world.snapshot(partitions=(old,), groups=()), world.GROUP)

    assert table.rows[0].stale_s == 45
    assert "1 row stale, up to 45s" in table.notes


def test_a_source_that_fails_shows_its_age() -> None:
    store = world.source("store", age=139, status=SourceStatus.FAILED)
    table = partitions_table(world.snapshot(sources=(world.source("hub"), store)), world.GROUP)

    assert table.notes[:2] == ("read 1s ago", "store 2m18s old")


def test_a_finding_raises_the_rank_of_its_partitions() -> None:
    found = world.finding("x.y", Severity.CRITICAL, {"partitions": ("0", "1")})
    elsewhere = world.finding("x.y", Severity.CRITICAL, {}, partition="2", group="analytics")
    table = partitions_table(world.snapshot(findings=(found, elsewhere)), world.GROUP)

    assert [row.rank for row in table.rows] == [3, 3, 2]


def test_group_names_ignore_case() -> None:
    snapshot = world.snapshot()

    assert partitions_table(snapshot, "$DEFAULT") == partitions_table(snapshot, "$default")


def test_rows_are_equal_when_nothing_visible_changed() -> None:
    snapshot = world.snapshot()
    later = replace(snapshot, taken_at=snapshot.taken_at + 0.4)

    assert partitions_table(snapshot, world.GROUP).rows == partitions_table(later, world.GROUP).rows


def test_unchanged_rows_are_not_made_again() -> None:
    memo, snapshot = RowMemo(), world.snapshot()
    first = tuple(partitions_table(snapshot, world.GROUP, memo=memo).rows)
    changed = (replace(snapshot.partitions[0], in_per_s=99.0), *snapshot.partitions[1:])
    second = partitions_table(replace(snapshot, partitions=changed), world.GROUP, memo=memo).rows

    assert [a is b for a, b in zip(first, second, strict=True)] == [False, True, True]
    assert text(second[0], "in") == "99.0"


def test_the_memo_forgets_what_is_gone() -> None:
    memo, snapshot = RowMemo(), world.snapshot()
    first = tuple(partitions_table(snapshot, world.GROUP, memo=memo).rows)
    partitions_table(world.snapshot(partitions=(), groups=()), world.GROUP, memo=memo)
    third = partitions_table(snapshot, world.GROUP, memo=memo).rows

    assert third == first
    assert first[0] is not third[0]


def test_a_row_is_made_when_it_is_looked_at() -> None:
    looked_at: list[Hashable] = []

    class Watched(RowMemo):
        @override
        def kept(self, key: Hashable, facts: tuple[object, ...], make: Callable[[], Row]) -> Row:
            looked_at.append(key)
            return super().kept(key, facts, make)

    memo, snapshot = Watched(), many(1000)
    table = partitions_table(snapshot, world.GROUP, memo=memo)
    ranks = [table.rank(place) for place in range(1000)]
    by_lag = [table.sort(place, COLUMNS.index("lag")) for place in range(1000)]
    assert (len(table.rows), len(table.keys), sum(ranks), looked_at) == (1000, 1000, 0, [])

    assert [row.key for row in table.rows[500:503]] == ["500", "501", "502"]
    assert len(looked_at) == 3
    assert ranks == [row.rank for row in table.rows]
    assert by_lag == [cell(row, "lag").sort for row in table.rows]


def many(count: int) -> Snapshot:
    """A hub of so many partitions, each with another lag."""
    return snapshot_of(
        *(world.partition(str(n), world.lease(), 9_000 + n, 9_000 - n) for n in range(count))
    )


def test_what_a_table_sorts_by_is_what_its_cells_say() -> None:
    table = partitions_table(world.snapshot(), world.GROUP, quiet=True)

    for place, row in enumerate(table.rows):
        assert [table.sort(place, n) for n in range(len(COLUMNS))] == [c.sort for c in row.cells]


def test_wide_owners_stay_in_their_column() -> None:
    held = world.lease(owner="소비자-하나-🎉-둘")
    snapshot = snapshot_of(
        world.partition("0", held, 20, 20), world.partition("1", world.lease(), 20, 20)
    )
    lines = table_lines(partitions_table(snapshot, world.GROUP))
    bars = [line.index("█") for line in lines[1:]]

    assert width(lines[1][: bars[0]]) == width(lines[2][: bars[1]])
    assert text(partitions_table(snapshot, world.GROUP).rows[0], "owner")[2:] == "소비자-"


def test_ascii_is_ascii() -> None:
    table = partitions_table(world.snapshot(), world.GROUP, glyphs=ASCII)
    drawn = [text(row, c) for row in table.rows for c in ("owner", "bar", "trend")]

    assert all(each.isascii() for each in drawn)
    assert text(table.rows[2], "bar") == "##........"


@pytest.mark.parametrize("seconds", [59.0, 86_399.0, 86_400.0 * 101, 86_400.0 * 101 + 7_199])
def test_no_time_is_cut_off(seconds: float) -> None:
    behind = Behind(seconds, BehindBasis.INTERPOLATED)
    partitions = [world.partition(str(n), world.lease(), 20, 17, behind=behind) for n in range(2)]
    table = partitions_table(snapshot_of(*partitions), world.GROUP)
    column = table.columns[COLUMNS.index("behind")]

    assert width(text(table.rows[0], "behind")) <= column.width


def test_no_digit_is_cut_off() -> None:
    huge = 9_007_199_254_740_991
    sample = world.sample("0", huge)
    partition = world.partition("0", world.lease(), huge, 0)
    table = partitions_table(
        world.snapshot(
            partitions=(PartitionState("0", sample, 1e6),), groups=(world.group_state(partition),)
        ),
        world.GROUP,
    )
    columns = dict(zip(COLUMNS, table.columns, strict=True))

    assert all(
        width(each.text) <= column.width
        for each, column in zip(table.rows[0].cells, columns.values(), strict=True)
    )


def test_leases_run_out_while_the_store_fails() -> None:
    store = world.source("store", age=60, status=SourceStatus.FAILED)
    snapshot = snapshot_of(world.partition("0", world.lease(age=72), 20, 20), sources=(store,))

    assert text(partitions_table(snapshot, world.GROUP).rows[0], "lease") == "~108s"
