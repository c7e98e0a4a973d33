"""What happened, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.snapshot import Severity
from ehtui.lazy import LazyModule
from ehtui.views import formats
from ehtui.views.cells import Cell, Column, Row, Table, Tone
from ehtui.views.formats import UTC_CLOCK, Clock
from ehtui.views.glyphs import UNICODE, Glyphs
from ehtui.views.keys import event_key
from ehtui.views.owners import Marks, OwnerMark, owner_marks
from ehtui.views.states import SEVERITY_TONE
from ehtui.views.tables.columns import fitted
from ehtui.views.tables.memo import RowMemo
from ehtui.views.telling import Telling
from ehtui.views.told_twice import told_once

if TYPE_CHECKING:
    from ehtui.domain import timeline as events
    from ehtui.domain.snapshot import Snapshot, TimelineEvent
    from ehtui.views import timeline
else:
    events = LazyModule("ehtui.domain.timeline")
    timeline = LazyModule("ehtui.views.timeline")

COLUMNS = (
    Column("at", "TIME", 8),
    Column("mark", "", 1),
    Column("subject", "ABOUT", 6),
    Column("event", "EVENT", 40, grows=True, min_width=20),
)
_SEVERITIES = {
    "lease.overdue": Severity.WARNING,
    "lease.expired": Severity.CRITICAL,
    "lease.pingpong": Severity.WARNING,
    "checkpoint.rewound": Severity.WARNING,
    "source.failed": Severity.WARNING,
    "hub.recreated": Severity.CRITICAL,
}
_ENDED_WELL = {"lease.taken_over", "lease.recovered", "source.recovered"}


def timeline_table(
    snapshot: Snapshot,
    group: str,
    *,
    glyphs: Glyphs = UNICODE,
    clock: Clock = UTC_CLOCK,
    memo: RowMemo | None = None,
    marks: Marks | None = None,
) -> Table:
    """One row an event; `~` where polls could have missed a change in between."""
    memo = memo or RowMemo()
    memo.begin()
    say = Telling(snapshot, clock, group)
    marks = owner_marks(snapshot) if marks is None else marks
    day = clock.day(snapshot.host_at(snapshot.taken_at))

    def row_of(event: TimelineEvent) -> Row:
        mark = marks.get(event.subject.owner or "")
        facts = (event, group, mark, day, clock, glyphs)

        return memo.kept(event.number, facts, lambda: _row(event, say, mark, glyphs))

    rows = tuple(row_of(event) for event in reversed(tuple(told_once(snapshot.timeline))))

    return Table(
        columns=fitted(COLUMNS, rows, ("at", "subject")),
        rows=rows,
        title=formats.count(len(rows)),
        empty="Nothing happened since ehtui watches.",
    )


def _row(event: TimelineEvent, say: Telling, mark: OwnerMark | None, glyphs: Glyphs) -> Row:
    time = ("~" if event.is_approximate else "") + say.time(event.at)
    about = timeline.subject(event, say)
    tone, sign = _meaning(event, glyphs)

    return Row(
        event_key(event),
        (
            Cell(time, Tone.DIM, sort=float(event.number)),
            Cell(sign, tone, sort=sign),
            Cell(about, owner=mark.colour if mark else None, sort=about),
            Cell(timeline.sentence(event, say), tone, sort=event.kind),
        ),
    )


def _meaning(event: TimelineEvent, glyphs: Glyphs) -> tuple[Tone, str]:
    severity = _SEVERITIES.get(event.kind)

    if isinstance(event.details, events.FindingEnded):
        return (Tone.GOOD, glyphs.well) if event.details.is_judged else (Tone.DIM, " ")

    if event.finding is not None:
        severity = event.finding.severity

    if severity is not None:
        return SEVERITY_TONE[severity], glyphs.mark(severity)

    return (Tone.GOOD, glyphs.well) if event.kind in _ENDED_WELL else (Tone.PLAIN, " ")
