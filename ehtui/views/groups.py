"""The consumer groups of a hub, side by side: same events, independent checkpoints."""

from __future__ import annotations

from ehtui.domain.snapshot import GroupState, Health, Snapshot
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.cells import Cell, Column, Row, Table, Tone, fitted
from ehtui.views.states import HEALTH
from ehtui.views.tables.titles import group_lag

COLUMNS = (
    Column("group", "GROUP", 12, min_width=12),
    Column("health", "HEALTH", 8),
    Column("counts", "PARTITIONS", 10, gives_way=3, min_width=10),
    Column("owners", "OWNERS", 6, align_right=True, gives_way=1),
    Column("lag", "LAG", 8, align_right=True),
)


def groups_table(snapshot: Snapshot) -> Table:
    """One row a group, in the order of the snapshot; its key is the group's name."""
    rows = tuple(_row(group) for group in snapshot.groups)
    return Table(
        columns=fitted(COLUMNS, rows, ("group", "counts", "lag")),
        rows=rows,
        title=formats.count(len(rows)),
        empty="The store has no records of any consumer group.",
    )


def _row(group: GroupState) -> Row:
    health = HEALTH[group.health]
    owners = sum(1 for owner in group.owners if owner.partitions)
    lag = Cell(formats.UNKNOWN, Tone.DIM)

    if group.lag is not None:
        lag = Cell(group_lag(group), sort=float(group.lag))

    return Row(
        group.name,
        (
            Cell(safe(group.name), sort=group.name.lower()),
            Cell(health.text, health.tone, sort=float(health.rank)),
            Cell(counts(group), sort=float(len(group.partitions))),
            Cell(formats.count(owners), sort=float(owners)),
            lag,
        ),
        health.rank,
    )


def counts(group: GroupState) -> str:
    """Partitions by health, the worst first: `1 stopped, 2 ok`."""
    present = [health for health in reversed(Health) if group.counts.get(health)]
    told = [f"{group.counts[health]} {HEALTH[health].text}" for health in present]
    return ", ".join(told) or formats.count(len(group.partitions))
