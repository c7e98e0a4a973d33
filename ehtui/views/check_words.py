"""The words of every check of Why?, in the order in which a colleague would ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ehtui.views import formats
from ehtui.views.case import Case, Sentence
from ehtui.views.telling import partitions

OWNERSHIP = (
    "Ownership: who wants to read a partition writes its owner id into a blob of the checkpoint "
    "store. Only the one that stands there reads; the others ask again every round."
)
LEASE = (
    "Lease: the owner writes that blob again every round. While it does, nobody may take the "
    "partition; once it stops, the lease runs out and anybody may."
)
CHECKPOINT = (
    "Checkpoint: up to where the group is done. Whoever takes the partition next reads on from "
    "there."
)
STANDBY = (
    "Standby: a partition has one reader in a group, so no more consumers can read than there are "
    "partitions. One more waits as a spare, and says “hasn't claimed an ownership” every round."
)
LAG = "Lag: events that are in the partition and not yet checkpointed."


@dataclass(frozen=True, slots=True)
class CheckWords:
    """One check: its answers, what its word means, what to do where the answer is no."""

    yes: Sentence
    no: Sentence
    unknown: str
    lesson: str = ""
    next_step: Callable[[Case], str] | None = None

    def told(self, case: Case, *, passed: bool | None) -> str:
        """The answer as a sentence without its full stop."""
        if passed is None:
            return self.unknown

        return self.yes(case) if passed else self.no(case)


def _trouble(case: Case) -> str:
    return case.text("summary").rstrip(".") or "no answer yet"


def _owns(case: Case) -> str:
    return partitions(case.names("partitions")) if case.names("partitions") else "partitions"


def _seats(case: Case) -> str:
    owners = formats.plural(case.whole("live_owners") or 0, "other owner")

    return f"{owners} for {formats.plural(case.whole('partition_count') or 0, 'partition')}"


CHECK_WORDS: Mapping[str, CheckWords] = {
    "hub.read": CheckWords(
        lambda _: "The hub answers",
        lambda case: f"The hub cannot be read: {_trouble(case)}",
        "The hub was not asked yet",
        next_step=lambda case: case.text("advice") or "See the sources pane.",
    ),
    "store.read": CheckWords(
        lambda _: "The checkpoint store answers",
        lambda case: f"The checkpoint store cannot be read: {_trouble(case)}",
        "The checkpoint store was not asked yet",
        next_step=lambda case: case.text("advice") or "See the sources pane.",
    ),
    "group.known": CheckWords(
        lambda case: f"The store has records of {case.group}",
        lambda case: f"The store has no records of {case.group}",
        "Whether the store knows the group cannot be told",
        next_step=lambda _: (
            "Start a consumer in it, or look which container, hub and group a running one "
            "really uses: `ehtui config --pid PID`."
        ),
    ),
    "partition.has_events": CheckWords(
        lambda case: f"It has events, the last is {case.count('last_sequence')}",
        lambda _: "It holds no events: there is nothing to receive",
        "Whether it holds events is not known",
        next_step=lambda _: "Send a test event (s), and watch it arrive.",
    ),
    "lease.claimed": CheckWords(
        lambda case: f"{case.owner()} has claimed it",
        lambda _: "Nobody has claimed it",
        "Who has claimed it is not known",
        OWNERSHIP,
        lambda _: "Start a consumer of this group: it claims what is free in its first round.",
    ),
    "lease.live": CheckWords(
        lambda case: f"Its lease is alive: renewed {case.time('renewed_at')}",
        lambda case: f"Its lease is not renewed any more, since {case.time('renewed_at')}",
        "Whether its lease is alive is not known",
        LEASE,
        lambda case: (
            f"It runs out {case.time('expires_at')}; then any other consumer of the group takes "
            "the partition."
        ),
    ),
    "owner.local": CheckWords(
        lambda case: f"Its owner is process {case.pid} of this host",
        lambda _: "Its owner is no process of this host that is known",
        "Which process its owner is, is not known",
    ),
    "checkpoint.written": CheckWords(
        lambda case: f"A checkpoint was written: {case.count('checkpoint_sequence')}",
        lambda _: "No checkpoint was ever written",
        "Whether it was ever checkpointed is not known",
        CHECKPOINT,
        lambda _: "Call update_checkpoint in the handler, after an event is done.",
    ),
    "checkpoint.advances": CheckWords(
        lambda case: f"Checkpoints advance, {case.rate('out_per_s')}",
        lambda _: "Checkpoints do not advance though events wait",
        "Whether checkpoints advance takes a longer look",
        CHECKPOINT,
        lambda _: "The handler hangs or fails on an event: read the consumer's log.",
    ),
    "lag.small": CheckWords(
        lambda case: f"It keeps up: lag {case.count('lag')}",
        lambda case: f"It is behind: lag {case.count('lag')}",
        "How far behind it is, is not known",
        LAG,
        lambda _: "It catches up if more is read than comes in: compare OUT/s with IN/s.",
    ),
    "process.runs": CheckWords(
        lambda case: f"Process {case.pid} runs",
        lambda case: f"Process {case.pid} does not run",
        "Whether the process runs is not known",
        next_step=lambda _: "Start it again.",
    ),
    "process.connected": CheckWords(
        lambda case: f"It has {formats.plural(case.whole('connections') or 0, 'connection')} open",
        lambda _: "It has no connection to the namespace",
        "Its connections cannot be seen",
        next_step=lambda _: "Look at its log: wrong host or key, or a firewall.",
    ),
    "process.linked": CheckWords(
        lambda case: f"It is owner {case.owner()}",
        lambda _: "Nothing ties it to an owner id",
        "Which owner it is, is not known",
        OWNERSHIP,
        lambda _: (
            "Its log names its owner id at level INFO: set consumers.NAME.log to that file, and "
            "the logger azure.eventhub to INFO."
        ),
    ),
    "seats.free": CheckWords(
        lambda case: f"There is a partition for it: {_seats(case)}",
        lambda case: f"Every partition has its owner: {_seats(case)}",
        "Whether a partition is free is not known",
        STANDBY,
        lambda _: (
            "This is by design. It takes over when an owner stops. To receive now: stop an "
            "owner, start it in a consumer group of its own, or have more partitions."
        ),
    ),
    "process.owns": CheckWords(
        lambda case: f"It owns {_owns(case)}",
        lambda _: "It owns nothing",
        "What it owns is not known",
        OWNERSHIP,
        lambda case: (
            f"It should claim {partitions(case.names('unowned'))}: look at its log for errors."
            if case.names("unowned")
            else "The other checks say why."
        ),
    ),
}
