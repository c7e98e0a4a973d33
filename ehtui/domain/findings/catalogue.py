"""Every finding: id, severities, subject and evidence keys. Views write their sentences from it.

Every key of a kind is always present; None is unknown. `_at` is a server time, `_s` a length,
`_per_s` a rate. `partitions` are ids in natural order. Where a kind is about several partitions
at once, `subject.partition` is set only while it is about exactly one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings.catalogue_records import RECORD_KINDS
from ehtui.domain.findings.kind import CRITICAL, INFO, WARNING, FindingKind

if TYPE_CHECKING:
    from collections.abc import Mapping

# What is known of when somebody else can have a partition (facts.md §2).
TAKEOVER = {
    "takeover_earliest_at": "float? when a survivor can own it, at the earliest",
    "takeover_latest_at": "float? and at the latest; None where nobody can",
    "takeover_basis": "str? code: python-180/30, configured, released, no-survivor …",
    "takeover_is_guess": "bool it rests on more than what was configured, seen, or is a default",
}
# What is known of an owner that stopped renewing.
LAPSE = {
    "owner": "str who held the lease",
    "partitions": "tuple[str, ...] what it held",
    "renewed_at": "float? its last renewal",
    "renewed_every_s": "float? its usual period",
    "expires_at": "float? when the (first) lease lapses or lapsed",
    "expires_after_s": "float? expiry that this judgement uses",
    "expiry_basis": "str? configured, observed, inferred, assumed",
    "survivors": "int other owners of the group with a live lease",
    "standbys": "int local consumers that stand by",
    "lag": "int? events waiting in these partitions",
    "pid": "int? its process on this host, where linked",
    "process_gone_at": "float? when that process was seen to be gone",
    "signal": "str? signal that this session sent to it: INT, TERM, KILL …",
    "signalled_at": "float? when",
} | TAKEOVER
# What a troubled source says.
TROUBLE = {
    "source": "str hub, store, processes, logs",
    "problem_kind": "str code of ProblemKind",
    "summary": "str one safe sentence",
    "advice": "str the source's own next step, may be empty",
    "failures": "int failed reads in a row",
    "failing_since_at": "float first of them",
    "last_read_at": "float? last success",
    "retry_at": "float? next try",
}
# What a process's log says again and again.
LOG = {
    "pid": "int",
    "owner": "str?",
    "count": "int lines within the window",
    "window_s": "float",
    "partitions": "tuple[str, ...] that the lines name",
    "said_at": "float when the newest line was read",
    "line": "str the newest",
}

_KINDS = (
    FindingKind(
        # Nobody holds it and no lease runs: released or never owned. Info within the grace of
        # one expiry, then warning; critical when it lasts beyond it while events wait.
        "partition.unowned",
        (INFO, WARNING, CRITICAL),
        ("group", "partition?"),
        {
            "partitions": "tuple[str, ...]",
            "state": "str released, never_owned or mixed",
            "last_owner": "str? who gave it up, where all had the same",
            "unowned_since_at": "float the longest of them; never earlier than ehtui's first look",
            "grace_s": "float how long it may last",
            "live_owners": "int owners of the group with a live lease",
            "standbys": "int local consumers that stand by",
            "lag": "int? events waiting in these partitions",
        }
        | TAKEOVER,
    ),
    # Not renewed in time; or its process was seen to end, and a later look still finds its name.
    FindingKind("lease.overdue", (WARNING,), ("group", "owner", "partition?"), LAPSE),
    FindingKind("lease.expired", (CRITICAL,), ("group", "owner", "partition?"), LAPSE),
    FindingKind(
        "consumer.standby",
        (INFO,),
        ("group", "pid"),
        {
            "pid": "int",
            "owner": "str? its owner id, where a log names it",
            "partition_count": "int",
            "live_owners": "int other owners with a live lease",
            "owner_pids": "tuple[str, ...] local processes that own partitions, for “stop one”",
            "lapsing": "tuple[str, ...] partitions whose lease it can take when it lapses",
            "takeover_earliest_at": "float? of the first of them",
            "takeover_latest_at": "float?",
            "takeover_is_guess": "bool",
            "not_claimed": "int? how often its log said “hasn't claimed an ownership”",
            "namespace": "str?",
            "hub": "str?",
            "command": "str its command line, safe to show",
            "consumer_name": "str? the configuration's name for it",
        },
    ),
    FindingKind(
        "consumer.starved",
        (WARNING,),
        ("group", "pid"),
        {
            "pid": "int",
            "owner": "str?",
            "partition_count": "int",
            "live_owners": "int other owners with a live lease",
            "expected_min": "int partitions that it should have at least",
            "unowned": "tuple[str, ...] partitions that nobody holds",
            "reason": "str unclaimed (it takes no free partition) or unshared (others hold more)",
            "starved_since_at": "float",
            "not_claimed": "int?",
            "command": "str",
        },
    ),
    FindingKind(
        "group.imbalanced",
        (WARNING,),
        ("group",),
        {
            "owners": "int",
            "partition_count": "int owned partitions",
            "expected_min": "int",
            "expected_max": "int",
            "most_owner": "str",
            "most": "int",
            "least_owner": "str",
            "least": "int",
            "imbalanced_since_at": "float",
        },
    ),
    FindingKind(
        "group.churn",
        (WARNING,),
        ("group",),
        {
            "changes": "int ownership changes between live owners within the window",
            "window_s": "float",
            "owners": "int",
            "partitions": "tuple[str, ...] that moved",
        },
    ),
    FindingKind(
        # An expiry shorter than the interval: each calls the others' leases expired, every round.
        "group.leases_too_short",
        (WARNING,),
        ("group",),
        {
            "changes": "int partitions taken from live owners by who had its share already",
            "window_s": "float",
            "owners": "int who take them from each other",
            "partitions": "tuple[str, ...] that moved",
            "youngest_s": "float? the youngest lease that was taken: leases run out sooner",
            "renewed_every_s": "float?",
            "is_like_old_rust": "bool leases of 10 s renewed every 30 s: Rust's SDK before 0.14",
        },
    ),
    FindingKind(
        "partition.pingpong",
        (WARNING,),
        ("group", "partition"),
        {
            "owners": "tuple[str, ...] who take it from each other",
            "changes": "int within the window",
            "window_s": "float",
            "last_change_at": "float",
        },
    ),
    FindingKind(
        "group.behind",
        (WARNING,),
        ("group",),
        {
            "lag": "int",
            "partitions": "tuple[str, ...] whose lag grows",
            "worst_partition": "str",
            "worst_lag": "int",
            "in_per_s": "float? into these partitions",
            "out_per_s": "float? out of them",
            "falling_per_s": "float? in − out",
            "behind_s": "float? the worst partition's lag in time",
            "behind_basis": "str? BehindBasis",
        },
    ),
    FindingKind(
        "clock.skew",
        (WARNING,),
        (),
        {"offset_s": "float server minus this host", "limit_s": "float"},
    ),
    FindingKind(
        # Judged by none of it: leases, lag and health go on by the time that passed here.
        "clock.store_jumped",
        (WARNING,),
        (),
        {
            "ahead_s": "float what its Date is beyond the time that passed since it was first read",
            "seen_at": "float when it last was",
            "is_back": "bool its newest Date fits again",
            "stamps_records": "bool records are stamped by the clock that jumped",
        },
    ),
    FindingKind(
        "clock.hub",
        (WARNING,),
        (),
        {"ahead_s": "float the hub's clock minus the store's", "limit_s": "float"},
    ),
    FindingKind(
        "owner.crash_loop",
        (CRITICAL,),
        ("group", "partition?"),
        {
            "restarts": "int owners or processes that came and went within the window",
            "window_s": "float",
            "partitions": "tuple[str, ...]",
            "owners": "tuple[str, ...] the latest, oldest first",
            "lived_s": "float? how long they usually live",
            "checkpoint_sequence": "int? where each stops: the event after it may be the poison",
            "command": "str? of the local process",
        },
    ),
    FindingKind(
        # Critical where it is the configured group and events wait; info for others long dead.
        "group.no_consumers",
        (INFO, WARNING, CRITICAL),
        ("group",),
        {
            "partition_count": "int",
            "last_owner": "str?",
            "last_renewed_at": "float? None for a blob lease, whose renewals write nothing",
            "last_seen_at": "float? when it last wrote anything",
            "lag": "int?",
            "lost": "int?",
            "in_per_s": "float?",
            "local_consumers": "int processes of this host that could be it",
        },
    ),
    FindingKind(
        "partition.hot",
        (INFO,),
        ("partition",),
        {
            "in_per_s": "float",
            "others_per_s": "float mean of the other partitions",
            "share": "float of all input, 0–1",
        },
    ),
    FindingKind(
        # Only on a hub marked production: everywhere else one host is the normal case.
        "group.single_host",
        (INFO,),
        ("group",),
        {"owners": "int", "pids": "tuple[str, ...]"},
    ),
    FindingKind(
        "group.newcomer",
        (INFO, WARNING),  # warning: a local one takes live partitions of a production hub
        ("group", "owner"),
        {
            "owner": "str",
            "pid": "int?",
            "command": "str?",
            "joined_at": "float",
            "taken": "tuple[str, ...] partitions it took from live owners",
            "from_owners": "tuple[str, ...]",
            "is_production": "bool",
        },
    ),
    FindingKind(
        # It answers, and gives less than it could: an odd answer, a slower way.
        "source.limited",
        (WARNING,),
        ("source",),
        {
            "source": "str hub, store, processes, logs",
            "problem_kind": "str code of ProblemKind",
            "summary": "str one safe sentence",
            "advice": "str what happens next by itself, or the next step",
        },
    ),
    FindingKind("source.unreadable", (WARNING, CRITICAL), ("source",), TROUBLE),
    FindingKind("source.throttled", (WARNING,), ("source",), TROUBLE),
    FindingKind("source.unauthorised", (CRITICAL,), ("source",), TROUBLE),
    FindingKind("log.claim_failed", (WARNING,), ("group", "pid"), LOG),
    # Taken away though the store shows nobody who took it: a second store, or no store at all.
    FindingKind("log.ownership_lost", (WARNING,), ("group", "pid"), LOG),
    FindingKind("log.link_stolen", (WARNING,), ("group", "pid"), LOG),
    FindingKind("log.receiver_quota", (WARNING,), ("group", "pid"), LOG),
    FindingKind("log.checkpoint_failed", (WARNING,), ("group", "pid"), LOG),
    FindingKind("log.balancing_failed", (WARNING,), ("group", "pid"), LOG),
    FindingKind("log.receive_failed", (WARNING,), ("group", "pid"), LOG),
    # What the service refuses: nothing that ehtui sees of hub and store shows it.
    FindingKind("log.throttled", (WARNING,), ("group", "pid"), LOG),
    FindingKind("log.entity_disabled", (CRITICAL,), ("group", "pid"), LOG),
    FindingKind("log.offset_refused", (WARNING,), ("group", "pid"), LOG),
    FindingKind("log.authorisation_lost", (CRITICAL,), ("group", "pid"), LOG),
    FindingKind("log.owner_level_refused", (WARNING,), ("group", "pid"), LOG),
)
FINDINGS: Mapping[str, FindingKind] = {kind.id: kind for kind in (*_KINDS, *RECORD_KINDS)}
