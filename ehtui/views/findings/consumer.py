"""Consumers that own nothing, by design or by fault."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ehtui.domain.findings.evidence import CONSUMER_STANDBY, CONSUMER_STARVED
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.finding_text import About, FindingText
from ehtui.views.findings.forecast import joined, when
from ehtui.views.telling import partitions

if TYPE_CHECKING:
    from ehtui.domain.findings.evidence import StandingBy, Starving


_AZURE = re.compile(r"[a-z0-9-]+\.servicebus\.(windows\.net|chinacloudapi\.cn|usgovcloudapi\.net)")
_NEW_GROUP = "test-group"


def _standby(found: StandingBy, about: About) -> str:
    return joined(
        f"{formats.pid(found.pid)} stands by, by design: {_crowd(found, about)}",
        _next(found, about),
    )


def _crowd(found: StandingBy, about: About) -> str:
    count = found.partition_count
    owners = found.live_owners
    group = about.say.of_group(about.subject.group)

    if count == 1:
        return f"the only partition{group} has its owner"

    held_by = formats.plural(owners, "other owner")

    return f"{held_by} for {formats.plural(count, 'partition')}{group}"


def _next(found: StandingBy, about: About) -> str:
    lapsing = found.lapsing

    if not lapsing:
        stops = "that one" if found.live_owners == 1 else "one of them"
        return f"it takes over when {stops} stops"

    is_known = found.takeover.earliest_at is not None
    then = when(found.takeover, about.say) if is_known else "when the lease lapses"

    return f"it takes {partitions(lapsing)} {then}"


def _standby_advice(found: StandingBy, about: About) -> tuple[str, ...]:
    times = found.not_claimed
    said = f" (said {formats.plural(times, 'time')})" if times else ""

    return (
        (
            "This is no error. One partition of a group has one reader at a time, so that events "
            "stay in order and one checkpoint tells the truth. “hasn't claimed an ownership” in "
            f"its log{said} means: asked, all taken, asking again."
        ),
        (
            "It is your spare: when an owner stops, it takes over by itself. To receive events "
            "now, there are three ways:"
        ),
        f"1. Stop the other: {_stop(found, about)}.",
        (
            "Price: that consumer's work ends, and its partition rests until this one claims it: "
            "one round after a clean close, the whole lease after a kill -9."
        ),
        (
            "2. Another consumer group, best for tests: "
            f"{create_group(formats.text(found.namespace), formats.text(found.hub))}."
        ),
        f"Then start it there: {_start_there(found, about)}.",
        "Price: it reads every event too, with checkpoints of its own. Nobody else notices.",
        (
            f"3. More partitions than {formats.count(found.partition_count)}, one for each "
            "consumer: Premium and Dedicated can add them (never remove), Basic and Standard need "
            "a new hub."
        ),
        (
            "Price: the same key may land on another partition than before, and order holds only "
            "within a partition."
        ),
    )


def _stop(found: StandingBy, _: About) -> str:
    pids = found.owner_pids

    if not pids:
        return "the owners run on other hosts"

    return formats.listed([f"`{formats.command('kill', pid)}`" for pid in pids], last="or")


def create_group(namespace: str, hub: str, group: str = _NEW_GROUP) -> str:
    """The literal command that creates a consumer group of that hub."""
    host = namespace.split(":", 1)[0].lower()

    if not _AZURE.fullmatch(host):
        return (
            f"add “{group}” where this endpoint's hub is configured (it is not an Azure namespace)"
        )

    name = host.split(".", 1)[0]
    query = f"\"[?name=='{name}'].resourceGroup | [0]\""
    resource_group = f'"$(az eventhubs namespace list --query {query} -o tsv)"'
    words = formats.command("--namespace-name", name, "--eventhub-name", hub, "--name", group)

    return (
        f"`az eventhubs eventhub consumer-group create --resource-group {resource_group} {words}`"
    )


def _start_there(found: StandingBy, _: About) -> str:
    command, name = safe(found.command) or "…", formats.text(found.consumer_name)
    ways = [
        f"`EVENTHUB_CONSUMER_GROUP={_NEW_GROUP} {command}` if it reads that variable",
        f"eventhub.consumer_group: {_NEW_GROUP} in its own config.yaml",
    ]

    if name:
        start = formats.command("ehtui", "start", name, "--group", _NEW_GROUP)
        ways.insert(0, f"`{start}` if consumers.{name}.command is set")

    return formats.listed(ways, last="or")


def _starved(found: Starving, about: About) -> str:
    pid = found.pid
    lasting = about.say.since(found.starved_since_at)

    if found.reason == "unclaimed":
        free = found.unowned
        return f"{pid} owns nothing for {lasting}, though {partitions(free)} {_is(free)} free"

    expected = formats.plural(found.expected_min or 1, "partition")
    owners = formats.plural(found.live_owners, "other owner")

    return (
        f"{pid} owns nothing for {lasting}, though {expected} should be its share: "
        f"{owners} hold{'' if found.live_owners != 1 else 's'} all "
        f"{formats.count(found.partition_count)}"
    )


def _is(names: tuple[str, ...]) -> str:
    return "is" if len(names) == 1 else "are"


def _starved_advice(found: Starving, _: About) -> tuple[str, ...]:
    if found.reason == "unclaimed":
        return (
            (
                "It should have claimed a free partition by now. Look at its log for errors of "
                "“claim_ownership” or “load-balancing”: most often it may not write to the "
                "checkpoint container, or it uses another container, hub or group than the one "
                "shown here."
            ),
        )

    return (
        (
            "It should have taken its share from those that hold more. Look at its log: errors "
            "while claiming, another group, or a store that it cannot write to."
        ),
        (
            "If its log shows no errors, it may not have run a whole round yet, or it waits for "
            "something else than partitions."
        ),
    )


CONSUMER_TEXTS = (
    FindingText(CONSUMER_STANDBY, _standby, _standby_advice),
    FindingText(CONSUMER_STARVED, _starved, _starved_advice),
)
