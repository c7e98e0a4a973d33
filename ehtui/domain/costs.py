"""What a takeover cost: events that a group gets twice, and events that it never gets.

"Read twice" is delivered again: events that somebody of the group had been sent already and that
stand behind the position at which the new owner begins. Whether a handler had come to them nobody
can see: an SDK fetches ahead (Python 300 events), and what it had fetched is delivered again, too.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import field

from ehtui.domain.evidence import Evidence
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping


class Bounds(Evidence, frozen=True):
    """A count that is known to lie between two, both included; None where nothing is known."""

    least: int | None = None
    most: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether anything is."""
        return self.least is not None

    @property
    def is_zero(self) -> bool:
        """Whether it is certainly none at all."""
        return self.most == 0

    def holds(self, count: int) -> bool:
        """Whether `count` may be it; unknown rules nothing out."""
        if self.least is None:
            return True

        return self.least <= count and (self.most is None or count <= self.most)

    def __add__(self, other: Bounds) -> Bounds:
        """Of two the sum, as far as both are known."""
        if self.least is None or other.least is None:
            return other if self.least is None else self

        most = None if self.most is None or other.most is None else self.most + other.most
        return Bounds(self.least + other.least, most)


UNKNOWN = Bounds()
NONE = Bounds(0, 0)


class CostUnknown(StrEnum):
    """Why a cost, or a part of it, is not known."""

    NOT_COUNTED_YET = "not_counted_yet"  # a look at the hub has to follow
    NO_READER_BEFORE = "no_reader_before"  # nobody is known to have read it
    NO_CHECKPOINT = "no_checkpoint"  # where the new owner begins is its own affair
    NO_POSITION = "no_position"  # there is one that does not tell every client where to begin
    OTHER_STREAM = "other_stream"  # the checkpoint is of a former hub, or beyond the stream
    TWO_RECORDS = "two_records"  # several names of one partition: more than one may read it
    HUB_NOT_READ = "hub_not_read"  # how far the stream went by then was never told


class TakeoverCost(Evidence, frozen=True):
    """What changed hands at what price, in events. `why` tells what is not known of it."""

    read_again: Bounds = UNKNOWN  # sent to somebody of the group before, and behind the new start
    skipped: Bounds = UNKNOWN  # never sent to anybody, before the new start, and still in the hub
    lost: Bounds = UNKNOWN  # never sent to anybody, and removed by retention
    why: CostUnknown | None = None

    @property
    def is_counted(self) -> bool:
        """Whether nothing more will be known of it."""
        return self.why is not CostUnknown.NOT_COUNTED_YET

    @property
    def is_known(self) -> bool:
        """Whether it tells all three."""
        return self.read_again.is_known and self.skipped.is_known and self.lost.is_known


NOT_COUNTED = TakeoverCost(why=CostUnknown.NOT_COUNTED_YET)


class CountedTakeover(Value, frozen=True):
    """The last time that a partition of a group found a new owner, and what that cost."""

    partition: str
    at: float  # server time of the claim
    owner: str | None
    previous_owner: str | None
    cost: TakeoverCost


class Deployment(Value, frozen=True):
    """Takeovers of a group that followed each other closely: a rolling restart, a crash loop.

    The sums are of what is known; whose cost is not, or not whole, is counted beside them.
    """

    since_at: float  # server time of the first claim
    until_at: float  # and of the last one so far
    takeovers: int = 0
    uncounted: int = 0  # whose cost is not known yet
    unknown: int = 0  # of which something will not be known
    read_again: Bounds = UNKNOWN
    skipped: Bounds = UNKNOWN
    lost: Bounds = UNKNOWN

    @property
    def is_partial(self) -> bool:
        """Whether the sums are less than all of it."""
        return bool(self.uncounted or self.unknown)


class Ledger(Value, frozen=True):
    """What takeovers cost a group, as far as they were seen. Bounded."""

    latest: Mapping[str, CountedTakeover] = field(default_factory=dict)  # by partition
    deployments: tuple[Deployment, ...] = ()  # oldest first


NO_LEDGER = Ledger()
