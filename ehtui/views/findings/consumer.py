"""Consumers that own nothing, by design or by fault."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ehtui.views import formats
from ehtui.views.case import Case, Words
from ehtui.views.findings.forecast import joined, when
from ehtui.views.telling import partitions

if TYPE_CHECKING:
    from collections.abc import Mapping

_AZURE = re.compile(r"[a-z0-9-]+\.servicebus\.(windows\.net|chinacloudapi\.cn|usgovcloudapi\.net)")
_NEW_GROUP = "test-group"


def _standby(case: Case) -> str:
    return joined(f"{case.pid} stands by, by design: {_crowd(case)}", _next(case))


def _crowd(case: Case) -> str:
    count = case.whole("partition_count") or 0
    owners = case.whole("live_owners") or 0
    group = case.say.of_group(case.subject.group)

    if count == 1:
        return f"the only partition{group} has its owner"

    held_by = formats.plural(owners, "other owner")

    return f"{held_by} for {formats.plural(count, 'partition')}{group}"


def _next(case: Case) -> str:
    lapsing = case.names("lapsing")

    if not lapsing:
        stops = "that one" if case.whole("live_owners") == 1 else "one of them"
        return f"it takes over when {stops} stops"

    earliest, latest = case.number("takeover_earliest_at"), case.number("takeover_latest_at")
    then = when(case, earliest, latest) if earliest is not None else "when the lease lapses"

    return f"it takes {partitions(lapsing)} {then}"


def _standby_advice(case: Case) -> tuple[str, ...]:
    times = case.whole("not_claimed")
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
        f"1. Stop the other: {_stop(case)}.",
        (
            "Price: that consumer's work ends, and its partition rests until this one claims it: "
            "one round after a clean close, the whole lease after a kill -9."
        ),
        (
            "2. Another consumer group, best for tests: "
            f"{create_group(case.text('namespace'), case.text('hub'))}."
        ),
        f"Then start it there: {_start_there(case)}.",
        "Price: it reads every event too, with checkpoints of its own. Nobody else notices.",
        (
            f"3. More partitions than {case.count('partition_count')}, one for each consumer: "
            "Premium and Dedicated can add them (never remove), Basic and Standard need a new hub."
        ),
        (
            "Price: the same key may land on another partition than before, and order holds only "
            "within a partition."
        ),
    )


def _stop(case: Case) -> str:
    pids = case.names("owner_pids")

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


def _start_there(case: Case) -> str:
    command, name = case.text("command") or "…", case.text("consumer_name")
    ways = [
        f"`EVENTHUB_CONSUMER_GROUP={_NEW_GROUP} {command}` if it reads that variable",
        f"eventhub.consumer_group: {_NEW_GROUP} in its own config.yaml",
    ]

    if name:
        start = formats.command("ehtui", "start", name, "--group", _NEW_GROUP)
        ways.insert(0, f"`{start}` if consumers.{name}.command is set")

    return formats.listed(ways, last="or")


def _starved(case: Case) -> str:
    pid = case.whole("pid")
    lasting = case.since("starved_since_at")

    if case.text("reason") == "unclaimed":
        free = case.names("unowned")
        return f"{pid} owns nothing for {lasting}, though {partitions(free)} {_is(free)} free"

    expected = formats.plural(case.whole("expected_min") or 1, "partition")
    owners = formats.plural(case.whole("live_owners") or 0, "other owner")

    return (
        f"{pid} owns nothing for {lasting}, though {expected} should be its share: "
        f"{owners} hold{'' if case.whole('live_owners') != 1 else 's'} all "
        f"{case.count('partition_count')}"
    )


def _is(names: tuple[str, ...]) -> str:
    return "is" if len(names) == 1 else "are"


def _starved_advice(case: Case) -> tuple[str, ...]:
    if case.text("reason") == "unclaimed":
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


CONSUMER_WORDS: Mapping[str, Words] = {
    "consumer.standby": Words(_standby, _standby_advice),
    "consumer.starved": Words(_starved, _starved_advice),
}
