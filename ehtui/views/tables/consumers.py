"""The consumers that run on this host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.views import formats
from ehtui.views.cells import Column, Row, RowMemo, Table, fitted
from ehtui.views.glyphs import UNICODE, Glyphs, Marks, owner_marks
from ehtui.views.keys import process_key
from ehtui.views.lags import ConsumerLags
from ehtui.views.states import ROLE, SEVERITY_RANK
from ehtui.views.tables.titles import failing_notes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.snapshot import ConsumerState, Snapshot

COLUMNS = (
    Column("pid", "PID", 5, align_right=True),
    Column("up", "UP", 6, gives_way=3),
    Column("cpu", "CPU%", 5, align_right=True, gives_way=4),
    Column("memory", "MEM%", 5, align_right=True, gives_way=5),
    Column("owner", "OWNER", 11),
    Column("owns", "OWNS", 6),
    Column("lag", "LAG", 5, align_right=True, gives_way=1),
    Column("name", "NAME", 8, gives_way=7),
    Column("rss", "RSS", 9, align_right=True, gives_way=6),
    Column("threads", "THREADS", 7, align_right=True, gives_way=9),
    Column("connections", "CONNS", 5, align_right=True, gives_way=8),
    Column("log", "LOG", 6, gives_way=10),
    Column("command", "COMMAND", 20, gives_way=2, grows=True, min_width=10),
)
_FITTED = ("pid", "owner", "owns", "lag", "name", "rss")
_MINUTE = 60
_EMPTY = (
    "No consumer recognised on this host. Name one under consumers: in config.yaml, "
    "or start with --pid."
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
