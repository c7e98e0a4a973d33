"""Sent events that are followed, in words: where they are, who passed them and after how long."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

from ehtui.domain import timeline
from ehtui.domain.actions.following import FollowedSend, SentEvents, Verdict
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.event_text import EventText
from ehtui.views.phrasing import partition
from ehtui.views.status_values import Moment, Rule, moment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.timeline import SendFollowed
    from ehtui.views.phrasing import Phrasing

_CLOSE_S = 2.0  # bounds so near each other are told as one length

# What to look at next.
_NEXT: Mapping[Verdict, str] = {
    Verdict.STUCK: "Its handler hangs, or fails on an event: read its log (l), and why (w).",
    Verdict.SILENT: (
        "It may write a checkpoint only every so many events, or its handler hangs: send some "
        "more, and read its log (l)."
    ),
    Verdict.NEVER: (
        "It may never call update_checkpoint, write to another container, or hang in its first "
        "event: read its log (l)."
    ),
    Verdict.UNOWNED: "Start a consumer (S), or see why none takes it (w).",
    Verdict.OVERDUE: "Its process hangs or is gone: see who takes it over (w).",
    Verdict.NO_SEQUENCE: "Its checkpoint tells only an offset: look at its log instead.",
    Verdict.UNREADABLE: "Its record is in no format that ehtui reads: see why (w).",
    Verdict.AHEAD: "Its checkpoint is of another stream, or was set by hand: see why (w).",
    Verdict.UNLOCATED: (
        "Send to one partition, or set eventhub.peek_group, so that events can be found."
    ),
    Verdict.UNSEEN: "Configure checkpoint_store: without it nobody sees checkpoints.",
}


def advice(place: FollowedSend) -> str:
    """What to look at next; empty where there is nothing to do."""
    return _NEXT.get(place.verdict, "")


def took(least_s: float | None, most_s: float | None) -> str:
    """`after 3.1s`, `within 1s`, `after 4–9s`: as closely as looks at the store tell."""
    if least_s is None or most_s is None:
        return f"after {formats.UNKNOWN}"

    if most_s <= 1:
        return "within 1s"

    if most_s - least_s <= _CLOSE_S:
        middle = (least_s + most_s) / 2
        return f"after {middle:.1f}s" if most_s < 10 else f"after {formats.duration(middle)}"  # noqa: PLR2004

    return f"after {formats.duration(math.floor(least_s))}–{formats.duration(math.ceil(most_s))}"


def where(place: FollowedSend | SendFollowed, name: str | None) -> str:
    """`#920 to P2`, `5 events as #920–924 to P2`, `~#915–931` where others are among them."""
    if place.first is None or place.last is None:
        events = "" if place.count == 1 else f"{formats.plural(place.count, 'event')} "
        return f"{events}to {partition(name) if name is not None else 'a partition unknown'}"

    sign = "~" if place.is_bracket else ""
    span = f"{sign}#{place.first}" + (f"–{place.last}" if place.last != place.first else "")
    many = "" if place.count == 1 else f"{formats.plural(place.count, 'event')} "
    return f"{many}as {span} to {partition(name or formats.UNKNOWN)}"


def followed_sentence(place: FollowedSend, say: Phrasing) -> str:
    """`sent as #920 to P2; 7c6b1a2e's checkpoint passed it after 3.1s`."""
    return f"sent {where(place, place.partition)}; {_fate(place, say)}"


def _fate(place: FollowedSend, say: Phrasing) -> str:
    it = "it" if place.count == 1 else "them"
    whose = f"{formats.owner(place.owner)}'s checkpoint" if place.owner else "its checkpoint"
    return str(_FATES[place.verdict](place, say, whose, it))


def _passed(place: FollowedSend, _: Phrasing, whose: str, it: str) -> str:
    least, most = place.took_s or (None, None)
    return f"{whose} passed {it} {took(least, most)}"


def _waiting(place: FollowedSend, _: Phrasing, whose: str, it: str) -> str:
    waited_s = math.floor(place.waited_s)
    so_far = f"for {formats.duration(waited_s)}" if waited_s else "yet"

    if place.cadence_s is not None:
        usually = formats.duration(math.ceil(place.cadence_s))
        return f"{whose} has not passed {it} {so_far} (usually {usually})"

    before = f"before {formats.duration(place.allowed_s)}" if place.allowed_s else "yet"
    unknown = f"how often it moves is unknown: no verdict {before}"
    return f"{whose} has not passed {it} {so_far}; {unknown}"


def _moving(place: FollowedSend, _: Phrasing, whose: str, it: str) -> str:
    del it
    left = formats.plural(place.left, "event") if place.left is not None else "some events"
    return f"{whose} moves, and has {left} to go"


def _stuck(place: FollowedSend, _: Phrasing, whose: str, it: str) -> str:
    waited = formats.duration(place.waited_s)
    usually = ""

    if place.cadence_s is not None:
        usually = f" (usually {formats.duration(math.ceil(place.cadence_s))})"

    return f"{whose} has not passed {it}, nor moved for {waited}{usually}: stuck"


def _silent(place: FollowedSend, _: Phrasing, whose: str, it: str) -> str:
    waited = formats.duration(place.waited_s)
    return f"{whose} has not passed {it}, nor moved for {waited}: how often it moves is unknown"


def _never(place: FollowedSend, _: Phrasing, __: str, ___: str) -> str:
    waited = formats.duration(place.waited_s)
    return f"{formats.somebody(place.owner)} owns it and has written no checkpoint for {waited}"


def _unowned(place: FollowedSend, say: Phrasing, __: str, it: str) -> str:
    taken = place.taken_by_at
    until = f"; somebody should take it by {say.time(taken)}" if taken else ""
    return f"nobody in {safe(place.group)} owns the partition: {it} stays unread{until}"


def _overdue(place: FollowedSend, _: Phrasing, __: str, it: str) -> str:
    return f"its owner {formats.owner(place.owner)} stopped renewing, and has not passed {it}"


_FATES: Mapping[Verdict, Any] = {
    Verdict.PASSED: _passed,
    Verdict.WAITING: _waiting,
    Verdict.MOVING: _moving,
    Verdict.STUCK: _stuck,
    Verdict.SILENT: _silent,
    Verdict.NEVER: _never,
    Verdict.UNOWNED: _unowned,
    Verdict.OVERDUE: _overdue,
    Verdict.NO_SEQUENCE: lambda *_: "its checkpoint tells no sequence number to compare with",
    Verdict.UNREADABLE: lambda *_: "its checkpoint can't be read",
    Verdict.AHEAD: lambda *_: "its checkpoint was beyond it before it was sent",
    Verdict.UNLOCATED: lambda *_: "where it came to stand is not known, so it can't be followed",
    Verdict.UNSEEN: lambda *_: "no checkpoint store is configured, so it can't be followed",
}


def send_line(sent: SentEvents, say: Phrasing) -> str:
    """One send in one line, as far as it is by now: the first partition that has not passed."""
    if sent.ended_at is None:
        per_s = sent.per_s(say.now)
        pace = f", {formats.per_s(per_s)}" if per_s is not None else ""
        return f"sending {formats.count(sent.accepted)} of {formats.count(sent.count)}{pace}"

    open_ = [place for place in sent.places if place.verdict is not Verdict.PASSED]

    if not sent.places:
        return ""

    if len(sent.places) == 1:
        return followed_sentence(sent.places[0], say)

    passed = len(sent.places) - len(open_)
    words = f"sent {formats.plural(sent.accepted, 'event')}; {safe(sent.group or '')} passed them "
    words += f"in {passed} of {formats.plural(len(sent.places), 'partition')}"

    if not open_:
        return words

    return f"{words}; {partition(open_[0].partition or formats.UNKNOWN)}: {_fate(open_[0], say)}"


class FollowedDocument(TypedDict):
    """Events of one send in one partition. Lengths in seconds; unknown is null."""

    group: Annotated[str, "Consumer group that is followed."]
    partition: Annotated[str | None, "Partition id."]
    count: Annotated[int, "Events."]
    first_sequence: Annotated[int | None, "Sequence number of the first, or the least possible."]
    last_sequence: Annotated[int | None, "The same of the last, or the most possible."]
    is_bracket: Annotated[bool, "Whether other senders' events are in between."]
    sent_at: Annotated[Moment, "When the last was enqueued or, else, accepted; server time."]
    verdict: Annotated[str, "What became of them.", Rule("enum", [v.value for v in Verdict])]
    owner: Annotated[str | None, "Who owns the partition."]
    passed_s: Annotated[list[float] | None, "Until the checkpoint had passed: at least, at most."]
    cadence_s: Annotated[float | None, "How long events usually wait there."]
    waited_s: Annotated[float, "Without progress of the checkpoint."]
    checkpoint: Annotated[int | None, "Where the checkpoint stands."]


def followed_document(place: FollowedSend) -> FollowedDocument:
    """One partition for JSON."""
    bounds = place.took_s
    return {
        "group": safe(place.group),
        "partition": None if place.partition is None else safe(place.partition),
        "count": place.count,
        "first_sequence": place.first,
        "last_sequence": place.last,
        "is_bracket": place.is_bracket,
        "sent_at": moment(place.sent_at),
        "verdict": place.verdict.value,
        "owner": None if place.owner is None else safe(place.owner),
        "passed_s": None if bounds is None else [round(length, 1) for length in bounds],
        "cadence_s": None if place.cadence_s is None else round(place.cadence_s, 3),
        # To the millisecond: "stuck" is more than three cadences, and the figures must show it.
        "waited_s": round(place.waited_s, 3),
        "checkpoint": place.checkpoint,
    }


def _told(found: SendFollowed, say: Phrasing) -> str:
    """The same in the timeline, where the group is named if it is not on the screen."""
    place = FollowedSend(
        group="",
        partition=None,
        count=found.count,
        first=found.first,
        last=found.last,
        is_bracket=found.is_bracket,
        sent_at=found.sent_at,
        verdict=found.verdict,
        owner=found.owner,
        cadence_s=found.cadence_s,
        waited_s=found.waited_s,
        checkpoint=found.checkpoint,
    )
    sign = "~" if found.is_bracket else ""
    span = formats.UNKNOWN if found.first is None else f"{sign}#{found.first}"

    if found.last is not None and found.last != found.first:
        span += f"–{found.last}"

    if found.verdict is Verdict.PASSED:
        it = "it" if found.count == 1 else "them"
        late = ", after all" if found.is_late else ""
        fate = f"{formats.somebody(found.owner)}'s checkpoint passed {it} "
        fate += took(found.took_least_s, found.took_most_s) + late
    elif found.verdict is Verdict.UNOWNED:
        fate = "nobody owns the partition"
    else:
        fate = _fate(place, say)

    return f"your {'event' if found.count == 1 else 'events'} {span}: {fate}"


EVENT = EventText(timeline.SEND_FOLLOWED, _told)
