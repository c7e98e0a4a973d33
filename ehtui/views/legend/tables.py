"""What signs, columns and words mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    "~120s": "the same, where the length of the lease is a guess",
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
COLUMN_MEANINGS: Mapping[str, str] = {
    "ID": "partition, as the hub numbers it; in sentences P2",
    "HEALTH": "the worse of the lease's state and the progress of reading",
    "OWNER": "who owns it: the owner id's first eight characters; of a consumer, else its role",
    "LEASE": "how long until the lease expires; the bar shows the share that is left",
    "LAST SEQ": "sequence number of the last event that LAG counts",
    "CHECKPOINT": "sequence number of the checkpoint that LAG counts from",
    "LAG": "events in the partition not yet checkpointed by the group: LAST SEQ minus CHECKPOINT",
    "TREND": "lag over the last five minutes, newest at the right",
    "BEHIND": "lag in time: how long ago the next unread event arrived",
    "IN/s": "events that arrive per second",
    "OUT/s": "events that the group checkpoints per second",
    "PROVES": "what a checkpoint of the SDK that writes it proves",
    "PID": "process id",
    "UP": "how long the process has been running",
    "CPU%": "share of one core",
    "MEM%": "share of this host's memory",
    "OWNS": "partitions that it owns; those of another group with the group's name",
    "NAME": "name under consumers: in config.yaml",
    "RSS": "resident memory",
    "THREADS": "threads of the process",
    "CONNS": "connections to the namespace",
    "LOG": "what the consumer's log is good for",
    "COMMAND": "script and arguments, without the interpreter; an unusual status in brackets",
    "SEVERITY": "critical, warning or info",
    "FINDING": "what was found",
    "SINCE": "when it began",
    "TIME": "when it happened, in this host's time zone",
    "ABOUT": "partition, process, source or group; “you” for actions of this session",
    "EVENT": "what happened",
    "GROUP": "consumer group",
    "PARTITIONS": "partitions by health, the worst first",
    "OWNERS": "owners with a live lease",
    "BY MINUTE": "the group's lag over the last hour, newest at the right",
    "SOURCE": "what is read: hub, store, processes, logs",
    "STATE": "how reading it goes",
    "READ": "when it was last read",
    "TROUBLE": "what is wrong with it, and what to do",
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
