"""One check in words: yes, no, not known, and what its word means for who meets it first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ehtui.views.case import Case, Sentence

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


@dataclass(frozen=True, slots=True)
class CheckWords:
    """The answers to one check, and what to do where the answer is no."""

    yes: Sentence
    no: Sentence
    unknown: Sentence
    lesson: str = ""
    next_step: Callable[[Case], str] | None = None
    is_design: bool = False  # no is how it is meant, not a fault

    def told(self, case: Case, *, passed: bool | None) -> str:
        """The answer as a sentence without its full stop."""
        if passed is None:
            return self.unknown(case)

        return self.yes(case) if passed else self.no(case)


def always(text: str) -> Sentence:
    """The same words whatever the facts."""
    return lambda _: text
