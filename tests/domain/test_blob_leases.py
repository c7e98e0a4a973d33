"""Old processors hold a blob lease: it ends without a new ETag."""

from __future__ import annotations

import pytest

from ehtui.domain.evidence import facts
from ehtui.domain.reduce import reduce
from ehtui.domain.snapshot import Finding, GroupPartition, LeaseState, Snapshot, SourceState
from ehtui.domain.state import State
from ehtui.domain.updates import HubRead, StoreRead
from ehtui.domain.world.hub import HubDescription
from ehtui.domain.world.store import BlobIdentity, Layout, Ownership, StoreListing

HUB = HubRead(100.0, "hub", HubDescription("ns", "hub", 0.0, ("0",)), (), 0.1)
START = State(Snapshot(taken_at=99.0, sources=(SourceState("store"),)))
BLOB = BlobIdentity("c", "g/0", "same", 50.0)


def listing(state: str, at: float) -> StoreRead:
    lease = Ownership("ns", "hub", "g", "0", "host-1", BLOB, Layout.EPH_DOTNET, state)

    return StoreRead(at, "store", StoreListing((lease,), (), (), at, at, 1, 1), 0.1)


def test_a_blob_lease_that_runs_out_is_seen_at_the_same_etag() -> None:
    state = reduce(START, HUB)
    seen = []

    for at, lease in ((100.0, "leased"), (105.0, "expired"), (110.0, "leased")):
        state = reduce(state, listing(lease, at))
        group = state.snapshot.group("g")
        assert group is not None
        seen.append(group.partitions[0].lease.state)

    assert seen == [LeaseState.HELD, LeaseState.EXPIRED, LeaseState.HELD]


def watched(*leases: str) -> list[Snapshot]:
    """Looks at one lease, 5 s apart."""
    state = reduce(START, HUB)
    seen = []

    for number, lease in enumerate(leases):
        state = reduce(state, listing(lease, 100.0 + 5 * number))
        seen.append(state.snapshot)

    return seen


def shown(snapshot: Snapshot) -> GroupPartition:
    group = snapshot.group("g")
    assert group is not None
    return group.partitions[0]


def told(snapshot: Snapshot, id_: str) -> Finding:
    return next(f for f in snapshot.findings if f.id == id_)


def test_a_lease_that_had_run_out_before_nobody_knows_when() -> None:
    (snapshot,) = watched("expired")

    assert shown(snapshot).lease.state is LeaseState.EXPIRED
    assert shown(snapshot).lease.expires_at is None
    assert told(snapshot, "lease.expired").since == 100.0  # ehtui's first look, not the last write


def test_a_lease_that_was_seen_to_run_out_did_so_by_then() -> None:
    last = watched("leased", "leased", "expired", "expired")[-1]
    lease = shown(last).lease

    assert lease.expires_at == pytest.approx(110.0, abs=1)
    assert lease.renewed_at is None
    assert facts(told(last, "lease.expired").evidence)["expires_at"] == lease.expires_at


def test_a_lease_that_was_given_up_is_released_though_the_name_stands_there() -> None:
    first, last = watched("leased", "available")

    assert shown(first).lease.state is LeaseState.HELD
    lease = shown(last).lease
    assert (lease.state, lease.owner) == (LeaseState.RELEASED, "host-1")
    assert [e.kind for e in last.timeline if e.finding is None] == ["lease.released"]
    assert not [f for f in last.findings if f.id == "lease.expired"]


def test_a_host_that_only_renewed_was_alive_until_its_lease_ran_out() -> None:
    """Renewing writes nothing: an idle host's blob may be hours old while it lives."""
    state = reduce(START, HUB)
    state = reduce(state, listing("leased", 9000.0))
    state = reduce(state, listing("expired", 9005.0))
    assert not [f for f in state.snapshot.findings if f.id == "group.no_consumers"]

    state = reduce(state, listing("expired", 9900.0))
    gone = facts(told(state.snapshot, "group.no_consumers").evidence)
    assert gone["last_renewed_at"] is None
    assert gone["last_seen_at"] == pytest.approx(9005.0, abs=1)
