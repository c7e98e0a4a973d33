"""What happened, newest first, without what a finding beside it tells."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from ehtui.domain.snapshot import Severity
from ehtui.lazy import LazyModule
from ehtui.views import formats
from ehtui.views.cells import Cell, Column, Row, RowMemo, Table, Tone, fitted
from ehtui.views.formats import UTC_CLOCK, Clock
from ehtui.views.glyphs import UNICODE, Glyphs, Marks, OwnerMark, owner_marks
from ehtui.views.keys import event_key, partitions_of
from ehtui.views.phrasing import Phrasing
from ehtui.views.states import SEVERITY_TONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
    started_with: tuple[str, ...] = (),
) -> Table:
    """One row an event; `~` where polls could have missed a change in between."""
    memo = memo or RowMemo()
    memo.begin()
    say = Phrasing(snapshot, clock, group, started_with=started_with)
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


def _row(event: TimelineEvent, say: Phrasing, mark: OwnerMark | None, glyphs: Glyphs) -> Row:
    time = ("~" if event.is_approximate else "") + say.time(event.at)
    about = timeline.subject(event, say)
    tone, sign = _meaning(event, glyphs)
    command = timeline.command_line(event, say)
    told = timeline.sentence(event, say) + (f"  $ {command}" if command else "")
    return Row(
        event_key(event),
        (
            Cell(time, Tone.DIM, sort=float(event.number)),
            Cell(sign, tone, sort=sign),
            Cell(about, owner=mark.colour if mark else None, sort=about),
            Cell(told, tone, sort=event.kind),
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


_SOURCES = ("source.unreadable", "source.throttled", "source.unauthorised")
_TOLD_BY = {
    "lease.overdue": ("lease.overdue",),
    "lease.expired": ("lease.expired",),
    "lease.pingpong": ("partition.pingpong",),
    "checkpoint.rewound": ("checkpoint.rewound",),
    "source.failed": _SOURCES,
    "source.recovered": _SOURCES,
}
_ROUND_S = 10.0  # a finding is judged when its source is read next
_Key = tuple[str, str | None, str | None]


class _Span(NamedTuple):
    """How long a finding lasted, and of which partitions."""

    from_at: float
    to_at: float
    partitions: frozenset[str]


def told_once(timeline: Sequence[TimelineEvent]) -> Iterable[TimelineEvent]:
    """The events without those that a finding beside them tells."""
    spans = _spans(timeline)
    return (event for event in timeline if not _is_told(event, spans))


def _spans(timeline: Sequence[TimelineEvent]) -> dict[_Key, list[_Span]]:
    spans: defaultdict[_Key, list[_Span]] = defaultdict(list)

    for event in timeline:
        if event.finding is None:
            continue

        key = (event.finding.id, _lower(event.subject.group), event.subject.source)
        places = frozenset(partitions_of(event.finding))

        if isinstance(event.details, events.FindingEnded):
            from_at = event.details.began_at - _ROUND_S
            spans[key] = [span for span in spans[key] if span.from_at != from_at]
            spans[key].append(_Span(from_at, event.at + _ROUND_S, places))
        else:
            spans[key].append(_Span(event.at - _ROUND_S, math.inf, places))

    return spans


def _is_told(event: TimelineEvent, spans: dict[_Key, list[_Span]]) -> bool:
    partition = event.subject.partition
    return any(
        span.from_at <= event.at <= span.to_at
        and (partition is None or not span.partitions or partition in span.partitions)
        for name in _TOLD_BY.get(event.kind, ())
        for span in spans.get((name, _lower(event.subject.group), event.subject.source), ())
    )


def _lower(group: str | None) -> str | None:
    return None if group is None else group.lower()
