"""How a check is told, what its words mean for who meets them first, and what checks amount to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

from ehtui.domain.evidence import E
from ehtui.domain.why.evidence import CheckKind
from ehtui.domain.why.verdicts import Verdict
from ehtui.views.cells import Tone
from ehtui.views.phrasing import Phrasing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.evidence import Evidence

OWNERSHIP = (
    "Ownership: who wants to read a partition writes its owner id into a blob of the checkpoint "
    "store. Only the one whose name stands there reads; the others ask again every round."
)
LEASE = (
    "Lease: the owner writes that blob again every round. While it does, nobody else may take "
    "the partition; once it stops, the lease runs out and anybody may."
)
CHECKPOINT = (
    "Checkpoint: the last event that the group noted as read. Whoever takes the partition next "
    "reads on from there."
)
STANDBY = (
    "Standby: a partition has one reader in a group, so no more consumers can read than there "
    "are partitions. One more waits as a spare, and takes over when an owner stops."
)
CLAIMING = (
    "“hasn't claimed an ownership” is no error: it means asked, all taken, asking again. A spare "
    "says it every round, for ever."
)
LAG = "Lag: events in the partition that the group has not checkpointed yet."
GROUP = (
    "Consumer group: a set of consumers that share the partitions, with checkpoints of their own. "
    "Every group reads every event; groups do not notice each other."
)


Sentence = Callable[[E, Phrasing], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckText(Generic[E]):
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
        "Not enough is known to say why. Watch longer, or see what cannot be read.",
    ),
    Verdict.GONE: (Tone.WARNING, "It is not there any more, so it receives nothing."),
    Verdict.MISSING: (Tone.WARNING, "There is no such partition, owner or group."),
    Verdict.NOT_A_CONSUMER: (Tone.DIM, "Nothing ties this process to the group."),
    Verdict.PRODUCER: (
        Tone.DIM,
        "It is a producer: it only sends to the namespace, owns nothing and receives nothing.",
    ),
    Verdict.ELSEWHERE: (
        Tone.DIM,
        "It is no consumer of this hub: its own settings name another one.",
    ),
    Verdict.FINE: (Tone.GOOD, "It works: what comes in is read."),
    Verdict.IDLE: (Tone.GOOD, "It works; there is nothing to read."),
    Verdict.STANDBY: (
        Tone.INFO,
        (
            "It works as designed: it is a spare. It receives nothing because every partition of "
            "the group has its one reader already; when one of those stops, it takes over by "
            "itself."
        ),
    ),
    Verdict.STARVED: (
        Tone.WARNING,
        "It should own partitions and does not: there is something to own, and it does not get it.",
    ),
    Verdict.NEXT_IN_LINE: (
        Tone.INFO,
        (
            "It owns nothing yet, and a partition is free: whoever asks first takes it, this "
            "consumer or another one that waits."
        ),
    ),
    Verdict.UNCOVERED: (
        Tone.CRITICAL,
        "Some of its partitions are read by nobody: no consumer holds them. Their events wait.",
    ),
    Verdict.UNOWNED: (Tone.CRITICAL, "Nobody reads it: no consumer holds it. Its events wait."),
    Verdict.LAPSING: (
        Tone.WARNING,
        (
            "Its owner has fallen silent. Once a consumer finds the lease run out, by its own "
            "time-out, it takes the partition and reads on from the checkpoint."
        ),
    ),
    Verdict.STUCK: (
        Tone.CRITICAL,
        (
            "It has a live owner and is not read: the client renews its lease while the handler "
            "does not come back. Nobody will take over as long as that lasts."
        ),
    ),
    Verdict.FAILING: (
        Tone.CRITICAL,
        (
            "Whoever reads it fails at the same place, again and again: reading begins at the last "
            "checkpoint each time, and nothing gets past it."
        ),
    ),
    Verdict.BEHIND: (Tone.WARNING, "It is read, but slower than events arrive: the lag grows."),
    Verdict.AHEAD: (
        Tone.CRITICAL,
        "The checkpoint points beyond the last event, so nothing is read: it is of another stream.",
    ),
    Verdict.STRAY: (
        Tone.WARNING,
        (
            "The hub has no such partition. The store has records of it: left over from a hub with "
            "more partitions, or written by consumers of another one."
        ),
    ),
    Verdict.FORMER_HUB: (
        Tone.CRITICAL,
        (
            "The hub was deleted and created anew; its checkpoint is of the one before. How much "
            "waits is not known, and whoever starts there skips what the new hub holds before."
        ),
    ),
    Verdict.REWOUND: (Tone.WARNING, "The checkpoint went back: events are read a second time."),
    Verdict.NEVER_CHECKPOINTED: (
        Tone.WARNING,
        "It has an owner, and perhaps reads; but it never checkpoints, so nobody can tell.",
    ),
    Verdict.OTHER_NAME: (
        Tone.WARNING,
        (
            "Nothing of it is in this store under the configured name of the namespace; under "
            "another name it is there. If both are one namespace, its consumers run and are read "
            "under that name."
        ),
    ),
    Verdict.NOT_VISIBLE: (
        Tone.WARNING,
        (
            "Nothing of it is in this store: its consumers never ran, or use another container, "
            "hub or group."
        ),
    ),
    Verdict.NO_CONSUMERS: (Tone.CRITICAL, "It was used, and nobody is alive now: its events wait."),
}
