"""What happened, newest first, without what a finding beside it tells."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from ehtui.domain.snapshot import Severity
from ehtui.lazy import LazyModule
from ehtui.views import formats
from ehtui.views.cells import Cell, Column, Row, RowMemo, Table, Tone, fitted, widened
from ehtui.views.formats import UTC_CLOCK, Clock
from ehtui.views.glyphs import UNICODE, Glyphs
from ehtui.views.keys import event_key, partitions_of
from ehtui.views.phrasing import Phrasing
from ehtui.views.states import SEVERITY_RANK, SEVERITY_TONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ehtui.domain import timeline as events
    from ehtui.domain.snapshot import Snapshot, TimelineEvent
    from ehtui.views import timeline
else:
    events = LazyModule("ehtui.domain.timeline")
    timeline = LazyModule("ehtui.views.timeline")


COLUMNS = (
    Column("at", "TIME", 8, meaning="when it happened, in this host's time zone"),
    Column("mark", "", 1),
    Column(
        "subject",
        "ABOUT",
        6,
        min_width=8,
        meaning="partition, process, source or group; “you” for actions of this session",
    ),
    Column("event", "EVENT", 40, grows=True, min_width=20, meaning="what happened"),
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


WINDOWS_S: tuple[float | None, ...] = (None, 300.0, 900.0, 3600.0)
FAULTS = "faults"
# What one asks for, as a list offers it, and how the kinds of events begin that answer it.
KINDS: Mapping[str, tuple[str, ...]] = {
    "ownership": ("lease.", "group.", "takeover.", "checkpoint."),
    "actions": ("action.", "takeover.", "send."),
    "processes": ("consumer.", "log."),
    "findings": ("finding.",),
    "sources": ("source.", "hub.", "clock."),
    FAULTS: (),  # of any kind: warnings and worse, and their ends
}
_ABOUT = 2  # the place of its column
_ABOUT_CELLS = 18  # `P12 of analytics`; what is longer is told shorter
_MOST_NAMED = 2
_FAULT_RANK = SEVERITY_RANK[Severity.WARNING]


class TimelineScope(NamedTuple):
    """What of the timeline is asked for."""

    window_s: float | None = None  # before the picture's moment; None: all
    kinds: str = ""  # one of `KINDS`; "": all

    @property
    def words(self) -> tuple[str, ...]:
        """As a title says it: `last 5m`, `ownership`."""
        last = () if self.window_s is None else (f"last {formats.duration(self.window_s)}",)
        return (*last, self.kinds) if self.kinds else last

    @property
    def next_window(self) -> TimelineScope:
        """The window after this one, around the end."""
        at = WINDOWS_S.index(self.window_s) + 1
        return self._replace(window_s=WINDOWS_S[at % len(WINDOWS_S)])

    def asks_for(self, event: TimelineEvent, now: float) -> bool:
        """Whether an event is of it; `now` is server time."""
        if self.window_s is not None and event.at < now - self.window_s:
            return False

        if self.kinds == FAULTS:
            severity = severity_of(event)
            return severity is not None and SEVERITY_RANK[severity] >= _FAULT_RANK

        return not self.kinds or event.kind.startswith(KINDS[self.kinds])


EVERYTHING = TimelineScope()


def timeline_table(
    snapshot: Snapshot,
    group: str,
    *,
    scope: TimelineScope = EVERYTHING,
    glyphs: Glyphs = UNICODE,
    clock: Clock = UTC_CLOCK,
    memo: RowMemo | None = None,
    started_with: tuple[str, ...] = (),
) -> Table:
    """One row an event; `~` where polls could have missed a change in between."""
    memo = memo or RowMemo()
    memo.begin()
    say = Phrasing(snapshot, clock, group, started_with=started_with)
    day = clock.day(snapshot.host_at(snapshot.taken_at))

    def row_of(event: TimelineEvent) -> Row:
        facts = (event, group, day, clock, glyphs)
        return memo.kept(event.number, facts, lambda: _row(event, say, glyphs))

    now = snapshot.server_now
    asked = tuple(event for event in snapshot.timeline if scope.asks_for(event, now))
    rows = tuple(row_of(event) for event in reversed(tuple(told_once(asked))))

    return Table(
        columns=_columns(rows),
        rows=rows,
        title=_title(snapshot.timeline, len(rows), scope),
        empty="Nothing of that kind happened then; esc shows everything."
        if scope.words and snapshot.timeline
        else "Nothing has happened since ehtui started.",
    )


def _columns(rows: Sequence[Row]) -> tuple[Column, ...]:
    about = [row.cells[_ABOUT].within(_ABOUT_CELLS) for row in rows]
    columns = widened(fitted(COLUMNS, rows, ("at",)), {"subject": about})
    most = {"subject": _ABOUT_CELLS}
    return tuple(replace(c, width=min(c.width, most.get(c.key, c.width))) for c in columns)


def _title(timeline: Sequence[TimelineEvent], shown: int, scope: TimelineScope) -> str:
    """How many; where not all are asked for, of how many, and what: `3 of 87 · last 5m`."""
    if not scope.words:
        return formats.count(shown)

    all_of_them = sum(1 for _ in told_once(timeline))
    return " · ".join((f"{formats.count(shown)} of {formats.count(all_of_them)}", *scope.words))


def _row(event: TimelineEvent, say: Phrasing, glyphs: Glyphs) -> Row:
    time = ("~" if event.is_approximate else "") + say.time(event.at)
    about = timeline.subject(event, say)
    tone, sign = meaning(event, glyphs)
    command = timeline.command_line(event, say)
    told = timeline.sentence(event, say) + (f"  $ {command}" if command else "")
    severity, has_ended = severity_of(event), isinstance(event.details, events.FindingEnded)
    return Row(
        event_key(event),
        (
            Cell(time, Tone.DIM, sort=float(event.number)),
            Cell(sign, tone, sort=sign),
            Cell(about, sort=about, shorter=_shorter(event)),
            Cell(told, tone, sort=event.kind),
        ),
        0 if severity is None or has_ended else SEVERITY_RANK[severity],
    )


def _shorter(event: TimelineEvent) -> tuple[str, ...]:
    """How many partitions it is about, where to name them would take the sentence's space."""
    places = partitions_of(event.finding) if event.finding is not None else ()
    return (f"{len(places)} partitions",) if len(places) > _MOST_NAMED else ()


def severity_of(event: TimelineEvent) -> Severity | None:
    """How bad it is, or was while it lasted; None where it is neither."""
    return event.finding.severity if event.finding is not None else _SEVERITIES.get(event.kind)


def meaning(event: TimelineEvent, glyphs: Glyphs) -> tuple[Tone, str]:
    """How an event is meant: its tone, and the sign before it."""
    if isinstance(event.details, events.FindingEnded):
        return (Tone.GOOD, glyphs.well) if event.details.is_judged else (Tone.DIM, " ")

    severity = severity_of(event)

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
            from_at = min(event.finding.since, event.at) - _ROUND_S
            spans[key].append(_Span(from_at, math.inf, places))

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
