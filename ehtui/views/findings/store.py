"""The checkpoint store and the sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.case import Case, Words
from ehtui.views.findings.forecast import joined
from ehtui.views.telling import partitions

if TYPE_CHECKING:
    from collections.abc import Mapping

_DIFFERS = {
    "case": "upper and lower case",
    "port": "the port",
    "host": "the name of the namespace",
}
_SPELLING_CURES = {
    "case": (
        "Python, .NET, Java and JavaScript write these names in lower case, Go and Dapr as they "
        "are given: give Go and Dapr lower-case names."
    ),
    "port": (
        "With a port in the Endpoint, Python writes it into the name and JavaScript does not: "
        "an Endpoint without a port makes them agree."
    ),
    "host": (
        "Clients write the host of their Endpoint as it stands: give all consumers of a group the "
        "same one. ehtui reads both because eventhub.aliases says so; the consumers do not."
    ),
}


def _two_names(case: Case) -> str:
    spellings = case.names("spellings")
    differs = formats.listed([_DIFFERS.get(w, w) for w in case.text("differs").split("+")])
    live = case.whole("live_spellings") or 0
    both = f"{live} of them are live" if live > 1 else ""

    return joined(
        f"{case.group} is written under {len(spellings)} names that differ in {differs}", both
    )


def _two_names_advice(case: Case) -> tuple[str, ...]:
    names = formats.listed([f"“{safe(name)}”" for name in case.names("spellings")])
    cause = (
        "Consumers of one name do not see the other's leases and checkpoints: both read every "
        "partition and take the readers from each other."
        if (case.whole("live_spellings") or 0) > 1
        else "Only one of them is in use; the other is left over, or waits for its consumers."
    )
    cures = (cure for word, cure in _SPELLING_CURES.items() if word in case.text("differs"))

    return (f"{names}. {cause}", *cures)


def _other_name(case: Case) -> str:
    own, other = case.text("namespace"), _first_other(case)
    missing = "no live owner" if case.is_set("has_own_records") else "no records"
    owners = case.whole("owners") or 0
    there = f"it has {formats.plural(owners, 'live owner')}"

    if not case.is_set("is_live"):
        there = f"it has records, last written {case.say.ago(case.number('written_at'))}"

    return f"{case.group} has {missing} under {own}; under {other} {there}"


def _first_other(case: Case) -> str:
    return safe(next(iter(case.names("other_names")), "another name"))


def _other_name_advice(case: Case) -> tuple[str, ...]:
    other, own = _first_other(case), case.text("namespace")
    why = (
        "Both are names of this machine, and clients write the one that their Endpoint has"
        if case.is_set("is_one_machine")
        else "It may be the same namespace: an alias, a container's name, a private address"
    )

    return (
        (
            f"{why}. To read {other} as {own}: `{formats.command('ehtui', '--alias', other)}`, or "
            f"eventhub.aliases: [{other}] in config.yaml."
        ),
        (
            "Consumers under different names do not see each other's leases: let all of them use "
            "one."
        ),
        (
            f"If it is another namespace that shares the container {case.text('container')}, "
            f"nothing of {case.group} runs here: start a consumer."
        ),
    )


def _mixed(case: Case) -> str:
    if case.text("reason") == "no_sequence":
        where = partitions(case.names("partitions"))
        return (
            f"{case.group}: checkpoints of {where} carry no sequence number; lag is unknown, and "
            "Python consumers fail on them"
        )

    return (
        f"{case.group}: live owners write {formats.listed(case.names('layouts'))} records, "
        "which do not see each other"
    )


def _mixed_advice(case: Case) -> tuple[str, ...]:
    if case.text("reason") == "no_sequence":
        return (
            (
                "Another client library wrote them by offset alone. Let one library write a "
                "group's checkpoints, or pass the sequence number where that library takes one."
            ),
        )

    return (
        (
            "Each side claims every partition for itself: events are read twice and readers are "
            "closed on each other. Give each kind of client its own consumer group."
        ),
    )


_AFTER_PROMOTION = {
    "dotnet": ".NET consumers begin again at their default position",
    "go": "Go consumers begin again at the earliest event",
}


def _old_offset(case: Case) -> str:
    is_one = len(case.places) == 1
    what = "the checkpoint has" if is_one else "the checkpoints have"
    rest = case.whole("without_offset") == len(case.places)
    form = "no offset" if rest else "an offset in the old form"

    return (
        f"{case.where}: {what} {form}, and the hub is geo-replicated: after a forced promotion "
        f"nobody can read on from {'it' if is_one else 'them'}"
    )


def _old_offset_advice(case: Case) -> tuple[str, ...]:
    known = [sdk for sdk in case.names("sdks") if sdk in _AFTER_PROMOTION]
    told = [_AFTER_PROMOTION[sdk] for sdk in (known or sorted(_AFTER_PROMOTION))]
    others = "" if known else "; of the other SDKs nothing is documented"

    return (
        (
            "The promoted region refuses such offsets (com.microsoft:georeplication:invalid-offset)"
            f". Then {formats.listed(told)}{others}. Events are read twice, or skipped where that "
            "position is the latest event."
        ),
        (
            "Before a promotion is forced, let every partition be checkpointed once more by "
            "consumers that know the new form (.NET 5.12, Functions 6.5, Java 5.21, Go 2.0, Python "
            "5.14, JavaScript 6 or newer): what they write since replication was enabled has it."
        ),
    )


def _unreadable(case: Case) -> str:
    count = case.whole("count") or 0
    first, kind = next(iter(case.names("names")), ""), case.text("kind")

    if case.subject.partition is not None and count == 1:
        return f"{case.where}: its {kind} cannot be read, {case.text('reason')}"

    named = f": {safe(first)}" if first else ""
    return f"{formats.plural(count, 'blob')} cannot be read{named} ({case.text('reason')})"


def _unreadable_advice(case: Case) -> tuple[str, ...]:
    names = formats.listed([safe(name) for name in case.names("names")])
    places = case.names("partitions")
    unknown = f" What they say of {partitions(places)} is unknown, not zero." if places else ""
    verb = "stands" if len(case.names("names")) == 1 else "stand"

    return (
        (
            f"{names} {verb} where an ownership or a checkpoint should.{unknown} A consumer that "
            "trips over it logs errors of listing, and reads from its starting position or not at "
            "all."
        ),
        "Stop the group's consumers, then write it anew (or delete it, to begin anew there).",
    )


def _stray(case: Case) -> str:
    count = formats.plural(case.whole("partition_count") or 0, "partition")
    owners = case.names("owners")
    who = f"; {case.owners()} {'renews' if len(owners) == 1 else 'renew'} them" if owners else ""

    return f"Records of {case.where}, which the hub does not have (it has {count}){who}"


def _stray_advice(case: Case) -> tuple[str, ...]:
    if case.names("owners"):
        return (
            (
                "Whoever renews them sees a hub with more partitions: another namespace whose "
                "consumers share this container, under the same name of it. Give each its own "
                "container."
            ),
        )

    return (
        (
            "Left over from a hub of that name with more partitions, or from a group of another "
            f"hub. Last written {case.say.ago(case.number('written_at'))}; consumers pass them "
            "over, and they can be deleted."
        ),
    )


def _not_visible(case: Case) -> str:
    if case.text("reason") == "no_store":
        return "No checkpoint store: owners, leases, checkpoints and lag cannot be known"

    others = [safe(name) for name in case.names("other_groups")]
    known = f"; it has records of {formats.listed(others)}" if others else ""

    return f"The store knows nothing of {case.group}{known}"


def _not_visible_advice(case: Case) -> tuple[str, ...]:
    if case.text("reason") == "no_store":
        return (
            (
                "Set AZURE_STORAGE_CONNECTION_STRING (or AZURE_STORAGE_ACCOUNT_URL) and "
                "CHECKPOINT_CONTAINER, or take them from a running consumer: `ehtui --pid PID`."
            ),
        )

    return (
        (
            "Either no consumer of this group ever ran with this container, or it uses another "
            "container, hub name or group. `ehtui config --pid PID` shows what it really uses."
        ),
        "A consumer without a checkpoint store (InMemory, or none) never shows here.",
    )


def _source(case: Case) -> str:
    since = case.number("failing_since_at")
    last = case.number("last_read_at")
    stands = f"what is shown is {case.say.since(last)} old" if last is not None else ""
    summary = case.text("summary").rstrip(".")

    return joined(
        f"{case.text('source').capitalize()}: {summary} (since {case.say.time(since)})", stands
    )


def _limited(case: Case) -> str:
    return f"{case.text('source').capitalize()}: {case.text('summary').rstrip('.')}"


def _limited_advice(case: Case) -> tuple[str, ...]:
    return tuple(formats.full_stop(line) for line in (case.text("advice"),) if line)


def _source_advice(case: Case) -> tuple[str, ...]:
    retry = case.number("retry_at")
    failures = formats.plural(case.whole("failures") or 0, "read")
    tries = f"{failures} failed in a row" + (
        f"; next try {case.say.time(retry)}." if retry else "."
    )

    return tuple(formats.full_stop(line) for line in (case.text("advice"), tries) if line)


def _throttled_advice(case: Case) -> tuple[str, ...]:
    return (
        *_source_advice(case),
        (
            "ehtui slows down by itself. Other clients of the namespace feel the same limit: fewer "
            "monitors, longer poll intervals, or more throughput units."
        ),
    )


STORE_WORDS: Mapping[str, Words] = {
    "store.two_names": Words(_two_names, _two_names_advice),
    "store.other_name": Words(_other_name, _other_name_advice),
    "store.mixed_hazard": Words(_mixed, _mixed_advice),
    "checkpoint.old_offset": Words(_old_offset, _old_offset_advice),
    "store.stray_records": Words(_stray, _stray_advice),
    "store.unreadable_blob": Words(_unreadable, _unreadable_advice),
    "store.not_visible": Words(_not_visible, _not_visible_advice),
    "source.limited": Words(_limited, _limited_advice),
    "source.unreadable": Words(_source, _source_advice),
    "source.throttled": Words(_source, _throttled_advice),
    "source.unauthorised": Words(_source, _source_advice),
}
