"""What the store holds of one partition of one group beside an ownership that can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ehtui.domain.snapshot import Lease, LeaseState
from ehtui.domain.store import RecordKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ehtui.domain.snapshot import GroupPartition
    from ehtui.domain.store import Checkpoint, UnreadableBlob

HIDE_OWNER = frozenset({RecordKind.OWNERSHIP, RecordKind.LEASE})
_UNREADABLE = LeaseState.UNREADABLE  # looked up by its name each time, on Python 3.11
_HIDE_CHECKPOINT = frozenset({RecordKind.CHECKPOINT, RecordKind.LEASE})


class Stored(NamedTuple):
    """What the store holds of one partition of one group, beside an ownership that can be read."""

    checkpoint: Checkpoint | None = None
    unreadable: tuple[UnreadableBlob, ...] = ()
    is_owner_hidden: bool = False  # an ownership is there, and none that can be read

    @property
    def is_checkpoint_hidden(self) -> bool:
        """Whether a checkpoint is there, and none that can be read."""
        return self.checkpoint is None and hides(self.unreadable, _HIDE_CHECKPOINT)


def hides(unreadable: Iterable[UnreadableBlob], kinds: Collection[RecordKind]) -> bool:
    """Whether one of these records is of those kinds."""
    return any(blob.kind in kinds for blob in unreadable)


def stored_of(shown: GroupPartition) -> Stored:
    """The same as it was when `shown` was judged."""
    return Stored(shown.checkpoint, shown.unreadable, shown.lease.state is _UNREADABLE)


def hidden_lease(stored: Stored) -> Lease | None:
    """A lease that nobody can tell whose it is."""
    if not stored.is_owner_hidden:
        return None

    blob = next(b for b in stored.unreadable if b.kind in HIDE_OWNER)
    return Lease(LeaseState.UNREADABLE, last_modified=blob.written_at, blob=blob.name)
