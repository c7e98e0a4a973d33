"""The partitions of a hub as one consumer group sees them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ehtui.views.cells import Column, Row, Table
from ehtui.views.glyphs import TREND_CELLS, UNICODE, Glyphs
from ehtui.views.keys import is_about, partitions_of
from ehtui.views.owners import owner_marks
from ehtui.views.states import SEVERITY_RANK, health_of
from ehtui.views.tables.columns import fitted
from ehtui.views.tables.lease import NOT_KNOWN, lease_cells, polled_at
from ehtui.views.tables.memo import RowMemo
from ehtui.views.tables.partition_row import SERIES_POINTS, hub_facts, steady_cells, with_lease
from ehtui.views.tables.titles import no_partitions, partitions_notes, partitions_title

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ehtui.domain.snapshot import GroupPartition, GroupState, PartitionState, Snapshot

# What gives way first has the highest number: 60 cells keep health, owner, lease and lag.
COLUMNS = (
    Column("id", "ID", 2, align_right=True),
    Column("health", "HEALTH", 9),
    Column("owner", "OWNER", 10),
    Column("bar", "", 10, gives_way=6),
    Column("lease", "LEASE", 7, align_right=True),
    Column("last", "LAST SEQ", 10, align_right=True, gives_way=8),
    Column("checkpoint", "CHECKPOINT", 10, align_right=True, gives_way=7),
    Column("lag", "LAG", 6, align_right=True),
    Column("trend", "TREND", TREND_CELLS, gives_way=3),
    Column("behind", "BEHIND", 7, align_right=True, gives_way=2),
    Column("in", "IN/s", 6, align_right=True, gives_way=4),
    Column("out", "OUT/s", 6, align_right=True, gives_way=5),
)
# Where there is space: the last five minutes point by point, a lease nearly by the second.
WIDE = {"bar": 20, "trend": 30}
_FITTED = ("id", "last", "checkpoint", "lag", "behind", "in", "out")
_READS_PER_S = 50  # the service's own limit: it spreads the reads of a large hub


def partitions_table(
    snapshot: Snapshot,
    group: str,
    *,
    glyphs: Glyphs = UNICODE,
    selected: str | None = None,
    memo: RowMemo | None = None,
    wide: bool = False,
) -> Table:
    """One row a partition, in natural order; `selected` (a row's key) counts down by the second.

    `wide` draws longer pictures of lease and lag.
    """
    columns = tuple(
        replace(column, width=WIDE.get(column.key, column.width)) if wide else column
        for column in COLUMNS
    )
    sizes = {column.key: column.width for column in columns}
    state = snapshot.group(group)
    build = _Build(snapshot, state, glyphs, _ranks(snapshot, group), memo or RowMemo(), sizes)
    rows = tuple(
        build.row(key, of_hub, of_group, is_selected=key == selected)
        for key, of_hub, of_group in _paired(snapshot, state)
    )

    return Table(
        columns=fitted(columns, rows, _FITTED),
        rows=rows,
        title=partitions_title(snapshot, state),
        notes=partitions_notes(snapshot, state, rows),
        empty=no_partitions(snapshot),
    )


def _paired(
    snapshot: Snapshot, group: GroupState | None
) -> Iterator[tuple[str, PartitionState | None, GroupPartition | None]]:
    """Each partition as hub and group know it; those only the store knows come last."""
    by_id = {p.id: p for p in group.partitions} if group else {}

    for partition in snapshot.partitions:
        yield partition.id, partition, by_id.pop(partition.id, None)

    for key, left_over in by_id.items():
        yield key, None, left_over


def _ranks(snapshot: Snapshot, group: str) -> Mapping[str, int]:
    """The worst finding of each partition."""
    ranks: dict[str, int] = {}

    for finding in snapshot.findings:
        for partition in partitions_of(finding) if is_about(finding, group) else ():
            rank = SEVERITY_RANK[finding.severity]
            ranks[partition] = max(rank, ranks.get(partition, 0))

    return ranks


class _Build:
    """What all rows of one table need, looked up once."""

    def __init__(
        self,
        snapshot: Snapshot,
        group: GroupState | None,
        glyphs: Glyphs,
        ranks: Mapping[str, int],
        memo: RowMemo,
        sizes: Mapping[str, int],
    ) -> None:
        self._bar_cells, self._trend_cells = sizes["bar"], sizes["trend"]
        self._name = group.name if group else ""
        self._glyphs = glyphs
        self._marks = owner_marks(snapshot)
        self._ranks = ranks
        self._polled = polled_at(snapshot)
        self._now = snapshot.server_now
        self._taken_at = snapshot.taken_at
        spread_s = len(snapshot.partitions) / _READS_PER_S
        self._fresh_s = max(10.0, 3 * (snapshot.policy.hub_interval_s + spread_s))
        self._slice_s = max(1.0, snapshot.policy.hub_interval_s * SERIES_POINTS / self._trend_cells)
        self._memo = memo
        memo.begin()

    def row(
        self,
        key: str,
        of_hub: PartitionState | None,
        of_group: GroupPartition | None,
        *,
        is_selected: bool,
    ) -> Row:
        lease, mark = NOT_KNOWN, None

        if of_group is not None:
            polled = self._now if is_selected else self._polled
            lease = lease_cells(of_group.lease, polled, self._now, self._glyphs, self._bar_cells)
            mark = self._marks.get(of_group.lease.owner or "")

        rank, stale_s = self._ranks.get(key, 0), self._stale_s(of_hub)

        cells = self._memo.cells.kept(
            (self._name, key),
            (hub_facts(of_hub), of_group, mark, self._glyphs, self._slice_s, self._trend_cells),
            lambda: steady_cells(
                key, of_hub, of_group, mark, self._glyphs, self._slice_s, self._trend_cells
            ),
        )

        def build() -> Row:
            health = health_of(of_group).rank if of_group else 0
            return Row(key, with_lease(cells, lease), max(rank, health), stale_s)

        return self._memo.rows.kept((self._name, key), (cells, lease, rank, stale_s), build)

    def _stale_s(self, partition: PartitionState | None) -> float | None:
        """The sample's age in steps of five, where it is older than polling explains."""
        if partition is None or partition.sample is None:
            return None

        age = self._taken_at - partition.sample.sampled_at

        return age // 5 * 5 if age > self._fresh_s else None
