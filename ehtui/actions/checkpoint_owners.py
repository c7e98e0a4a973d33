"""Who owns partitions of a group by the store's own records, whatever a picture says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.actions.checkpoint_slots import GroupRecords
from ehtui.domain.actions.checkpoints import MAY_WRITE, owners_of
from ehtui.domain.leases.lease import lease_of
from ehtui.domain.leases.timing import timing_of
from ehtui.domain.world.store import RecordKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.domain.actions.checkpoint_plan import LiveOwner
    from ehtui.domain.snapshot import Snapshot
    from ehtui.domain.world.store import StoreListing


def owners_in(listing: StoreListing, snapshot: Snapshot, group: str) -> tuple[LiveOwner, ...]:
    """Owners whose leases have not expired in a listing, and those that nobody can read.

    How long leases hold is the picture's to say: as measured, as configured or, else, as assumed.
    """
    return tuple(owners_of(dict.fromkeys(_held(listing, snapshot, group)), snapshot))


def _held(listing: StoreListing, snapshot: Snapshot, group: str) -> Iterator[tuple[str, str]]:
    records, known = GroupRecords(listing, snapshot, group), snapshot.group(group)
    timings = known.timings if known is not None else {}
    policy = snapshot.policy.lease_of(group)

    for record in records.ownerships:
        timing = timing_of(record.holder, timings, policy)
        lease = lease_of(record, timing, listing.server_time, None, None)

        if lease.state in MAY_WRITE:
            yield lease.owner or "", record.partition

    for broken in records.unreadable:
        if broken.kind is RecordKind.OWNERSHIP:
            yield "", broken.partition or "?"
