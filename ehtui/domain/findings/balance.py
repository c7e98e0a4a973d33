"""How partitions move between owners: churn, ping-pong, newcomers, crash loops, imbalance."""

from __future__ import annotations

from collections import Counter
from math import ceil
from typing import TYPE_CHECKING

from ehtui.domain.findings import evidence as kinds
from ehtui.domain.findings.context import (
    ARRIVALS,
    SETTLING_ROUNDS,
    GroupContext,
    by_partition,
    finding,
    is_hand_over,
)
from ehtui.domain.folds.handovers import PINGPONG_CHANGES, WINDOW_S, pingpong
from ehtui.domain.leases.handovers import Handover, HandoverKind
from ehtui.domain.snapshot import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator


NEWCOMER_S = 300.0  # how long a newcomer is news
STARTING_ROUNDS = 1.5  # who joins within so many of the others starts with them,
STARTING_S = 8.0  # or so many seconds and a poll: a program takes its time to load
SHARING_ROUNDS = 4  # and one for each partition of its share: a balanced strategy takes no more
LEAST_CHURN = 4
SHARED = 2  # owners from which on there is a balance to keep


def pingpongs(context: GroupContext) -> Iterator[Finding]:
    """Two live owners that take a partition from each other again and again."""
    for partition, own in by_partition(context.handovers).items():
        run = pingpong(own)
        owners = {o for m in run for o in (m.from_owner, m.to_owner) if o is not None}
        is_over = bool(owners & context.ended)

        if len(run) < PINGPONG_CHANGES or is_over or partition in context.explained:
            continue

        context.explained.add(partition)
        evidence = kinds.PingPong(
            owners=tuple(sorted(owners)),
            changes=len(run),
            window_s=WINDOW_S,
            last_change_at=run[-1].at,
        )
        subject = context.subject((partition,))
        yield finding(kinds.PARTITION_PINGPONG, Severity.WARNING, subject, evidence, run[0].at)


def newcomers(context: GroupContext) -> Iterator[Finding]:
    """An owner that joined lately and took partitions from live ones."""
    alive = context.alive

    for owner, track in context.group.owners.items():
        joined_at = track.joined_at

        if joined_at is None or context.now - joined_at > NEWCOMER_S:
            continue

        # Who holds nothing any more is no newcomer either, nor is who was started again here.
        if owner in context.restarting or owner not in alive or _is_restarted(context, owner):
            continue

        taken = [
            m
            for m in context.handovers
            if m.to_owner == owner
            and (m.kind is HandoverKind.STOLEN or _is_blink(m, alive))
            and m.from_owner not in context.ended
            and m.partition not in context.explained
            and _was_settled(context, m.from_owner, joined_at)
            and m.at - joined_at <= _takes_its_share_for_s(context, owner)
        ]

        if not taken:
            continue

        link, process = context.builder.host.links.get(owner), context.process_of(owner)
        is_production = context.builder.policy.is_production
        evidence = kinds.Newcomer(
            owner=owner,
            pid=link.process.pid if link else None,
            command=process.command if process else None,
            joined_at=joined_at,
            taken=tuple(dict.fromkeys(m.partition for m in taken)),
            from_owners=tuple(dict.fromkeys(m.from_owner for m in taken if m.from_owner)),
            is_production=is_production,
        )
        severity = Severity.WARNING if is_production and link else Severity.INFO
        subject = context.subject(owner=owner)
        yield finding(kinds.GROUP_NEWCOMER, severity, subject, evidence, joined_at)


def _is_restarted(context: GroupContext, owner: str) -> bool:
    """Whether this session started it in the place of one that it stopped."""
    link = context.builder.host.links.get(owner)
    start = context.builder.host.start_of(link.process) if link is not None else None
    return start is not None and start.is_restart


def _is_blink(handover: Handover, alive: frozenset[str]) -> bool:
    """Whether it was free for a moment only: its owner let go of it and lives on."""
    return handover.kind is HandoverKind.CLAIMED and is_hand_over(handover, alive)


def _takes_its_share_for_s(context: GroupContext, owner: str) -> float:
    """How long one that joins may take partitions one by one; later moves have other causes."""
    timing = context.group.state.timings.get(owner)
    round_s = timing.period_s if timing is not None else context.round_s()
    share = ceil(len(context.group.state.partitions) / max(1, len(context.alive)))

    return (share + SHARING_ROUNDS) * round_s


def _was_settled(context: GroupContext, owner: str | None, at: float) -> bool:
    """Whether an owner was there before: a group that starts has no newcomers."""
    track = context.group.owners.get(owner or "")

    if track is None:
        return False

    began_at = track.joined_at

    link = context.builder.host.links.get(owner or "")

    if began_at is None and link is not None:  # it was there at the first look
        began_at = link.process.started_at + (context.builder.clock_offset_s or 0.0)

    loading_s = STARTING_S + context.builder.policy.store_interval_s
    starting_s = max(loading_s, STARTING_ROUNDS * context.round_s())
    return began_at is None or at - began_at >= starting_s


def churn(context: GroupContext) -> Iterator[Finding]:
    """Partitions keep moving between live owners though nobody joined or left."""
    taken = [
        m
        for m in _taken_from_the_living(context)
        if m.partition not in context.explained
        and not {m.from_owner, m.to_owner} & (context.restarting | context.ended)
    ]
    count = len(context.group.by_partition)
    # All may have let go for a moment: whoever takes part is there.
    owners = {m.to_owner for m in taken} | {o.id for o in context.group.state.owners}
    since = context.now - WINDOW_S
    joined = sum(1 for t in context.group.owners.values() if (t.joined_at or 0.0) >= since)
    # Each that joined may take its share once.
    explained = joined * ceil(count / max(1, len(owners)))

    if len(taken) - explained < max(LEAST_CHURN, count / 2):
        return

    moved = {m.partition for m in taken}
    context.shuffled.update(moved)
    evidence = kinds.Churn(
        changes=len(taken),
        window_s=WINDOW_S,
        owners=len(owners),
        partitions=tuple(p for p in context.group.by_partition if p in moved),
    )
    yield finding(kinds.GROUP_CHURN, Severity.WARNING, context.subject(), evidence, taken[0].at)


def _taken_from_the_living(context: GroupContext) -> list[Handover]:
    """What was stolen, and what somebody lost who is still there or back within a few rounds."""
    alive = context.alive

    def is_robbed(handover: Handover) -> bool:
        if handover.kind not in ARRIVALS or handover.from_owner in {None, handover.to_owner}:
            return False

        is_there = handover.kind is HandoverKind.TAKEN_OVER and handover.from_owner in alive
        return is_there or context.is_back(handover.from_owner, handover.at)

    return [m for m in context.handovers if m.kind is HandoverKind.STOLEN or is_robbed(m)]


def imbalanced(context: GroupContext) -> Iterator[Finding]:
    """Live owners hold more or fewer partitions than their share for several rounds."""
    counts = Counter({o.id: len(o.partitions) for o in context.group.state.owners})
    held, owners = sum(counts.values()), len(counts)
    least_s = SETTLING_ROUNDS * context.round_s()

    if owners < SHARED or any(context.now - m.at < least_s for m in context.handovers):
        return

    if context.ended & counts.keys():  # what it holds is shared out once its leases have run out
        return

    most, least = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
    expected_min, expected_max = held // owners, ceil(held / owners)

    if counts[least] >= expected_min and counts[most] <= expected_max:
        return

    since = max(
        [m.at for m in context.handovers], default=context.builder.started_at or context.now
    )

    if context.now - since < least_s:
        return

    evidence = kinds.Imbalance(
        owners=owners,
        partition_count=held,
        expected_min=expected_min,
        expected_max=expected_max,
        most_owner=most,
        most=counts[most],
        least_owner=least,
        least=counts[least],
        imbalanced_since_at=since,
    )
    yield finding(kinds.GROUP_IMBALANCED, Severity.WARNING, context.subject(), evidence, since)


def single_host(context: GroupContext) -> Iterator[Finding]:
    """Every owner of a production group is a process of this host."""
    owners = [o for o in context.group.state.owners if o.id not in context.ended]

    if not context.builder.policy.is_production or len(owners) < SHARED:
        return

    pids = [o.link.process.pid for o in owners if o.link is not None]

    if len(pids) < len(owners):
        return

    evidence = kinds.SingleHost(
        owners=len(owners),
        pids=tuple(str(pid) for pid in sorted(set(pids))),
    )
    yield finding(kinds.GROUP_SINGLE_HOST, Severity.INFO, context.subject(), evidence)


OF_GROUP = (pingpongs, newcomers, churn, imbalanced, single_host)
