"""Every event as one sentence. What it is about stands beside it, so that a sentence says “it”."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from ehtui.domain import timeline as kinds
from ehtui.domain.actions.outcomes import OutcomeState
from ehtui.domain.evidence import EventKind, facts
from ehtui.domain.text import safe
from ehtui.domain.timeline import (
    LOG_KINDS,
    BackAndForth,
    Claimed,
    ClockSet,
    ConsumerGone,
    ConsumerStarted,
    Expired,
    FindingBegan,
    FindingEnded,
    GroupAppeared,
    HubCreatedAnew,
    HubGrew,
    LogLines,
    Overdue,
    Recovered,
    Released,
    Rewound,
    SourceBack,
    SourceDown,
    Stolen,
    TakenOver,
    TakeoverMeasured,
    TakeoverMoved,
)
from ehtui.lazy import LazyModule
from ehtui.views import findings, following, formats
from ehtui.views.actions import ACTION_EVENTS
from ehtui.views.costs import cost_words
from ehtui.views.event_text import EventText, guess, owned_words
from ehtui.views.evidence import evidence_lines
from ehtui.views.findings.processes import said
from ehtui.views.phrasing import Phrasing, joined, partition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.snapshot import Finding, TimelineEvent
    from ehtui.views.formats import Language
    from ehtui.views.korean import findings as korean
    from ehtui.views.korean import timeline as korean_timeline
else:
    korean = LazyModule("ehtui.views.korean.findings")
    korean_timeline = LazyModule("ehtui.views.korean.timeline")


def noticed_at(event: TimelineEvent) -> float | None:
    """When the finding that it is about was judged first."""
    details = event.details
    return details.noticed_at if isinstance(details, FindingBegan | FindingEnded) else None


def judged(finding: Finding, details: object, say: Phrasing) -> str:
    """A finding that began, or the same words once more as it ends."""
    if isinstance(details, FindingBegan):
        return findings.sentence(finding, replace(say, as_of=details.noticed_at))

    if not isinstance(details, FindingEnded):
        return findings.sentence(finding, say)

    words = findings.sentence(finding, replace(say, as_of=details.noticed_at))
    return f"{ended(details, say)}: {words}"


def ended(details: FindingEnded, say: Phrasing) -> str:
    """That a finding is over, without saying which."""
    if say.language == "ko":
        return korean.ended(details.lasted_s, is_judged=details.is_judged)

    end = "over" if details.is_judged else "no longer judged"
    return f"{end} after {formats.duration(details.lasted_s)}"


YOU = "you"


def sentence(event: TimelineEvent, say: Phrasing) -> str:
    """What happened; a kind that is not known still tells its facts."""
    if event.finding is not None:
        return judged(event.finding, event.details, say)

    text = _text_of(event, say.language)

    if text is None or not isinstance(event.details, text.kind.details):
        return _unknown(event, say)

    return text.sentence(event.details, say)


def _text_of(event: TimelineEvent, language: Language) -> EventText[Any] | None:
    """Its words; what has none in that language is told in English: what somebody did himself."""
    told = korean_timeline.TEXTS.get(event.kind) if language == "ko" else None
    return told or TEXTS.get(event.kind)


def command_line(event: TimelineEvent, say: Phrasing) -> str:
    """What a shell is given to have the same done again; empty where nothing was done."""
    text = TEXTS.get(event.kind)
    details = event.details

    if text is None or not isinstance(details, text.kind.details):
        return ""

    is_undone = getattr(details, "state", None) in _UNDONE
    return "" if is_undone else say.command(*text.words(details))


_UNDONE = {OutcomeState.REFUSED, OutcomeState.DRY_RUN}


def subject(event: TimelineEvent, say: Phrasing) -> str:
    """Who or what: `you` for this session's actions, else a partition, process, source or group."""
    about = event.subject

    if event.kind.startswith("action."):
        return YOU

    if event.finding is not None:
        return findings.subject_words(event.finding)

    if about.partition is not None:
        return partition(about.partition) + say.of_group(about.group)

    if about.pid is not None:
        return str(about.pid)

    if event.kind.startswith("clock."):
        return "clock"

    return safe(about.source or about.group or "hub")


def _unknown(event: TimelineEvent, say: Phrasing) -> str:
    name = safe(event.kind).replace(".", " ").replace("_", " ")
    lines = evidence_lines(facts(event.details), say)
    told = ", ".join(f"{key} {value}" for key, value in lines)
    return f"{name} ({told})" if told else name


def _claimed(found: Claimed, _: Phrasing) -> str:
    if found.was == "never_owned":
        first = f"{formats.somebody(found.owner)} claimed it (never owned before)"
        return joined(first, cost_words(found.cost))

    free_s = found.free_s
    lasting = f", free for {formats.duration(free_s)}" if free_s is not None else ""
    by = "free"

    if found.previous_owner:
        previous = formats.somebody(found.previous_owner)
        by = f"let go by {previous}, unseen" if found.is_guess else f"released by {previous}"

    claimed = f"{formats.somebody(found.owner)} claimed it (was {by}{lasting})"
    return joined(claimed, cost_words(found.cost))


def _released(found: Released, _: Phrasing) -> str:
    held = found.held_s
    after = f" after {formats.duration(held)}" if held else ""
    owner = formats.somebody(found.owner)

    if found.is_guess:
        return f"{owner} let it go{after}, unseen: it released it, or its lease expired"

    return f"{owner} released it{after}"


def _overdue(found: Overdue, say: Phrasing) -> str:
    return (
        f"{formats.somebody(found.owner)} stopped renewing at {say.time(found.renewed_at)}; "
        f"its lease expires at {say.time(found.expires_at)}"
    )


def _recovered(found: Recovered, _: Phrasing) -> str:
    late = found.late_s
    return f"{formats.somebody(found.owner)} is renewing again" + (
        f", {formats.duration(late)} late" if late else ""
    )


def _expired(found: Expired, _: Phrasing) -> str:
    length = found.expires_after_s
    silent = f": no renewal for {formats.duration(length)}" if length is not None else ""
    return f"the lease of {formats.somebody(found.owner)} expired{silent}"


def _taken_over(found: TakenOver, _: Phrasing) -> str:
    dead, gap = found.dead_s, found.gap_s
    lag = found.lag
    after = ""

    if dead is not None:
        after = f" {formats.duration(dead)} after its process ended"
    elif gap is not None:
        after = f" {formats.duration(gap)} after its last renewal"

    waited = f"{formats.plural(lag, 'event')} waited" if lag else ""
    new, old = formats.somebody(found.owner), formats.somebody(found.previous_owner)
    return joined(f"{new} took it over from {old}{after}", waited, cost_words(found.cost))


def _stolen(found: Stolen, _: Phrasing) -> str:
    new, old = formats.somebody(found.owner), formats.somebody(found.previous_owner)
    stolen = f"{new} took it from {old}, whose lease was still live, to balance the load"
    return joined(stolen, cost_words(found.cost))


def _pingpong(found: BackAndForth, _: Phrasing) -> str:
    return (
        f"back to {formats.somebody(found.owner)} from {formats.somebody(found.previous_owner)}: "
        f"{formats.count(found.changes)} changes in {formats.duration(found.window_s)}"
    )


def _rewound(found: Rewound, _: Phrasing) -> str:
    before, after = formats.count(found.from_sequence), formats.count(found.to_sequence)
    return f"checkpoint went back from {before} to {after}"


def _started(found: ConsumerStarted, _: Phrasing) -> str:
    return f"started: {formats.text(found.consumer_name) or safe(found.command)}"


def _gone(found: ConsumerGone, say: Phrasing) -> str:
    lived = found.lived_s
    name = formats.text(found.consumer_name)
    ended = f"{name} ended" if name else "ended"
    signal = f" on SIG{formats.text(found.signal)}" if found.signal else ""
    after = f" after {formats.duration(lived)}" if lived is not None else ""
    owned = found.partitions
    return joined(f"{ended}{signal}{after}", f"it owned {owned_words(owned, say)}" if owned else "")


def _source_failed(found: SourceDown, _: Phrasing) -> str:
    return f"cannot be read: {safe(found.summary).rstrip('.')}"


def _source_recovered(found: SourceBack, _: Phrasing) -> str:
    down = found.down_s
    return "can be read again" + (f" after {formats.duration(down)}" if down is not None else "")


def _measured(found: TakeoverMeasured, say: Phrasing) -> str:
    owned = (
        f"{formats.somebody(found.owner)} owns it {formats.duration(found.gap_s)} after your signal"
    )
    earliest, latest = found.takeover.earliest_at, found.takeover.latest_at

    if earliest is None:
        return joined(owned, "there was no forecast")

    if latest is None:
        return joined(owned, f"forecast from {guess(found.takeover)}{say.time(earliest)} on")

    kept = "kept" if found.is_inside_forecast else "missed"
    return joined(owned, f"forecast {guess(found.takeover)}{say.span(earliest, latest)}, {kept}")


def _moved(found: TakeoverMoved, _: Phrasing) -> str:
    return f"its checkpoint moved again {formats.duration(found.moved_s)} after your signal"


def _clock_set(found: ClockSet, _: Phrasing) -> str:
    by_s = found.by_s
    way = "ahead" if by_s > 0 else "back"
    return f"this host's clock was set {way} by {formats.duration(abs(by_s))}"


def _hub_recreated(found: HubCreatedAnew, say: Phrasing) -> str:
    return (
        f"the hub was recreated at {say.time(found.created_at)}: its sequence numbers start again"
    )


def _appeared(found: GroupAppeared, _: Phrasing) -> str:
    return f"the store now has records of {safe(found.group) or 'the group'}"


def _grew(found: HubGrew, _: Phrasing) -> str:
    return f"from {formats.count(found.before)} to {formats.count(found.after)} partitions"


def _log(kind: EventKind[LogLines]) -> EventText[LogLines]:
    return EventText(
        kind, lambda found, _: f"its log: {said(kind.id, found.count, found.partitions)}"
    )


_TOLD = (
    EventText(kinds.LEASE_CLAIMED, _claimed),
    EventText(kinds.LEASE_RELEASED, _released),
    EventText(kinds.LEASE_OVERDUE, _overdue),
    EventText(kinds.LEASE_RECOVERED, _recovered),
    EventText(kinds.LEASE_EXPIRED, _expired),
    EventText(kinds.LEASE_TAKEN_OVER, _taken_over),
    EventText(kinds.LEASE_STOLEN, _stolen),
    EventText(kinds.LEASE_PINGPONG, _pingpong),
    EventText(kinds.CHECKPOINT_REWOUND, _rewound),
    EventText(kinds.GROUP_APPEARED, _appeared),
    EventText(kinds.CONSUMER_STARTED, _started),
    EventText(kinds.CONSUMER_GONE, _gone),
    EventText(kinds.SOURCE_FAILED, _source_failed),
    EventText(kinds.SOURCE_RECOVERED, _source_recovered),
    EventText(kinds.FINDING_BEGAN, lambda *_: "a finding began"),
    EventText(kinds.FINDING_ENDED, ended),
    EventText(kinds.CLOCK_SET, _clock_set),
    EventText(kinds.HUB_GREW, _grew),
    EventText(kinds.HUB_RECREATED, _hub_recreated),
    EventText(kinds.TAKEOVER_MEASURED, _measured),
    EventText(kinds.TAKEOVER_MOVED, _moved),
    following.EVENT,
)
_ALL: tuple[EventText[Any], ...] = (*_TOLD, *ACTION_EVENTS, *map(_log, LOG_KINDS.values()))
TEXTS: Mapping[str, EventText[Any]] = {text.kind.id: text for text in _ALL}
