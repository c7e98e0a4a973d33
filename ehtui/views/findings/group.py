"""A group's consumers as a whole: who is there, who moves, who shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.views import formats
from ehtui.views.case import Case, Words
from ehtui.views.findings.forecast import joined
from ehtui.views.telling import partitions

if TYPE_CHECKING:
    from collections.abc import Mapping


def _imbalanced(case: Case) -> str:
    low, high = case.whole("expected_min"), case.whole("expected_max")
    fair = formats.count(low) if low == high else f"{formats.count(low)} or {formats.count(high)}"

    return (
        f"{case.group} is out of balance for {case.since('imbalanced_since_at')}: "
        f"{case.owner('most_owner')} holds {case.count('most')}, "
        f"{case.owner('least_owner')} {case.count('least')} of "
        f"{formats.plural(case.whole('partition_count') or 0, 'partition')} ({fair} each is fair)"
    )


def _imbalanced_advice(_: Case) -> tuple[str, ...]:
    return (
        (
            "Consumers take one partition a round from whoever holds most, so this should settle "
            "within a few rounds. If it does not, the consumer with few does not run its rounds: "
            "look at its log for errors of claiming."
        ),
    )


def _churn(case: Case) -> str:
    return (
        f"{case.group}: {formats.plural(case.whole('changes') or 0, 'change')} of owner within "
        f"{case.lasting('window_s')} among "
        f"{formats.plural(case.whole('owners') or 0, 'live owner')} "
        f"({partitions(case.names('partitions'))})"
    )


def _churn_advice(_: Case) -> tuple[str, ...]:
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


def _too_short(case: Case) -> str:
    every = case.number("renewed_every_s")
    rounds = f", every {formats.duration(every)}" if every is not None else ""
    age = case.number("youngest_s")
    sooner = f", {formats.duration(age)} after a renewal" if age is not None else ""

    owners = formats.plural(case.whole("owners") or 0, "live owner")

    return (
        f"{case.group}: leases run out before they are renewed{rounds}: {owners} took partitions "
        f"from each other {case.count('changes')} times within {case.lasting('window_s')}{sooner}"
    )


def _too_short_advice(case: Case) -> tuple[str, ...]:
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
        *((rust,) if case.is_set("is_like_old_rust") else ()),
    )


def _pingpong(case: Case) -> str:
    return (
        f"{case.where}: {case.owners()} take it from each other, "
        f"{case.count('changes')} times within {case.lasting('window_s')}"
    )


def _pingpong_advice(_: Case) -> tuple[str, ...]:
    return (
        (
            "Both believe that it is theirs. Look for two client libraries or versions in one "
            "group, for names of the hub that differ in case or port, and for an expiry shorter "
            "than the renewal interval."
        ),
        "Stop one of the two, or give it a consumer group of its own.",
    )


def _crash_loop(case: Case) -> str:
    lived = case.number("lived_s")
    where = f"{case.where}: " if case.places else f"{case.group}: "
    short = f", each after about {formats.duration(lived)}" if lived is not None else ""
    sequence = case.whole("checkpoint_sequence")
    within = f"within {case.lasting('window_s')}{short}"

    if len(case.names("owners")) == 1:
        turns = formats.plural(case.whole("restarts") or 0, "time")
        told = f"{where}{case.owners()} let go of it and claimed it again, {turns} {within}"
        stops = "it stops"
    else:
        count = formats.plural(case.whole("restarts") or 0, "consumer")
        told = f"{where}{count} came and went {within}"
        stops = "all stop"

    return joined(
        told,
        f"{stops} after sequence {formats.count(sequence)}" if sequence is not None else "",
    )


def _crash_loop_advice(case: Case) -> tuple[str, ...]:
    sequence = case.whole("checkpoint_sequence")
    cause = "Read the end of its log: the error before each end is the cause."

    if len(case.names("owners")) == 1:
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


def _no_consumers(case: Case) -> str:
    last = ""

    if case.text("last_owner"):
        renewed, seen = case.number("last_renewed_at"), case.number("last_seen_at")
        ago = f"renewed {case.say.ago(renewed)}" if renewed is not None else "was alive"

        if renewed is None and seen is not None:  # renewing a blob lease writes nothing
            ago = f"was last seen {case.say.ago(seen)}"

        last = f"the last, {case.owner('last_owner')}, {ago}"

    lag, lost = case.whole("lag"), case.whole("lost")
    waiting = f"{formats.plural(lag, 'event')} unread" if lag else ""
    gone = f"{formats.plural(lost, 'event')} already removed by retention" if lost else ""

    return joined(f"{case.group} has no consumers", last, waiting, gone)


def _no_consumers_advice(case: Case) -> tuple[str, ...]:
    local = case.whole("local_consumers")

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


def _newcomer(case: Case) -> str:
    who = case.owner()
    pid = case.whole("pid")
    local = f" (process {pid} of this host)" if pid is not None else ""
    taken = case.names("taken")
    took = ""

    if taken:
        took = f" and took {partitions(taken)} from {case.owners('from_owners')}"

    alarm = (
        "a local run took over production: "
        if case.is_set("is_production") and taken and pid
        else ""
    )

    return f"{alarm}{who}{local} joined {case.group} {case.time('joined_at')}{took}"


def _newcomer_advice(case: Case) -> tuple[str, ...]:
    if not case.is_set("is_production"):
        return ("A new consumer takes its share of the partitions: that is how a group grows.",)

    pid = case.whole("pid")
    stop = f"Stop it (`{formats.command('kill', str(pid))}`): " if pid is not None else "Stop it: "

    return (
        (
            f"{stop}a clean close gives the partitions back within one round. "
            "What it has read and checkpointed meanwhile, production will not read again."
        ),
        "For tests against this hub, use another consumer group.",
    )


def _single_host(case: Case) -> str:
    return (
        f"All {formats.plural(case.whole('owners') or 0, 'owner')} of {case.group} run on this "
        "host: when it goes, nobody reads"
    )


def _single_host_advice(_: Case) -> tuple[str, ...]:
    return ("Run one more consumer on another host: it stands by or shares the load.",)


def _hot(case: Case) -> str:
    share = case.number("share")
    part = "" if share is None else f" ({share:.0%} of all input)"

    return (
        f"{case.where} takes {case.rate('in_per_s')}{part}; "
        f"the others {case.rate('others_per_s')} each"
    )


def _hot_advice(_: Case) -> tuple[str, ...]:
    return (
        (
            "Events of one key always go to one partition. A key that is used too often, or a "
            "sender that names the partition, fills one and leaves the others idle: no further "
            "consumer helps. Choose a finer key, or none where order does not matter."
        ),
    )


GROUP_WORDS: Mapping[str, Words] = {
    "group.imbalanced": Words(_imbalanced, _imbalanced_advice),
    "group.churn": Words(_churn, _churn_advice),
    "group.leases_too_short": Words(_too_short, _too_short_advice),
    "partition.pingpong": Words(_pingpong, _pingpong_advice),
    "owner.crash_loop": Words(_crash_loop, _crash_loop_advice),
    "group.no_consumers": Words(_no_consumers, _no_consumers_advice),
    "group.newcomer": Words(_newcomer, _newcomer_advice),
    "group.single_host": Words(_single_host, _single_host_advice),
    "partition.hot": Words(_hot, _hot_advice),
}
