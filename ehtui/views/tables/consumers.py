"""The consumers that run on this host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.snapshot import SourceStatus
from ehtui.views import formats
from ehtui.views.cells import Column, Row, RowMemo, Table, fitted
from ehtui.views.glyphs import UNICODE, Glyphs, Marks, owner_marks
from ehtui.views.keys import process_key
from ehtui.views.lags import ConsumerLags
from ehtui.views.states import ROLE, SEVERITY_RANK
from ehtui.views.tables.titles import failing_notes
from ehtui.views.width import width

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ehtui.domain.snapshot import ConsumerState, Snapshot

# What gives way first has the highest number; NAME and COMMAND as they tell (`_columns`).
COLUMNS = (
    Column("pid", "PID", 5, align_right=True, meaning="process id"),
    Column("up", "UP", 6, gives_way=4, meaning="how long the process has been running"),
    Column("cpu", "CPU%", 5, align_right=True, gives_way=5, meaning="share of one core"),
    Column(
        "memory", "MEM%", 5, align_right=True, gives_way=6, meaning="share of this host's memory"
    ),
    Column("owner", "OWNER", 11),
    Column(
        "owns",
        "OWNS",
        4,
        good_width=16,
        meaning="partitions that it owns; those of another group with the group's name",
    ),
    Column("lag", "LAG", 5, align_right=True, gives_way=1),
    Column(
        "name",
        "NAME",
        4,
        gives_way=8,
        min_width=8,
        is_extra=True,
        meaning="name under consumers: in config.yaml",
    ),
    Column(
        "rss", "RSS", 9, align_right=True, gives_way=7, is_extra=True, meaning="resident memory"
    ),
    Column(
        "threads",
        "THREADS",
        7,
        align_right=True,
        gives_way=10,
        is_extra=True,
        meaning="threads of the process",
    ),
    Column(
        "connections",
        "CONNS",
        5,
        align_right=True,
        gives_way=9,
        is_extra=True,
        meaning="connections to the namespace",
    ),
    Column(
        "log", "LOG", 6, gives_way=11, is_extra=True, meaning="what the consumer's log is good for"
    ),
    Column(
        "command",
        "COMMAND",
        10,
        gives_way=3,
        grows=True,
        min_width=10,
        meaning="script and arguments, without the interpreter; an unusual status in brackets",
    ),
)
_FITTED = ("pid", "owner", "owns", "lag", "name", "rss", "command")
_PROGRAM_CELLS = 24  # of a command, its program is shown up to so many
_TELLS_MORE = {"name": 2, "command": 7}  # who gives way where names tell processes apart better
_MINUTE = 60
_EMPTY = (
    "No consumer recognised on this host. Press a to mark one, name it under consumers: in "
    "config.yaml, or start with --pid."
)

_LOOKING = "Looking for consumers among this host's processes."


def _is_looking(snapshot: Snapshot) -> bool:
    """Whether this host's processes are read for the first time: none is known, not none there."""
    return any(
        source.name == "processes" and source.status is SourceStatus.STARTING
        for source in snapshot.sources
    )


def consumers_table(
    snapshot: Snapshot,
    group: str,
    *,
    glyphs: Glyphs = UNICODE,
    memo: RowMemo | None = None,
    marks: Marks | None = None,
) -> Table:
    """One row a process, oldest first; partitions of other groups carry the group's name."""
    memo = memo or RowMemo()
    memo.begin()
    marks = owner_marks(snapshot) if marks is None else marks
    ranks, lags = _ranks(snapshot), ConsumerLags(snapshot)

    def row_of(consumer: ConsumerState) -> Row:
        process = consumer.process.id
        mark = marks.get(consumer.link.owner) if consumer.link else None
        up = uptime(snapshot.taken_at - process.started_at)
        rank = max(ranks.get(process.pid, 0), ROLE[consumer.role].rank)
        lag = lags.of(consumer)

        def build() -> Row:
            # With the first consumer: the first paint has none, and waits for less.
            from ehtui.views.tables.consumer_row import cells_of  # noqa: PLC0415

            return Row(
                process_key(process),
                cells_of(consumer, group, up=up, lag=lag, mark=mark, glyphs=glyphs),
                rank,
            )

        return memo.kept(process, (consumer, group, up, lag, mark, rank, glyphs), build)

    rows = tuple(
        row_of(c) for c in sorted(snapshot.consumers, key=lambda c: c.process.id.started_at)
    )

    return Table(
        columns=_columns(rows),
        rows=rows,
        title=formats.count(len(rows)),
        notes=failing_notes(snapshot, ("processes", "logs")),
        empty=_LOOKING if _is_looking(snapshot) else _EMPTY,
    )


def _columns(rows: Sequence[Row]) -> tuple[Column, ...]:
    """As wide as these rows are; a list may collapse, a command is good from its program on."""
    cells = {column.key: [row.cells[n] for row in rows] for n, column in enumerate(COLUMNS)}
    commands = [cell.text for cell in cells["command"]]
    collapsed = [(cell.text, *cell.shorter)[-1] for cell in cells["owns"]]
    programs = [command.partition(" ")[0] for command in commands]
    names = {cell.text for cell in cells["name"]} - {formats.UNKNOWN}
    tells_more = len(names) > len({command[:_PROGRAM_CELLS] for command in commands})
    gives_way = _TELLS_MORE if tells_more else {}
    least = {"owns": max(map(width, ("OWNS", *collapsed)))}
    good = {"command": min(_PROGRAM_CELLS, max(map(width, programs), default=0))}

    return tuple(
        replace(
            column,
            gives_way=gives_way.get(column.key, column.gives_way),
            min_width=least.get(column.key, column.min_width),
            good_width=good.get(column.key, column.good_width),
            is_extra=column.is_extra and column.key not in gives_way,
        )
        for column in fitted(COLUMNS, rows, _FITTED)
    )


def _ranks(snapshot: Snapshot) -> Mapping[int, int]:
    ranks: dict[int, int] = {}

    for finding in snapshot.findings:
        if finding.subject.pid is not None:
            rank = SEVERITY_RANK[finding.severity]
            ranks[finding.subject.pid] = max(rank, ranks.get(finding.subject.pid, 0))

    return ranks


def uptime(seconds: float) -> str:
    """How long a process runs, by the minute: `<1m`, `12m`, `2h03m`."""
    return "<1m" if seconds < _MINUTE else formats.duration(seconds // _MINUTE * _MINUTE)
