"""The partitions of a hub as one consumer group sees them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace
from typing_extensions import override

from ehtui.domain.progress.proofs import Proofs
from ehtui.domain.snapshot import LeaseState
from ehtui.views import formats
from ehtui.views.cells import Column, LazyRows, Row, RowMemo, Table, widened
from ehtui.views.glyphs import TREND_CELLS, UNICODE, Glyphs, Marks, owner_marks
from ehtui.views.keys import is_about, partitions_of
from ehtui.views.sources import aged, staleness, widest_health
from ehtui.views.states import SEVERITY_RANK, health_of
from ehtui.views.tables.partition_row import (
    CELLS,
    LEASE_NOT_KNOWN,
    SERIES_POINTS,
    PartitionFacts,
    RowStyle,
    hub_facts,
    lease_cells,
)
from ehtui.views.tables.titles import no_partitions, partitions_notes, partitions_title
from ehtui.views.width import width

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ehtui.domain.snapshot import GroupPartition, GroupState, PartitionState, Snapshot

# The seconds of a lease come before its picture: of a line, all up to what changed is written anew.
# What gives way first has the highest number: 60 cells keep owner, lease and time behind, 40 lag.
COLUMNS = (
    Column(
        "id", "ID", 2, align_right=True, meaning="partition, as the hub numbers it; in sentences P2"
    ),
    Column(
        "health", "HEALTH", 9, meaning="the worse of the lease's state and the progress of reading"
    ),
    Column(
        "owner",
        "OWNER",
        10,
        gives_way=1,
        meaning="who owns it: the owner id's first eight characters; of a consumer, else its role",
    ),
    Column(
        "lease",
        "LEASE",
        7,
        align_right=True,
        gives_way=2,
        meaning="how long until the lease expires; the bar shows the share that is left",
    ),
    Column("bar", "", 10, gives_way=7),
    Column(
        "last",
        "LAST SEQ",
        10,
        align_right=True,
        gives_way=9,
        meaning="sequence number of the last event that LAG counts",
    ),
    Column(
        "checkpoint",
        "CHECKPOINT",
        10,
        align_right=True,
        gives_way=8,
        meaning="sequence number of the checkpoint that LAG counts from",
    ),
    Column(
        "lag",
        "LAG",
        6,
        align_right=True,
        meaning="events in it not yet checkpointed by the group: LAST SEQ minus CHECKPOINT",
    ),
    Column(
        "trend",
        "TREND",
        TREND_CELLS,
        gives_way=4,
        meaning="lag over the last five minutes, newest at the right",
    ),
    Column(
        "behind",
        "BEHIND",
        7,
        align_right=True,
        gives_way=3,
        meaning="lag in time: how long ago the next unread event arrived",
    ),
    Column("in", "IN/s", 6, align_right=True, gives_way=5, meaning="events that arrive per second"),
    Column(
        "out",
        "OUT/s",
        6,
        align_right=True,
        gives_way=6,
        meaning="events that the group checkpoints per second",
    ),
    Column(
        "proves",
        "PROVES",
        11,
        gives_way=10,
        is_extra=True,
        meaning="what a checkpoint of the SDK that writes it proves",
    ),
)
# Where there is space: the last five minutes closer and closer, a lease nearly by the second.
_PICTURES: Mapping[int, Mapping[str, int]] = {
    220: {"bar": 20, "trend": SERIES_POINTS},
    160: {"bar": 20, "trend": 30},
}
_DAY_S = 86400


def partitions_table(
    snapshot: Snapshot,
    group: str,
    *,
    glyphs: Glyphs = UNICODE,
    selected: str | None = None,
    memo: RowMemo | None = None,
    screen_cells: int = 0,
    quiet: bool = False,
    marks: Marks | None = None,
) -> Table:
    """One row a partition, in natural order; those only the store knows come last.

    Where `screen_cells` are many, pictures of lease and lag are longer. `quiet` lets stand still
    what changes by time alone, but for the row whose key is `selected`.
    """
    state = snapshot.group(group)
    columns = _columns(snapshot, state, screen_cells)
    sizes = {column.key: column.width for column in columns}
    markings = _Markings(owner_marks(snapshot) if marks is None else marks, _ranks(snapshot, group))
    rows = _Rows(
        snapshot,
        state,
        glyphs=glyphs,
        markings=markings,
        memo=memo or RowMemo(),
        sizes=sizes,
        selected=selected,
        quiet=quiet,
    )

    return Table(
        columns=widened(columns, _widest(rows.keys, snapshot, state, rows.stale)),
        rows=rows,
        title=partitions_title(snapshot, state, is_old=bool(rows.stale)),
        notes=partitions_notes(snapshot, state, rows.stale, quiet=quiet),
        empty=no_partitions(snapshot),
    )


def _columns(snapshot: Snapshot, group: GroupState | None, screen_cells: int) -> tuple[Column, ...]:
    """As wide as there is space; what a checkpoint proves comes forward where it is not `done`."""
    partitions = group.partitions if group is not None else ()
    is_news = Proofs(snapshot, group).is_any_undone(partitions)

    pictures = next((sizes for cells, sizes in _PICTURES.items() if screen_cells >= cells), {})

    def made(column: Column) -> Column:
        if column.key == "proves" and is_news:
            return replace(column, gives_way=6, is_extra=False)

        return replace(column, width=pictures[column.key]) if column.key in pictures else column

    return tuple(map(made, COLUMNS))


def _widest(
    keys: tuple[str, ...],
    snapshot: Snapshot,
    group: GroupState | None,
    stale: Mapping[str, float],
) -> Mapping[str, Iterable[str]]:
    """The widest texts of the columns that numbers can outgrow, found without writing all."""
    of_group = group.partitions if group else ()
    samples = [p.sample.last_sequence for p in snapshot.partitions if p.sample]
    samples += [p.counted.last_sequence for p in of_group if p.counted]
    read = [p.checkpoint.sequence for p in of_group if p.checkpoint and p.checkpoint.sequence]
    lag = max((p.lag or 0 for p in of_group), default=0)
    is_bound = any(p.lag_is_bound for p in of_group)
    behind = max((p.behind.seconds for p in of_group if p.behind), default=0.0)

    return {
        "id": (_widest_name(keys),),
        "last": (formats.count(max(samples, default=0)),),
        "checkpoint": (formats.count(max(read, default=0)),),
        "health": _dated_words(of_group, stale),
        "lag": (("~" if stale else "") + formats.lag(lag, is_bound=is_bound and not stale),),
        # The largest unit and hours: no shorter time is wider.
        "behind": (f"~{formats.duration(behind // _DAY_S * _DAY_S + _DAY_S - 1)}",),
        "in": (formats.rate(max((p.in_per_s or 0.0 for p in snapshot.partitions), default=0.0)),),
        "out": (formats.rate(max((p.out_per_s or 0.0 for p in of_group), default=0.0)),),
    }


def _dated_words(of_group: Iterable[GroupPartition], stale: Mapping[str, float]) -> tuple[str, ...]:
    """The widest that health can be; the same while ages grow a little, or columns would move."""
    if not stale:
        return ()

    words = {health_of(partition).text for partition in of_group}
    ages = set(stale.values())
    return (widest_health(words | {formats.UNKNOWN}, ages),)


@lru_cache(maxsize=8)  # partitions come and go seldom
def _widest_name(keys: tuple[str, ...]) -> str:
    return max(map(formats.name, keys), key=width, default="")


def _ranks(snapshot: Snapshot, group: str) -> Mapping[str, int]:
    """The worst finding of each partition."""
    ranks: dict[str, int] = {}

    for finding in snapshot.findings:
        for partition in partitions_of(finding) if is_about(finding, group) else ():
            rank = SEVERITY_RANK[finding.severity]
            ranks[partition] = max(rank, ranks.get(partition, 0))

    return ranks


class _Markings(NamedTuple):
    """Marks by owner, the worst finding's rank by partition."""

    marks: Marks
    ranks: Mapping[str, int]


class _Rows(LazyRows):
    """What all rows of one table need, looked up once."""

    def __init__(
        self,
        snapshot: Snapshot,
        group: GroupState | None,
        *,
        glyphs: Glyphs,
        markings: _Markings,
        memo: RowMemo,
        sizes: Mapping[str, int],
        selected: str | None,
        quiet: bool,
    ) -> None:
        # After the hub's own: what the store has of partitions that the hub does not have.
        of_group = {p.id: p for p in (*group.partitions, *group.strays)} if group else {}
        of_hub = {p.id: p for p in snapshot.partitions}
        super().__init__(tuple(of_hub | of_group))
        self._of_hub: Mapping[str, PartitionState] = of_hub
        self._of_group: Mapping[str, GroupPartition] = of_group
        self._name = group.name if group else ""
        self._marks, self._ranks = markings
        self._now = snapshot.server_now
        self._quiet, self._selected = quiet, selected
        trend_cells, self._bar_cells = sizes["trend"], sizes["bar"]
        slice_s = max(1.0, snapshot.policy.hub_interval_s * SERIES_POINTS / trend_cells)
        self._style = RowStyle(glyphs, slice_s, trend_cells)
        self._staleness = staleness(snapshot)
        self.stale = {
            key: age_s
            for key in (self.keys if self._staleness.is_any else ())
            if (age_s := self._staleness.of(key, is_in_group=key in of_group)) is not None
        }
        self._proofs = Proofs(snapshot, group)
        self._memo = memo
        memo.begin()

    @override
    def make(self, position: int) -> Row:
        of = self._of(position)
        rank, stale_s = self.rank(position), self.stale.get(of.key)
        facts = (
            hub_facts(of.of_hub),
            of.of_group,
            of.mark,
            of.lease,
            of.proven,
            rank,
            stale_s,
            self._style,
        )

        return self._memo.kept(
            (self._name, of.key),
            facts,
            lambda: Row(
                of.key,
                aged({key: cell(of, self._style) for key, cell in CELLS.items()}, stale_s),
                rank,
                stale_s,
            ),
        )

    @override
    def rank(self, position: int) -> int:
        key = self.keys[position]
        of_group = self._of_group.get(key)
        health = health_of(of_group).rank if of_group else 0
        return max(self._ranks.get(key, 0), health)

    @override
    def sort(self, position: int, column: int) -> float | str | None:
        return CELLS[COLUMNS[column].key](self._of(position), self._style).sort

    def _of(self, position: int) -> PartitionFacts:
        key = self.keys[position]
        of_group = self._of_group.get(key)

        if of_group is None:
            return PartitionFacts(key, self._of_hub.get(key), None, None, LEASE_NOT_KNOWN)

        is_quiet, now = self._quiet and key != self._selected, self._now

        if is_quiet:  # what is old anyway moves with its age, not by the second
            now -= self._staleness.beyond_step_s

        if self._staleness.store_s is not None and of_group.lease.state is LeaseState.HELD:
            now = min(now, of_group.lease.expires_at or now)  # nobody saw it run out

        glyphs, cells = self._style.glyphs, self._bar_cells
        lease = lease_cells(of_group.lease, now, glyphs, cells, quiet=is_quiet)
        mark = self._marks.get(of_group.lease.owner or "")

        return PartitionFacts(
            key,
            of_hub=self._of_hub.get(key),
            of_group=of_group,
            mark=mark,
            lease=lease,
            proven=self._proofs.of(of_group),
        )
