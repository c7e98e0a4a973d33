"""A group's consumers as a whole: who is there, who moves, who shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings.evidence import (
    GROUP_CHURN,
    GROUP_IMBALANCED,
    GROUP_LEASES_TOO_SHORT,
    GROUP_NEWCOMER,
    GROUP_NO_CONSUMERS,
    GROUP_SINGLE_HOST,
    OWNER_CRASH_LOOP,
    PARTITION_PINGPONG,
)
from ehtui.domain.findings.evidence_records import PARTITION_HOT
from ehtui.views import formats
from ehtui.views.finding_text import About, FindingText
from ehtui.views.findings.forecast import joined
from ehtui.views.telling import partitions

if TYPE_CHECKING:
    from ehtui.domain.findings.evidence import (
        Churn,
        CrashLoop,
        Imbalance,
        LeasesTooShort,
        Newcomer,
        NoConsumers,
        PingPong,
        SingleHost,
    )
    from ehtui.domain.findings.evidence_records import HotPartition


def _imbalanced(found: Imbalance, about: About) -> str:
    low, high = found.expected_min, found.expected_max
    fair = formats.count(low) if low == high else f"{formats.count(low)} or {formats.count(high)}"

    return (
        f"{about.group} is out of balance for {about.say.since(found.imbalanced_since_at)}: "
        f"{formats.somebody(found.most_owner)} holds {formats.count(found.most)}, "
        f"{formats.somebody(found.least_owner)} {formats.count(found.least)} of "
        f"{formats.plural(found.partition_count, 'partition')} ({fair} each is fair)"
    )


def _imbalanced_advice(*_: object) -> tuple[str, ...]:
    return (
        (
            "Consumers take one partition a round from whoever holds most, so this should settle "
            "within a few rounds. If it does not, the consumer with few does not run its rounds: "
            "look at its log for errors of claiming."
        ),
    )


def _churn(found: Churn, about: About) -> str:
    return (
        f"{about.group}: {formats.plural(found.changes, 'change')} of owner within "
        f"{formats.duration(found.window_s)} among "
        f"{formats.plural(found.owners, 'live owner')} "
        f"({partitions(found.partitions)})"
    )


def _churn_advice(*_: object) -> tuple[str, ...]:
    return (
        (
            "Each move closes and opens a reader and repeats events since the last checkpoint. "
            "With a constant number of consumers it should stop."
        ),
        (
            "Usual causes: a lease that expires before it is renewed (an interval close to the "
            "expiry, a starved CPU, a blocked event loop, clock skew), a slow or throttled store, "
            "or consumers with different timings in one group."
        ),
    )


def _too_short(found: LeasesTooShort, about: About) -> str:
    every = found.renewed_every_s
    rounds = f", every {formats.duration(every)}" if every is not None else ""
    age = found.youngest_s
    sooner = f", {formats.duration(age)} after a renewal" if age is not None else ""

    owners = formats.plural(found.owners, "live owner")

    return (
        f"{about.group}: leases run out before they are renewed{rounds}: {owners} took partitions "
        f"from each other {formats.count(found.changes)} times within "
        f"{formats.duration(found.window_s)}{sooner}"
    )


def _too_short_advice(found: LeasesTooShort, _: About) -> tuple[str, ...]:
    rust = (
        "The Rust SDK (azure_messaging_eventhubs) before 0.14 does so by default: it renews every "
        "30 s and calls leases expired after 10 s. Update it."
    )

    return (
        (
            "Each takes the others for dead and claims more than its share, round after round. "
            "Every move repeats events since the last checkpoint."
        ),
        (
            "Set the expiry to several intervals (six are usual): "
            "partition_ownership_expiration_interval in Python, "
            "partitionOwnershipExpirationIntervalInMs in JavaScript, "
            "PartitionOwnershipExpirationInterval in .NET, PartitionExpirationDuration in Go."
        ),
        *((rust,) if found.is_like_old_rust else ()),
    )


def _pingpong(found: PingPong, about: About) -> str:
    return (
        f"{about.where}: {formats.owners(found.owners)} take it from each other, "
        f"{formats.count(found.changes)} times within {formats.duration(found.window_s)}"
    )


def _pingpong_advice(*_: object) -> tuple[str, ...]:
    return (
        (
            "Both believe that it is theirs. Look for two client libraries or versions in one "
            "group, for names of the hub that differ in case or port, and for an expiry shorter "
            "than the renewal interval."
        ),
        "Stop one of the two, or give it a consumer group of its own.",
    )


def _crash_loop(found: CrashLoop, about: About) -> str:
    lived = found.lived_s
    where = f"{about.where}: " if about.places else f"{about.group}: "
    short = f", each after about {formats.duration(lived)}" if lived is not None else ""
    sequence = found.checkpoint_sequence
    within = f"within {formats.duration(found.window_s)}{short}"

    if len(found.owners) == 1:
        turns = formats.plural(found.restarts, "time")
        one = formats.owners(found.owners)
        told = f"{where}{one} let go of it and claimed it again, {turns} {within}"
        stops = "it stops"
    else:
        count = formats.plural(found.restarts, "consumer")
        told = f"{where}{count} came and went {within}"
        stops = "all stop"

    return joined(
        told,
        f"{stops} after sequence {formats.count(sequence)}" if sequence is not None else "",
    )


def _crash_loop_advice(found: CrashLoop, _: About) -> tuple[str, ...]:
    sequence = found.checkpoint_sequence
    cause = "Read the end of its log: the error before each end is the cause."

    if len(found.owners) == 1:
        cause = (
            "Its handler raises: the SDK then closes the partition, and its next round claims it "
            "again. The error stands in its log."
        )

    lines = [cause]

    if sequence is not None:
        lines.append(
            f"If it is always the same event, it is {formats.count(sequence + 1)} or one of the "
            "same batch: reading begins there each time. Let the handler catch the error and set "
            "the event aside; moving the checkpoint past it skips it unread."
        )

    return tuple(lines)


def _no_consumers(found: NoConsumers, about: About) -> str:
    last = ""

    if found.last_owner:
        renewed, seen = found.last_renewed_at, found.last_seen_at
        ago = f"renewed {about.say.ago(renewed)}" if renewed is not None else "was alive"

        if renewed is None and seen is not None:  # renewing a blob lease writes nothing
            ago = f"was last seen {about.say.ago(seen)}"

        last = f"the last, {formats.somebody(found.last_owner)}, {ago}"

    lag, lost = found.lag, found.lost
    waiting = f"{formats.plural(lag, 'event')} unread" if lag else ""
    gone = f"{formats.plural(lost, 'event')} already removed by retention" if lost else ""

    return joined(f"{about.group} has no consumers", last, waiting, gone)


def _no_consumers_advice(found: NoConsumers, _: About) -> tuple[str, ...]:
    local = found.local_consumers

    if local:
        return (
            (
                f"{formats.plural(local, 'process', 'processes')} of this host could be "
                f"{'it' if local == 1 else 'them'}: check which group, hub and container "
                "it uses (`ehtui config --pid PID`)."
            ),
        )

    return (
        (
            "Start a consumer: it reads on from the checkpoints. If the group is no longer used, "
            "this is harmless; its records can be deleted."
        ),
    )


def _newcomer(found: Newcomer, about: About) -> str:
    who = formats.somebody(found.owner)
    pid = found.pid
    local = f" (process {pid} of this host)" if pid is not None else ""
    taken = found.taken
    took = ""

    if taken:
        took = f" and took {partitions(taken)} from {formats.owners(found.from_owners)}"

    alarm = "a local run took over production: " if found.is_production and taken and pid else ""

    return f"{alarm}{who}{local} joined {about.group} {about.say.time(found.joined_at)}{took}"


def _newcomer_advice(found: Newcomer, _: About) -> tuple[str, ...]:
    if not found.is_production:
        return ("A new consumer takes its share of the partitions: that is how a group grows.",)

    pid = found.pid
    stop = f"Stop it (`{formats.command('kill', str(pid))}`): " if pid is not None else "Stop it: "

    return (
        (
            f"{stop}a clean close gives the partitions back within one round. "
            "What it has read and checkpointed meanwhile, production will not read again."
        ),
        "For tests against this hub, use another consumer group.",
    )


def _single_host(found: SingleHost, about: About) -> str:
    return (
        f"All {formats.plural(found.owners, 'owner')} of {about.group} run on this "
        "host: when it goes, nobody reads"
    )


def _single_host_advice(*_: object) -> tuple[str, ...]:
    return ("Run one more consumer on another host: it stands by or shares the load.",)


def _hot(found: HotPartition, about: About) -> str:
    return (
        f"{about.where} takes {formats.per_s(found.in_per_s)} "
        f"({found.share:.0%} of all input); "
        f"the others {formats.per_s(found.others_per_s)} each"
    )


def _hot_advice(*_: object) -> tuple[str, ...]:
    return (
        (
            "Events of one key always go to one partition. A key that is used too often, or a "
            "sender that names the partition, fills one and leaves the others idle: no further "
            "consumer helps. Choose a finer key, or none where order does not matter."
        ),
    )


GROUP_TEXTS = (
    FindingText(GROUP_IMBALANCED, _imbalanced, _imbalanced_advice),
    FindingText(GROUP_CHURN, _churn, _churn_advice),
    FindingText(GROUP_LEASES_TOO_SHORT, _too_short, _too_short_advice),
    FindingText(PARTITION_PINGPONG, _pingpong, _pingpong_advice),
    FindingText(OWNER_CRASH_LOOP, _crash_loop, _crash_loop_advice),
    FindingText(GROUP_NO_CONSUMERS, _no_consumers, _no_consumers_advice),
    FindingText(GROUP_NEWCOMER, _newcomer, _newcomer_advice),
    FindingText(GROUP_SINGLE_HOST, _single_host, _single_host_advice),
    FindingText(PARTITION_HOT, _hot, _hot_advice),
)
