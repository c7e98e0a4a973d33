"""The findings about checkpoints, events and the records of the store; see `catalogue`."""

from __future__ import annotations

from ehtui.domain.findings.kind import CRITICAL, INFO, WARNING, FindingKind

RECORD_KINDS = (
    FindingKind(
        # A live owner, events waiting, no progress.
        "handler.stuck",
        (WARNING, CRITICAL),  # warning while its usual cadence is unknown
        ("group", "partition", "owner"),
        {
            "owner": "str",
            "rule": "str stopped (no checkpoint) or stalled (checkpoints that do not advance)",
            "checkpoint_sequence": "int?",
            "checkpoint_at": "float? when it was last written",
            "cadence_s": "float? its usual gap between checkpoints",
            "waiting_s": "float how long events have waited without progress",
            "lag": "int?",
            "in_per_s": "float?",
            "pid": "int?",
            "cpu_percent": "float?",
        },
    ),
    FindingKind(
        "checkpoint.never",
        (WARNING,),
        ("group", "partition?"),
        {
            "partitions": "tuple[str, ...] owned, with traffic, never checkpointed",
            "owners": "tuple[str, ...]",
            "watched_s": "float how long ehtui saw them owned without a checkpoint",
            "lag_bound": "int? at most so many events are unread",
            "arrived": "int? events that arrived in that time",
        },
    ),
    FindingKind(
        "retention.risk",
        (WARNING, CRITICAL),  # critical within the hour
        ("group", "partition"),
        {
            "checkpoint_sequence": "int",
            "begin_sequence": "int first retained event",
            "margin": "int events between both",
            "begin_per_s": "float how fast retention removes",
            "out_per_s": "float",
            "loss_at": "float when, at these rates, unread events are removed",
            "lag": "int?",
        },
    ),
    FindingKind(
        "events.lost",
        (CRITICAL,),
        ("group", "partition?"),
        {
            "lost": "int events that retention removed unread, all partitions",
            "partitions": "tuple[str, ...]",
            "checkpoint_sequence": "int? where it is one partition",
            "begin_sequence": "int? where it is one partition",
        },
    ),
    FindingKind(
        "checkpoint.ahead",
        (CRITICAL,),
        ("group", "partition?"),
        {
            "partitions": "tuple[str, ...]",
            "ahead": "int the most",
            "checkpoint_sequence": "int of the worst",
            "last_sequence": "int of the worst",
            "checkpoint_at": "float?",
            "hub_created_at": "float?",
        },
    ),
    FindingKind(
        # Checkpoints that are older than the hub; info in a group that nobody uses.
        "hub.recreated",
        (INFO, CRITICAL),
        ("group", "partition?"),
        {
            "partitions": "tuple[str, ...] whose checkpoint is of the hub before",
            "hub_created_at": "float",
            "checkpoint_at": "float when the newest of them was written",
            "tolerance_s": "float by which the clocks of both services may differ",
            "checkpoint_sequence": "int? of the newest",
            "last_sequence": "int? of the same partition, as it is now",
            "ahead": "int? the most by which one lies beyond the new stream",
        },
    ),
    FindingKind(
        # Checkpoints whose offsets a geo-replicated hub refuses after a promotion.
        "checkpoint.old_offset",
        (INFO, WARNING),
        ("group", "partition?"),
        {
            "partitions": "tuple[str, ...]",
            "georeplication_factor": "int",
            "sdks": "tuple[str, ...] of their owners, as far as something tells: python, dotnet …",
            "without_offset": "int of them that have a sequence number alone",
            "checkpoint_at": "float when the newest of them was written",
        },
    ),
    FindingKind(
        "checkpoint.rewound",
        (WARNING,),
        ("group", "partition?"),
        {
            "partitions": "tuple[str, ...]",
            "from_sequence": "int of the one that went back furthest",
            "to_sequence": "int",
            "replayed": "int events that are read again, all partitions",
            "rewound_at": "float",
            "owner": "str? who held that one",
        },
    ),
    FindingKind(
        "store.two_names",
        (WARNING,),
        ("group",),
        {
            "spellings": "tuple[str, ...] namespace/hub/group as written",
            "differs": "str case, port, host (an alias), several joined by +",
            "live_spellings": "int how many of them have a live owner",
        },
    ),
    FindingKind(
        # Info while it may only not have started yet, and where our name has records, too.
        "store.other_name",
        (INFO, WARNING),
        ("group",),
        {
            "namespace": "str as it is configured",
            "other_names": "tuple[str, ...] as written, the likeliest first",
            "groups": "tuple[str, ...] that they have and ours has not, or not alive",
            "container": "str",
            "owners": "int owner ids that the first of them names",
            "is_live": "bool whether one of those renewed within an expiry",
            "written_at": "float? when anything was last written there",
            "has_own_records": "bool whether the group has records under our name, without owners",
            "is_one_machine": "bool both are loopback names",
        },
    ),
    FindingKind(
        "store.mixed_hazard",
        (WARNING,),
        ("group",),
        {
            "reason": "str no_sequence (checkpoints without a sequence number: Python readers "
            "fail on them) or two_layouts (live owners in layouts that do not see each other)",
            "layouts": "tuple[str, ...]",
            "partitions": "tuple[str, ...]",
        },
    ),
    FindingKind(
        # Info: left over. Warning: somebody renews them.
        "store.stray_records",
        (INFO, WARNING),
        ("group", "partition?"),
        {
            "partitions": "tuple[str, ...] that the hub does not have",
            "partition_count": "int that it has",
            "owners": "tuple[str, ...] who hold leases of them that are renewed",
            "written_at": "float? when the newest of these records was written",
        },
    ),
    FindingKind(
        # The group and the partition are named while it is about exactly one.
        "store.unreadable_blob",
        (WARNING,),
        ("group?", "partition?"),
        {
            "count": "int",
            "partitions": "tuple[str, ...] that they are of",
            "kind": "str? ownership, checkpoint, lease (both in one); None: containers",
            "names": "tuple[str, ...] container/name, the first five",
            "reason": "str of the first",
        },
    ),
    FindingKind(
        "store.not_visible",
        (INFO, WARNING),  # info without a store, warning with one that knows nothing of the group
        ("group",),
        {
            "reason": "str no_store or no_records",
            "other_groups": "tuple[str, ...] that do have records",
            "local_consumers": "int",
        },
    ),
)
