"""What each local process is to the groups: owner, standby, starved, or unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.actions.outcomes import Comeback
from ehtui.domain.consumers.identity import (
    identify,
    is_elsewhere,
    is_this_hub,
    named_groups,
    owned,
    undecided,
)
from ehtui.domain.leases.sdks import PYTHON
from ehtui.domain.snapshot import LIVE_STATES, ConsumerRole, ConsumerState, GroupState, LeaseState
from ehtui.domain.values import Value
from ehtui.domain.world.process import (
    LinkBasis,
    LogIncidentKind,
    LogState,
    OwnerLink,
    RecognisedBy,
    Traffic,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.actions.base import OwnedPartition
    from ehtui.domain.actions.plans import RestartPlan, SupervisedPlan
    from ehtui.domain.consumers.identity import Owned
    from ehtui.domain.folds.builder import SnapshotBuilder
    from ehtui.domain.snapshot import Lease, Snapshot
    from ehtui.domain.state import GroupMemory
    from ehtui.domain.world.process import ProcessId, ProcessSample


STARVING_ROUNDS = 3.0
SETTLED_S = 3.0  # while partitions move, an owner may hold nothing for a moment
NAMED_WITHIN_S = 60.0
MOST_LINKS = 8  # of one process: no more are shown
CLOSING_S = 300.0  # who takes longer to end does not end
_ASKING = frozenset({"TERM", "INT", "QUIT"})
_FREE = frozenset({LeaseState.EXPIRED, LeaseState.RELEASED, LeaseState.NEVER_OWNED})
_NAMING = frozenset({LinkBasis.LOG, LinkBasis.EXCLUSION})
_WORST_FIRST = (ConsumerRole.STARVED, ConsumerRole.STANDBY)


def judge_consumers(builder: SnapshotBuilder) -> None:
    """Link processes to owners and give each its role; unchanged ones stay the same object."""
    if not (builder.consumers or builder.host.departures):
        return

    owns = owned(builder)
    identify(builder, owns)
    by_process: dict[ProcessId, list[OwnerLink]] = {}

    for link in builder.host.links.values():
        by_process.setdefault(link.process, []).append(link)

    part_of = {
        p.id: _part(builder, p, by_process.get(p.id, []), owns)
        for p in (consumer.process for consumer in builder.consumers)
    }
    known, now = builder.host.idle_since, builder.looked_at
    idle_since = {
        (process, key): known.get((process, key), now)
        for process, part in part_of.items()
        for key in part.idle_in
    }
    builder.host = replace(builder.host, idle_since=idle_since)
    builder.consumers = tuple(_judged(builder, c, part_of[c.process.id]) for c in builder.consumers)


class _Part(Value, frozen=True):
    """What evidence says of one process, before its role is judged."""

    links: tuple[OwnerLink, ...]  # best first
    owns: tuple[tuple[str, str], ...]
    idle_in: Mapping[str, OwnerLink | None]  # key of each group that it holds nothing in
    is_named: bool  # its log named an owner id, be it over


def _part(
    builder: SnapshotBuilder, process: ProcessSample, named: list[OwnerLink], owns: Owned
) -> _Part:
    # A client that is over may hold leases still, until they run out.
    live = [link for link in named if link.over_at is None or link.owner in owns]
    live.sort(key=lambda k: (k.owner in owns, k.seen_at), reverse=True)
    groups = [_groups_of(builder, link, owns) for link in live]
    held = tuple(owned for link in live for owned in owns.get(link.owner, ()))
    holding = {group.lower() for group, _ in held}
    takes_part = {key: link for link, keys in zip(live, groups, strict=True) for key in keys}
    idle_in: dict[str, OwnerLink | None] = {
        key: link for key, link in takes_part.items() if key not in holding
    }

    if not takes_part:
        own = next((k for k in live if is_this_hub(builder, k.hub)), None)
        assumed = _assumed_group(builder, process) if own is not None or not live else None
        idle_in.update({assumed: own} if assumed is not None else {})

    links = tuple(
        replace(link, group=builder.groups[keys[0]].state.name)
        if link.group is None and len(keys) == 1
        else replace(link, group=builder.policy.spelled(link.group))
        if link.group is not None
        else link
        for link, keys in zip(live[:MOST_LINKS], groups, strict=False)
    )
    return _Part(links, held, idle_in, any(k.basis in _NAMING for k in named))


def _assumed_group(builder: SnapshotBuilder, process: ProcessSample) -> str | None:
    """The key of the group that it was started in, or names; else of the one that is asked about.

    None where it is no member here, or of one of several.
    """
    if is_elsewhere(builder, process):
        return None

    named = named_groups(builder, process) or (builder.policy.default_group.lower(),)
    return named[0] if len(named) == 1 else None


def _groups_of(builder: SnapshotBuilder, link: OwnerLink, owns: Owned) -> tuple[str, ...]:
    """Keys of the groups that evidence places an owner id in: its log, or their records."""
    if not is_this_hub(builder, link.hub):
        return ()

    if link.group is not None:
        return (link.group.lower(),)

    if link.owner in owns:
        return tuple(dict.fromkeys(group.lower() for group, _ in owns[link.owner]))

    return tuple(key for key, group in builder.groups.items() if link.owner in group.owners)


def _judged(builder: SnapshotBuilder, consumer: ConsumerState, part: _Part) -> ConsumerState:
    process = consumer.process
    judged = {
        (group.state.name if (group := builder.groups.get(key)) else builder.policy.spelled(key)): (
            _idle_role(builder, process, key, link)
        )
        for key, link in part.idle_in.items()
        if not process.has_ended
    }
    idle = tuple((name, role) for name, role in judged.items() if role in _WORST_FIRST)
    role = next((r for r in _WORST_FIRST if r in judged.values()), ConsumerRole.UNKNOWN)
    link = part.links[0] if part.links else None
    state = ConsumerState(
        process=process,
        link=link,
        owns=part.owns,
        role=ConsumerRole.OWNER if part.owns else _other_role(builder, process, part) or role,
        log=_log_of(builder, process, is_named=part.is_named),
        more_links=part.links[1:],
        idle=idle,
        log_behind_bytes=builder.host.behind.get(process.id.pid, 0),
    )
    return consumer if consumer == state else state


def _other_role(
    builder: SnapshotBuilder, process: ProcessSample, part: _Part
) -> ConsumerRole | None:
    """What it is instead of a member of some group here; None where it may be one."""
    is_foreign = is_elsewhere(builder, process) or any(
        not is_this_hub(builder, link.hub) for link in part.links
    )

    if is_foreign and not part.owns and not part.idle_in:
        return ConsumerRole.ELSEWHERE

    is_sender = process.traffic is Traffic.SENDS and not part.links
    return ConsumerRole.PRODUCER if is_sender else None


def _log_of(builder: SnapshotBuilder, process: ProcessSample, *, is_named: bool) -> LogState | None:
    """Whether its log names its owner; a consumer says it in its first seconds."""
    if is_named:
        return LogState.NAMED

    if process.id in undecided(builder):
        return LogState.SHARED

    if process.log_path is None:
        return LogState.NONE

    if process.id.pid in builder.host.behind:
        return LogState.BEHIND

    lived_s = builder.at - process.id.started_at
    is_heard = process.id.pid in builder.host.followed and lived_s >= NAMED_WITHIN_S
    return LogState.SILENT if is_heard else None


def _is_idle_member(
    builder: SnapshotBuilder, process: ProcessSample, link: OwnerLink | None, group: GroupMemory
) -> bool:
    """Whether evidence says that it takes part and owns nothing."""
    if link is not None or (process.id, LogIncidentKind.NOT_CLAIMED) in builder.host.incidents:
        return True

    if process.recognised_by is RecognisedBy.CONNECTION or process.connections == 0:
        return False

    if process.traffic is Traffic.SENDS:
        return False

    # It could be any owner whose process is unknown; if there is none, it owns nothing.
    return all(o.id in builder.host.links for o in group.state.owners)


def _idle_role(
    builder: SnapshotBuilder, process: ProcessSample, key: str, link: OwnerLink | None
) -> ConsumerRole:
    group = builder.groups.get(key)
    if (
        group is None
        or not group.by_partition
        or not _is_idle_member(builder, process, link, group)
    ):
        return ConsumerRole.UNKNOWN

    if _is_closing(builder, process.id):
        return ConsumerRole.UNKNOWN

    owner = link.owner if link is not None else None
    others = sum(1 for o in group.state.owners if o.id != owner)

    if others >= len(group.by_partition):
        return ConsumerRole.STANDBY

    idle_since = builder.host.idle_since.get((process.id, key), builder.looked_at)
    idle_s = builder.looked_at - idle_since

    if others + _still_to_come(group.state, builder.now) >= len(group.by_partition):
        is_settled = builder.listed_at - idle_since >= SETTLED_S
        return ConsumerRole.STANDBY if is_settled else ConsumerRole.UNKNOWN

    is_patient = idle_s < STARVING_ROUNDS * slowest_round(group)
    return ConsumerRole.UNKNOWN if is_patient else ConsumerRole.STARVED


def _is_closing(builder: SnapshotBuilder, id_: ProcessId) -> bool:
    """Whether this session asked it to end: what it has given back since, it does not lack."""
    return any(
        sent.process == id_ and sent.signal in _ASKING and builder.now - sent.at < CLOSING_S
        for sent in builder.host.signals
    )


def _still_to_come(group: GroupState, now: float) -> int:
    """Free partitions whose takeover is not late yet."""
    return sum(
        1
        for p in group.partitions
        if p.lease.state in _FREE
        and p.takeover is not None
        and p.takeover.latest_at is not None
        and p.takeover.latest_at >= now
    )


def slowest_round(group: GroupMemory) -> float:
    """The longest balancing round that may be usual in a group."""
    rounds = [p.slowest_s for t in group.state.timings.values() for p in t.rivals]
    return max(rounds, default=PYTHON.slowest_s)


def idle_consumers(builder: SnapshotBuilder, key: str) -> tuple[ConsumerState, ...]:
    """Local processes that take part in a group and own nothing there."""
    return tuple(c for c in builder.consumers if c.idle and c.is_idle_in(key))


BACK_FOR_S = 5.0  # whoever dies of a bad setting has died by then


def comeback(
    before: Snapshot,
    now: Snapshot,
    plan: RestartPlan | SupervisedPlan,
    new_pid: int | None,
    started_at: float,
    *,
    has_ended: bool = False,
) -> Comeback | None:
    """What became of it, by the pictures before the restart and now; None: too early to tell.

    `new_pid` is None where a supervisor started it: then its owner id is one that was not there.
    `has_ended` is the host's own word: one that is in no picture may only not have connected yet.
    """
    consumer = next((c for c in now.consumers if c.process.id.pid == new_pid), None)
    owned = plan.target.owns

    is_settled = now.taken_at - started_at > BACK_FOR_S

    if has_ended or (consumer is not None and consumer.process.has_ended):
        return Comeback.ENDED

    if consumer is not None and consumer.owns:
        return Comeback.OWNS

    if not owned:
        is_seen = new_pid is None or consumer is not None
        return Comeback.RUNS if is_settled and is_seen else None

    if any(_holder(now, each) is None for each in owned):
        return None

    return _of_group(before, now, owned[0].group, consumer)


def _of_group(
    before: Snapshot, now: Snapshot, group: str, consumer: ConsumerState | None
) -> Comeback | None:
    """Everything that it had is owned: by itself under a new id, or by others who are enough."""
    if consumer is not None and (group, ConsumerRole.STANDBY) in consumer.idle:
        return Comeback.STANDS_BY

    were, are = before.group(group), now.group(group)
    if were is None or are is None:
        return None

    known = {owner.id for owner in were.owners}

    return Comeback.OWNS if any(o.partitions and o.id not in known for o in are.owners) else None


def _holder(now: Snapshot, owned: OwnedPartition) -> Lease | None:
    """The live lease of a partition that it had."""
    group = now.group(owned.group)
    shown = group.partition(owned.partition) if group else None
    if shown is None or shown.lease.state not in LIVE_STATES:
        return None

    return shown.lease
