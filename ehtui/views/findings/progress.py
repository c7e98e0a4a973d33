"""Reading that does not advance: handlers, checkpoints, lag and retention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.snapshot import Behind, BehindBasis
from ehtui.views import formats
from ehtui.views.case import Case, Words
from ehtui.views.findings.forecast import joined
from ehtui.views.telling import have, partition, partitions

if TYPE_CHECKING:
    from collections.abc import Mapping


def _stuck(case: Case) -> str:
    owner, waiting = case.owner(), case.lasting("waiting_s")
    cadence = case.number("cadence_s")
    usually = f" (usually every {formats.duration(cadence)})" if cadence is not None else ""
    lag = case.whole("lag")
    events = f"{formats.plural(lag, 'event')} wait" if lag is not None else "events wait"

    if case.text("rule") == "stalled":
        stays = f"stays at {case.count('checkpoint_sequence')} for {waiting}"
        return joined(f"{case.where}: {owner} writes checkpoints, but {stays}", events)

    return f"{case.where}: {events}, and {owner} has not checkpointed for {waiting}{usually}"


def _stuck_advice(case: Case) -> tuple[str, ...]:
    pid = case.whole("pid")
    cpu = case.number("cpu_percent")
    lines = [
        (
            "The lease is renewed, so the client lives; its handler does not come back. Another "
            "consumer will not take over: only a restart or a handler that returns helps."
        )
    ]

    if pid is not None:
        busy = "" if cpu is None else f", CPU {formats.percent(cpu)} %"
        lines.append(
            f"It is process {pid}{busy}: its log shows the last event that it began. "
            f"`py-spy dump --pid {pid}` shows where a Python handler hangs."
        )

    if case.number("cadence_s") is None:
        lines.append(
            "How often it usually checkpoints is not known yet: a handler that checkpoints rarely "
            "looks like this too."
        )

    return tuple(lines)


def _never(case: Case) -> str:
    arrived = case.whole("arrived")
    events = f": {formats.plural(arrived, 'event')} arrived meanwhile" if arrived else ""

    return (
        f"{case.where} {have(case.places)} an owner for {case.lasting('watched_s')} and never a "
        f"checkpoint{events}"
    )


def _never_advice(_: Case) -> tuple[str, ...]:
    return (
        (
            "Without a checkpoint nobody knows how far it has read, and every restart begins at "
            "its starting position again (most clients: the latest event, so what came in between "
            "is skipped). Call update_checkpoint in the handler, after the event is done."
        ),
    )


def _behind(case: Case) -> str:
    falling = case.number("falling_per_s")
    pace = f" by {formats.rate(falling)}/s" if falling is not None and falling > 0 else ""
    worst = partition(case.text("worst_partition"))
    behind_s = case.number("behind_s")
    late = ""

    if behind_s is not None:
        basis = case.text("behind_basis")
        known = BehindBasis(basis) if basis in set(BehindBasis) else BehindBasis.INTERPOLATED
        late = f", {formats.behind(Behind(behind_s, known))} behind"

    return (
        f"{case.group} falls behind{pace}: lag {case.count('lag')}, "
        f"worst {worst} ({case.count('worst_lag')}{late})"
    )


def _behind_advice(case: Case) -> tuple[str, ...]:
    grows = partitions(case.names("partitions"))

    return (
        f"{grows}: {case.rate('in_per_s')} come in, {case.rate('out_per_s')} are read.",
        (
            "More consumers help up to one a partition. Beyond that: larger batches, fewer "
            "checkpoints, concurrent work within the handler, or more partitions."
        ),
    )


def _retention(case: Case) -> str:
    loss_at = case.number("loss_at")
    left = "now"

    if loss_at is not None and loss_at > case.say.now:
        left = f"in {formats.duration(loss_at - case.say.now)} ({case.say.time(loss_at)})"

    return (
        f"{case.where}: at today's rates retention removes unread events {left}; "
        f"{formats.plural(case.whole('margin') or 0, 'event')} of margin"
    )


def _retention_advice(case: Case) -> tuple[str, ...]:
    return (
        (
            f"Retention removes {case.rate('begin_per_s')}, the group reads "
            f"{case.rate('out_per_s')}. Read faster (see the advice on lag), or lengthen the hub's "
            "retention before that moment: what is removed cannot be read again."
        ),
    )


def _lost(case: Case) -> str:
    lost = formats.plural(case.whole("lost") or 0, "event")

    return f"{case.where}: {lost} were removed by retention before they were read"


def _lost_advice(case: Case) -> tuple[str, ...]:
    begin = case.whole("begin_sequence")
    first = f", {formats.count(begin)}," if begin is not None else ""

    return (
        (
            "They cannot be read again. The consumer goes on at the first event that is "
            f"left{first} and its next checkpoint ends this."
        ),
        (
            "If they are kept elsewhere (Capture, an archive, the sender), replay them from there. "
            "Lengthen retention, or read faster."
        ),
    )


def _recreated(case: Case) -> str:
    is_one, written = len(case.places) == 1, case.time("checkpoint_at")
    what = f"the checkpoint of {written} is" if is_one else f"the checkpoints (until {written}) are"

    return (
        f"{case.where}: {what} older than the hub, which was created anew "
        f"{case.time('hub_created_at')}: {'it counts' if is_one else 'they count'} another stream"
    )


def _recreated_advice(case: Case) -> tuple[str, ...]:
    number, last = case.whole("checkpoint_sequence"), case.whole("last_sequence")
    fits = ""

    if number is not None and last is not None and number <= last:
        fits = (
            f" That {formats.count(number)} lies within the new stream (up to "
            f"{formats.count(last)}) is chance."
        )

    return (
        (
            "The new hub counts from 0 again, so these numbers and offsets name other events: lag "
            f"is unknown.{fits} A consumer that starts there skips what the new hub holds before "
            "that place, or is refused where it lies beyond the end."
        ),
        (
            "Stop the group's consumers, then move the checkpoints to the earliest event of this "
            "hub, or delete the checkpoint blobs. The next checkpoint that a consumer writes ends "
            "this, too."
        ),
        (
            "The clocks of Event Hubs and Storage may differ: up to "
            f"{case.lasting('tolerance_s')} are allowed for, more counts as older."
        ),
    )


def _ahead(case: Case) -> str:
    return (
        f"{case.where}: checkpoint {case.count('checkpoint_sequence')} is beyond the last "
        f"event {case.count('last_sequence')}"
    )


def _ahead_advice(_: Case) -> tuple[str, ...]:
    return (
        (
            "A consumer that starts there gets an error, or nothing, until the stream passes that "
            "number: what comes before is never read."
        ),
        (
            "Stop the group's consumers, then move the checkpoint to the earliest or latest event "
            "of this hub, or delete the checkpoint blob."
        ),
    )


def _rewound(case: Case) -> str:
    by = f" while {case.owner()} held it" if case.text("owner") else ""

    return (
        f"{case.where}: the checkpoint went back from {case.count('from_sequence')} to "
        f"{case.count('to_sequence')} {case.time('rewound_at')}{by}; "
        f"{formats.plural(case.whole('replayed') or 0, 'event')} are read again"
    )


def _rewound_advice(_: Case) -> tuple[str, ...]:
    return (
        (
            "On purpose after a reset. Otherwise two consumers write the same checkpoint, or a "
            "handler checkpoints out of order (events worked on side by side, the slower one last)."
        ),
        "Handlers must bear the same event twice: the service delivers at least once.",
    )


PROGRESS_WORDS: Mapping[str, Words] = {
    "handler.stuck": Words(_stuck, _stuck_advice),
    "checkpoint.never": Words(_never, _never_advice),
    "group.behind": Words(_behind, _behind_advice),
    "retention.risk": Words(_retention, _retention_advice),
    "events.lost": Words(_lost, _lost_advice),
    "hub.recreated": Words(_recreated, _recreated_advice),
    "checkpoint.ahead": Words(_ahead, _ahead_advice),
    "checkpoint.rewound": Words(_rewound, _rewound_advice),
}
