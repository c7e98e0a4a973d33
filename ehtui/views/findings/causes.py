"""Root causes: nobody alive, leases that are too short, owners that come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings.evidence import (
    GROUP_LEASES_TOO_SHORT,
    GROUP_NO_CONSUMERS,
    OWNER_CRASH_LOOP,
)
from ehtui.views import formats
from ehtui.views.evidence import About, FindingText, Meaning
from ehtui.views.phrasing import joined

if TYPE_CHECKING:
    from ehtui.domain.findings.evidence import (
        CrashLoop,
        LeasesTooShort,
        NoConsumers,
    )


def _too_short(found: LeasesTooShort, about: About) -> str:
    every = found.renewed_every_s
    rounds = f" (every {formats.duration(every)})" if every is not None else ""
    age = found.youngest_s
    sooner = f", {formats.duration(age)} after a renewal" if age is not None else ""
    owners = formats.plural(found.owners, "live owner")
    return (
        f"{about.group}: leases expire before they are renewed{rounds}: {owners} took partitions "
        f"from each other {formats.count(found.changes)} times in "
        f"{formats.duration(found.window_s)}{sooner}"
    )


def _too_short_advice(found: LeasesTooShort, _: About) -> tuple[str, ...]:
    rust = (
        "The Rust SDK (azure_messaging_eventhubs) before 0.14 does this by default: it renews "
        "every 30 s but treats leases as expired after 10 s. Update it."
    )
    return (
        (
            "Each owner takes the others for dead and claims more than its share, round after "
            "round. Every move repeats events since the last checkpoint."
        ),
        (
            "Set the expiry to several renewal intervals (six is usual): "
            "partition_ownership_expiration_interval in Python, "
            "partitionOwnershipExpirationIntervalInMs in JavaScript, "
            "PartitionOwnershipExpirationInterval in .NET, PartitionExpirationDuration in Go."
        ),
        *((rust,) if found.is_like_old_rust else ()),
    )


def _crash_loop(found: CrashLoop, about: About) -> str:
    lived = found.lived_s
    where = f"{about.where}: " if about.places else f"{about.group}: "
    short = f", each lasting about {formats.duration(lived)}" if lived is not None else ""
    sequence = found.checkpoint_sequence
    within = f"in {formats.duration(found.window_s)}{short}"

    if len(found.owners) == 1:
        turns = formats.plural(found.restarts, "time")
        one = formats.owners(found.owners)
        told = f"{where}{one} dropped it and claimed it again, {turns} {within}"
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
    cause = "Read the end of its log: the last error before each exit is the cause."

    if len(found.owners) == 1:
        cause = (
            "Its handler raises: the SDK then closes the partition and claims it again in its next "
            "round. The error is in its log."
        )

    lines = [cause]

    if sequence is not None:
        lines.append(
            f"If it is always the same event, it is {formats.count(sequence + 1)} or one in the "
            "same batch: reading restarts there each time. Let the handler catch the error and set "
            "the event aside; moving the checkpoint past the event skips it unprocessed."
        )

    return tuple(lines)


def _no_consumers(found: NoConsumers, about: About) -> str:
    last = ""

    if found.last_owner:
        renewed, seen = found.last_renewed_at, found.last_seen_at
        ago = f"last renewed {about.say.ago(renewed)}" if renewed is not None else "was alive"

        if renewed is None and seen is not None:  # renewing a blob lease writes nothing
            ago = f"was last seen {about.say.ago(seen)}"

        last = f"the last one, {formats.somebody(found.last_owner)}, {ago}"

    lag, lost = found.lag, found.lost
    waiting = f"{formats.plural(lag, 'event')} unread" if lag else ""
    gone = f"{formats.plural(lost, 'event')} already removed by retention" if lost else ""
    return joined(f"{about.group} has no consumers", last, waiting, gone)


def _no_consumers_advice(found: NoConsumers, _: About) -> tuple[str, ...]:
    local = found.local_consumers

    if local:
        return (
            (
                f"{formats.plural(local, 'process', 'processes')} on this host could be "
                f"{'its consumer' if local == 1 else 'its consumers'}: check which group, hub and "
                f"container {'it uses' if local == 1 else 'they use'} (`ehtui config --pid PID`)."
            ),
        )

    return (
        (
            "Start a consumer: it continues from the checkpoints. If the group is no longer used, "
            "this is harmless, and its records can be deleted."
        ),
    )


_GROUP_LEASES_TOO_SHORT = Meaning(
    "Leases expire before their owners renew them, so live owners rob each other.",
    "The configured expiry is shorter than the renewal interval.",
    "Set the expiry to several renewal intervals (six is usual).",
)
_OWNER_CRASH_LOOP = Meaning(
    "Consumers of a partition keep ending, or its owner keeps dropping and claiming it.",
    "The handler raises, often on the same event each time.",
    "Read the end of its log. Let the handler catch the error and set the event aside.",
)
_GROUP_NO_CONSUMERS = Meaning(
    "The group was in use, but no consumer is alive.",
    "All its consumers have ended or lost their connection.",
    "Start a consumer; it continues from the checkpoints. If the group is no longer used, "
    "this is harmless.",
)
TEXTS = (
    FindingText(
        GROUP_LEASES_TOO_SHORT, _too_short, _too_short_advice, meaning=_GROUP_LEASES_TOO_SHORT
    ),
    FindingText(OWNER_CRASH_LOOP, _crash_loop, _crash_loop_advice, meaning=_OWNER_CRASH_LOOP),
    FindingText(
        GROUP_NO_CONSUMERS, _no_consumers, _no_consumers_advice, meaning=_GROUP_NO_CONSUMERS
    ),
)
