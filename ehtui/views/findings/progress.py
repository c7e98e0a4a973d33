"""Reading that does not advance: handlers, checkpoints, lag and retention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings.evidence_records import (
    CHECKPOINT_AHEAD,
    CHECKPOINT_NEVER,
    CHECKPOINT_REWOUND,
    EVENTS_LOST,
    GROUP_BEHIND,
    HANDLER_STUCK,
    PARTITION_HOT,
    RETENTION_RISK,
)
from ehtui.domain.snapshot import Behind, BehindBasis
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.evidence import About, FindingText, Meaning, advise
from ehtui.views.peeking import see_next_event
from ehtui.views.phrasing import have, joined, partition, partitions

if TYPE_CHECKING:
    from ehtui.domain.findings.evidence_records import (
        CheckpointAhead,
        CheckpointRewound,
        EventsLost,
        GroupBehind,
        HandlerStuck,
        HotPartition,
        NeverCheckpointed,
        RetentionRisk,
    )


def _stuck(found: HandlerStuck, about: About) -> str:
    owner, waiting = formats.somebody(found.owner), formats.duration(found.waiting_s)
    cadence = found.cadence_s
    usually = f" (usually every {formats.duration(cadence)})" if cadence is not None else ""
    lag = found.lag
    events = f"{formats.plural(lag, 'event')} wait" if lag is not None else "events wait"

    if found.rule == "stalled":
        stays = f"they have stayed at {formats.count(found.checkpoint_sequence)} for {waiting}"
        return joined(f"{about.where}: {owner} writes checkpoints, but {stays}", events)

    have_waited = "events have" if lag is None else f"{formats.plural(lag, 'event')} have"
    have_waited = "1 event has" if lag == 1 else have_waited
    waits = f"{have_waited} waited {waiting} for {owner} to checkpoint{usually}"
    age = None if found.checkpoint_age_s is None else formats.duration(found.checkpoint_age_s)
    is_older = age not in {None, waiting}
    return joined(
        f"{about.where}: {waits}", f"the last checkpoint is {age} old" if is_older else ""
    )


def _stuck_advice(found: HandlerStuck, about: About) -> tuple[str, ...]:
    pid = found.pid
    cpu = found.cpu_percent
    lines = [
        (
            "The lease is renewed, so the client is alive, but its handler does not return. No "
            "other consumer takes over: only a restart, or the handler returning, helps."
        )
    ]

    if pid is not None:
        busy = "" if cpu is None else f", CPU {formats.percent(cpu)} %"
        lines.append(
            f"It is process {pid}{busy}: its log may show the last event that it started on. "
            f"`py-spy dump --pid {pid}` shows where a Python handler hangs."
        )

    if found.cadence_s is None:
        lines.append(
            "How often it usually checkpoints is not known yet: a handler that rarely checkpoints "
            "looks the same."
        )

    place = about.places[0] if len(about.places) == 1 else None

    return (*lines, *see_next_event(about.say, place, about.subject.group))


def _never(found: NeverCheckpointed, about: About) -> str:
    arrived = found.arrived
    events = f"; {formats.plural(arrived, 'event')} arrived meanwhile" if arrived else ""
    return (
        f"{about.where} {have(about.places)} had an owner for "
        f"{formats.duration(found.watched_s)} but no checkpoint yet{events}"
    )


_never_advice = advise(
    "Without a checkpoint nobody knows how far it has been read, and every restart begins at the "
    "starting position again (in most clients the latest event, so whatever came in between is "
    "skipped). Call update_checkpoint in the handler, after the event is processed.",
)


def _behind(found: GroupBehind, about: About) -> str:
    falling = found.falling_per_s
    pace = f" by {formats.rate(falling)}/s" if falling is not None and falling > 0 else ""
    late = ""

    if found.behind_s is not None:
        basis = found.behind_basis or BehindBasis.INTERPOLATED
        late = f", {formats.behind(Behind(found.behind_s, basis))} behind"

    # The lag is of these partitions only: the group's own stands beside it and may be larger.
    told = f"{about.group} is falling behind on {partitions(found.partitions)}{pace}: lag "
    if len(found.partitions) == 1:
        return f"{told}{formats.count(found.worst_lag)}{late}"

    worst = f"{partition(safe(found.worst_partition))} ({formats.count(found.worst_lag)}{late})"
    return f"{told}{formats.count(found.lag)}, worst {worst}"


def _behind_advice(found: GroupBehind, _: About) -> tuple[str, ...]:
    grows = partitions(found.partitions)
    return (
        (
            f"{grows}: {formats.arriving(found.in_per_s)}, "
            f"{formats.per_s(found.out_per_s)} are read."
        ),
        (
            "More consumers help up to one per partition. Beyond that: larger batches, fewer "
            "checkpoints, concurrent work in the handler, or more partitions."
        ),
    )


def _retention(found: RetentionRisk, about: About) -> str:
    loss_at, left = found.loss_at, "now"

    if loss_at > about.say.now:
        left = f"in {formats.duration(loss_at - about.say.now)} (at {about.say.time(loss_at)})"

    return (
        f"{about.where}: at current rates, retention removes unread events {left}; "
        f"{formats.plural(found.margin, 'event')} of margin"
    )


def _retention_advice(found: RetentionRisk, _: About) -> tuple[str, ...]:
    return (
        (
            f"Retention removes {formats.per_s(found.begin_per_s)}, the group reads "
            f"{formats.per_s(found.out_per_s)}. Read faster (see the advice on lag), or lengthen "
            "the hub's retention before then: what has been removed cannot be read again."
        ),
    )


def _lost(found: EventsLost, about: About) -> str:
    lost = formats.plural(found.lost, "event")
    verb = "was" if found.lost == 1 else "were"
    them = "it was" if found.lost == 1 else "they were"
    return f"{about.where}: {lost} {verb} removed by retention before {them} read"


def _lost_advice(found: EventsLost, _: About) -> tuple[str, ...]:
    begin = found.begin_sequence
    first = f", {formats.count(begin)}," if begin is not None else ""
    return (
        (
            "They cannot be read any more. The consumer continues at the first retained "
            f"event{first} and its next checkpoint clears this."
        ),
        (
            "If they are kept elsewhere (Capture, an archive, the sender), replay them from there. "
            "To avoid it, lengthen retention or read faster."
        ),
    )


def _ahead(found: CheckpointAhead, about: About) -> str:
    return (
        f"{about.where}: checkpoint {formats.count(found.checkpoint_sequence)} is beyond the last "
        f"event {formats.count(found.last_sequence)}"
    )


_ahead_advice = advise(
    "A consumer that starts there gets an error, or nothing until the stream passes that number: "
    "earlier events are never read.",
    "Stop the group's consumers, then move the checkpoint to the earliest or latest event of this "
    "hub, or delete the checkpoint blob.",
)


def _rewound(found: CheckpointRewound, about: About) -> str:
    by = f" while {formats.somebody(found.owner)} owned it" if found.owner else ""
    return (
        f"{about.where}: the checkpoint went back from {formats.count(found.from_sequence)} to "
        f"{formats.count(found.to_sequence)} at {about.say.time(found.rewound_at)}{by}; "
        f"{formats.plural(found.replayed, 'event')} to be read again"
    )


_rewound_advice = advise(
    "After a reset this is intended. Otherwise two consumers write the same checkpoint, or a "
    "handler checkpoints out of order (events processed concurrently, the slowest last).",
    "Handlers must cope with the same event twice: the service delivers at least once.",
)


def _hot(found: HotPartition, about: About) -> str:
    return (
        f"{about.where} receives {formats.per_s(found.in_per_s)} "
        f"({found.share:.0%} of all events); "
        f"the others {formats.per_s(found.others_per_s)} each"
    )


_hot_advice = advise(
    "Events with the same key always go to the same partition. A key used too often, or a sender "
    "that names the partition, fills one and leaves the others idle: more consumers do not help. "
    "Choose a finer key, or none where order does not matter.",
)


_HANDLER_STUCK = Meaning(
    "The owner renews its lease, but its checkpoint does not move while events wait.",
    "The handler hangs, or keeps failing on the same event.",
    "Look at its log and stack; only a restart, or the handler returning, helps.",
)
_CHECKPOINT_NEVER = Meaning(
    "The partition has an owner, events arrive, and nothing was ever checkpointed.",
    "The handler never calls update_checkpoint.",
    "Call it after an event is processed: every restart begins at the starting position.",
)
_GROUP_BEHIND = Meaning(
    "The group reads more slowly than events arrive, so its lag grows.",
    "Too few consumers, or a handler that is too slow.",
    "Add consumers, up to one per partition; then speed up the handler.",
)
_RETENTION_RISK = Meaning(
    "At current rates, retention removes events before they are read.",
    "The group reads too slowly, or does not read at all.",
    "Read faster, or lengthen retention in time.",
)
_EVENTS_LOST = Meaning(
    "Retention has removed events that the group had not read.",
    "The group was too far behind.",
    "Replay them from elsewhere (Capture, an archive); lengthen retention or read faster.",
)
_CHECKPOINT_AHEAD = Meaning(
    "The checkpoint is beyond the last event of the partition.",
    "It belongs to another hub, or was copied or written by hand.",
    "Stop the group's consumers, then move or delete the checkpoint.",
)
_CHECKPOINT_REWOUND = Meaning(
    "The checkpoint went back: events are read again.",
    "It was reset on purpose, two consumers write it, or a handler checkpoints out of order.",
    "Nothing after a reset; otherwise find the second writer.",
)
_PARTITION_HOT = Meaning(
    "One partition receives far more events than the others.",
    "Few partition keys, or a sender that names the partition.",
    "Use a finer key, or none where order does not matter.",
)
TEXTS = (
    FindingText(HANDLER_STUCK, _stuck, _stuck_advice, meaning=_HANDLER_STUCK),
    FindingText(CHECKPOINT_NEVER, _never, _never_advice, meaning=_CHECKPOINT_NEVER),
    FindingText(GROUP_BEHIND, _behind, _behind_advice, meaning=_GROUP_BEHIND),
    FindingText(RETENTION_RISK, _retention, _retention_advice, meaning=_RETENTION_RISK),
    FindingText(EVENTS_LOST, _lost, _lost_advice, meaning=_EVENTS_LOST),
    FindingText(CHECKPOINT_AHEAD, _ahead, _ahead_advice, meaning=_CHECKPOINT_AHEAD),
    FindingText(CHECKPOINT_REWOUND, _rewound, _rewound_advice, meaning=_CHECKPOINT_REWOUND),
    FindingText(PARTITION_HOT, _hot, _hot_advice, meaning=_PARTITION_HOT),
)
