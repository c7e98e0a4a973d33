"""A hub and one group that move on order: the same pictures for every screen that is measured.

Orders are lines: how many partitions have got an event, how many leases were renewed, and how many
seconds later; or "tick", a second without a read. A thread folds what the sources would have told.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.policy import LeasePolicy, Policy
from ehtui.domain.snapshot import Snapshot, SourceState
from ehtui.domain.updates import HubRead, StoreRead, Tick
from ehtui.domain.world.hub import HubDescription, PartitionSample
from ehtui.domain.world.store import BlobIdentity, Checkpoint, Layout, Ownership, StoreListing
from ehtui.monitor import Monitor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.monitor import Scheduled

NAMESPACE, HUB, GROUP, OWNERS = "bench.servicebus.windows.net", "bench", "$Default", 16
CREATED_AT = 1_780_000_000.0
POLL_S = 5.0  # between two orders, on the clock of the picture
# Sequence numbers and rates as of a busy hub; large, so that no number looks like a partition.
FIRST_SEQUENCE, EVENTS = 870_000, 20
POLICY = Policy(lease=LeasePolicy(expires_after_s=180.0, renewed_every_s=60.0))


class Played:
    """The world, and the monitor that shows it; `follow` takes orders from a file descriptor."""

    def __init__(self, partitions: int) -> None:
        self._at, self._writes, self._turn, self._renewed = 1_790_000_000.0, 0, 0, 0
        self._ids = tuple(str(number) for number in range(partitions))
        self._samples = [
            PartitionSample(
                p, 0, FIRST_SEQUENCE, "0", self._at, is_empty=False, sampled_at=self._at
            )
            for p in self._ids
        ]
        self._checkpoints = [
            Checkpoint(
                NAMESPACE, HUB, GROUP, p, FIRST_SEQUENCE, "0", self._blob("checkpoint", p), _MODERN
            )
            for p in self._ids
        ]
        self._ownerships = [
            Ownership(NAMESPACE, HUB, GROUP, p, _owner(p), self._blob("ownership", p), _MODERN)
            for p in self._ids
        ]
        start = Snapshot(
            taken_at=self._at, policy=POLICY, sources=(SourceState("hub"), SourceState("store"))
        )
        self.monitor = Monitor(_no_sources, start, clock=lambda: self._at)
        self.step(partitions, partitions)

    def follow(self, descriptor: int) -> None:
        """Do as told, on a thread, until the other end is closed."""
        threading.Thread(target=self._follow, args=(descriptor,), daemon=True).start()

    def tick(self) -> None:
        """A second passes between two polls."""
        self._at += 1.0
        self.monitor.tell(Tick(self._at))

    def step(self, changed: int, renewed: int, after_s: float = POLL_S) -> None:
        """The next poll: so many partitions got events, so many leases were renewed."""
        self._at += after_s
        self._turn, some = _next(self._turn, changed, len(self._ids))

        for number in some:
            self._samples[number] = replace(
                self._samples[number], last_sequence=self._samples[number].last_sequence + EVENTS
            )
            self._checkpoints[number] = replace(
                self._checkpoints[number],
                sequence=self._samples[number].last_sequence,
                blob=self._blob("checkpoint", self._ids[number]),
            )

        self._renewed, some = _next(self._renewed, renewed, len(self._ids))

        for number in some:
            blob = self._blob("ownership", self._ids[number])
            self._ownerships[number] = replace(self._ownerships[number], blob=blob)

        self._tell()

    def _tell(self) -> None:
        hub = HubDescription(NAMESPACE, HUB, CREATED_AT, self._ids)
        samples = tuple(replace(s, sampled_at=self._at) for s in self._samples)
        listing = StoreListing(
            tuple(self._ownerships),
            tuple(self._checkpoints),
            (),
            self._at,
            self._at,
            2 * len(self._ids),
            1,
        )
        self.monitor.tell(HubRead(self._at, "hub", hub, samples, 0.01))
        self.monitor.tell(StoreRead(self._at, "store", listing, 0.01))

    def _follow(self, descriptor: int) -> None:
        with os.fdopen(descriptor) as orders:
            for order in orders:
                if order.strip() == "tick":
                    self.tick()
                else:
                    self.step(*map(int, order.split()))

    def _blob(self, kind: str, partition: str) -> BlobIdentity:
        self._writes += 1
        name = f"{NAMESPACE}/{HUB}/{GROUP.lower()}/{kind}/{partition}"
        return BlobIdentity("c", name, f'"0x{self._writes:X}"', float(int(self._at)))


_MODERN = Layout.MODERN


def _owner(partition: str) -> str:
    return f"{int(partition) % OWNERS * 17 + 0x73FDA400:08x}-3c1e-4a8e-9a53-0d8f4f0c6a11"


def _next(turn: int, count: int, total: int) -> tuple[int, list[int]]:
    return (turn + count) % total, [(turn + step) % total for step in range(count)]


async def _no_sources() -> Sequence[Scheduled]:
    return ()
