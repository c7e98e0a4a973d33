"""Who holds partitions, who stopped renewing, and who holds none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings.evidence import (
    CONSUMER_STANDBY,
    CONSUMER_STARVED,
    LEASE_EXPIRED,
    LEASE_OVERDUE,
    PARTITION_UNOWNED,
)
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.evidence import About, FindingText, Meaning
from ehtui.views.new_group import NEW_GROUP, create_group
from ehtui.views.phrasing import have, it, joined, partitions
from ehtui.views.takeovers import basis, takeover, when

if TYPE_CHECKING:
    from ehtui.domain.findings.evidence import LeaseLapse, PartitionsUnowned, StandingBy, Starving


def _unowned(found: PartitionsUnowned, about: About) -> str:
    lasting, them = about.say.since(found.unowned_since_at), it(about.places)
    nobody = f"{about.where} {have(about.places)} had no owner for {lasting}"

    if found.state == "never_owned":
        nobody = f"{about.where} {have(about.places)} never had an owner (watched for {lasting})"
    elif found.last_owner:
        nobody = f"{nobody}: {formats.somebody(found.last_owner)} released {them}"

    taken = takeover(
        found.takeover,
        about.places,
        about.say,
        standbys=found.standbys,
        others=found.live_owners,
    )
    return joined(nobody, _waiting(found, about), taken)


def _waiting(found: PartitionsUnowned, _: About) -> str:
    lag = found.lag
    return f"{formats.plural(lag, 'event')} wait" + ("s" if lag == 1 else "") if lag else ""


def _unowned_advice(found: PartitionsUnowned, about: About) -> tuple[str, ...]:
    lines = [
        f"Nobody reads {it(about.places)} until a consumer of the group claims {it(about.places)}."
    ]

    if found.live_owners or found.standbys:
        lines.append(
            "Consumers of the group are alive: one of them should claim "
            f"{it(about.places)} in its next round (within {formats.duration(found.grace_s)}). If "
            "none does, look in their logs for “claim_ownership” and “load-balancing” errors."
        )
    else:
        lines.append("No consumer of the group is alive: start one.")

    return tuple(lines)


def _overdue(found: LeaseLapse, about: About) -> str:
    if found.process_gone_at is not None and not found.signal:
        gone_at = about.say.time(found.process_gone_at)
        ended = f"(process {formats.pid(found.pid)}) ended at {gone_at} without releasing"
        return joined(
            f"{about.where}: owner {formats.somebody(found.owner)} {ended} {it(about.places)}",
            _takeover(found, about),
        )

    when = f" at {about.say.time(found.renewed_at)}" if found.renewed_at is not None else ""
    stopped = f"{about.where}: owner {formats.somebody(found.owner)} stopped renewing{when}"
    return joined(stopped, _process(found, about))


def _process(found: LeaseLapse, about: About) -> str:
    """What became of the owner's process, where that is known."""
    pid = found.pid

    if pid is None:
        return ""

    if found.signal:
        verb = "killed" if found.signal == "KILL" else f"sent SIG{formats.text(found.signal)} to"
        return f"you {verb} its process {pid} at {about.say.time(found.signalled_at)}"

    if found.process_gone_at is not None:
        return f"its process {pid} ended at {about.say.time(found.process_gone_at)}"

    return f"its process {pid} is still running"


def _dead_since(found: LeaseLapse, _: About) -> float | None:
    """When the owner died, as far as that is known: its end, a fatal signal, its last renewal."""
    gone = found.process_gone_at

    if gone is None and found.signal == "KILL":
        gone = found.signalled_at

    return found.renewed_at if gone is None else gone


def _no_live_owner(found: LeaseLapse, about: About) -> str:
    dead_since = _dead_since(found, about) or found.expires_at
    lasting = f" for {about.say.since(dead_since)}" if dead_since is not None else ""
    return joined(
        f"{about.where} {have(about.places)}{' had' if lasting else ''} no live owner{lasting}",
        _takeover(found, about),
    )


def _overdue_headline(found: LeaseLapse, about: About) -> str:
    if found.process_gone_at is not None or found.signal == "KILL":
        return _no_live_owner(found, about)

    known = found.renewed_at is not None
    lasting = (
        f"has not renewed for {about.say.since(found.renewed_at)}" if known else "stopped renewing"
    )
    silent = f"{about.where}: {formats.somebody(found.owner)} {lasting}"
    expires = found.expires_at
    lapse = f"its lease expires at {about.say.time(expires)}" if expires is not None else ""
    return joined(silent, _takeover(found, about) or lapse)


def _overdue_advice(found: LeaseLapse, about: About) -> tuple[str, ...]:
    every, length = found.renewed_every_s, found.expires_after_s
    rhythm = f"It used to renew every {formats.duration(every)}. " if every is not None else ""

    if found.expires_at is None:
        return (f"{rhythm}When its lease expires is not known.", _way_out(found, about))

    judged = f", judged by {basis(found.expiry_basis)}" if found.expiry_basis else ""
    after = f", {formats.duration(length)} after the last renewal" if length is not None else ""
    return (
        (
            f"{rhythm}Its lease expires at {about.say.time(found.expires_at)}{after}{judged}. "
            f"{_until_then(found, about)}"
        ),
        _way_out(found, about),
    )


def _until_then(found: LeaseLapse, about: About) -> str:
    """Whoever takes over judges the expiry, by its own settings."""
    earliest, expires = found.takeover.earliest_at, found.expires_at

    if earliest is not None and expires is not None and earliest < expires:
        return f"A consumer with a shorter expiry may take {it(about.places)} sooner."

    return f"Until then nobody else takes {it(about.places)}."


def _way_out(found: LeaseLapse, _: About) -> str:
    pid = found.pid

    if pid is not None and found.process_gone_at is None:
        return (
            f"Process {pid} is still running: a blocked event loop stops renewals. Check its CPU "
            "and log; if it hangs, end it, and the lease expires by itself."
        )

    if found.survivors or found.standbys:
        return "Nothing to do: a survivor takes over by itself and continues from the checkpoint."

    return "No other consumer of the group is alive: start one; it takes over at expiry."


def _expired(found: LeaseLapse, about: About) -> str:
    when = found.expires_at
    told = f"at {about.say.time(when)}" if when is not None else "before ehtui looked"
    ran_out = f"{formats.somebody(found.owner)}'s lease expired {told}"
    return joined(f"{_no_live_owner(found, about)}", ran_out, _process(found, about))


def _expired_advice(found: LeaseLapse, about: About) -> tuple[str, ...]:
    lines = [f"Events of {about.where} wait at the checkpoint; none is lost while retention lasts."]
    lines.append(_way_out(found, about))

    if found.survivors:
        lines.append(
            "If nobody claims it though others are alive, they may use a longer expiry than "
            f"{formats.duration(found.expires_after_s)}: set lease.expires_after_s."
        )

    return tuple(lines)


def _takeover(found: LeaseLapse, about: About) -> str:
    return takeover(
        found.takeover,
        about.places,
        about.say,
        standbys=found.standbys,
        others=found.survivors,
    )


def _standby(found: StandingBy, about: About) -> str:
    return joined(
        f"{formats.pid(found.pid)} is on standby: {_crowd(found, about)} (by design)",
        _next(found, about),
    )


def _crowd(found: StandingBy, about: About) -> str:
    count = found.partition_count
    owners = found.live_owners
    group = about.say.of_group(about.subject.group)

    if count == 1:
        return f"the only partition{group} already has an owner"

    if owners == count:
        return f"all {formats.count(count)} partitions{group} already have owners"

    held_by = formats.plural(owners, "other owner")
    return f"{held_by} for {formats.plural(count, 'partition')}{group}"


def _next(found: StandingBy, about: About) -> str:
    lapsing = found.lapsing

    if not lapsing:
        stops = "that owner" if found.live_owners == 1 else "one of them"
        return f"it takes over when {stops} stops"

    is_known = found.takeover.earliest_at is not None
    then = when(found.takeover, about.say) if is_known else "when the lease expires"
    return f"it can take {partitions(lapsing)} {then}"


def _standby_advice(found: StandingBy, about: About) -> tuple[str, ...]:
    times = found.not_claimed
    said = f" ({formats.plural(times, 'time')})" if times else ""

    return (
        (
            "This is not an error. A partition has one reader per group at a time, so that events "
            "stay in order and one checkpoint is enough. “hasn't claimed an ownership” in its "
            f"log{said} means: asked, all taken, asking again."
        ),
        (
            "It is your spare: when an owner stops, it takes over by itself. There are three ways "
            "to let it receive events now:"
        ),
        f"1. Stop an owner: {_stop(found, about)}.",
        (
            "Price: that consumer stops working, and nobody reads its partition until this one "
            "claims it: one round after a clean close, the whole lease after a kill -9."
        ),
        (
            "2. Use another consumer group (best for tests): "
            f"{create_group(formats.text(found.namespace), formats.text(found.hub))}."
        ),
        f"Then start it there: {_start_there(found, about)}.",
        "Price: it reads every event too, with its own checkpoints. Nobody else is affected.",
        (
            f"3. Have more than {formats.plural(found.partition_count, 'partition')}, one for each "
            "consumer: Premium and Dedicated can add them (never remove), Basic and Standard need "
            "a new hub."
        ),
        (
            "Price: a key may go to another partition than before, and order holds only within a "
            "partition."
        ),
    )


def _stop(found: StandingBy, _: About) -> str:
    pids = found.owner_pids

    if not pids:
        return "the owners run on other hosts"

    return formats.listed([f"`{formats.command('kill', pid)}`" for pid in pids], last="or")


def _start_there(found: StandingBy, _: About) -> str:
    command, name = safe(found.command) or "…", formats.text(found.consumer_name)
    ways = [
        f"`EVENTHUB_CONSUMER_GROUP={NEW_GROUP} {command}` if it reads that variable",
        f"eventhub.consumer_group: {NEW_GROUP} in its own config.yaml",
    ]

    if name:
        start = formats.command("ehtui", "start", name, "--group", NEW_GROUP)
        ways.insert(0, f"`{start}` if consumers.{name}.command is set")

    return formats.listed(ways, last="or")


def _starved(found: Starving, about: About) -> str:
    pid = found.pid
    lasting = about.say.since(found.starved_since_at)

    if found.reason == "unclaimed":
        free = found.unowned
        return f"{pid} has owned nothing for {lasting}, though {partitions(free)} {_is(free)} free"

    expected = formats.plural(found.expected_min or 1, "partition")
    owners = formats.plural(found.live_owners, "other owner")
    return (
        f"{pid} has owned nothing for {lasting}, though its fair share is {expected}: "
        f"{owners} own{'' if found.live_owners != 1 else 's'} all "
        f"{formats.count(found.partition_count)}"
    )


def _is(names: tuple[str, ...]) -> str:
    return "is" if len(names) == 1 else "are"


def _starved_advice(found: Starving, _: About) -> tuple[str, ...]:
    if found.reason == "unclaimed":
        return (
            (
                "It should have claimed a free partition by now. Look in its log for "
                "“claim_ownership” or “load-balancing” errors: usually it may not write to the "
                "checkpoint container, or it uses another container, hub or group than shown here."
            ),
        )

    return (
        (
            "It should have taken its share from the owners with more. Look in its log for errors "
            "while claiming, another group, or a store that it cannot write to."
        ),
        (
            "If its log shows no errors, it may not have finished a round yet, or it is waiting "
            "for something other than partitions."
        ),
    )


_PARTITION_UNOWNED = Meaning(
    "No consumer owns the partition, so nobody reads it.",
    "It was never claimed, or its owner released it and nobody has claimed it since.",
    "Live consumers claim it in their next round; if none is alive, start one.",
)
_LEASE_OVERDUE = Meaning(
    "The owner has stopped renewing its lease, which has not expired yet.",
    "Its process ended without releasing, was killed or frozen, or its event loop is blocked.",
    "Usually nothing: a survivor takes over once the lease expires. If the process is still "
    "running, check its CPU and log. If no other consumer is alive, start one.",
)
_LEASE_EXPIRED = Meaning(
    "The lease has expired and nobody has taken the partition yet.",
    "No other consumer is alive, or the survivors use a longer expiry.",
    "Start a consumer, or set lease.expires_after_s if the survivors use a longer expiry.",
)
_CONSUMER_STANDBY = Meaning(
    "A live consumer owns nothing because every partition already has an owner.",
    "A partition has one reader per group. There are more consumers than partitions.",
    "Nothing: it is a spare. To read with it too, use another consumer group or more partitions.",
)
_CONSUMER_STARVED = Meaning(
    "A live consumer owns nothing although it should own a share of the partitions.",
    "It cannot write to the checkpoint store, uses another container, hub or group, or does "
    "not run its load-balancing rounds.",
    "Look in its log for errors while claiming.",
)
TEXTS = (
    FindingText(PARTITION_UNOWNED, _unowned, _unowned_advice, meaning=_PARTITION_UNOWNED),
    FindingText(LEASE_OVERDUE, _overdue, _overdue_advice, _LEASE_OVERDUE, _overdue_headline),
    FindingText(LEASE_EXPIRED, _expired, _expired_advice, _LEASE_EXPIRED, _no_live_owner),
    FindingText(CONSUMER_STANDBY, _standby, _standby_advice, meaning=_CONSUMER_STANDBY),
    FindingText(CONSUMER_STARVED, _starved, _starved_advice, meaning=_CONSUMER_STARVED),
)
