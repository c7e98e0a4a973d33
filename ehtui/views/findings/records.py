"""What the store's records tell of themselves: names, layouts, strays, a hub before this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings.evidence_records import (
    CHECKPOINT_OLD_OFFSET,
    HUB_RECREATED,
    STORE_MIXED_HAZARD,
    STORE_OTHER_NAME,
    STORE_STRAY_RECORDS,
    STORE_TWO_NAMES,
    STORE_UNREADABLE_BLOB,
)
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.evidence import About, FindingText, Meaning
from ehtui.views.phrasing import joined, partitions

if TYPE_CHECKING:
    from ehtui.domain.findings.evidence_records import (
        HubRecreated,
        MixedHazard,
        OldOffsets,
        RecordsElsewhere,
        StrayRecords,
        TwoNames,
        UnreadableBlobs,
    )


_DIFFERS = {
    "case": "upper and lower case",
    "port": "the port",
    "host": "the name of the namespace",
}
_SPELLING_CURES = {
    "case": (
        "Python, .NET, Java and JavaScript write these names in lower case, Go and Dapr as given: "
        "give Go and Dapr lower-case names."
    ),
    "port": (
        "If the Endpoint has a port, Python writes it into the name and JavaScript does not: use "
        "an Endpoint without a port."
    ),
    "host": (
        "Clients write the host of their Endpoint as it is: give all consumers of a group the same "
        "one. ehtui reads both because of eventhub.aliases; the consumers do not."
    ),
}


def _two_names(found: TwoNames, about: About) -> str:
    spellings = found.spellings
    differs = formats.listed([_DIFFERS.get(w, w) for w in safe(found.differs).split("+")])
    live = found.live_spellings
    both = f"{live} of them are live" if live > 1 else ""
    return joined(
        f"{about.group} is written under {len(spellings)} names that differ in {differs}", both
    )


def _two_names_advice(found: TwoNames, _: About) -> tuple[str, ...]:
    names = formats.listed([f"“{safe(name)}”" for name in found.spellings])
    cause = (
        "Consumers under one name do not see the leases and checkpoints of the other: both read "
        "every partition and disconnect each other's readers."
        if (found.live_spellings) > 1
        else "Only one of them is in use; the other is left over, or its consumers are not running."
    )
    cures = (cure for word, cure in _SPELLING_CURES.items() if word in safe(found.differs))
    return (f"{names}. {cause}", *cures)


def _other_name(found: RecordsElsewhere, about: About) -> str:
    own, other = safe(found.namespace), _first_other(found, about)
    missing = "no live owner" if found.has_own_records else "no records"
    owners = found.owners
    there = f"it has {formats.plural(owners, 'live owner')}"

    if not found.is_live:
        there = f"it has records, last written {about.say.ago(found.written_at)}"

    return f"{about.group} has {missing} under {own}; under {other} {there}"


def _first_other(found: RecordsElsewhere, _: About) -> str:
    return safe(next(iter(found.other_names), "another name"))


def _other_name_advice(found: RecordsElsewhere, about: About) -> tuple[str, ...]:
    other, own = _first_other(found, about), safe(found.namespace)
    why = (
        "Both are names of this machine, and clients write the one in their Endpoint"
        if found.is_one_machine
        else "It may be the same namespace: an alias, a container's name, a private address"
    )

    return (
        (
            f"{why}. To read {other} as {own}: `{formats.command('ehtui', '--alias', other)}`, or "
            f"eventhub.aliases: [{other}] in config.yaml."
        ),
        (
            "Consumers under different names do not see each other's leases: let all of them use "
            "the same name."
        ),
        (
            f"If it is another namespace that shares the container {safe(found.container)}, no "
            f"consumer of {about.group} is running here: start one."
        ),
    )


def _mixed(found: MixedHazard, about: About) -> str:
    if found.reason == "no_sequence":
        where = partitions(found.partitions)
        return (
            f"{about.group}: checkpoints of {where} have no sequence number; lag is not known, and "
            "Python consumers fail on them"
        )

    return (
        f"{about.group}: live owners write {formats.listed(found.layouts)} records, "
        "which do not see each other"
    )


def _mixed_advice(found: MixedHazard, _: About) -> tuple[str, ...]:
    if found.reason == "no_sequence":
        return (
            (
                "Another client library wrote them with an offset only. Let one library write a "
                "group's checkpoints, or pass the sequence number if that library takes one."
            ),
        )

    return (
        (
            "Each side claims every partition: events are read twice, and each disconnects the "
            "other's readers. Give each kind of client its own consumer group."
        ),
    )


_AFTER_PROMOTION = {
    "dotnet": ".NET consumers restart at their default position",
    "go": "Go consumers restart at the earliest event",
}


def _old_offset(found: OldOffsets, about: About) -> str:
    is_one = len(about.places) == 1
    what = "the checkpoint has" if is_one else "the checkpoints have"
    rest = found.without_offset == len(about.places)
    form = "no offset" if rest else "an offset in the old form"
    return (
        f"{about.where}: {what} {form}, and the hub is geo-replicated: after a forced promotion, "
        f"no consumer can continue from {'it' if is_one else 'them'}"
    )


def _old_offset_advice(found: OldOffsets, _: About) -> tuple[str, ...]:
    known = [sdk for sdk in found.sdks if sdk in _AFTER_PROMOTION]
    told = [_AFTER_PROMOTION[sdk] for sdk in (known or sorted(_AFTER_PROMOTION))]
    others = "" if known else "; for other SDKs nothing is documented"
    return (
        (
            "The promoted region refuses such offsets (com.microsoft:georeplication:invalid-offset)"
            f". Then {formats.listed(told)}{others}. Events are read twice, or skipped where that "
            "position is the latest event."
        ),
        (
            "Before forcing a promotion, have every partition checkpointed once more by consumers "
            "that know the new form (.NET 5.12, Functions 6.5, Java 5.21, Go 2.0, Python 5.14, "
            "JavaScript 6 or newer)."
        ),
    )


def _unreadable(found: UnreadableBlobs, about: About) -> str:
    count = found.count
    first, kind = next(iter(found.names), ""), formats.text(found.kind)

    if found.partitions:
        whose = f"its {kind}" if len(found.partitions) == 1 else f"their {kind}s"
        what = whose if kind else formats.plural(count, "record")
        return f"{about.where}: {what} cannot be read ({safe(found.reason)})"

    if not count:
        names = formats.listed([safe(name) for name in found.names])
        return f"Container {names}: {safe(found.reason).rstrip('.')}"

    named = f": {safe(first)}" if first else ""
    return f"{formats.plural(count, 'blob')} cannot be read{named} ({safe(found.reason)})"


def _unreadable_advice(found: UnreadableBlobs, _: About) -> tuple[str, ...]:
    if not found.count:
        return ()

    names = formats.listed([safe(name) for name in found.names])
    places = found.partitions
    unknown = f" What they say of {partitions(places)} is unknown, not zero." if places else ""
    verb = "is" if len(found.names) == 1 else "are"
    return (
        (
            f"{names} {verb} where an ownership or a checkpoint should be.{unknown} A consumer "
            "that reads it logs listing errors, and starts at its starting position or not at all."
        ),
        "Stop the group's consumers, then rewrite it, or delete it to start afresh.",
    )


def _stray(found: StrayRecords, about: About) -> str:
    count = formats.plural(found.partition_count, "partition")
    owners = found.owners
    who = (
        f"; {formats.owners(found.owners)} {'owns' if len(owners) == 1 else 'own'} them"
        if owners
        else ""
    )
    return f"Records of {about.where}, which the hub does not have (it has {count}){who}"


def _stray_advice(found: StrayRecords, about: About) -> tuple[str, ...]:
    if found.owners:
        return (
            (
                "Their owners see a hub with more partitions: consumers of another namespace share "
                "this container under the same name. Give each namespace its own container."
            ),
        )

    return (
        (
            "Left over from a hub of that name with more partitions, or from a group of another "
            f"hub. Last written {about.say.ago(found.written_at)}; consumers ignore them, and they "
            "can be deleted."
        ),
    )


def _recreated(found: HubRecreated, about: About) -> str:
    is_one, written = len(about.places) == 1, about.say.time(found.checkpoint_at)
    what = f"the checkpoint of {written} is" if is_one else f"the checkpoints (until {written}) are"
    return (
        f"{about.where}: {what} older than the hub, which was recreated at "
        f"{about.say.time(found.hub_created_at)}: {'it is' if is_one else 'they are'} of another "
        "stream"
    )


def _recreated_advice(found: HubRecreated, _: About) -> tuple[str, ...]:
    number, last = found.checkpoint_sequence, found.last_sequence
    fits = ""

    if number is not None and last is not None and number <= last:
        fits = (
            f" It is a coincidence that {formats.count(number)} lies within the new stream (up to "
            f"{formats.count(last)})."
        )

    return (
        (
            "The new hub counts from 0 again, so these numbers and offsets name other events: lag "
            f"is not known.{fits} A consumer that starts there skips earlier events of the new "
            "hub, or is refused if the position is beyond its end."
        ),
        (
            "Stop the group's consumers, then move the checkpoints to the earliest event of this "
            "hub, or delete the checkpoint blobs. The next checkpoint that a consumer writes also "
            "clears this."
        ),
        (
            "The clocks of Event Hubs and Storage may differ: up to "
            f"{formats.duration(found.tolerance_s)} is allowed for; more counts as older."
        ),
    )


_STORE_TWO_NAMES = Meaning(
    "The group is recorded under several spellings of one name.",
    "Clients write names as given, or with the port: they do not see each other's leases.",
    "Give all consumers the same spelling of namespace, hub and group.",
)
_STORE_OTHER_NAME = Meaning(
    "The store has records of the group under another name of the namespace.",
    "Its consumers use an alias, a container's name or a private address.",
    "Tell ehtui the alias (--alias), and let all consumers use one name.",
)
_STORE_MIXED_HAZARD = Meaning(
    "Clients that cannot read each other's records share a group.",
    "Different libraries, or a library that checkpoints offsets only.",
    "Give each kind of client its own consumer group.",
)
_CHECKPOINT_OLD_OFFSET = Meaning(
    "After a forced promotion of a geo-replicated hub, this checkpoint cannot be used.",
    "It holds an offset in the old form, or none.",
    "Have it written once more by a consumer that knows the new form.",
)
_STORE_STRAY_RECORDS = Meaning(
    "The store has records of partitions that the hub does not have.",
    "They are left over, or another namespace shares the container under the same name.",
    "Delete them if they are left over; otherwise give each namespace its own container.",
)
_STORE_UNREADABLE_BLOB = Meaning(
    "A record in the checkpoint store cannot be read.",
    "It is damaged, or something else wrote it.",
    "Stop the group's consumers, then rewrite or delete it.",
)
_HUB_RECREATED = Meaning(
    "The checkpoint is older than the hub, so it is of another stream.",
    "The hub was deleted and created again under the same name.",
    "Stop the group's consumers, then move the checkpoints to this hub's earliest event.",
)
TEXTS = (
    FindingText(STORE_TWO_NAMES, _two_names, _two_names_advice, meaning=_STORE_TWO_NAMES),
    FindingText(STORE_OTHER_NAME, _other_name, _other_name_advice, meaning=_STORE_OTHER_NAME),
    FindingText(STORE_MIXED_HAZARD, _mixed, _mixed_advice, meaning=_STORE_MIXED_HAZARD),
    FindingText(
        CHECKPOINT_OLD_OFFSET, _old_offset, _old_offset_advice, meaning=_CHECKPOINT_OLD_OFFSET
    ),
    FindingText(STORE_STRAY_RECORDS, _stray, _stray_advice, meaning=_STORE_STRAY_RECORDS),
    FindingText(
        STORE_UNREADABLE_BLOB, _unreadable, _unreadable_advice, meaning=_STORE_UNREADABLE_BLOB
    ),
    FindingText(HUB_RECREATED, _recreated, _recreated_advice, meaning=_HUB_RECREATED),
)
