"""Records and samples of one partition, for tables of rules."""

from __future__ import annotations

from ehtui.domain.snapshot import Lease, LeaseState
from ehtui.domain.world.hub import PartitionSample
from ehtui.domain.world.store import BlobIdentity, Checkpoint, Layout, Ownership

T = 1_790_000_000.0
HELD = Lease(LeaseState.HELD, "a", T, T + 180)


def sample(begin: int, last: int, *, is_empty: bool = False, at: float = T) -> PartitionSample:
    return PartitionSample("0", begin, last, "", None, is_empty, at)


def blob(name: str = "b", at: float = T, etag: str = "1") -> BlobIdentity:
    return BlobIdentity("c", name, etag, at)


def checkpoint(sequence: int | None, at: float = T - 60, **names: str) -> Checkpoint:
    namespace, group = names.get("namespace", "ns"), names.get("group", "g")
    identity = blob(f"{namespace}/hub/{group}/checkpoint/0", at)
    return Checkpoint(namespace, "hub", group, "0", sequence, None, identity, Layout.MODERN)


def ownership(
    owner: str | None,
    at: float = T,
    *,
    namespace: str = "ns",
    group: str = "g",
    layout: Layout = Layout.MODERN,
    blob_lease_state: str | None = None,
) -> Ownership:
    identity = blob(f"{layout}/{namespace}/hub/{group}/ownership/0", at)
    return Ownership(
        namespace, "hub", group, "0", owner, identity, layout, blob_lease_state=blob_lease_state
    )
