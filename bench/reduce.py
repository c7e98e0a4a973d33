"""Cost of folding one poll: N partitions × 5 groups, a share of them changed.

`python -m bench.reduce` prints milliseconds of CPU per hub read and per store read.
"""

from __future__ import annotations

import gc
import random
import statistics
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ehtui.domain.hub import HubDescription, PartitionSample
from ehtui.domain.policy import LeasePolicy, Policy
from ehtui.domain.reduce import reduce, start
from ehtui.domain.store import BlobIdentity, Checkpoint, Layout, Ownership, StoreListing
from ehtui.domain.updates import HubRead, StoreRead, Update

if TYPE_CHECKING:
    from ehtui.domain.snapshot import Snapshot

GROUPS, OWNERS, EVERY_S, POLLS = 5, 16, 5.0, 40
NAMESPACE, HUB = "bench.servicebus.windows.net", "hub"


class World:
    """Hub and store, of which a share changes between two polls."""

    def __init__(self, partitions: int, share: float) -> None:
        self.random = random.Random(7)  # the same run every time
        self.share, self.at, self.writes = share, 1_790_000_000.0, 0
        ids = tuple(str(n) for n in range(partitions))
        self.hub = HubDescription(NAMESPACE, HUB, self.at - 1e6, ids)
        self.samples = {
            p: PartitionSample(p, 0, 1000, "", self.at, sampled_at=self.at, is_empty=False)
            for p in ids
        }
        groups = ["$default", *(f"group-{n}" for n in range(1, GROUPS))]
        places = [(g, p) for g in groups for p in sorted(ids)]
        self.ownerships = {
            (g, p): Ownership(
                NAMESPACE,
                HUB,
                g,
                p,
                f"{g}-{int(p) % OWNERS}",
                self.blob(g, "ownership", p),
                Layout.MODERN,
            )
            for g, p in places
        }
        self.checkpoints = {
            (g, p): Checkpoint(
                NAMESPACE, HUB, g, p, 1000, "0", self.blob(g, "checkpoint", p), Layout.MODERN
            )
            for g, p in places
        }

        owners = sorted({o.owner or "" for o in self.ownerships.values()})
        self.order = {owner: n for n, owner in enumerate(owners)}
        period_s = EVERY_S / share

        for place, record in self.ownerships.items():
            due_s = period_s * (self.order[record.owner or ""] + 1) / len(owners)
            blob = replace(record.blob, last_modified=float(int(self.at - period_s + due_s)))
            self.ownerships[place] = replace(record, blob=blob)

        self.per_poll = share * OWNERS * GROUPS
        self.polls = 0

    def blob(self, group: str, kind: str, partition: str) -> BlobIdentity:
        """A record that was just written."""
        self.writes += 1
        name = f"{NAMESPACE}/{HUB}/{group}/{kind}/{partition}"
        return BlobIdentity("c", name, f"0x{self.writes}", float(int(self.at)))

    def hub_read(self) -> HubRead:
        """A share of the partitions has got events."""
        self.at += EVERY_S / 2

        for pid, sample in self.samples.items():
            last = sample.last_sequence + (50 if self.random.random() < self.share else 0)
            self.samples[pid] = replace(
                sample, last_sequence=last, last_enqueued_at=self.at, sampled_at=self.at
            )

        return HubRead(self.at, "hub", self.hub, tuple(self.samples.values()), 0.01)

    def store_read(self) -> StoreRead:
        """A share of the leases was renewed; most of what arrived was checkpointed."""
        self.at += EVERY_S / 2

        # An owner renews all its leases at once; owners in turn, so that a share of all changes.
        turn = self.polls * self.share * OWNERS * GROUPS
        renewing = {n % (OWNERS * GROUPS) for n in range(int(turn), int(turn + self.per_poll))}
        self.polls += 1

        for (group, pid), record in self.ownerships.items():
            if self.order[record.owner or ""] in renewing:
                blob = self.blob(group, "ownership", pid)
                self.ownerships[group, pid] = replace(record, blob=blob)

        for (group, pid), checkpoint in self.checkpoints.items():
            last = self.samples[pid].last_sequence

            if checkpoint.sequence != last and self.random.random() < 2 / 3:
                blob = self.blob(group, "checkpoint", pid)
                self.checkpoints[group, pid] = replace(checkpoint, sequence=last, blob=blob)

        listing = StoreListing(
            tuple(self.ownerships.values()),
            tuple(self.checkpoints.values()),
            (),
            float(int(self.at)),
            self.at,
            2 * len(self.ownerships),
            1,
        )
        return StoreRead(self.at, "store", listing, 0.05)


def fold(snapshot: Snapshot, update: Update) -> tuple[Snapshot, float]:
    """The next snapshot and its milliseconds of CPU."""
    began = time.thread_time()
    snapshot = reduce(snapshot, update)
    return snapshot, (time.thread_time() - began) * 1000


def measure(partitions: int, share: float) -> tuple[float, float, float, float]:
    """Median and worst of hub and of store reads, warmed up."""
    world = World(partitions, share)
    timing = LeasePolicy(expires_after_s=6 * EVERY_S / share, renewed_every_s=EVERY_S / share)
    snapshot = start(Policy(lease=timing), world.at, ("hub", "store"))
    hub_ms, store_ms = [], []

    for poll in range(POLLS):
        hub_read, store_read = world.hub_read(), world.store_read()
        snapshot, hub = fold(snapshot, hub_read)
        snapshot, store = fold(snapshot, store_read)

        if poll >= POLLS // 2:
            hub_ms.append(hub)
            store_ms.append(store)

    return statistics.median(hub_ms), max(hub_ms), statistics.median(store_ms), max(store_ms)


def main() -> None:
    """Print the table."""
    print(f"{'partitions':>10} {'groups':>6} {'changed':>7}   {'hub ms':>13} {'store ms':>15}")
    gc.freeze()

    for partitions in (64, 256, 1024, 2000):
        for share in (0.01, 0.1):
            hub, worst_hub, store, worst_store = measure(partitions, share)
            print(
                f"{partitions:>10} {GROUPS:>6} {share:>7.0%}   "
                f"{hub:>5.1f} ≤ {worst_hub:>5.1f} {store:>7.1f} ≤ {worst_store:>5.1f}"
            )


if __name__ == "__main__":
    main()
