"""The consumer groups of a hub, side by side: same events, independent checkpoints."""

from __future__ import annotations

from msgspec.structs import replace

from ehtui.domain.snapshot import GroupState, Health, Snapshot
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.cells import Cell, Column, Row, Table, Tone, fitted
from ehtui.views.glyphs import UNICODE, Glyphs
from ehtui.views.lags import by_minute
from ehtui.views.states import HEALTH
from ehtui.views.tables.titles import group_lag

# What gives way first has the highest number.
COLUMNS = (
    Column("group", "GROUP", 12, min_width=12, meaning="consumer group"),
    Column("health", "HEALTH", 7),
    Column(
        "counts",
        "PARTITIONS",
        10,
        gives_way=3,
        min_width=10,
        meaning="partitions by health, the worst first",
    ),
    Column(
        "owners", "OWNERS", 6, align_right=True, gives_way=1, meaning="owners with a live lease"
    ),
    Column("lag", "LAG", 8, align_right=True),
    Column(
        "trend",
        "BY MINUTE",
        9,
        gives_way=2,
        min_width=9,
        meaning="the group's lag over the last hour, newest at the right",
    ),
)
_FITTED = ("group", "health", "counts", "lag", "trend")


def groups_table(snapshot: Snapshot, *, glyphs: Glyphs = UNICODE, has_past: bool = True) -> Table:
    """One row a group, in the order of the snapshot; its key is the group's name.

    `has_past` adds the lag by the minute: who looks once has seen none.
    """
    columns = COLUMNS if has_past else COLUMNS[:-1]
    rows = tuple(_row(snapshot, group, glyphs) for group in snapshot.groups)
    rows = rows if has_past else tuple(replace(row, cells=row.cells[:-1]) for row in rows)
    return Table(
        columns=fitted(columns, rows, _FITTED),
        rows=rows,
        title=formats.count(len(rows)),
        empty="The store has no records of any consumer group.",
    )


def _row(snapshot: Snapshot, group: GroupState, glyphs: Glyphs) -> Row:
    health = HEALTH[group.health]
    is_unused = snapshot.is_only_listed(group)
    owners = sum(1 for owner in group.owners if owner.partitions)
    lag = Cell(formats.UNKNOWN, Tone.DIM)
    text, *shorter = [formats.count(len(group.partitions))] if is_unused else counts(group)
    told = Cell(health.text, health.tone, sort=float(health.rank))

    if group.lag is not None:
        lag = Cell(group_lag(group), sort=float(group.lag))

    return Row(
        group.name,
        (
            Cell(safe(group.name), sort=group.name.lower()),
            Cell("unused", Tone.DIM, sort=0.0) if is_unused else told,
            Cell(text, sort=float(len(group.partitions)), shorter=tuple(shorter)),
            Cell(formats.count(owners), sort=float(owners)),
            lag,
            _trend(group, glyphs),
        ),
        0 if is_unused else health.rank,
    )


def _trend(group: GroupState, glyphs: Glyphs) -> Cell:
    minutes = by_minute(group)
    newest = minutes[-1] if minutes else None
    return Cell(glyphs.trend(minutes), HEALTH[group.health].tone, sort=newest, keeps_end=True)


def counts(group: GroupState) -> list[str]:
    """Partitions by health, the worst first: `1 stopped, 2 ok`; then ever shorter."""
    present = [health for health in reversed(Health) if group.counts.get(health)]
    told = [f"{formats.count(group.counts[health])} {HEALTH[health].text}" for health in present]

    if not told:
        return [formats.count(len(group.partitions))]

    others = [sum(group.counts[health] for health in present[n:]) for n in range(len(present))]
    shorter = [
        f"{', '.join(told[:n])}, +{formats.count(others[n])}" for n in reversed(range(1, len(told)))
    ]
    return [", ".join(told), *shorter]
