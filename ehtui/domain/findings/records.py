"""What is odd about the records themselves: two names, mixed layouts, unreadable blobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ehtui.domain.findings import evidence_records as kinds
from ehtui.domain.findings.context import GroupContext, finding, partition_ids
from ehtui.domain.findings.sources import STARTING_S
from ehtui.domain.folds.owners import hints_by_owner
from ehtui.domain.leases.sdks import PYTHON
from ehtui.domain.progress.flags import TroubleFlag
from ehtui.domain.progress.lag import CLOCKS_S
from ehtui.domain.snapshot import Finding, LeaseState, Severity, Subject
from ehtui.domain.world.hub import host_of, is_this_machine, port_of
from ehtui.domain.world.joined_listing import RecordKey, natural
from ehtui.domain.world.store import Layout, is_old_form

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ehtui.domain.folds.builder import SnapshotBuilder
    from ehtui.domain.world.store import OtherName, Ownership, UnreadableBlob

NAMES = 5
SEVERAL = 2


def other_name(builder: SnapshotBuilder) -> Iterator[Finding]:
    """The same hub and group under another name of the namespace, where nobody lives under ours.

    A stranger's namespace that shares the container looks the same, so it is only offered.
    """
    listing = builder.joined.listing if builder.joined is not None else None
    found = [
        other for other in (listing.elsewhere if listing else ()) if _is_missed(builder, other)
    ]

    if not found or builder.hub is None:
        return

    own = builder.policy.default_group.lower()
    best = max(
        found, key=lambda o: (o.group.lower() == own, _is_live(builder, o), o.written_at or 0)
    )
    same = [other for other in found if other.group.lower() == best.group.lower()]
    group = builder.groups.get(best.group.lower())
    has_records = group is not None and bool(group.state.spellings)
    names = (best.namespace, *(o.namespace for o in same if o is not best))
    evidence = kinds.RecordsElsewhere(
        namespace=builder.hub.namespace,
        other_names=tuple(dict.fromkeys(names)),
        groups=tuple(dict.fromkeys(builder.policy.spelled(other.group) for other in found)),
        container=best.container,
        owners=best.owners,
        is_live=_is_live(builder, best),
        written_at=best.written_at,
        has_own_records=has_records,
        is_one_machine=is_this_machine(builder.hub.namespace) and is_this_machine(best.namespace),
    )
    since = builder.started_at if builder.started_at is not None else builder.now
    is_grave = not has_records and best.group.lower() == own
    severity = (
        Severity.WARNING if is_grave and builder.looked_at - since >= STARTING_S else Severity.INFO
    )
    name = builder.policy.spelled(best.group)
    yield finding(kinds.STORE_OTHER_NAME, severity, Subject(group=name), evidence, since)


def _is_missed(builder: SnapshotBuilder, other: OtherName) -> bool:
    """Whether its group has nobody under our own name: no record, or no owner while it has one."""
    group = builder.groups.get(other.group.lower())

    if group is None or not group.state.spellings:
        return True

    return not group.state.owners and _is_live(builder, other)


def _is_live(builder: SnapshotBuilder, other: OtherName) -> bool:
    expiry_s = builder.policy.lease_of(other.group).expires_after_s or PYTHON.expires_after_s
    return other.owned_at is not None and other.seen_at - other.owned_at < expiry_s


def two_names(context: GroupContext) -> Iterator[Finding]:
    """One group under several spellings: consumers of one do not see those of the other."""
    spellings = context.group.state.spellings

    if len(spellings) < SEVERAL:
        return

    differs = _differences(spellings)

    if not differs:
        return

    live = {f"{o.namespace}/{o.hub}/{o.group}" for o in _alive(context)}

    if len(live) >= SEVERAL:
        context.explained.update(key[1] for key in _contested(context))

    evidence = kinds.TwoNames(
        spellings=spellings,
        differs="+".join(differs),
        live_spellings=len(live),
    )
    yield finding(kinds.STORE_TWO_NAMES, Severity.WARNING, context.subject(), evidence)


def _differences(spellings: Sequence[str]) -> list[str]:
    """In what the names differ: the case, the port, or the host where an alias is accepted."""
    parted = [spelling.partition("/") for spelling in spellings]
    hosts = [host_of(namespace) for namespace, _, _ in parted]
    plain = {(namespace.removesuffix(port_of(namespace)), rest) for namespace, _, rest in parted}
    ignoring_case = {
        (host.name, rest.lower()) for host, (_, _, rest) in zip(hosts, parted, strict=True)
    }
    names, ports = {host.name for host in hosts}, {host.port for host in hosts}
    return [
        word
        for word, differs in (
            ("case", len(plain) > len(ignoring_case)),
            ("port", len(ports) > 1),
            ("host", len(names) > 1),
        )
        if differs
    ]


def _contested(context: GroupContext) -> list[RecordKey]:
    joined = context.builder.joined

    if joined is None:
        return []

    return [key for key in joined.ownerships.contested if key[0] == context.group.key]


def _alive(context: GroupContext) -> list[Ownership]:
    """Records of this group, of every spelling and layout, whose owner may be alive."""
    joined = context.builder.joined

    if joined is None:
        return []

    expiry_s = context.expiry_s()
    return [
        record
        for record, key in zip(joined.ownerships.records, joined.ownerships.keys, strict=True)
        if key is not None
        and key[0] == context.group.key
        and record.owner is not None
        and (
            record.blob_lease_state == "leased"
            if record.blob_lease_state is not None
            else context.now - record.blob.last_modified < expiry_s
        )
    ]


def mixed(context: GroupContext) -> Iterator[Finding]:
    """Live owners in layouts that do not see each other, or checkpoints that break a reader."""
    if _contested(context) or any(
        s.flags & TroubleFlag.OTHER_LAYOUT for s in context.group.troubled
    ):
        alive = _alive(context)
        layouts = sorted({record.layout.value for record in alive})

        if len(layouts) >= SEVERAL:
            yield _hazard(context, "two_layouts", layouts, natural({r.partition for r in alive}))
            return

    blank = [s.shown.id for s in context.group.troubled if s.flags & TroubleFlag.NO_SEQUENCE]

    if blank:
        yield _hazard(context, "no_sequence", [Layout.MODERN.value], tuple(blank))


def _hazard(
    context: GroupContext,
    reason: Literal["no_sequence", "two_layouts"],
    layouts: list[str],
    partitions: tuple[str, ...],
) -> Finding:
    evidence = kinds.MixedHazard(reason, tuple(layouts), partitions)
    return finding(kinds.STORE_MIXED_HAZARD, Severity.WARNING, context.subject(), evidence)


def old_offsets(context: GroupContext) -> Iterator[Finding]:
    """Checkpoints in the old form on a geo-replicated hub: a promotion makes them worthless."""
    hub = context.builder.hub

    if hub is None or not hub.is_geo_replicated:
        return

    found = [(s, s.shown.checkpoint) for s in context.group.by_partition.values()]
    old = [(s, record) for s, record in found if record is not None and is_old_form(record)]

    if not old:
        return

    affected, records = [s for s, _ in old], [record for _, record in old]
    hints = hints_by_owner(context.builder, context.group)
    sdks = {sdk for s in affected for sdk in hints.get(s.ownership.holder or "", ())}
    partitions = partition_ids(affected)
    evidence = kinds.OldOffsets(
        partitions=partitions,
        georeplication_factor=hub.georeplication_factor,
        sdks=tuple(sorted(sdks)),
        without_offset=sum(r.offset is None for r in records),
        checkpoint_at=max(r.blob.last_modified for r in records),
    )
    is_used = bool(context.group.state.owners) or context.is_configured
    severity = Severity.WARNING if is_used else Severity.INFO
    yield finding(kinds.CHECKPOINT_OLD_OFFSET, severity, context.subject(partitions), evidence)


def unreadable(builder: SnapshotBuilder) -> Iterator[Finding]:
    """Blobs that stand where a record should and can't be read as one, told group by group."""
    blobs = builder.joined.listing.unreadable if builder.joined is not None else ()
    by_group: dict[str | None, list[UnreadableBlob]] = {}

    for blob in blobs:
        by_group.setdefault(blob.group.lower() if blob.group is not None else None, []).append(blob)

    for key, found in by_group.items():
        group = builder.groups.get(key) if key is not None else None
        yield _unreadable(found, group.state.name if group is not None else key)


def _unreadable(blobs: Sequence[UnreadableBlob], group: str | None) -> Finding:
    partitions = natural({b.partition for b in blobs if b.partition is not None})
    read_as = {b.kind for b in blobs}
    kind = read_as.pop() if len(read_as) == 1 else None
    evidence = kinds.UnreadableBlobs(
        count=sum(bool(b.name) for b in blobs),
        partitions=partitions,
        kind=kind.value if kind is not None else None,
        names=tuple(f"{b.container}/{b.name}" if b.name else b.container for b in blobs[:NAMES]),
        reason=blobs[0].reason,
    )
    subject = Subject(group=group, partition=partitions[0] if len(partitions) == 1 else None)
    return finding(kinds.STORE_UNREADABLE_BLOB, Severity.WARNING, subject, evidence)


def strays(context: GroupContext) -> Iterator[Finding]:
    """Records of partitions that the hub does not have; whoever renews them sees another hub."""
    found = context.group.state.strays

    if not found or context.builder.hub is None:
        return

    # A lease that is held: one that still runs may be of before the hub was created anew.
    owners = {p.lease.owner for p in found if p.lease.state is LeaseState.HELD and p.lease.owner}
    written = [p.lease.last_modified for p in found]
    written += [p.checkpoint.blob.last_modified for p in found if p.checkpoint is not None]
    partitions = tuple(p.id for p in found)
    evidence = kinds.StrayRecords(
        partitions=partitions,
        partition_count=len(context.builder.hub.partition_ids),
        owners=tuple(sorted(owners)),
        written_at=max((at for at in written if at is not None), default=None),
    )
    severity = Severity.WARNING if owners else Severity.INFO
    yield finding(kinds.STORE_STRAY_RECORDS, severity, context.subject(partitions), evidence)


def recreated(context: GroupContext) -> Iterator[Finding]:
    """Checkpoints that are older than the hub: of another stream, though their numbers may fit.

    Told whether or not anybody lives: whoever starts next reads on from them.
    """
    affected = [s for s in context.group.troubled if s.flags & TroubleFlag.PREDATES_HUB]
    created_at = context.builder.hub_created_at

    if not affected or created_at is None:
        return

    records = [s.shown.checkpoint for s in affected if s.shown.checkpoint is not None]
    newest, partitions = max(records, key=lambda r: r.blob.last_modified), partition_ids(affected)
    sample = context.sample(newest.partition)
    is_used = bool(context.group.state.owners) or context.is_configured
    evidence = kinds.HubRecreated(
        partitions=partitions,
        hub_created_at=created_at,
        checkpoint_at=newest.blob.last_modified,
        tolerance_s=CLOCKS_S,
        checkpoint_sequence=newest.sequence,
        last_sequence=sample.last_sequence if sample else None,
        ahead=max((s.shown.ahead or 0 for s in affected), default=0) or None,
    )
    severity = Severity.CRITICAL if is_used else Severity.INFO
    yield finding(kinds.HUB_RECREATED, severity, context.subject(partitions), evidence, created_at)


OF_SESSION = (unreadable,)
OF_GROUP = (two_names, mixed, strays, recreated, old_offsets)
