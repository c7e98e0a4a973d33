"""A snapshot under construction: what one update changes, then frozen."""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.folds.kept import kept, recent
from ehtui.domain.folds.partition import JudgingContext
from ehtui.domain.progress.lag import Listed
from ehtui.domain.snapshot import (
    Finding,
    GroupState,
    Snapshot,
    SourceState,
    SourceStatus,
    Subject,
    TimelineEvent,
)
from ehtui.domain.state import Memory, State
from ehtui.domain.world.clocks import RAN_BACK_S
from ehtui.domain.world.joined_listing import natural_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.actions.following import SentEvents
    from ehtui.domain.actions.outcomes import MeasuredTakeover
    from ehtui.domain.costs import CountedTakeover, TakeoverCost
    from ehtui.domain.evidence import E, EventKind, Evidence
    from ehtui.domain.folds.kept import Looks
    from ehtui.domain.leases.renewals import CloserLooks
    from ehtui.domain.policy import Policy
    from ehtui.domain.progress.lag import HubInput, PartitionHistory
    from ehtui.domain.snapshot import ConsumerState, PartitionState
    from ehtui.domain.state import GroupMemory, HostMemory
    from ehtui.domain.world.clocks import Clocks, Restamped
    from ehtui.domain.world.hub import HubDescription
    from ehtui.domain.world.joined_listing import JoinedListing
    from ehtui.domain.world.restarts import RestartRecord

# What a fold may change of the picture and of the memory, by the names that they have there.
_SHOWN = (
    *("policy", "hub", "partitions", "consumers", "findings", "sources", "takeovers"),
    *("closer_looks", "restarts", "sends"),
)
_REMEMBERED = tuple(name for name in Memory.__struct_fields__ if name != "next_number")


class SnapshotBuilder:
    """Mutable for the length of one `reduce()`, never shared; it begins as what is known."""

    policy: Policy
    hub: HubDescription | None
    partitions: tuple[PartitionState, ...]
    consumers: tuple[ConsumerState, ...]
    findings: tuple[Finding, ...]
    sources: tuple[SourceState, ...]
    takeovers: tuple[MeasuredTakeover, ...]
    closer_looks: CloserLooks | None
    restarts: tuple[RestartRecord, ...]
    sends: tuple[SentEvents, ...]

    histories: Mapping[str, PartitionHistory]
    joined: JoinedListing | None
    looked_before_at: float | None
    groups: dict[str, GroupMemory]
    host: HostMemory
    failures: Mapping[str, int]
    started_at: float | None
    hub_input: HubInput
    clocks: Clocks
    restamped: Restamped
    close_reads: tuple[float, ...]
    listed_groups: tuple[str, ...] | None
    moved: frozenset[str]
    told: Looks

    def __init__(self, state: State, at: float) -> None:
        self.before, self.remembered = before, memory = state.snapshot, state.memory
        self.at = max(at, before.taken_at)
        self.events: list[tuple[float, str, Subject, Evidence, bool, Finding | None]] = []
        self.costs: dict[tuple[float, str, Subject], TakeoverCost] = {}

        for names, known in ((_SHOWN, before), (_REMEMBERED, memory)):
            for name in names:
                setattr(self, name, getattr(known, name))

        self.groups = dict(memory.groups)

        # Whatever local time was read off has been set back: server time goes on from there.
        if before.taken_at - at > RAN_BACK_S and self.clocks.offset_s is not None:
            self.at, self.clocks = at, self.clocks.ran_back(before.taken_at - at)

    @property
    def clock_offset_s(self) -> float | None:
        """Server time minus local time."""
        return self.clocks.offset_s

    @property
    def now(self) -> float:
        """Server time of this update."""
        return self.clocks.server(self.at)

    @property
    def hub_created_at(self) -> float | None:
        """Server time at which the hub was created: it says so by a clock of its own."""
        at = self.hub.created_at if self.hub is not None else None
        return None if at is None else at - self.clocks.hub_ahead_s

    @property
    def looked_at(self) -> float:
        """Server time up to which the store's word holds: unseen, no lease is late."""
        if self.joined is None:
            return self.now

        return max(
            self.joined.listing.server_time,
            min(self.now, self.joined.listing.server_time + self.policy.store_interval_s),
        )

    @property
    def listed_at(self) -> float:
        """Server time of the last listing: what lasted until then was seen to last."""
        return self.joined.listing.server_time if self.joined is not None else self.now

    @property
    def listed_exactly(self) -> float:
        """When the last listing had arrived, to the fraction: what it shows had been written."""
        return (
            self.clocks.server(self.joined.listing.read_at) if self.joined is not None else self.now
        )

    @property
    def listed_before_exactly(self) -> float:
        """When the one before was asked for: what it does not show was written later."""
        before = self.remembered.joined
        listing = before.listing if before is not None else None
        if listing is None:
            return self.listed_exactly

        asked_at = listing.read_at if listing.asked_at is None else listing.asked_at
        return self.clocks.server(asked_at)

    def context(self) -> JudgingContext:
        """How partitions are judged now."""
        policy = self.policy
        return JudgingContext(
            at=self.at,
            now=self.now,
            looked_at=self.looked_at,
            listed_at=self.listed_at,
            listed=self._listed(),
            ahead_s=self.clock_offset_s or 0.0,
            polled_before_at=self.before.taken_at,
            poll_s=policy.hub_interval_s + policy.store_interval_s,
            is_hub_fresh=self.is_fresh("hub"),
            ended=self.host.ended(self.listed_at),
            hub_created_at=self.hub_created_at,
        )

    def _listed(self) -> Listed:
        listing = self.joined.listing if self.joined is not None else None
        return Listed() if listing is None else Listed(listing.moment, listing.read_at)

    def is_fresh(self, source: str) -> bool:
        """Whether a source's last read succeeded."""
        return all(s.status is not SourceStatus.FAILED for s in self.sources if s.name == source)

    def source(self, name: str) -> SourceState | None:
        """The state of a source."""
        return next((s for s in self.sources if s.name == name), None)

    def group(self, name: str) -> GroupState | None:
        """A group as it is judged so far."""
        group = self.groups.get(name.lower())
        return group.state if group is not None else None

    def tell(
        self,
        kind: EventKind[E],
        at: float,
        subject: Subject,
        details: E,
        *,
        is_approximate: bool = False,
        finding: Finding | None = None,
    ) -> None:
        """Add an event to the timeline; `at` is server time."""
        self.events.append((at, kind.id, subject, details, is_approximate, finding))

    def tell_cost(self, kind: str, group: str, takeover: CountedTakeover) -> None:
        """Put what a takeover cost into the event that tells it."""
        about = Subject(group=group, partition=takeover.partition, owner=takeover.owner)
        self.costs[takeover.at, kind, about] = takeover.cost

    def freeze(self) -> State:
        """What is known now."""
        before = self.before
        timeline, number = before.timeline, self.remembered.next_number

        if self.events:
            # One order whatever order partitions were judged in: reduce() gives the same each time.
            self.events.sort(key=lambda event: (event[0], natural_key(event[2].partition or "")))
            told = [TimelineEvent(number + i, *event) for i, event in enumerate(self.events)]
            self.told = (*recent(self.told, self.at), (self.at, number))
            timeline = kept(_in_order(timeline, told), self.told[0][1], self.findings)
            number += len(self.events)

        if self.costs:
            timeline = tuple(self._priced(event) for event in timeline)

        states = tuple(group.state for group in self.groups.values())
        is_same = len(states) == len(before.groups) and all(map(is_, states, before.groups))
        listing = self.joined.listing if self.joined is not None else None
        snapshot = Snapshot(
            taken_at=self.at,
            clock_offset_s=self.clock_offset_s,
            groups=before.groups if is_same else states,
            unreadable=listing.unreadable if listing is not None else (),
            timeline=timeline,
            listed_at=listing.server_time if listing is not None else None,
            host_ahead_s=self.clocks.host_ahead_s,
            **{name: getattr(self, name) for name in _SHOWN},
        )
        remembered = {name: getattr(self, name) for name in _REMEMBERED}
        return State(snapshot, Memory(next_number=number, **remembered))

    def _priced(self, event: TimelineEvent) -> TimelineEvent:
        cost = self.costs.get((event.at, event.kind, event.subject))
        if cost is None or not hasattr(event.details, "cost"):
            return event

        return replace(event, details=replace(event.details, cost=cost))


def _in_order(
    timeline: tuple[TimelineEvent, ...], told: list[TimelineEvent]
) -> tuple[TimelineEvent, ...]:
    """Both by time: what is learned late stands where it happened."""
    if not timeline or timeline[-1].at <= told[0].at:
        return (*timeline, *told)

    return tuple(sorted((*timeline, *told), key=lambda event: (event.at, event.number)))
