"""What each finding means, why it happens and what to do, whatever the evidence of one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Meaning(NamedTuple):
    """A finding in general."""

    means: str
    why: str
    what_to_do: str


_STORE = "Check the consumer's rights on the checkpoint container, and whether it is throttled."
_OWN_GROUP = "Give one of them its own consumer group."
MEANINGS: Mapping[str, Meaning] = {
    "partition.unowned": Meaning(
        "No consumer owns the partition, so nobody reads it.",
        "It was never claimed, or its owner released it and nobody has claimed it since.",
        "Live consumers claim it in their next round; if none is alive, start one.",
    ),
    "lease.overdue": Meaning(
        "The owner has stopped renewing its lease, which has not expired yet.",
        "Its process ended without releasing, was killed or frozen, or its event loop is blocked.",
        "Usually nothing: a survivor takes over once the lease expires. If the process is still "
        "running, check its CPU and log. If no other consumer is alive, start one.",
    ),
    "lease.expired": Meaning(
        "The lease has expired and nobody has taken the partition yet.",
        "No other consumer is alive, or the survivors use a longer expiry.",
        "Start a consumer, or set lease.expires_after_s if the survivors use a longer expiry.",
    ),
    "consumer.standby": Meaning(
        "A live consumer owns nothing because every partition already has an owner.",
        "A partition has one reader per group. There are more consumers than partitions.",
        "Nothing: it is a spare. To read with it too, use another consumer group or more "
        "partitions.",
    ),
    "consumer.starved": Meaning(
        "A live consumer owns nothing although it should own a share of the partitions.",
        "It cannot write to the checkpoint store, uses another container, hub or group, or does "
        "not run its load-balancing rounds.",
        "Look in its log for errors while claiming.",
    ),
    "group.imbalanced": Meaning(
        "Some owners have more partitions than their share, others fewer.",
        "Balancing takes a few rounds; if it lasts, one consumer is not running its rounds.",
        "Wait a few rounds, then look in the log of the consumer with the fewest.",
    ),
    "group.churn": Meaning(
        "Partitions keep moving between live owners.",
        "Leases expire before they are renewed, the store is slow or throttled, or consumers "
        "with different timings share a group.",
        "Give all consumers the same timings, with an expiry of several renewal intervals.",
    ),
    "group.leases_too_short": Meaning(
        "Leases expire before their owners renew them, so live owners rob each other.",
        "The configured expiry is shorter than the renewal interval.",
        "Set the expiry to several renewal intervals (six is usual).",
    ),
    "partition.pingpong": Meaning(
        "Two owners keep taking one partition from each other.",
        "Two client libraries or versions share the group, or hub names differ in case or port.",
        "Stop one of them, or give it its own consumer group.",
    ),
    "owner.crash_loop": Meaning(
        "Consumers of a partition keep ending, or its owner keeps dropping and claiming it.",
        "The handler raises, often on the same event each time.",
        "Read the end of its log. Let the handler catch the error and set the event aside.",
    ),
    "group.no_consumers": Meaning(
        "The group was in use, but no consumer is alive.",
        "All its consumers have ended or lost their connection.",
        "Start a consumer; it continues from the checkpoints. If the group is no longer used, "
        "this is harmless.",
    ),
    "group.single_host": Meaning(
        "All owners of a production group run on this host.",
        "No consumer runs anywhere else.",
        "Run one more consumer on another host.",
    ),
    "group.newcomer": Meaning(
        "A new owner has joined the group, and may have taken partitions from others.",
        "Somebody started a consumer. On a production hub it may be a local test run.",
        "Nothing, if it is meant to be there; otherwise stop it with a clean close.",
    ),
    "consumer.down": Meaning(
        "ehtui stopped a consumer to restart it, and nothing runs in its place.",
        "Its replacement ended at once or could not be started, or the restart was cut short.",
        "Start it again with S or `ehtui restart PID`, or by hand with the command shown.",
    ),
    "restart.slow": Meaning(
        "A consumer was asked to end so that it can be restarted, and is still running.",
        "Its handlers are still working, it hangs, or it is stopped.",
        "Wait, or send it SIGKILL if it hangs: it is started again once it has ended.",
    ),
    "restart.abandoned": Meaning(
        "A consumer was asked to end, but nothing will start it again.",
        "The process that carried out the restart was ended halfway.",
        "Restart it with R or `ehtui restart PID`.",
    ),
    "clock.skew": Meaning(
        "This host's clock differs from the storage server's.",
        "The host is not synchronised.",
        "Synchronise it: consumers here judge leases by this clock. ehtui uses server time.",
    ),
    "clock.store_jumped": Meaning(
        "The clock of the checkpoint store jumped.",
        "Its host was synchronised or suspended, or its clock was set by hand.",
        "Usually nothing: ehtui ignores the jump. Consumers may misjudge leases meanwhile.",
    ),
    "clock.hub": Meaning(
        "The clocks of the hub and the checkpoint store differ.",
        "Outside Azure, they run on hosts that are not synchronised.",
        "Synchronise those hosts; lag in time is corrected for the difference.",
    ),
    "source.limited": Meaning(
        "A source can be read, but gives less than it could.",
        "An odd answer, a missing right, or a slower way in use.",
        "Follow the advice beside it.",
    ),
    "source.unreadable": Meaning(
        "A source (hub, store, processes or logs) cannot be read; what is shown of it is old.",
        "Network, address, firewall or service trouble.",
        "Follow the advice beside it; ehtui keeps trying.",
    ),
    "source.throttled": Meaning(
        "The service throttles ehtui's reads.",
        "The namespace's or account's request limit is used up.",
        "Run fewer monitors, poll less often, or add throughput units.",
    ),
    "source.unauthorised": Meaning(
        "ehtui is not allowed to read a source.",
        "A wrong or rotated key, an expired token, or a missing role.",
        "Grant the right, or use other credentials: `ehtui config` shows which are in use.",
    ),
    "store.not_visible": Meaning(
        "Owners, checkpoints and lag of the group cannot be seen.",
        "No checkpoint store is configured, or it has no records of this group.",
        "Configure the store, or see what a consumer really uses: `ehtui config --pid PID`.",
    ),
    "log.claim_failed": Meaning(
        "A consumer's log says that it could not claim or renew a partition.",
        "It may not write to the checkpoint store, or the store is slow or throttled.",
        _STORE,
    ),
    "log.ownership_lost": Meaning(
        "A consumer's log says that it lost a partition that nobody took in this store.",
        "Another tool writes these records, or a clock is wrong.",
        "Look for tools that reset or copy checkpoint records.",
    ),
    "log.link_stolen": Meaning(
        "Another reader disconnected this one, and no ownership in this store changed.",
        "Another program reads the same group with another store, or with none.",
        "Find it and give it its own consumer group.",
    ),
    "log.receiver_quota": Meaning(
        "The service refused one reader too many.",
        "A group allows five readers without an owner level per partition.",
        "End the readers left over, or use another consumer group.",
    ),
    "log.checkpoint_failed": Meaning(
        "A consumer's log says that it could not write a checkpoint.",
        "It may not write to the checkpoint store, or the store is slow or throttled.",
        _STORE,
    ),
    "log.balancing_failed": Meaning(
        "A consumer's log says that its load-balancing round failed.",
        "It cannot read or write the checkpoint store.",
        f"{_STORE} Meanwhile its leases expire.",
    ),
    "log.receive_failed": Meaning(
        "A consumer's log says that receiving failed, or that its handler raised.",
        "Network or service trouble, or an exception in the handler.",
        "Read the log line: the partition is closed and claimed again from the last checkpoint.",
    ),
    "log.throttled": Meaning(
        "The namespace throttles a consumer.",
        "Throughput is used up, or an application group limits this client.",
        "Add throughput units, or turn on auto-inflate.",
    ),
    "log.entity_disabled": Meaning(
        "The event hub is disabled: no consumer receives from it.",
        "Somebody set its status to Disabled.",
        "Set it to Active again.",
    ),
    "log.offset_refused": Meaning(
        "The service refused the offset in a checkpoint.",
        "The hub is geo-replicated, and the checkpoint is from before that.",
        "Delete the checkpoints of these partitions, or accept the SDK's default position.",
    ),
    "log.authorisation_lost": Meaning(
        "A consumer was refused access to the event hub.",
        "A rotated key, a removed role, or an expired token.",
        "Fix its credentials and restart it: it may still renew leases without reading.",
    ),
    "log.owner_level_refused": Meaning(
        "A consumer was refused in favour of a reader with a higher owner level.",
        "Two readers with owner levels (epochs) use the same partition of the same group.",
        _OWN_GROUP,
    ),
    "group.behind": Meaning(
        "The group reads more slowly than events arrive, so its lag grows.",
        "Too few consumers, or a handler that is too slow.",
        "Add consumers, up to one per partition; then speed up the handler.",
    ),
    "partition.hot": Meaning(
        "One partition receives far more events than the others.",
        "Few partition keys, or a sender that names the partition.",
        "Use a finer key, or none where order does not matter.",
    ),
    "handler.stuck": Meaning(
        "The owner renews its lease, but its checkpoint does not move while events wait.",
        "The handler hangs, or keeps failing on the same event.",
        "Look at its log and stack; only a restart, or the handler returning, helps.",
    ),
    "checkpoint.never": Meaning(
        "The partition has an owner, events arrive, and nothing was ever checkpointed.",
        "The handler never calls update_checkpoint.",
        "Call it after an event is processed: every restart begins at the starting position.",
    ),
    "retention.risk": Meaning(
        "At current rates, retention removes events before they are read.",
        "The group reads too slowly, or does not read at all.",
        "Read faster, or lengthen retention in time.",
    ),
    "events.lost": Meaning(
        "Retention has removed events that the group had not read.",
        "The group was too far behind.",
        "Replay them from elsewhere (Capture, an archive); lengthen retention or read faster.",
    ),
    "checkpoint.ahead": Meaning(
        "The checkpoint is beyond the last event of the partition.",
        "It belongs to another hub, or was copied or written by hand.",
        "Stop the group's consumers, then move or delete the checkpoint.",
    ),
    "hub.recreated": Meaning(
        "The checkpoint is older than the hub, so it is of another stream.",
        "The hub was deleted and created again under the same name.",
        "Stop the group's consumers, then move the checkpoints to this hub's earliest event.",
    ),
    "checkpoint.old_offset": Meaning(
        "After a forced promotion of a geo-replicated hub, this checkpoint cannot be used.",
        "It holds an offset in the old form, or none.",
        "Have it written once more by a consumer that knows the new form.",
    ),
    "checkpoint.rewound": Meaning(
        "The checkpoint went back: events are read again.",
        "It was reset on purpose, two consumers write it, or a handler checkpoints out of order.",
        "Nothing after a reset; otherwise find the second writer.",
    ),
    "store.two_names": Meaning(
        "The group is recorded under several spellings of one name.",
        "Clients write names as given, or with the port: they do not see each other's leases.",
        "Give all consumers the same spelling of namespace, hub and group.",
    ),
    "store.other_name": Meaning(
        "The store has records of the group under another name of the namespace.",
        "Its consumers use an alias, a container's name or a private address.",
        "Tell ehtui the alias (--alias), and let all consumers use one name.",
    ),
    "store.mixed_hazard": Meaning(
        "Clients that cannot read each other's records share a group.",
        "Different libraries, or a library that checkpoints offsets only.",
        "Give each kind of client its own consumer group.",
    ),
    "store.stray_records": Meaning(
        "The store has records of partitions that the hub does not have.",
        "They are left over, or another namespace shares the container under the same name.",
        "Delete them if they are left over; otherwise give each namespace its own container.",
    ),
    "store.unreadable_blob": Meaning(
        "A record in the checkpoint store cannot be read.",
        "It is damaged, or something else wrote it.",
        "Stop the group's consumers, then rewrite or delete it.",
    ),
}
