"""The first reads of hub and store may come in either order: both must be judged together."""

from __future__ import annotations

from itertools import permutations

import pytest

from ehtui.domain.reduce import reduce
from ehtui.domain.snapshot import Snapshot, SourceState
from ehtui.domain.state import State
from ehtui.domain.updates import HubRead, StoreRead, Update
from ehtui.domain.world.hub import HubDescription, PartitionSample
from ehtui.domain.world.store import BlobIdentity, Checkpoint, Layout, Ownership, StoreListing

SAMPLE = PartitionSample("0", 0, 190, "x", 99.0, is_empty=False, sampled_at=100.0)
HUB = HubRead(100.0, "hub", HubDescription("ns", "hub", 0.0, ("0",)), (SAMPLE,), 0.1)
BLOB = BlobIdentity("c", "n", "e1", 98.0)
OWNERSHIP = Ownership("ns", "hub", "$default", "0", "o", BLOB, Layout.MODERN)
CHECKPOINT = Checkpoint("ns", "hub", "$default", "0", 181, "1", BLOB, Layout.MODERN)
STORE = StoreRead(
    100.2, "store", StoreListing((OWNERSHIP,), (CHECKPOINT,), (), 100.0, 100.2, 2, 1), 0.1
)


@pytest.mark.parametrize("updates", permutations((HUB, STORE)))
def test_lag_is_known_after_one_read_of_each(updates: tuple[Update, ...]) -> None:
    state = State(Snapshot(taken_at=99.0, sources=(SourceState("hub"), SourceState("store"))))

    for update in updates:
        state = reduce(state, update)

    assert [p.lag for group in state.snapshot.groups for p in group.partitions] == [9]
