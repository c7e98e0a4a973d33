"""How a check is told, what its words mean for who meets them first, and what checks amount to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic

from ehtui.domain.evidence import E
from ehtui.domain.values import Value
from ehtui.domain.why.checks import Verdict
from ehtui.views.cells import Tone
from ehtui.views.phrasing import Phrasing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.evidence import Evidence
    from ehtui.domain.why.evidence import CheckKind

OWNERSHIP = (
    "Ownership: a consumer that wants to read a partition writes its owner id into a blob of the "
    "checkpoint store. Only the owner named there reads; the others try again every round."
)
LEASE = (
    "Lease: the owner rewrites that blob every round. While it does, nobody else takes the "
    "partition; once it stops, the lease expires and any consumer may take it."
)
CHECKPOINT = (
    "Checkpoint: the last event that the group recorded as read. The next owner continues from "
    "there."
)
STANDBY = (
    "Standby: a partition has one reader per group, so at most as many consumers can read as there "
    "are partitions. Any more wait as spares and take over when an owner stops."
)
CLAIMING = (
    "“hasn't claimed an ownership” is not an error: the consumer asked, every partition is taken, "
    "and it asks again. A spare logs this every round."
)
LAG = "Lag: events in the partition not yet checkpointed by the group."
GROUP = (
    "Consumer group: consumers that share the partitions and have their own checkpoints. Every "
    "group reads every event; groups do not affect each other."
)


Sentence = Callable[[E, Phrasing], str]


class CheckText(Value, Generic[E], frozen=True, kw_only=True):
    """The answers to one kind of check, which take no other evidence than that kind gives."""

    kind: CheckKind[E]
    yes: Sentence[E]
    no: Sentence[E]
    unknown: Sentence[E]
    lesson: str = ""
    next_step: Sentence[E] | None = None  # what to do where the answer is no
    is_design: bool = False  # no is how it is meant, not a fault

    def sentence(self, evidence: E, say: Phrasing, *, passed: bool | None) -> str:
        """The answer, without its full stop."""
        answer = self.unknown if passed is None else self.yes if passed else self.no
        return answer(evidence, say)


def always(text: str) -> Callable[[Evidence, Phrasing], str]:
    """The same words whatever the evidence."""
    return lambda *_: text


VERDICT_WORDS: Mapping[Verdict, tuple[Tone, str]] = {
    Verdict.UNKNOWN: (
        Tone.DIM,
        "Not enough is known yet to say why. Watch longer, or fix what cannot be read.",
    ),
    Verdict.GONE: (Tone.WARNING, "It no longer exists, so it receives nothing."),
    Verdict.MISSING: (Tone.WARNING, "There is no such partition, owner or group."),
    Verdict.NOT_A_CONSUMER: (Tone.DIM, "Nothing links this process to the group."),
    Verdict.PRODUCER: (
        Tone.DIM,
        "It is a producer: it only sends events, so it owns nothing and receives nothing.",
    ),
    Verdict.ELSEWHERE: (
        Tone.DIM,
        "It is not a consumer of this hub: its own settings name another one.",
    ),
    Verdict.FINE: (Tone.GOOD, "It works: incoming events are read."),
    Verdict.IDLE: (Tone.GOOD, "It works; there is nothing to read."),
    Verdict.STANDBY: (
        Tone.INFO,
        (
            "It works as designed: it is a spare. It receives nothing because every partition of "
            "the group already has its one reader; when one of them stops, it takes over by itself."
        ),
    ),
    Verdict.STARVED: (
        Tone.WARNING,
        "It should own a partition and does not: one is free, or others own more than their share.",
    ),
    Verdict.NEXT_IN_LINE: (
        Tone.INFO,
        (
            "It owns nothing yet, and a partition is free: whichever waiting consumer asks first "
            "takes it."
        ),
    ),
    Verdict.UNCOVERED: (
        Tone.CRITICAL,
        "Nobody reads some of its partitions: no consumer owns them. Their events wait.",
    ),
    Verdict.UNOWNED: (Tone.CRITICAL, "Nobody reads it: no consumer owns it. Its events wait."),
    Verdict.LAPSING: (
        Tone.WARNING,
        (
            "Its owner has gone silent. Once another consumer judges the lease expired, by its own "
            "timeout, it takes the partition and continues from the checkpoint."
        ),
    ),
    Verdict.STUCK: (
        Tone.CRITICAL,
        (
            "It has a live owner but is not being read: the client renews its lease while the "
            "handler does not return. Nobody takes over as long as that lasts."
        ),
    ),
    Verdict.FAILING: (
        Tone.CRITICAL,
        (
            "Its reader fails at the same place again and again: it starts from the last "
            "checkpoint each time and never gets past it."
        ),
    ),
    Verdict.BEHIND: (Tone.WARNING, "It is read, but slower than events arrive: the lag grows."),
    Verdict.AHEAD: (
        Tone.CRITICAL,
        "The checkpoint is beyond the last event, so nothing is read: it is of another stream.",
    ),
    Verdict.STRAY: (
        Tone.WARNING,
        (
            "The hub has no such partition, but the store has records of it: left over from a hub "
            "with more partitions, or written by consumers of another hub."
        ),
    ),
    Verdict.FORMER_HUB: (
        Tone.CRITICAL,
        (
            "The hub was deleted and recreated; this checkpoint is of the old one. How much waits "
            "is not known, and a consumer that starts there skips earlier events of the new hub."
        ),
    ),
    Verdict.REWOUND: (Tone.WARNING, "The checkpoint went back: events are read a second time."),
    Verdict.NEVER_CHECKPOINTED: (
        Tone.WARNING,
        "It has an owner and may be read, but nothing is ever checkpointed, so nobody can tell.",
    ),
    Verdict.OTHER_NAME: (
        Tone.WARNING,
        (
            "This store has no records of it under the configured namespace, but has some under "
            "another name. If both are the same namespace, its consumers run under that name."
        ),
    ),
    Verdict.NOT_VISIBLE: (
        Tone.WARNING,
        (
            "This store has no records of it: its consumers have never run, or use another "
            "container, hub or group."
        ),
    ),
    Verdict.NO_CONSUMERS: (
        Tone.CRITICAL,
        "It was in use, but no consumer is alive now: its events wait.",
    ),
}
