"""Every check of Why? and its evidence; views write their sentences from it.

Every key is always present; None is unknown. `_at` is a server time, `_s` a length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_SOURCE = {
    "status": "str SourceStatus",
    "read_at": "float? last success",
    "problem_kind": "str?",
    "summary": "str?",
}

CHECKS: Mapping[str, Mapping[str, str]] = {
    # Can it be judged at all?
    "hub.answers": _SOURCE,
    "store.answers": _SOURCE,
    # A partition, in the order in which an event would meet them.
    "partition.exists": {"partition": "str", "partition_count": "int?"},
    "partition.has_events": {
        "begin_sequence": "int?",
        "last_sequence": "int?",
        "last_enqueued_at": "float?",
        "in_per_s": "float?",
    },
    "partition.is_owned": {
        "state": "str LeaseState",
        "owner": "str? who holds it, or held it last",
        "claimed_at": "float?",
        "live_owners": "int of the group",
        "takeover_earliest_at": "float?",
        "takeover_latest_at": "float?",
        "takeover_basis": "str?",
        "takeover_is_guess": "bool",
    },
    "lease.is_renewed": {
        "owner": "str?",
        "state": "str LeaseState",
        "renewed_at": "float?",
        "renewed_every_s": "float?",
        "period_basis": "str? TimingBasis",
        "expires_at": "float?",
        "expires_after_s": "float?",
        "expiry_basis": "str? TimingBasis",
    },
    "owner.is_known": {
        "owner": "str?",
        "pid": "int?",
        "basis": "str? LinkBasis",
        "evidence": "str? the log line or reason",
    },
    "ownership.is_stable": {"finding": "str? id of what shakes it", "changes": "int?"},
    "checkpoint.exists": {
        "sequence": "int?",
        "written_at": "float?",
        "layout": "str?",
        "owned_since_at": "float? None: before ehtui looked",
        "is_of_owner": "bool? written since its owner of today claimed it",
        "unreadable": "str? why the one that is there cannot be read",
    },
    "checkpoint.is_within": {
        "sequence": "int?",
        "begin_sequence": "int?",
        "last_sequence": "int?",
        "lost": "int?",
        "ahead": "int?",
        "lag_reason": "str? code of rules: why its number tells no lag",
    },
    "checkpoint.proves": {
        "proof": "str? Proof",
        "writer": "str? Writer",
    },
    "progress.moves": {
        "health": "str Health",
        "rule": "str the rule that fired",
        "commits": "int seen of the window",
        "window": "int",
        "lag": "int?",
    },
    "progress.keeps_up": {
        "lag": "int?",
        "in_per_s": "float?",
        "out_per_s": "float?",
        "drain_s": "float?",
        "behind_s": "float?",
        "behind_basis": "str?",
    },
    # A process of this host.
    "process.is_alive": {"pid": "int", "status": "str?", "started_at": "float? this host's clock"},
    "process.is_consumer": {
        "pid": "int",
        "recognised_by": "str? RecognisedBy",
        "connections": "int? to the namespace",
        "command": "str?",
        "traffic": "str? Traffic, over these connections",
        "named_hubs": "tuple[str, ...] that its settings name",
    },
    "process.owns": {
        "pid": "int",
        "owner": "str?",
        "partitions": "tuple[str, ...] group/partition",
    },
    "log.names_owner": {
        "pid": "int",
        "log": "str? its path",
        "runtime": "str? python, js, java, dotnet",
        "is_shared": "bool it names owner ids, and several processes may have written them",
    },
    "partitions.suffice": {
        "partition_count": "int?",
        "live_owners": "int? others with a live lease; None: it may be one of them",
        "strangers": "int owners whose process is not known: any of them may be it",
        "expected_min": "int? partitions that each would have",
    },
    "partitions.are_free": {
        "free": "tuple[str, ...] nobody holds them",
        "lapsing": "tuple[str, ...] their lease runs out",
        "strangers": "int owners whose process is not known: any of them may be it",
        "takeover_earliest_at": "float? of the first",
        "takeover_latest_at": "float?",
        "takeover_is_guess": "bool",
    },
    "log.is_clean": {"finding": "str? id of the finding that counts them", "not_claimed": "int?"},
    # An owner.
    "owner.holds": {"owner": "str", "partitions": "tuple[str, ...] group/partition, live leases"},
    # A group.
    "group.has_records": {
        "group": "str",
        "spellings": "tuple[str, ...]",
        "other_groups": "tuple[str, ...]",
    },
    "group.has_one_name": {"spellings": "tuple[str, ...]"},
    "group.has_owners": {"owners": "tuple[str, ...]", "partition_count": "int"},
    "group.is_covered": {"partition_count": "int", "uncovered": "tuple[str, ...]"},
    "group.is_balanced": {"most": "int?", "least": "int?", "owners": "int"},
    "group.moves": {
        "health": "str Health",
        "worst_partition": "str?",
        "lag": "int?",
        "stuck": "tuple[str, ...] partitions without progress",
    },
    "group.keeps_up": {
        "behind": "tuple[str, ...] partitions that are read slower than events arrive",
        "lag": "int? of those that are read, as is what follows",
        "in_per_s": "float?",
        "out_per_s": "float?",
        "drain_s": "float? until the last has caught up; None: one never does, or none lags",
    },
}

VERDICTS: Mapping[str, str] = {
    "unknown": "not enough is known",
    "gone": "the process or owner is not there any more",
    "missing": "no such partition, owner or group",
    "not_a_consumer": "nothing ties this process to the group",
    "producer": "it only sends",
    "elsewhere": "its settings name another hub",
    "fine": "it works",
    "idle": "it works; there is nothing to read",
    "standby": "owns nothing by design",
    "starved": "owns nothing though there is something to own",
    "unowned": "nobody holds it",
    "uncovered": "nobody holds some of its partitions",
    "next_in_line": "owns nothing yet, and a partition is free",
    "lapsing": "its owner stopped renewing",
    "stuck": "owned and renewed, but not read",
    "failing": "its readers fail at the same place again and again",
    "behind": "read, but slower than events arrive",
    "ahead": "the checkpoint is beyond the stream",
    "former_hub": "the checkpoint is of the hub before it was created anew",
    "stray": "the hub has no such partition; the store has records of it",
    "rewound": "the checkpoint went back and catches up",
    "never_checkpointed": "read perhaps, but never checkpointed",
    "other_name": "records under another name of the namespace only",
    "not_visible": "no records in this store",
    "no_consumers": "records, but nobody alive",
}
