"""What the rules of one group look at, gathered once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field

from ehtui.domain.consumers.roles import idle_consumers, slowest_round
from ehtui.domain.evidence import Takeover, takeover
from ehtui.domain.folds.builder import SnapshotBuilder
from ehtui.domain.folds.handovers import WINDOW_S
from ehtui.domain.leases.handovers import Handover, HandoverKind
from ehtui.domain.leases.sdks import PYTHON
from ehtui.domain.snapshot import LIVE_STATES, ConsumerState, Finding, LeaseState, Severity, Subject
from ehtui.domain.state import GroupMemory, JudgedPartition

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.domain.evidence import E
    from ehtui.domain.findings.evidence import FindingKind
    from ehtui.domain.progress.lag import PartitionHistory
    from ehtui.domain.world.hub import PartitionSample
    from ehtui.domain.world.process import ProcessSample


ARRIVALS = frozenset({HandoverKind.CLAIMED, HandoverKind.TAKEN_OVER, HandoverKind.STOLEN})
SETTLING_ROUNDS = 3.0  # so soon somebody who was robbed of everything is back
LEFT_ROUNDS = 3.0  # who holds nothing for so long has left
FROM_NOW = -1.0  # since: as long as the finding stands; decided when findings are gathered


class GroupContext(Struct):
    """One group, with its troubled partitions apart: the healthy ones cost nothing."""

    builder: SnapshotBuilder
    group: GroupMemory
    renewing: frozenset[str] = frozenset()  # owners with a lease that is held
    idle: tuple[ConsumerState, ...] = ()
    ended: frozenset[str] = frozenset()  # owners that are no more: nothing is told of them
    handovers: tuple[Handover, ...] = ()  # changes of hands within the window
    arrivals: Mapping[str | None, Sequence[float]] = field(default_factory=dict)  # by new owner
    explained: set[str] = field(default_factory=set)  # partitions whose root cause is told
    shuffled: set[str] = field(default_factory=set)  # partitions that several owners read in turn
    restarting: set[str] = field(default_factory=set)  # owners of a crash loop

    @property
    def name(self) -> str:
        """The group's name."""
        return self.group.state.name

    @property
    def is_configured(self) -> bool:
        """Whether it is the group that this session is about."""
        return self.group.key == self.builder.policy.default_group.lower()

    @property
    def now(self) -> float:
        """The moment of judgement, server time."""
        return self.builder.looked_at

    @property
    def alive(self) -> frozenset[str]:
        """Owners with a lease that runs, but for those whose process was seen to end."""
        return frozenset(o.id for o in self.group.state.owners) - self.ended

    def history(self, partition: str) -> PartitionHistory | None:
        """What the hub said of a partition over time."""
        return self.builder.histories.get(partition)

    def sample(self, partition: str) -> PartitionSample | None:
        """The newest look at it."""
        history = self.history(partition)
        return history.state.sample if history is not None else None

    def in_per_s(self, partition: str) -> float | None:
        """How much comes in."""
        history = self.history(partition)
        return history.state.in_per_s if history is not None else None

    def process_of(self, owner: str) -> ProcessSample | None:
        """The process of this host that an owner is."""
        link = self.builder.host.links.get(owner)
        found = (c.process for c in self.builder.consumers if link and c.process.id == link.process)
        return next(found, None)

    def flagged(self, flag: int) -> list[JudgedPartition]:
        """Partitions with any of these flags whose cause has not been told."""
        return [
            s for s in self.group.troubled if s.flags & flag and s.shown.id not in self.explained
        ]

    def subject(
        self, partitions: Sequence[str] = (), owner: str | None = None, pid: int | None = None
    ) -> Subject:
        """A subject of this group; the partition is named while it is only one."""
        return Subject(self.name, partitions[0] if len(partitions) == 1 else None, owner, pid)

    def is_back(self, owner: str | None, at: float) -> bool:
        """Whether an owner took a partition within a few rounds after that moment.

        One that was robbed of all that it had looks as if it had left, until it takes again.
        """
        soon_s = SETTLING_ROUNDS * self.round_s()
        return any(0 <= taken_at - at <= soon_s for taken_at in self.arrivals.get(owner, ()))

    def expiry_s(self) -> float:
        """How long a lease of this group lives, as far as that is known."""
        known = [t.expires_after_s for t in self.group.state.timings.values()]
        configured = self.builder.policy.lease_of(self.name).expires_after_s
        return configured or max(known, default=PYTHON.expires_after_s)

    def round_s(self) -> float:
        """The longest balancing round that may be usual here."""
        return slowest_round(self.group)


def context_of(builder: SnapshotBuilder, group: GroupMemory) -> GroupContext:
    """Gather what is wrong in a group."""
    renewing = frozenset(
        o.id
        for o in group.state.owners
        if any(
            group.by_partition[pid].shown.lease.state is LeaseState.HELD
            for pid in o.partitions
            if pid in group.by_partition
        )
    )
    since = builder.looked_at - WINDOW_S
    handovers = tuple(handover for handover in group.handovers if handover.at >= since)
    arrivals: dict[str | None, list[float]] = {}

    for handover in handovers:
        arrivals.setdefault(handover.to_owner, []).append(handover.at)

    return GroupContext(
        builder,
        group,
        renewing=renewing,
        idle=idle_consumers(builder, group.key),
        ended=_ended(builder, group),
        handovers=handovers,
        arrivals=arrivals,
    )


def _ended(builder: SnapshotBuilder, group: GroupMemory) -> frozenset[str]:
    """Whose process was seen to end, unless it goes on renewing; and who left some rounds ago."""
    gone = builder.host.ended(builder.listed_at)
    left_before = builder.looked_at - LEFT_ROUNDS * slowest_round(group)
    holders = {o.id for o in group.state.owners}
    ended = {
        owner
        for owner, track in group.owners.items()
        if (owner not in holders and track.seen_at < left_before)
        or (
            owner in gone
            and (track.last_renewal is None or track.last_renewal.modified_at <= gone[owner])
        )
    }
    return frozenset(ended | (gone.keys() - group.owners.keys()))


def finding(
    kind: FindingKind[E],
    severity: Severity,
    subject: Subject,
    evidence: E,
    since: float = FROM_NOW,
) -> Finding:
    """A finding; without `since` it stands since it was first found."""
    return Finding(kind.id, severity, subject, evidence, since)


def first_window(affected: Sequence[JudgedPartition]) -> Takeover:
    """The takeover evidence of several partitions: from the first to the last."""
    return takeover([s.shown.takeover for s in affected if s.shown.takeover is not None])


def is_live(judged: JudgedPartition) -> bool:
    """Whether somebody holds a lease that runs."""
    return judged.shown.lease.state in LIVE_STATES


def partition_ids(affected: Iterable[JudgedPartition]) -> tuple[str, ...]:
    """The ids of those partitions, in their order."""
    return tuple(judged.shown.id for judged in affected)


def by_partition(handovers: Iterable[Handover]) -> dict[str, list[Handover]]:
    """Changes of hands by the partition that changed them."""
    found: dict[str, list[Handover]] = {}

    for handover in handovers:
        found.setdefault(handover.partition, []).append(handover)

    return found


def is_hand_over(handover: Handover, alive: frozenset[str]) -> bool:
    """Whether it came from another owner that lives on: to balance, and no crash."""
    return handover.from_owner != handover.to_owner and handover.from_owner in alive
