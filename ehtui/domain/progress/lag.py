"""How far a group has got: a lag of two looks, in events and in time, and how fast it changes.

Hub and store are read at two moments, and a lag is told for one: at a thousand events a second,
half a second apart would be shown as a lag of 500 (facts.md §1.10, peers.md B3).
"""

from __future__ import annotations

from bisect import bisect_right
from math import floor, inf
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.progress import Rule
from ehtui.domain.snapshot import Counted, PartitionState, Series
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.domain.progress.behind import Arrivals, Unread
    from ehtui.domain.snapshot import GroupPartition
    from ehtui.domain.world.hub import PartitionSample
    from ehtui.domain.world.joined_listing import Stored
    from ehtui.domain.world.store import Checkpoint


UNNOTICED_S = 600.0  # so long a consumer may go on counting a stream that is gone
CLOCKS_S = 2.0  # so far the clocks of Event Hubs and of Storage may be apart


class Lag(Value, frozen=True):
    """Lag in events; None is unknown."""

    lag: int | None = None
    is_bound: bool = False  # never checkpointed: at most so many
    lost: int | None = None
    ahead: int | None = None
    why: str = ""  # a `Rule`: why it is unknown although there is a checkpoint
    counted: Counted | None = None  # None while the lag is unknown


UNKNOWN = Lag()


def lag_of(
    sample: PartitionSample | None,
    checkpoint: Checkpoint | None,
    *,
    last: int | None = None,
    is_later: bool = True,
    hub_created_at: float | None = None,
) -> Lag:
    """Give last − max(checkpoint, begin − 1), never negative; what retention removed stands apart.

    `last` is the last event by the time that the checkpoint was read, where the sample is newer;
    `is_later` says that it was asked for after that. Without a checkpoint the retained events are
    an upper bound: most clients start at the latest. A checkpoint that is older than the hub counts
    the events of another stream.
    """
    if checkpoint is not None and _predates_hub(checkpoint, sample, hub_created_at, is_later):
        beyond = (checkpoint.sequence or 0) - sample.last_sequence if sample is not None else 0
        return Lag(ahead=beyond if beyond > 0 else None, why=Rule.PREDATES_HUB)

    if sample is None:
        return UNKNOWN

    newest, begin = sample.last_sequence, sample.begin_sequence
    last = newest if last is None or sample.is_empty else min(last, newest)
    first_kept = last + 1 if sample.is_empty else min(begin, last + 1)

    if checkpoint is None:
        counted = Counted(last, None)
        retained = 0 if sample.is_empty else max(0, last - begin + 1)
        return Lag(retained, not sample.is_empty, 0 if sample.is_empty else None, counted=counted)

    sequence = checkpoint.sequence
    if sequence is None:  # an offset alone: offsets are opaque
        return Lag(0) if sample.is_empty else Lag(why=Rule.NO_SEQUENCE)

    if sequence > last:
        # The consumer may simply be faster than the last look at the hub: there is what it read.
        is_proven = is_later and sequence > newest
        ahead, reached = (sequence - newest, newest) if is_proven else (None, sequence)
        return Lag(0, lost=0, ahead=ahead, counted=Counted(reached, sequence))

    lost = max(0, first_kept - 1 - sequence)
    return Lag(last - sequence - lost, lost=lost, counted=Counted(last, sequence))


def _predates_hub(
    checkpoint: Checkpoint,
    sample: PartitionSample | None,
    hub_created_at: float | None,
    is_later: bool,  # noqa: FBT001 - as `lag_of` has it
) -> bool:
    """Whether a checkpoint was written before its hub was created: it is of a former one.

    One that also lies beyond the last event needs no tolerance: two things say so. A consumer that
    did not notice may even write its old number down once more, soon after the hub is new.
    """
    if hub_created_at is None:
        return False

    sequence, older_s = checkpoint.sequence, hub_created_at - checkpoint.blob.last_modified
    if sample is None or sequence is None or sequence <= sample.last_sequence:
        return older_s > CLOCKS_S

    return older_s > (-UNNOTICED_S if is_later else 0.0)


class PartitionHistory(Value, frozen=True):
    """One partition of the hub over time."""

    state: PartitionState
    arrivals: Arrivals = ()  # for lag in time
    begins: Series = ()  # begin_sequence over local time
    begin_per_s: float | None = None
    unread: tuple[Unread, ...] = ()  # events that were read, the newest look last


LENGTH = 60
WINDOW_S = 60.0
SHORTEST_S = 0.9  # below it a rate says more about the clock than about the world


def extended(series: Series, seen_at: float, at: float, value: float) -> Series:
    """`series` with `value` at `at`; `seen_at` is when its last value was last seen to hold.

    A value that did not change leaves the series as it is, the same object.
    """
    if not series:
        return ((at, value),)

    last_at, last = series[-1]
    if value == last or at <= last_at:
        return series

    corner = ((seen_at, last),) if last_at < seen_at < at else ()
    return (*series[-(LENGTH - 2) :], *corner, (at, value))


def value_at(series: Series, at: float) -> float:
    """The value at a moment within or after a series that is not empty."""
    index = bisect_right(series, (at, inf))
    if index == len(series):
        return series[-1][1]

    if index == 0:
        return series[0][1]

    (from_at, before), (to_at, after) = series[index - 1], series[index]
    return before + (after - before) * (at - from_at) / (to_at - from_at)


def rate(series: Series, at: float, window_s: float = WINDOW_S) -> float | None:
    """Mean growth per second over the last `window_s`; None before there is a length to divide by.

    A series that shrank (a hub created anew) has no rate.
    """
    if not series:
        return None

    start = max(at - window_s, series[0][0])
    if at - start < SHORTEST_S:
        return None

    grown = series[-1][1] - value_at(series, start)
    return grown / (at - start) if grown >= 0 else None


class HubInput(Value, frozen=True):
    """Events a second, of the partitions whose rate is known."""

    partitions: int = 0
    per_s: float = 0.0
    most_per_s: float = 0.0  # of one partition

    def of_others(self, own_per_s: float) -> float:
        """The mean of all partitions but one."""
        return (self.per_s - own_per_s) / (self.partitions - 1)


NO_INPUT = HubInput()


def hub_input_of(histories: Iterable[PartitionHistory]) -> HubInput:
    """Sum up what the hub said."""
    rates = [rate for history in histories if (rate := history.state.in_per_s) is not None]
    return HubInput(len(rates), sum(rates), max(rates, default=0.0))


class Listed(Value, frozen=True):
    """When the store was read that checkpoints are known from, local time."""

    moment: float = -inf  # at which they stood as they were told
    read_at: float = -inf  # by then they had been written


class Looks(Value, frozen=True):
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
        return Lag(why=Rule.UNREADABLE)

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
        return replace(
            known,
            lag=old.lag,
            is_bound=old.lag_is_bound,
            lost=old.lost,
            ahead=old.ahead,
            counted=old.counted,
        )

    were_both = looks.checkpoint is not None and old.checkpoint is not None
    is_like = were_both and not old.lag_is_bound

    is_kept = looks.is_hub_older and is_like and old.lag > known.lag

    return replace(known, lag=old.lag, lost=old.lost, counted=old.counted) if is_kept else known


def _created_at(old: GroupPartition, looks: Looks) -> float | None:
    """When the hub was created; a record once found to be older stays so until it is written."""
    is_found = old.lag_reason == Rule.PREDATES_HUB and old.checkpoint is not None

    return inf if is_found and _is_same(old, looks.checkpoint) else looks.hub_created_at


def _is_same(old: GroupPartition, checkpoint: Checkpoint | None) -> bool:
    before = old.checkpoint
    return (
        before is not None and checkpoint is not None and before.blob.etag == checkpoint.blob.etag
    )
