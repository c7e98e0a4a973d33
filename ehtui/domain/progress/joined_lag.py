"""One lag of two looks: hub and store are read at two moments, and a lag is told for one.

Events arrive between the two; at a thousand a second, half a second apart would be shown as a lag
of 500.
"""

from __future__ import annotations

from math import floor, inf
from typing import TYPE_CHECKING, NamedTuple

from ehtui.domain.progress.lag import Lag, lag_of
from ehtui.domain.progress.partition_history import value_at
from ehtui.domain.progress.rules import PREDATES_HUB, UNREADABLE

if TYPE_CHECKING:
    from ehtui.domain.ownership.joined_listing import Stored
    from ehtui.domain.snapshot import GroupPartition, PartitionState
    from ehtui.domain.world.hub import PartitionSample
    from ehtui.domain.world.store import Checkpoint


class Listed(NamedTuple):
    """When the store was read that checkpoints are known from, local time."""

    moment: float = -inf  # at which they stood as they were told
    read_at: float = -inf  # by then they had been written


class Looks(NamedTuple):
    """What the two say of one partition of a group."""

    state: PartitionState
    stored: Stored
    listed: Listed
    hub_created_at: float | None  # server time

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The one that counts."""
        return self.stored.checkpoint

    @property
    def moment(self) -> float:
        """The older of the two, local time: what both know."""
        sample = self.state.sample
        return self.listed.moment if sample is None else min(sample.moment, self.listed.moment)

    @property
    def is_hub_older(self) -> bool:
        """Whether the checkpoint was read after the hub."""
        sample = self.state.sample
        return sample is not None and sample.moment < self.listed.moment

    def is_open(self, lag: Lag) -> bool:
        """Whether another look at the hub has to tell if the checkpoint is beyond the stream."""
        return is_undecided(self.state.sample, self.checkpoint, lag.ahead, lag.why)


def is_undecided(
    sample: PartitionSample | None, checkpoint: Checkpoint | None, ahead: int | None, why: str
) -> bool:
    """Whether a checkpoint lies beyond the last event, and no look tells yet whether it is true.

    A consumer may simply be faster than one look at the hub.
    """
    sequence = checkpoint.sequence if checkpoint is not None else None
    is_beyond = sample is not None and sequence is not None and sequence > sample.last_sequence
    return is_beyond and ahead is None and not why


def known_lag(old: GroupPartition, looks: Looks) -> Lag:
    """What is known to wait: the events by the older of the two looks, less what has been read.

    A newer sample is taken back to when the store was read: what arrived since may have been read.
    """
    if looks.stored.is_checkpoint_hidden:
        return Lag(why=UNREADABLE)

    state, listed = looks.state, looks.listed
    sample, last = state.sample, None

    if sample is not None and sample.moment > listed.moment and state.last_series:
        last = floor(value_at(state.last_series, listed.moment) + 0.5)

    # What was found beyond the stream stays so until one of the two moves.
    is_later = sample is not None and (
        sample.first_at >= listed.read_at or (bool(old.ahead) and _is_same(old, looks.checkpoint))
    )
    return lag_of(
        sample,
        looks.checkpoint,
        last=last,
        is_later=is_later,
        hub_created_at=_created_at(old, looks),
    )


def shown_lag(old: GroupPartition, looks: Looks, known: Lag, *, is_hub_fresh: bool) -> Lag:
    """The lag to show; where the store was read after the hub, that of the moment before.

    What is known would be less than there is, by what has arrived since the hub was read.
    """
    if old.lag is None or known.lag is None or known.why:
        return known

    # Of a hub that does not answer nothing is newer; what a record says of itself holds.
    if not is_hub_fresh:
        return known._replace(
            lag=old.lag,
            is_bound=old.lag_is_bound,
            lost=old.lost,
            ahead=old.ahead,
            counted=old.counted,
        )

    were_both = looks.checkpoint is not None and old.checkpoint is not None
    is_like = were_both and not old.lag_is_bound

    is_kept = looks.is_hub_older and is_like and old.lag > known.lag

    return known._replace(lag=old.lag, lost=old.lost, counted=old.counted) if is_kept else known


def _created_at(old: GroupPartition, looks: Looks) -> float | None:
    """When the hub was created; a record once found to be older stays so until it is written."""
    is_found = old.lag_reason == PREDATES_HUB and old.checkpoint is not None

    return inf if is_found and _is_same(old, looks.checkpoint) else looks.hub_created_at


def _is_same(old: GroupPartition, checkpoint: Checkpoint | None) -> bool:
    before = old.checkpoint
    return (
        before is not None and checkpoint is not None and before.blob.etag == checkpoint.blob.etag
    )
