"""Cost of a refresh without the network: both reads folded, and every table of the screen built.

Partitions × 5 groups, a tenth of them changed. Linear is seen against 64 partitions: the ratio is
of CPU per partition. `python -m bench.reduce`.
"""

from __future__ import annotations

import random
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bench.table import Row, ms, run, times
from ehtui import lazy
from ehtui.domain.policy import LeasePolicy, Policy
from ehtui.domain.reduce import reduce, start
from ehtui.domain.updates import HubRead, StoreRead
from ehtui.domain.world.hub import HubDescription, PartitionSample
from ehtui.domain.world.store import BlobIdentity, Checkpoint, Layout, Ownership, StoreListing
from ehtui.tui.overview_tables import OverviewTables

if TYPE_CHECKING:
    from ehtui.domain.snapshot import Snapshot
    from ehtui.domain.state import State

GROUPS, OWNERS, EVERY_S, POLLS = 5, 16, 5.0, 40
SIZES, SHARE, GROUP = (64, 256, 1024, 2000), 0.1, "$Default"
AIM_AT, AIM_S = 1024, 0.01
SHOWN = 30  # rows are made when they are looked at
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


def start_of(world: World) -> State:
    """Nothing was read yet; leases live as long as their renewals in this world need."""
    timing = LeasePolicy(
        expires_after_s=6 * EVERY_S / world.share, renewed_every_s=EVERY_S / world.share
    )

    return start(Policy(lease=timing), world.at, ("hub", "store"))


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of CPU of the median refresh."""

    fold_s: float
    views_s: float

    @property
    def both_s(self) -> float:
        """On the monitor's thread and on the screen's."""
        return self.fold_s + self.views_s


def cost(partitions: int) -> Cost:
    """Of a refresh, when series are full."""
    world = World(partitions, SHARE)
    state, pictures = start_of(world), OverviewTables()
    folds, views = [], []

    for poll in range(POLLS):
        updates = world.hub_read(), world.store_read()
        began = time.thread_time()

        for update in updates:
            state = reduce(state, update)

        folded = time.thread_time()
        draw(pictures, state.snapshot)

        if poll >= POLLS // 2:
            folds.append(folded - began)
            views.append(time.thread_time() - folded)

    return Cost(statistics.median(folds), statistics.median(views))


def draw(pictures: OverviewTables, snapshot: Snapshot) -> None:
    """All that the overview shows: of the partitions, as many as fit."""
    _ = pictures.partitions(snapshot, GROUP, None).rows[:SHOWN]
    pictures.consumers(snapshot, GROUP)
    pictures.findings(snapshot, GROUP)
    pictures.timeline(snapshot, GROUP)
    pictures.headline(snapshot, GROUP)


def measure() -> list[Row]:
    """One row a size."""
    lazy.settle_garbage()  # as in the app
    costs = {partitions: cost(partitions) for partitions in SIZES}
    base = costs[SIZES[0]].both_s / SIZES[0]

    return [
        Row(
            f"reduce + views, {partitions:,} x {GROUPS} groups, 10 % changed (CPU)",
            f"{ms(one.both_s)} ({ms(one.fold_s)} + {ms(one.views_s)})",
            f"{ms(base * partitions)} · {SIZES[0]} partitions, scaled",
            times(one.both_s / (base * partitions)),
            *((f"≤ {ms(AIM_S)}", one.both_s <= AIM_S) if partitions == AIM_AT else ()),
        )
        for partitions, one in costs.items()
    ]


if __name__ == "__main__":
    run(measure)
