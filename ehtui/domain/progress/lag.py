"""How many events a group has not read, and what can't be read any more (facts.md §1.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ehtui.domain.progress.rules import NO_SEQUENCE, PREDATES_HUB

if TYPE_CHECKING:
    from ehtui.domain.world.hub import PartitionSample
    from ehtui.domain.world.store import Checkpoint

UNNOTICED_S = 600.0  # so long a consumer may go on counting a stream that is gone
CLOCKS_S = 2.0  # so far the clocks of Event Hubs and of Storage may be apart


class Counted(NamedTuple):
    """The two numbers that a lag is the difference of: both as they stood at one moment."""

    last_sequence: int
    checkpoint_sequence: int | None  # None: there was none, what is retained was counted


class Lag(NamedTuple):
    """Lag in events; None is unknown."""

    lag: int | None = None
    is_bound: bool = False  # never checkpointed: at most so many
    lost: int | None = None
    ahead: int | None = None
    why: str = ""  # code of `rules`: why it is unknown although there is a checkpoint
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
        return Lag(ahead=beyond if beyond > 0 else None, why=PREDATES_HUB)

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
        return Lag(0) if sample.is_empty else Lag(why=NO_SEQUENCE)

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
