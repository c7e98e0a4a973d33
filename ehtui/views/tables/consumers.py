"""The consumers that run on this host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.process import LinkBasis, LogState
from ehtui.domain.snapshot import ConsumerRole, ConsumerState, Snapshot
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.cells import Cell, Column, Row, Table, Tone
from ehtui.views.command_lines import brief
from ehtui.views.glyphs import UNICODE, Glyphs
from ehtui.views.keys import process_key
from ehtui.views.owners import OwnerMark, owner_marks
from ehtui.views.states import ROLE, SEVERITY_RANK
from ehtui.views.tables.columns import fitted
from ehtui.views.tables.memo import RowMemo
from ehtui.views.tables.titles import failing_notes

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS = (
    Column("pid", "PID", 5, align_right=True),
    Column("up", "UP", 6, gives_way=3),
    Column("cpu", "CPU%", 5, align_right=True, gives_way=4),
    Column("memory", "MEM%", 5, align_right=True, gives_way=5),
    Column("owner", "OWNER", 11),
    Column("owns", "OWNS", 6),
    Column("name", "NAME", 8, gives_way=7),
    Column("rss", "RSS", 9, align_right=True, gives_way=6),
    Column("threads", "THREADS", 7, align_right=True, gives_way=9),
    Column("connections", "CONNS", 5, align_right=True, gives_way=8),
    Column("log", "LOG", 6, gives_way=10),
    Column("command", "COMMAND", 20, gives_way=2, grows=True, min_width=10),
)
_FITTED = ("pid", "owns", "name", "rss")
_MINUTE = 60
_LOG = {
    LogState.NONE: "none",
    LogState.NAMED: "named",
    LogState.SILENT: "silent",
    None: formats.UNKNOWN,
}
_USUAL = {"running", "sleeping", "disk-sleep", "idle", "parked", "waking"}
_EMPTY = (
    "No consumer recognised on this host. Name one under consumers: in config.yaml, "
    "or start with --pid."
)


def consumers_table(
    snapshot: Snapshot, group: str, *, glyphs: Glyphs = UNICODE, memo: RowMemo | None = None
) -> Table:
    """One row a process, oldest first; partitions of other groups carry the group's name."""
    memo = memo or RowMemo()
    memo.begin()
    marks = owner_marks(snapshot)
    ranks = _ranks(snapshot)

    def row_of(consumer: ConsumerState) -> Row:
        process = consumer.process.id
        mark = marks.get(consumer.link.owner) if consumer.link else None
        up = uptime(snapshot.taken_at - process.started_at)
        rank = max(ranks.get(process.pid, 0), ROLE[consumer.role].rank)

        def build() -> Row:
            return Row(process_key(process), _cells(consumer, group, up, mark, glyphs), rank)

        return memo.rows.kept(process, (consumer, group, up, mark, rank, glyphs), build)

    rows = tuple(
        row_of(c) for c in sorted(snapshot.consumers, key=lambda c: c.process.id.started_at)
    )

    return Table(
        columns=fitted(COLUMNS, rows, _FITTED),
        rows=rows,
        title=formats.count(len(rows)),
        notes=failing_notes(snapshot, ("processes", "logs")),
        empty=_EMPTY,
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


def _cells(
    consumer: ConsumerState, group: str, up: str, mark: OwnerMark | None, glyphs: Glyphs
) -> tuple[Cell, ...]:
    process = consumer.process

    return (
        Cell(str(process.id.pid), sort=float(process.id.pid)),
        Cell(up, sort=-process.id.started_at),
        _measured(formats.percent(process.cpu_percent), process.cpu_percent),
        _measured(formats.percent(process.memory_percent), process.memory_percent),
        _owner(consumer, mark, glyphs),
        _owns(consumer, group),
        _measured(safe(process.consumer_name or formats.UNKNOWN), process.consumer_name),
        _measured(formats.size(process.rss_bytes), process.rss_bytes),
        _measured(formats.count(process.threads), process.threads),
        _measured(formats.count(process.connections), process.connections),
        Cell(_LOG[consumer.log], Tone.PLAIN if consumer.log is LogState.NAMED else Tone.DIM),
        _command(consumer),
    )


def _measured(text: str, sort: float | str | None) -> Cell:
    return Cell(text, Tone.DIM if sort is None else Tone.PLAIN, sort=sort)


def _owner(consumer: ConsumerState, mark: OwnerMark | None, glyphs: Glyphs) -> Cell:
    role = ROLE[consumer.role]

    # Who owns nothing is told by that; its owner id, where known, is in the details.
    if consumer.link is None or mark is None or consumer.role in _IDLE:
        return Cell(role.text, role.tone, mark.colour if mark else None, f"~{role.text}")

    guess = "~" if consumer.link.basis is LinkBasis.ELIMINATION else " "
    text = f"{glyphs.owners[mark.glyph]}{guess}{formats.owner(consumer.link.owner)}"

    return Cell(text, Tone.PLAIN, mark.colour, safe(consumer.link.owner))


_IDLE = {ConsumerRole.STANDBY, ConsumerRole.STARVED}


def _owns(consumer: ConsumerState, group: str) -> Cell:
    by_group: dict[str, list[str]] = {}

    for name, partition in consumer.owns:
        by_group.setdefault(name, []).append(partition)

    if not by_group:
        is_known = consumer.role is not ConsumerRole.UNKNOWN
        return Cell("none", sort=0.0) if is_known else Cell(formats.UNKNOWN, Tone.DIM)

    texts = [
        formats.number_ranges(ids)
        if name.lower() == group.lower()
        else f"{safe(name)}:{formats.number_ranges(ids)}"
        for name, ids in sorted(by_group.items(), key=lambda item: item[0].lower() != group.lower())
    ]

    return Cell(" ".join(texts), sort=float(len(consumer.owns)))


def _command(consumer: ConsumerState) -> Cell:
    process = consumer.process
    command = brief(safe(process.command or process.name))

    if process.status in _USUAL or not process.status:
        return Cell(command, sort=command)

    return Cell(f"[{safe(process.status)}] {command}", Tone.WARNING, sort=command)
