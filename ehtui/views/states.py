"""The word, the tone and the rank of every state, and what a checkpoint proves.

A colour never stands without its word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.progress import Rule
from ehtui.domain.progress.proofs import Proof, Proven, Writer
from ehtui.domain.snapshot import (
    ConsumerRole,
    GroupPartition,
    Health,
    LeaseState,
    Severity,
    SourceStatus,
)
from ehtui.domain.values import Value
from ehtui.views.cells import Tone

if TYPE_CHECKING:
    from collections.abc import Mapping


SEVERITY_RANK = {Severity.INFO: 1, Severity.WARNING: 2, Severity.CRITICAL: 3}
SEVERITY_TONE = {
    Severity.INFO: Tone.INFO,
    Severity.WARNING: Tone.WARNING,
    Severity.CRITICAL: Tone.CRITICAL,
}


class Word(Value, frozen=True):
    """A state as a cell shows it."""

    text: str
    tone: Tone
    rank: int = 0  # as `Row.rank`


HEALTH = {
    Health.OK: Word("ok", Tone.GOOD),
    Health.UNKNOWN: Word("unknown", Tone.DIM),
    Health.BEHIND: Word("behind", Tone.WARNING, 2),
    Health.REWOUND: Word("rewound", Tone.WARNING, 2),
    Health.OVERDUE: Word("overdue", Tone.WARNING, 2),
    Health.AHEAD: Word("ahead", Tone.CRITICAL, 3),
    Health.STALLED: Word("stalled", Tone.CRITICAL, 3),
    Health.STOPPED: Word("stopped", Tone.CRITICAL, 3),
    Health.UNOWNED: Word("unowned", Tone.CRITICAL, 3),
}
HEALTH_MEANING = {
    Health.OK: "read, and keeping up",
    Health.UNKNOWN: "not known yet, or cannot be known",
    Health.BEHIND: "lag does not shrink",
    Health.REWOUND: "the checkpoint went back: events are read again",
    Health.OVERDUE: "its owner stopped renewing its lease",
    Health.AHEAD: "the checkpoint is beyond the last event",
    Health.STALLED: "checkpoints are written but do not advance",
    Health.STOPPED: "events wait and no checkpoint is written",
    Health.UNOWNED: "nobody holds a live lease",
}
RULES = {
    Rule.UNOWNED: "nobody holds a live lease",
    Rule.AHEAD: "the checkpoint is beyond the last event",
    Rule.OVERDUE: "its owner stopped renewing; the next owner reads what waits",
    Rule.NO_SAMPLE: "the hub or the checkpoint gives no sequence number to compare",
    Rule.PREDATES_HUB: "its checkpoint is older than the hub: it is of the previous one",
    Rule.NO_SEQUENCE: "its checkpoint has no sequence number, and offsets do not tell a distance",
    Rule.UNREADABLE: "its record cannot be read",
    Rule.NOT_IN_HUB: "the hub does not have this partition, but the store has records of it",
    Rule.LAG_ZERO: "nothing waits",
    Rule.NEVER_CHECKPOINTED: "never checkpointed: how far it has been read is not known",
    Rule.STOPPED: "events have waited longer than the usual time between checkpoints",
    Rule.STOPPED_LONG: "events wait, and no checkpoint has been written for a long time",
    Rule.REWOUND: "the checkpoint went back and has not caught up",
    Rule.LOSING: "retention removes events before they are read",
    Rule.NEW_OWNER: "its owner is new and has not written a checkpoint yet",
    Rule.CAUGHT_UP: "lag was zero recently",
    Rule.WAITING: "events wait for longer than usual; too early to say that it has stopped",
    Rule.STALLED: "the last checkpoints all name the same event",
    Rule.GROWING: "lag has not shrunk over the last checkpoints",
    Rule.FILLING: "too few checkpoints seen to judge",
    Rule.STEADY: "lag goes up and down but does not grow",
}
LEASE = {
    LeaseState.HELD: Word("held", Tone.GOOD),
    LeaseState.OVERDUE: Word("overdue", Tone.WARNING, 2),
    LeaseState.EXPIRED: Word("expired", Tone.CRITICAL, 3),
    LeaseState.RELEASED: Word("released", Tone.WARNING, 2),
    LeaseState.NEVER_OWNED: Word("unowned", Tone.WARNING, 2),
    LeaseState.UNREADABLE: Word("unclear", Tone.WARNING, 2),
}
LEASE_MEANING = {
    LeaseState.HELD: "renewed on time",
    LeaseState.OVERDUE: "renewals stopped; not yet expired",
    LeaseState.EXPIRED: "not renewed for too long: any consumer may take it",
    LeaseState.RELEASED: "given up cleanly: any consumer may take it",
    LeaseState.NEVER_OWNED: "no record: nobody has ever claimed it",
    LeaseState.UNREADABLE: "its record cannot be read: the owner is not known",
}
# Where HEALTH says more than one of those words.
OTHER_HEALTH_MEANING = {
    "wait 3/10": "too early to judge: so many of the checkpoints that it takes were seen",
    "absent": "the hub does not have this partition, but the store has records of it",
    "old hub": "the checkpoint is older than the hub, which was recreated",
}
ROLE = {
    ConsumerRole.OWNER: Word("owner", Tone.PLAIN),
    ConsumerRole.STANDBY: Word("standby", Tone.INFO, 1),
    ConsumerRole.STARVED: Word("starved", Tone.WARNING, 2),
    ConsumerRole.PRODUCER: Word("producer", Tone.DIM),
    ConsumerRole.ELSEWHERE: Word("elsewhere", Tone.DIM),
    ConsumerRole.UNKNOWN: Word("unknown", Tone.DIM),
}
ROLE_MEANING = {
    ConsumerRole.OWNER: "holds partitions with a live lease",
    ConsumerRole.STANDBY: "owns nothing, by design; takes over when an owner stops",
    ConsumerRole.STARVED: "owns nothing, though there is something to own",
    ConsumerRole.PRODUCER: "it only sends events",
    ConsumerRole.ELSEWHERE: "its settings name another hub",
    ConsumerRole.UNKNOWN: "nothing links it to an owner id",
}
SOURCE = {
    SourceStatus.STARTING: Word("starting", Tone.DIM),
    SourceStatus.OK: Word("ok", Tone.GOOD),
    SourceStatus.FAILED: Word("failing", Tone.CRITICAL, 3),
    SourceStatus.OFF: Word("off", Tone.DIM),
}
SOURCE_MEANING = {
    SourceStatus.STARTING: "not read yet",
    SourceStatus.OK: "it answers",
    SourceStatus.FAILED: "it cannot be read; what is shown of it is old",
    SourceStatus.OFF: "not configured",
}


_ABSENT = Word("absent", Tone.DIM, 1)  # from the hub, not from the store
_BY_RULE = {Rule.PREDATES_HUB: Word("old hub", Tone.CRITICAL, 3)}  # its checkpoint is of that
_LEASE_DECIDES = frozenset({Health.UNOWNED, Health.OVERDUE, Health.STOPPED, Health.STALLED})


def health_of(partition: GroupPartition) -> Word:
    """The worse of the lease's state and the lag's health; a window that fills says how far."""
    if partition.rule == Rule.NOT_IN_HUB:
        return _ABSENT

    lease = LEASE[partition.lease.state]
    judged = HEALTH[partition.health]

    # Expired, released and never owned are the precise words for what health calls unowned; of
    # two partitions of one owner that died, both are overdue.
    if partition.health in _LEASE_DECIDES and lease.rank:
        return lease

    if lease.rank >= judged.rank and lease.rank:
        return lease

    if partition.rule in _BY_RULE:
        return _BY_RULE[partition.rule]

    if partition.rule == Rule.FILLING:
        filled, size = partition.window
        return Word(f"wait {filled}/{size}", Tone.DIM)

    return judged


WRITERS: Mapping[Writer, str] = {
    Writer.FUNCTIONS: "Azure Functions",
    Writer.DAPR: "Dapr",
    Writer.PYTHON: "Python",
    Writer.DOTNET: ".NET",
    Writer.JAVA: "Java",
    Writer.JS: "JavaScript",
    Writer.GO: "Go",
    Writer.RUST: "Rust",
    Writer.HOST: "an event processor host",
}
PROOFS: Mapping[Proof, str] = {
    Proof.PROCESSED: "processed",
    Proof.HANDED_OVER: "handed over",
    Proof.REGARDLESS: "regardless",
}
PROOF_MEANING: Mapping[Proof, str] = {
    Proof.PROCESSED: "the handler writes it: earlier events are done, if the handler waits for its "
    "work",
    Proof.HANDED_OVER: "it is written when events reach the application: lag 0 is not done",
    Proof.REGARDLESS: "it is written even if the handler failed: lag 0 is not done",
}
_SENTENCES: Mapping[Proof, str] = {
    Proof.PROCESSED: (
        "processed: in {writer} the handler writes it, so earlier events are done, provided the "
        "handler waits for its work"
    ),
    Proof.HANDED_OVER: (
        "handed over: {writer} writes it when events reach the application, older releases even if "
        "that fails (components-contrib 4598); lag 0 does not mean done"
    ),
    Proof.REGARDLESS: (
        "handed over, regardless of failure: {writer} writes it whether the handler succeeded or "
        "not; lag 0 does not mean done"
    ),
}
PROOF_NOT_KNOWN = "it depends on the SDK that writes it, and nothing shows which one does"


def proof_sentence(proven: Proven) -> str | None:
    """What it proves and by whom; None where nothing tells."""
    if proven.proof is None or proven.writer is None:
        return None

    return _SENTENCES[proven.proof].format(writer=WRITERS[proven.writer])


def reservation(proven: Proven) -> str:
    """What stands behind a lag of zero that is not `done`; empty where it may be."""
    if proven.is_done is not False or proven.writer is None:
        return ""

    return f"handed over, not proven done ({WRITERS[proven.writer]})"
