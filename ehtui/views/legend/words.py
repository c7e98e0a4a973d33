"""What is explained, chapter by chapter; and what signs and words mean."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping


class Chapter(StrEnum):
    """What is explained, in the order in which it is listed."""

    SIGNS = "Signs"
    HEALTH = "Health of a partition"
    LEASES = "Leases"
    ROLES = "Consumers"
    LOGS = "Logs"
    PROOFS = "What a checkpoint proves"
    SOURCES = "Sources"
    COLUMNS = "Columns"
    WORDS = "Words"
    FINDINGS = "Findings"


class Entry(Value, frozen=True):
    """One thing as the screen writes it, and what it means."""

    chapter: Chapter
    name: str
    meaning: str
    more: tuple[tuple[str, str], ...] = ()  # under headings: why it happens, what to do …
    also: str = ""  # what it is called in the reader's language
    heading: str = ""  # of its chapter, in the reader's language; empty: the chapter's own

    @property
    def title(self) -> str:
        """Its chapter's heading."""
        return self.heading or self.chapter.value


SIGNS: Mapping[str, str] = {
    "–": "not known; the details (enter) say why. Zero is only ever a measured zero",
    "~": "a guess, or a change between two reads may have been missed",
    "≤": "at most this many: the partition was never checkpointed",
    "≥": "at least this many: some partitions' lag is not known",
    ">": "at least this long",
    "<1s": "less than a second, but not zero",
    "<1m": "running for less than a minute",
    "<0.1": "a rate that is not zero, but less than 0.1 a second",
    ">120s": "a lease that is renewed on time has at least this long left; it counts down once a "
    "renewal is missed, and on the selected row",
    "~120s": "a lease that has about this long left: how long its leases live is a guess",
    "12s ago": "in LEASE: it expired that long ago. Behind a health: how old the row is",
    "▲": "critical (X in ASCII)",
    "△": "warning (! in ASCII)",
    "●": "info (i in ASCII)",
    "✓": "all is well, or it is over (+ in ASCII)",
    "✗": "a check of Why? that failed (x in ASCII)",
    "■ 73fda457": "an owner: one sign and one colour everywhere, and its first eight characters",
    "+2": "behind an owner: so many more owner ids in one process",
    "◆": "beside a row: tagged with space (* in ASCII)",
}
WORDS: Mapping[str, str] = {
    "lag": "events in the partition not yet checkpointed by the group",
    "owner": "an event processor's id in the checkpoint store; a process may have several",
    "lease": "an ownership record and its age: the owner rewrites it every round",
    "checkpoint": "the last event that the group recorded as read; the next owner continues there",
    "round": "a load-balancing cycle of a consumer: it renews its leases and claims partitions",
    "survivor": "a live consumer of the group that can take over",
    "takeover": "a partition of an owner that has gone silent, claimed by a survivor",
    "claim": "writing one's owner id into a partition's ownership record",
    "release": "giving a partition up cleanly, so that others need not wait for the expiry",
    "consumer group": "consumers that share the partitions and have their own checkpoints",
    "retention": "how long the hub keeps events, read or not",
    "plan": "what an action will do and what it costs, shown before it is done",
}
