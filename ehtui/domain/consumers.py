"""What each local process is to the groups: owner, standby, starved, or unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ehtui.domain.folds.host import GONE
from ehtui.domain.process import (
    LinkBasis,
    LogIncidentKind,
    LogState,
    OwnerLink,
    RecognisedBy,
)
from ehtui.domain.sdks import PYTHON
from ehtui.domain.snapshot import ConsumerRole, ConsumerState, GroupState, LeaseState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.draft import Draft
    from ehtui.domain.memory import GroupMemory
    from ehtui.domain.process import ProcessId, ProcessSample

STARVING_ROUNDS = 3.0
SETTLED_S = 3.0  # while partitions move, an owner may hold nothing for a moment
GUESS_WITHIN_S = 120.0  # an owner that appears so soon after a process started may be it
NAMED_WITHIN_S = 60.0
_FREE = frozenset({LeaseState.EXPIRED, LeaseState.RELEASED, LeaseState.NEVER_OWNED})
_IDLE = frozenset({ConsumerRole.STANDBY, ConsumerRole.STARVED})


def judge_consumers(draft: Draft) -> None:
    """Link processes to owners and give each its role; unchanged ones stay the same object."""
    if not draft.consumers:
        return

    owns = _owned(draft)
    _guess_link(draft, owns)
    by_process: dict[ProcessId, list[OwnerLink]] = {}

    for link in draft.host.links.values():
        by_process.setdefault(link.process, []).append(link)

    group = draft.groups.get(draft.policy.default_group.lower())
    consumers = tuple(
        _judged(draft, consumer, by_process.get(consumer.process.id, []), owns, group)
        for consumer in draft.consumers
    )
    draft.host = replace(draft.host, idle_since=_idle_since(draft, consumers))
    draft.consumers = consumers


def _owned(draft: Draft) -> dict[str, tuple[tuple[str, str], ...]]:
    """Owner id → what it holds in all groups."""
    owned: dict[str, tuple[tuple[str, str], ...]] = {}

    for group in draft.groups.values():
        for owner in group.state.owners:
            held = tuple((group.state.name, pid) for pid in owner.partitions)
            owned[owner.id] = owned.get(owner.id, ()) + held

    return owned


def _guess_link(draft: Draft, owns: Mapping[str, object]) -> None:
    """By elimination: the one owner without a process appeared right after the one process."""
    links = draft.host.links
    linked = {link.process for link in links.values()}
    candidates = [
        c.process
        for c in draft.consumers
        if c.process.id not in linked
        and c.process.recognised_by is not RecognisedBy.CONNECTION
        and c.process.status not in GONE
        and c.process.connections != 0
    ]
    strangers = [owner for owner in owns if owner not in links]

    if len(candidates) != 1 or len(strangers) != 1:
        return

    process, owner = candidates[0], strangers[0]
    joined_at = max(
        (g.owners[owner].joined_at or 0.0 for g in draft.groups.values() if owner in g.owners),
        default=0.0,
    )
    waited_s = joined_at - process.id.started_at - (draft.clock_offset_s or 0.0)

    if 0 <= waited_s <= GUESS_WITHIN_S:
        link = OwnerLink(process.id, owner, LinkBasis.ELIMINATION, "", draft.at)
        draft.host = replace(draft.host, links={**links, owner: link})


def _judged(
    draft: Draft,
    consumer: ConsumerState,
    links: list[OwnerLink],
    owns: Mapping[str, tuple[tuple[str, str], ...]],
    group: GroupMemory | None,
) -> ConsumerState:
    process = consumer.process
    link = max(links, key=lambda k: (k.owner in owns, k.seen_at), default=None)
    held = tuple(owned for k in links for owned in owns.get(k.owner, ()))

    if held:
        role = ConsumerRole.OWNER
    elif process.status in GONE or not _is_idle_member(draft, consumer, link, group):
        role = ConsumerRole.UNKNOWN
    else:
        role = _idle_role(draft, consumer, link, group)

    state = ConsumerState(process, link, held, role, _log_of(draft, process, links))
    return consumer if consumer == state else state


def _log_of(draft: Draft, process: ProcessSample, links: list[OwnerLink]) -> LogState | None:
    """Whether its log names its owner; a consumer says it in its first seconds."""
    if any(link.basis is LinkBasis.LOG for link in links):
        return LogState.NAMED

    if process.log_path is None:
        return LogState.NONE

    lived_s = draft.at - process.id.started_at
    is_heard = process.id.pid in draft.host.followed and lived_s >= NAMED_WITHIN_S
    return LogState.SILENT if is_heard else None


def _is_idle_member(
    draft: Draft, consumer: ConsumerState, link: OwnerLink | None, group: GroupMemory | None
) -> bool:
    """Whether evidence says that it takes part and owns nothing."""
    if link is not None:
        return True

    process = consumer.process

    if (process.id, LogIncidentKind.NOT_CLAIMED) in draft.host.incidents:
        return True

    if process.recognised_by is RecognisedBy.CONNECTION or process.connections == 0:
        return False

    # It could be any owner whose process is unknown; if there is none, it owns nothing.
    return group is not None and all(o.id in draft.host.links for o in group.state.owners)


def _idle_role(
    draft: Draft, consumer: ConsumerState, link: OwnerLink | None, group: GroupMemory | None
) -> ConsumerRole:
    if group is None or not group.seats:
        return ConsumerRole.UNKNOWN

    owner = link.owner if link is not None else None
    others = sum(1 for o in group.state.owners if o.id != owner)

    if others >= len(group.seats):
        return ConsumerRole.STANDBY

    idle_since = draft.host.idle_since.get(consumer.process.id, draft.looked_at)
    idle_s = draft.looked_at - idle_since

    if others + _still_to_come(group.state, draft.now) >= len(group.seats):
        is_settled = draft.listed_at - idle_since >= SETTLED_S
        return ConsumerRole.STANDBY if is_settled else ConsumerRole.UNKNOWN

    is_patient = idle_s < STARVING_ROUNDS * slowest_round(group)
    return ConsumerRole.UNKNOWN if is_patient else ConsumerRole.STARVED


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
    rounds = [p.slowest_s for t in group.timings.values() for p in t.rivals]
    return max(rounds, default=PYTHON.slowest_s)


def _idle_since(draft: Draft, consumers: tuple[ConsumerState, ...]) -> dict[ProcessId, float]:
    known, now = draft.host.idle_since, draft.looked_at
    return {
        c.process.id: known.get(c.process.id, now)
        for c in consumers
        if c.role is not ConsumerRole.OWNER
    }


def idle_consumers(draft: Draft) -> tuple[ConsumerState, ...]:
    """Local processes that take part and own nothing."""
    return tuple(c for c in draft.consumers if c.role in _IDLE)
