"""What a finding tells too: an event that says no more than the finding that it began or ended."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from ehtui.lazy import LazyModule
from ehtui.views.keys import partitions_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ehtui.domain import timeline as events
    from ehtui.domain.snapshot import TimelineEvent
else:
    events = LazyModule("ehtui.domain.timeline")

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
