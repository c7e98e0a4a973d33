"""A snapshot under construction: what one update changes, then frozen."""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING

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
    from ehtui.domain.evidence import E, EventKind, Evidence
    from ehtui.domain.state import GroupMemory
    from ehtui.domain.world.hub import HubDescription

TIMELINE_LENGTH = 500


class SnapshotBuilder:
    """Mutable for the length of one `reduce()`; never shared."""

    __slots__ = (
        "at",
        "before",
        "clocks",
        "close_reads",
        "closer_looks",
        "consumers",
        "events",
        "failures",
        "findings",
        "groups",
        "histories",
        "host",
        "hub",
        "hub_input",
        "joined",
        "looked_before_at",
        "moved",
        "partitions",
        "policy",
        "remembered",
        "restamped",
        "restarts",
        "sources",
        "started_at",
        "takeovers",
    )

    def __init__(self, state: State, at: float) -> None:
        before, memory = state.snapshot, state.memory
        self.before = before
        self.remembered = memory
        self.at = max(at, before.taken_at)
        self.policy = before.policy
        self.clocks = memory.clocks
        self.restamped = memory.restamped
        self.moved = memory.moved
        self.hub: HubDescription | None = before.hub
        self.partitions = before.partitions
        self.consumers = before.consumers
        self.findings = before.findings
        self.restarts = before.restarts
        self.sources = before.sources
        self.histories = memory.histories
        self.hub_input = memory.hub_input
        self.joined = memory.joined
        self.looked_before_at = memory.looked_before_at
        self.groups: dict[str, GroupMemory] = dict(memory.groups)
        self.host = memory.host
        self.failures = memory.failures
        self.takeovers = before.takeovers
        self.started_at = memory.started_at
        self.close_reads = memory.close_reads
        self.closer_looks = before.closer_looks
        self.events: list[tuple[float, str, Subject, Evidence, bool, Finding | None]] = []

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

    def freeze(self) -> State:
        """What is known now."""
        before = self.before
        timeline, number = before.timeline, self.remembered.next_number

        if self.events:
            # One order whatever order partitions were judged in: reduce() gives the same each time.
            self.events.sort(key=lambda event: (event[0], natural_key(event[2].partition or "")))
            told = [TimelineEvent(number + i, *event) for i, event in enumerate(self.events)]
            timeline = _in_order(timeline, told)[-TIMELINE_LENGTH:]
            number += len(self.events)

        states = tuple(group.state for group in self.groups.values())
        is_same = len(states) == len(before.groups) and all(map(is_, states, before.groups))
        listing = self.joined.listing if self.joined is not None else None
        snapshot = Snapshot(
            taken_at=self.at,
            policy=self.policy,
            clock_offset_s=self.clock_offset_s,
            hub=self.hub,
            partitions=self.partitions,
            groups=before.groups if is_same else states,
            consumers=self.consumers,
            unreadable=listing.unreadable if listing is not None else (),
            findings=self.findings,
            timeline=timeline,
            sources=self.sources,
            listed_at=listing.server_time if listing is not None else None,
            takeovers=self.takeovers,
            host_ahead_s=self.clocks.host_ahead_s,
            closer_looks=self.closer_looks,
            restarts=self.restarts,
        )
        return State(snapshot, self._memory(number))

    def _memory(self, next_number: int) -> Memory:
        return Memory(
            histories=self.histories,
            joined=self.joined,
            looked_before_at=self.looked_before_at,
            groups=self.groups,
            host=self.host,
            failures=self.failures,
            next_number=next_number,
            started_at=self.started_at,
            hub_input=self.hub_input,
            clocks=self.clocks,
            restamped=self.restamped,
            close_reads=self.close_reads,
            moved=self.moved,
        )


def _in_order(
    timeline: tuple[TimelineEvent, ...], told: list[TimelineEvent]
) -> tuple[TimelineEvent, ...]:
    """Both by time: what is learned late stands where it happened."""
    if not timeline or timeline[-1].at <= told[0].at:
        return (*timeline, *told)

    return tuple(sorted((*timeline, *told), key=lambda event: (event.at, event.number)))
