"""How partitions move between owners, and how they share them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings.evidence import (
    GROUP_CHURN,
    GROUP_IMBALANCED,
    GROUP_NEWCOMER,
    GROUP_SINGLE_HOST,
    PARTITION_PINGPONG,
)
from ehtui.views import formats
from ehtui.views.evidence import About, FindingText, Meaning, advise
from ehtui.views.phrasing import partitions

if TYPE_CHECKING:
    from ehtui.domain.findings.evidence import (
        Churn,
        Imbalance,
        Newcomer,
        PingPong,
        SingleHost,
    )


def _imbalanced(found: Imbalance, about: About) -> str:
    low, high = found.expected_min, found.expected_max
    fair = formats.count(low) if low == high else f"{formats.count(low)} or {formats.count(high)}"
    return (
        f"{about.group} has been unbalanced for {about.say.since(found.imbalanced_since_at)}: "
        f"{formats.somebody(found.most_owner)} owns {formats.count(found.most)}, "
        f"{formats.somebody(found.least_owner)} {formats.count(found.least)} of "
        f"{formats.plural(found.partition_count, 'partition')} ({fair} each is fair)"
    )


_imbalanced_advice = advise(
    "Each round, a consumer takes one partition from the owner with the most, so this should "
    "settle within a few rounds. If it does not, the consumer with the fewest is not running its "
    "rounds: look in its log for errors while claiming.",
)


def _churn(found: Churn, about: About) -> str:
    return (
        f"{about.group}: {formats.plural(found.changes, 'owner change')} in "
        f"{formats.duration(found.window_s)} among "
        f"{formats.plural(found.owners, 'live owner')} "
        f"({partitions(found.partitions)})"
    )


_churn_advice = advise(
    "Each move closes one reader, opens another and repeats events since the last checkpoint. "
    "While the number of consumers stays the same, it should stop.",
    "Usual causes: leases that expire before they are renewed (an interval close to the expiry, "
    "a starved CPU, a blocked event loop, clock skew), a slow or throttled store, or consumers "
    "with different timings in one group.",
)


def _pingpong(found: PingPong, about: About) -> str:
    return (
        f"{about.where}: {formats.owners(found.owners)} keep taking it from each other, "
        f"{formats.count(found.changes)} times in {formats.duration(found.window_s)}"
    )


_pingpong_advice = advise(
    "Each believes that it owns the partition. Look for two client libraries or versions in one "
    "group, for hub names that differ in case or port, and for an expiry shorter than the renewal "
    "interval.",
    "Stop one of them, or give it its own consumer group.",
)


def _newcomer(found: Newcomer, about: About) -> str:
    who = formats.somebody(found.owner)
    pid = found.pid
    local = f" (process {pid} on this host)" if pid is not None else ""
    taken = found.taken
    took = ""

    if taken:
        took = f" and took {partitions(taken)} from {formats.owners(found.from_owners)}"

    alarm = "a local run took over production: " if found.is_production and taken and pid else ""
    return f"{alarm}{who}{local} joined {about.group} at {about.say.time(found.joined_at)}{took}"


def _newcomer_advice(found: Newcomer, _: About) -> tuple[str, ...]:
    if not found.is_production:
        return ("A new consumer takes its share of the partitions: this is how a group grows.",)

    pid = found.pid
    stop = f"Stop it (`{formats.command('kill', str(pid))}`): " if pid is not None else "Stop it: "
    return (
        (
            f"{stop}after a clean close, production has the partitions back within one round. "
            "Whatever it has read and checkpointed by then, production does not read again."
        ),
        "For tests against this hub, use another consumer group.",
    )


def _single_host(found: SingleHost, about: About) -> str:
    every = formats.every(found.owners, "owner")
    return f"{every} of {about.group} run on this host: if it fails, nobody reads"


_single_host_advice = advise(
    "Run one more consumer on another host: it shares the load, or is on standby.",
)


_GROUP_IMBALANCED = Meaning(
    "Some owners have more partitions than their share, others fewer.",
    "Balancing takes a few rounds; if it lasts, one consumer is not running its rounds.",
    "Wait a few rounds, then look in the log of the consumer with the fewest.",
)
_GROUP_CHURN = Meaning(
    "Partitions keep moving between live owners.",
    "Leases expire before they are renewed, the store is slow or throttled, or consumers "
    "with different timings share a group.",
    "Give all consumers the same timings, with an expiry of several renewal intervals.",
)
_PARTITION_PINGPONG = Meaning(
    "Two owners keep taking one partition from each other.",
    "Two client libraries or versions share the group, or hub names differ in case or port.",
    "Stop one of them, or give it its own consumer group.",
)
_GROUP_NEWCOMER = Meaning(
    "A new owner has joined the group, and may have taken partitions from others.",
    "Somebody started a consumer. On a production hub it may be a local test run.",
    "Nothing, if it is meant to be there; otherwise stop it with a clean close.",
)
_GROUP_SINGLE_HOST = Meaning(
    "All owners of a production group run on this host.",
    "No consumer runs anywhere else.",
    "Run one more consumer on another host.",
)
TEXTS = (
    FindingText(GROUP_IMBALANCED, _imbalanced, _imbalanced_advice, meaning=_GROUP_IMBALANCED),
    FindingText(GROUP_CHURN, _churn, _churn_advice, meaning=_GROUP_CHURN),
    FindingText(PARTITION_PINGPONG, _pingpong, _pingpong_advice, meaning=_PARTITION_PINGPONG),
    FindingText(GROUP_NEWCOMER, _newcomer, _newcomer_advice, meaning=_GROUP_NEWCOMER),
    FindingText(GROUP_SINGLE_HOST, _single_host, _single_host_advice, meaning=_GROUP_SINGLE_HOST),
)
