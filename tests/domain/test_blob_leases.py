"""Old processors hold a blob lease: it ends without a new ETag."""

from __future__ import annotations

from ehtui.domain.hub import HubDescription
from ehtui.domain.reduce import reduce
from ehtui.domain.snapshot import LeaseState, Snapshot, SourceState
from ehtui.domain.store import BlobIdentity, Layout, Ownership, StoreListing
from ehtui.domain.updates import HubRead, StoreRead

HUB = HubRead(100.0, "hub", HubDescription("ns", "hub", 0.0, ("0",)), (), 0.1)
BLOB = BlobIdentity("c", "g/0", "same", 50.0)


def listing(state: str, at: float) -> StoreRead:
    lease = Ownership("ns", "hub", "g", "0", "host-1", BLOB, Layout.EPH_DOTNET, state)

    return StoreRead(at, "store", StoreListing((lease,), (), (), at, at, 1, 1), 0.1)


def test_a_blob_lease_that_runs_out_is_seen_at_the_same_etag() -> None:
    snapshot = reduce(Snapshot(taken_at=99.0, sources=(SourceState("store"),)), HUB)
    seen = []

    for at, state in ((100.0, "leased"), (105.0, "expired"), (110.0, "leased")):
        snapshot = reduce(snapshot, listing(state, at))
        group = snapshot.group("g")
        assert group is not None
        seen.append(group.partitions[0].lease.state)

    assert seen == [LeaseState.HELD, LeaseState.EXPIRED, LeaseState.HELD]
