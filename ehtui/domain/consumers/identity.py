"""Which process of this host is which owner: by what logs say, by who is left, or unknown.

Evidence, strongest first: a log that one process wrote; a log of several of which all but one are
other owners (`~`); nothing but that one owner and one process are left over (`~`). The store
vouches: who renews after a process has ended was not that process.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import repeat
from math import inf
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.consumers.matching import only_pairs
from ehtui.domain.snapshot import LeaseState
from ehtui.domain.world.hub import Names
from ehtui.domain.world.process import LinkBasis, OwnerLink, ProcessId, RecognisedBy, Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ehtui.domain.folds.builder import SnapshotBuilder
    from ehtui.domain.state import Departure
    from ehtui.domain.world.process import OwnerClaim, ProcessSample

# Last-Modified and the clocks' difference are known to a second; a process is missed late.
RENEWED_SLACK_S = 1.0
CONNECTING_S = 20.0  # by then a client has connected, and its connection has been seen
# A claim is stamped up to a second early, and clocks are apart; a start is never known too late.
JOINED_SLACK_S = 1.25

_NOBODY_LISTED = ProcessId(0, 0.0)  # a process that may have begun since, or has ended
Owned = Mapping[str, tuple[tuple[str, str], ...]]  # owner id → (group, partition)


def owned(builder: SnapshotBuilder) -> Owned:
    """Owner id → what it holds in all groups."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}

    for group in builder.groups.values():
        for owner in group.state.owners:
            held = tuple(zip(repeat(group.state.name), owner.partitions, strict=False))
            found[owner.id] = found.get(owner.id, ()) + held

    return found


def identify(builder: SnapshotBuilder, owns: Owned) -> None:
    """Tie owners to processes anew: what later looks contradict is unlearned."""
    _unlearn(builder, owns)
    links = {owner: link for owner, link in builder.host.links.items() if not link.is_guess}
    links.update(_vouched_for(builder, links, owns))
    links.update(_of_one_writer(builder, links, owns))
    links.update(_by_exclusion(builder, links, owns))
    links.update(_by_elimination(builder, links, owns))

    if links != builder.host.links:
        builder.host = replace(builder.host, links=links)

    _settle_departures(builder)


def _unlearn(builder: SnapshotBuilder, owns: Owned) -> None:
    """An owner that still renews has not ended: it was not the process that did."""
    links, departures = builder.host.links, builder.host.departures
    wrong = {
        (d.process, owner)
        for d in departures
        for owner in {*d.owners, *(o for o, k in links.items() if k.process == d.process)}
        if has_renewed(builder, owner, owns, d.at + RENEWED_SLACK_S)
    }

    if not wrong:
        return

    builder.host = replace(
        builder.host,
        links={o: k for o, k in links.items() if (k.process, o) not in wrong},
        departures=tuple(
            replace(d, owners=tuple(o for o in d.owners if (d.process, o) not in wrong))
            for d in departures
        ),
    )


def _settle_departures(builder: SnapshotBuilder) -> None:
    """What is learned or unlearned later of a process that ended is noted with its end."""
    links = builder.host.links
    open_to = {claim.owner for claim in builder.host.claims if claim.owner not in links}
    of_process: dict[ProcessId, list[str]] = {}

    for owner, link in links.items():
        if not link.is_guess:
            of_process.setdefault(link.process, []).append(owner)

    def owners_of(departure: Departure) -> tuple[str, ...]:
        kept = (
            owner
            for owner in departure.owners
            if owner not in open_to
            and ((link := links.get(owner)) is None or link.process == departure.process)
        )
        return tuple(dict.fromkeys((*kept, *of_process.get(departure.process, ()))))

    departures = tuple(
        d if (owners := owners_of(d)) == d.owners else replace(d, owners=owners)
        for d in builder.host.departures
    )

    if departures != builder.host.departures:
        builder.host = replace(builder.host, departures=departures)


def has_renewed(builder: SnapshotBuilder, owner: str, owns: Owned, since_at: float) -> bool:
    """Whether it renewed a lease after that moment, server time."""
    leases = (
        builder.groups[group.lower()].by_partition[partition].shown.lease
        for group, partition in owns.get(owner, ())
    )
    return any(k.renewed_at is not None and k.renewed_at > since_at for k in leases)


def _is_disproved(builder: SnapshotBuilder, process: ProcessId, owner: str, owns: Owned) -> bool:
    return any(
        d.process == process and has_renewed(builder, owner, owns, d.at + RENEWED_SLACK_S)
        for d in builder.host.departures
    )


def _vouched_for(
    builder: SnapshotBuilder, links: Mapping[str, OwnerLink], owns: Owned
) -> dict[str, OwnerLink]:
    """Who renews after a later client began in the same log is another client of that process."""
    offset_s = builder.clock_offset_s or 0.0
    return {
        owner: link
        for owner, link in builder.host.doubted.items()
        if owner not in links
        and has_renewed(builder, owner, owns, (link.over_at or 0.0) + offset_s)
        and not _is_disproved(builder, link.process, owner, owns)
    }


def _of_one_writer(
    builder: SnapshotBuilder, links: Mapping[str, OwnerLink], owns: Owned
) -> dict[str, OwnerLink]:
    """Claims of which the store leaves one writer: the others ended, and the owner renews."""
    return {
        claim.owner: _link(claim, writers[0], LinkBasis.LOG)
        for claim, writers in _open_claims(builder, links, owns)
        if len(writers) == 1
    }


def _by_exclusion(
    builder: SnapshotBuilder, links: Mapping[str, OwnerLink], owns: Owned
) -> dict[str, OwnerLink]:
    """Claims of which all writers but one are other owners."""
    found: dict[str, OwnerLink] = {}

    while True:
        known = tuple({**links, **found}.values())
        left = {
            claim: [w for w in writers if not _was_another(w, claim, known)]
            for claim, writers in _open_claims(builder, {**links, **found}, owns)
        }
        single = {c: ws[0] for c, ws in left.items() if len(ws) == 1}
        if not single:
            return found

        found.update({c.owner: _link(c, w, LinkBasis.EXCLUSION) for c, w in single.items()})


def _was_another(writer: ProcessId, claim: OwnerClaim, known: Iterable[OwnerLink]) -> bool:
    """Whether a process was some other owner when this one was named."""
    return any(
        link.process == writer and (link.over_at is None or link.over_at >= claim.seen_at)
        for link in known
    )


def _open_claims(
    builder: SnapshotBuilder, links: Mapping[str, OwnerLink], owns: Owned
) -> Iterator[tuple[OwnerClaim, list[ProcessId]]]:
    """Each claim that still counts, with the writers that it may be of."""
    for claim in builder.host.claims:
        if claim.owner in links or (claim.over_at is not None and claim.owner not in owns):
            continue

        no_clients = _no_clients(builder, claim, owns)
        yield (
            claim,
            [
                writer
                for writer in claim.writers
                if writer not in no_clients
                and not _is_disproved(builder, writer, claim.owner, owns)
            ],
        )


def _no_clients(builder: SnapshotBuilder, claim: OwnerClaim, owns: Owned) -> frozenset[ProcessId]:
    """Writers that live and have no connection, while the owner holds something and renews.

    A master of workers, a helper: it writes the same log, and receives nothing. Who stands by may
    have none either; so this says nothing of an owner that holds nothing.
    """
    connected_at = claim.seen_at + CONNECTING_S + (builder.clock_offset_s or 0.0)
    connections = {c.process.id: c.process.connections for c in builder.consumers}
    # A client is recognised by its connection, where those can be seen at all.
    is_seen = any(n is not None for n in connections.values())
    if not is_seen or not has_renewed(builder, claim.owner, owns, connected_at):
        return frozenset()

    ended = {d.process for d in builder.host.departures}
    return frozenset(w for w in claim.writers if w not in ended and connections.get(w, 0) == 0)


def _link(claim: OwnerClaim, process: ProcessId, basis: LinkBasis) -> OwnerLink:
    return OwnerLink(
        process=process,
        owner=claim.owner,
        basis=basis,
        evidence=claim.evidence,
        seen_at=claim.seen_at,
        group=claim.group,
        over_at=claim.over_at,
        hub=claim.hub,
    )


def _by_elimination(
    builder: SnapshotBuilder, links: Mapping[str, OwnerLink], owns: Owned
) -> dict[str, OwnerLink]:
    """As many owners without a process as clients without an owner, and one way to pair them."""
    known_ends = {owner for departure in builder.host.departures for owner in departure.owners}
    strangers = [owner for owner in owns if owner not in links and owner not in known_ends]
    if not strangers:
        return {}

    # Processes that are some owner: of one that is over only while it holds something.
    taken = frozenset(k.process for k in links.values() if k.over_at is None or k.owner in owns)
    left = [c.process for c in builder.consumers if _may_receive(builder, c.process, taken)]

    if not left:
        return {}

    able = {owner: _able(builder, left, owner) for owner in strangers}
    # Who has just begun may be it once it has connected: until then it only leaves it open.
    connected = {process.id for process in left if process.connections != 0}

    for owner in strangers:
        if able[owner] and _may_be_nobody_listed(builder, owner, owns):
            able[owner].append(_NOBODY_LISTED)

    # Who holds nothing any more is no riddle, but may be the answer to one.
    able |= {
        owner: choices
        for group in builder.groups.values()
        for owner in group.owners
        if owner not in owns and owner not in links and (choices := _able(builder, left, owner))
    }
    remote = _of_groups(builder, (owner for owner in strangers if not able[owner]))
    known = builder.host.links
    return {
        owner: known[owner]
        if owner in known and known[owner].process == process
        else OwnerLink(process, owner, LinkBasis.ELIMINATION, "", builder.at)
        for owner, process in only_pairs(able).items()
        # Where some owner is of no process here, any other may be elsewhere too.
        if process in connected
        and owner in owns
        and _may_be_alive(builder, owner, owns)
        and not remote.intersection(_of_groups(builder, (owner,)))
    }


def _may_be_nobody_listed(builder: SnapshotBuilder, owner: str, owns: Owned) -> bool:
    """Whether its process may not be among those listed: they were before it came, or one left."""
    listed_at, came_at = builder.host.listed_at, _there_at(builder, owner)

    if listed_at is None or listed_at < came_at - (builder.clock_offset_s or 0.0):
        return True

    # Who renews after a process has ended was not that process.
    departures = (d for d in builder.host.departures if not d.owners)
    gone = (d.at for d in departures if d.at >= came_at - JOINED_SLACK_S)
    return any(not has_renewed(builder, owner, owns, at + RENEWED_SLACK_S) for at in gone)


def _may_be_alive(builder: SnapshotBuilder, owner: str, owns: Owned) -> bool:
    """Whether a process that runs may be it: it was seen to come or renew, or is not overdue."""
    tracks = (g.owners[owner] for g in builder.groups.values() if owner in g.owners)
    was_seen = any(
        track.joined_at is not None
        or (track.last_renewal is not None and track.last_renewal.before_at > -inf)
        for track in tracks
    )
    return was_seen or any(
        builder.groups[group.lower()].by_partition[partition].shown.lease.state is LeaseState.HELD
        for group, partition in owns[owner]
    )


def is_elsewhere(builder: SnapshotBuilder, process: ProcessSample) -> bool:
    """Whether its settings name another hub and not this one, or another namespace."""
    target, hub = process.target, builder.hub
    if target is None or hub is None:
        return False

    names = Names(hub.namespace, builder.policy.aliases)
    hubs, namespaces = target.named_hubs, target.named_namespaces

    if hubs and not any(is_this_hub(builder, name) for name in hubs):
        return True

    return bool(namespaces) and all(map(names.rule_out, namespaces))


def is_this_hub(builder: SnapshotBuilder, name: str | None) -> bool:
    """Whether this is the hub that is watched, as far as both are known."""
    return name is None or builder.hub is None or name.lower() == builder.hub.name.lower()


def named_groups(builder: SnapshotBuilder, process: ProcessSample) -> tuple[str, ...]:
    """Keys of the groups that it was started in or that its settings name; () says nothing."""
    start = builder.host.start_of(process.id)
    if start is not None:
        return (start.group.lower(),)

    target = process.target
    if target is None:
        return ()

    return tuple(group.lower() for group in target.named_groups)


def _may_receive(
    builder: SnapshotBuilder, process: ProcessSample, taken: frozenset[ProcessId]
) -> bool:
    """Whether it may be an owner that nothing names: a client that nothing else is known of."""
    if process.id in taken or process.has_ended or process.traffic is Traffic.SENDS:
        return False

    if is_elsewhere(builder, process):
        return False

    if process.may_be_anothers and process.recognised_by is RecognisedBy.CONNECTION:
        return False

    if process.connections is None:  # not to be seen from here
        return process.recognised_by is not RecognisedBy.CONNECTION

    # Who has just begun is about to connect.
    return process.connections > 0 or builder.at - process.id.started_at < CONNECTING_S


def _able(builder: SnapshotBuilder, left: Sequence[ProcessSample], owner: str) -> list[ProcessId]:
    """Which of these processes may be that owner: it is no older than its process."""
    claimed = next((c.writers for c in builder.host.claims if c.owner == owner), None)
    there_at = _there_at(builder, owner) - (builder.clock_offset_s or 0.0) + JOINED_SLACK_S
    groups = _of_groups(builder, (owner,))

    def may_be(process: ProcessSample) -> bool:
        named = named_groups(builder, process)
        return (
            (claimed is None or process.id in claimed)
            and process.id.started_at <= there_at
            and (not named or groups <= set(named))
        )

    return [process.id for process in left if may_be(process)]


def _there_at(builder: SnapshotBuilder, owner: str) -> float:
    """By when it is known to have been there, server time."""
    tracks = (g.owners[owner] for g in builder.groups.values() if owner in g.owners)
    joined = (t.joined_at if t.joined_at is not None else builder.started_at for t in tracks)
    return min((at for at in joined if at is not None), default=builder.now)


def _of_groups(builder: SnapshotBuilder, owners: Iterable[str]) -> frozenset[str]:
    """Keys of the groups in which these were seen."""
    wanted = set(owners)
    return frozenset(key for key, g in builder.groups.items() if wanted & g.owners.keys())


def undecided(builder: SnapshotBuilder) -> frozenset[ProcessId]:
    """Processes of which a log names owners, and not which of several processes each is."""
    return frozenset(
        writer
        for claim in builder.host.claims
        if claim.owner not in builder.host.links and claim.over_at is None
        for writer in claim.writers
    )
