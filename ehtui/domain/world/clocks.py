"""Three clocks and one time: what store, hub and host stamp, brought onto a timeline of our own.

A reading is timed by a clock of this session that only goes forward (local time). Server time is
that clock, shifted by what the store's `Date` was ahead of it: a Date that jumps later moves no
lease, and what was written by a clock that jumped is put back to when it can have been written.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, compress, count, repeat
from math import inf
from operator import is_not
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from ehtui.domain.values import Value
from ehtui.domain.world.store import Checkpoint, Ownership

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ehtui.domain.world.hub import PartitionSample
    from ehtui.domain.world.store import StoreListing

DATE_RESOLUTION_S = 1.0  # Date and Last-Modified are cut to whole seconds
JUMP_S = 5.0  # by less, clocks of several servers differ and are slewed: followed, not told
ODD_START_S = 60.0  # a first Date that far from this host's clock asks for a witness
RAN_BACK_S = 12.0  # an update is no older than its read took: no local read takes longer

Record = Ownership | Checkpoint
_Record = TypeVar("_Record", Ownership, Checkpoint)
_Key = tuple[str, str, str]  # container, blob, ETag
Restamped = Mapping[_Key, Record]  # as they are judged


class Clocks(Value, frozen=True):
    """How the clocks stand to local time, in seconds."""

    offset_s: float | None = None  # server minus local; None before the first listing
    agreed: int = 0  # Dates in a row or before that fitted it
    date_ahead_s: float = 0.0  # the newest Date beyond server time, where it jumped
    jumped_at: float | None = None  # server time of the last Date that had
    jumped_by_s: float = 0.0  # how far that one was ahead
    date: float = 0.0  # the newest
    listed_at: float = -inf  # server time at which the newest listing was asked for
    read_at: float = 0.0  # local time of its arrival
    host_ahead_s: float = 0.0  # this host's clock minus local time: since it was set
    host_ahead_before_s: float = 0.0  # by the listing before
    follows: bool = False  # records are stamped by the clock that jumped
    hub_low_s: float = -inf  # the hub's clock minus local time lies between these two
    hub_high_s: float = inf

    def server(self, local_at: float) -> float:
        """A local moment in server time."""
        return local_at + (self.offset_s or 0.0)

    @property
    def skew_s(self) -> float | None:
        """Server time minus this host's own clock."""
        return None if self.offset_s is None else self.offset_s - self.host_ahead_s

    @property
    def hub_ahead_s(self) -> float:
        """The hub's clock minus server time, where they certainly differ; else 0.

        Where events flow the newest one came just before it was read: the low end is the near one.
        """
        offset_s = self.offset_s or 0.0
        is_apart = self.hub_low_s - offset_s > JUMP_S or self.hub_high_s - offset_s < -JUMP_S
        return self.hub_low_s - offset_s if is_apart else 0.0

    def ran_back(self, by_s: float) -> Clocks:
        """After local time itself went back: server time goes on as it was."""
        return self if self.offset_s is None else replace(self, offset_s=self.offset_s + by_s)


UNREAD_CLOCKS = Clocks()


def dated(clocks: Clocks, listing: StoreListing) -> tuple[Clocks, bool]:
    """The clocks after another Date; whether all that was judged by them is to begin anew.

    It was stamped between asking and receipt, and cut to a whole second.
    """
    asked_at = listing.read_at if listing.asked_at is None else listing.asked_at
    told, is_anew = _told(clocks, listing, asked_at)
    listed = replace(
        told,
        date=listing.server_time,
        listed_at=told.server(asked_at),
        read_at=listing.read_at,
        host_ahead_before_s=told.host_ahead_s,
    )
    return listed, is_anew


def _told(clocks: Clocks, listing: StoreListing, asked_at: float) -> tuple[Clocks, bool]:
    low = listing.server_time - listing.read_at
    high = listing.server_time + DATE_RESOLUTION_S - asked_at

    if clocks.offset_s is None:
        return _begun(clocks, listing, (low + high) / 2), False

    fitting = min(max(clocks.offset_s, low), high)
    off_s = fitting - clocks.offset_s

    if abs(off_s) <= JUMP_S or _time_was_lost(clocks, listing, off_s):
        agreed = clocks.agreed + 1
        return replace(clocks, offset_s=fitting, agreed=agreed, date_ahead_s=0.0), False

    if _began_wrong(clocks, off_s):
        return replace(clocks, offset_s=fitting, agreed=2, date_ahead_s=0.0, follows=False), True

    return _jumped(clocks, off_s, clocks.server(listing.read_at)), False


def _jumped(clocks: Clocks, ahead_s: float, at: float) -> Clocks:
    return replace(clocks, date_ahead_s=ahead_s, jumped_by_s=ahead_s, jumped_at=at)


def _began_wrong(clocks: Clocks, off_s: float) -> bool:
    """Whether it was the first Date that was odd, or the witness who was believed against it."""
    if not clocks.agreed:
        return clocks.follows

    # Two that disagree with the first one, but not with each other, are right.
    return clocks.agreed == 1 and abs(clocks.date_ahead_s - off_s) <= JUMP_S


def _begun(clocks: Clocks, listing: StoreListing, offset_s: float) -> Clocks:
    """By the first Date; where it is far from this host's clock, the newest record decides."""
    host_at = listing.read_at + clocks.host_ahead_s
    records: tuple[Record, ...] = (*listing.ownerships, *listing.checkpoints)
    newest = max((r.blob.last_modified for r in records), default=-inf)
    is_odd = abs(listing.server_time - host_at) > ODD_START_S

    if is_odd and host_at - ODD_START_S < newest <= host_at + JUMP_S:
        host_s = clocks.host_ahead_s
        ahead_s = offset_s - host_s
        begun = replace(clocks, offset_s=host_s)
        return _jumped(begun, ahead_s, host_at)

    return replace(clocks, offset_s=offset_s, agreed=1)


def _time_was_lost(clocks: Clocks, listing: StoreListing, off_s: float) -> bool:
    """Whether it is local time that is wrong: two others agree on how much has passed."""
    host_moved_s = clocks.host_ahead_s - clocks.host_ahead_before_s

    # A host that slept without counting: its own clock was put right, and agrees with the store.
    if off_s > 0 and abs(host_moved_s - off_s) <= JUMP_S:
        return True

    # Local time that was read off a clock which was set: the store's went on as always.
    passed_s = listing.server_time - clocks.date
    return off_s < 0 and 0.0 < passed_s < listing.read_at - clocks.read_at - JUMP_S


def on_one_timeline(
    listing: StoreListing,
    before: StoreListing | None,
    clocks: Clocks,
    was: Clocks,
    known: Restamped,
) -> tuple[StoreListing, Clocks, Restamped]:
    """`listing` in server time, the same object where its stamps fit; and what was restamped.

    `was` are the clocks as they were before it.
    """
    span = _Span(clocks, was)
    ownerships, owns = _restamped(
        listing.ownerships, before.ownerships if before else (), span, known
    )
    checkpoints, reads = _restamped(
        listing.checkpoints, before.checkpoints if before else (), span, known
    )
    is_off = clocks.date_ahead_s != 0.0
    clocks = replace(clocks, follows=is_off and (clocks.follows or span.follows))

    if not (is_off or owns or reads):
        return listing, clocks, {}

    at = clocks.server(listing.read_at) if is_off else listing.server_time
    settled = replace(listing, ownerships=ownerships, checkpoints=checkpoints, server_time=at)
    return settled, clocks, {**owns, **reads}


class _Span:
    """When what changed between two listings can have been written."""

    def __init__(self, clocks: Clocks, was: Clocks) -> None:
        self.after = was.listed_at - JUMP_S
        self.until = clocks.server(clocks.read_at) + JUMP_S
        self.follows = was.follows
        self._jumps = tuple({j for j in (clocks.date_ahead_s, was.date_ahead_s) if j})

    def placed(self, stamp: float, *, was_seen: bool) -> float:
        """The stamp in server time; one that cannot be is put to where it can."""
        after = self.after if was_seen else -inf
        if after <= stamp <= self.until and (was_seen or not self.follows):
            return stamp

        # Of a blob that is new here, only a clock that is known to stamp records tells.
        after = self.after if was_seen or self.follows else -inf

        for jump_s in self._jumps:
            if after <= stamp - jump_s <= self.until:
                self.follows = True
                return stamp - jump_s

        return min(max(stamp, after), self.until) if was_seen else min(stamp, self.until)


def _restamped(
    records: tuple[_Record, ...], before: tuple[_Record, ...], span: _Span, known: Restamped
) -> tuple[tuple[_Record, ...], dict[_Key, _Record]]:
    seen = _seen(before)
    found: dict[_Key, _Record] = {}
    settled: list[_Record] | None = None

    for index in compress(count(), map(is_not, chain(before, repeat(None)), records)):
        record = records[index]
        blob, key = record.blob, _key(record)
        kept = known.get(key)
        was = seen(index, record)
        stamp = blob.last_modified

        if kept is None:
            if was is not None and was.blob.etag == blob.etag:
                continue

            at = span.placed(stamp, was_seen=was is not None)
            if at == stamp:
                continue

            blob = replace(blob, last_modified=at)
            kept = replace(record, blob=blob)
        elif kept != record:  # a blob lease that ended, under the same ETag
            stamp = kept.blob.last_modified
            again = replace(record, blob=replace(blob, last_modified=stamp))
            kept = kept if again == kept else again

        found[key] = kept
        settled = settled if settled is not None else list(records)
        settled[index] = kept

    return (records if settled is None else tuple(settled)), found


def _seen(before: tuple[_Record, ...]) -> Callable[[int, _Record], _Record | None]:
    """Finds the record of the same blob in the listing before, mostly in the same place."""
    by_name: dict[tuple[str, str], _Record] = {}

    def find(index: int, record: _Record) -> _Record | None:
        name = (record.blob.container, record.blob.name)

        if index < len(before):
            was = before[index]
            if (was.blob.container, was.blob.name) == name:
                return was

        if not by_name and before:
            by_name.update(((r.blob.container, r.blob.name), r) for r in before)

        return by_name.get(name)

    return find


def _key(record: Record) -> _Key:
    return (record.blob.container, record.blob.name, record.blob.etag)


def heard_from_hub(
    clocks: Clocks, read: Iterable[tuple[PartitionSample | None, PartitionSample]]
) -> Clocks:
    """The clocks after samples, each with the one before it.

    The last event was stamped before it was read; and after the asking for the sample before, where
    that did not show it.
    """
    low, high = -inf, inf

    for old, new in read:
        stamped_at = new.last_enqueued_at
        if stamped_at is None or (old and new.last_sequence <= old.last_sequence):
            continue

        low = max(low, stamped_at - new.sampled_at)

        if old is not None:
            high = min(high, stamped_at - old.first_at)

    if low == -inf:
        return clocks

    if low > high:  # its nodes differ by that much among themselves
        low = high = (low + high) / 2

    both = max(low, clocks.hub_low_s), min(high, clocks.hub_high_s)
    if both[0] > both[1]:  # it was slewed, or it jumped
        both = low, high

    return replace(clocks, hub_low_s=both[0], hub_high_s=both[1])
