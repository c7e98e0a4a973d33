"""What moving a group's checkpoints will write, blob by blob, and how each of them ended.

A checkpoint is the last event that is done: the first one delivered is the next.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from ehtui.domain.actions.base import BasePlan, Record, SignalTarget
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.domain.world.process import ProcessId
    from ehtui.domain.world.store import Layout

START_OF_STREAM = "-1"  # the offset that every client takes for the first retained event


class ToEarliest(Value, frozen=True):
    """Before the first event that is retained, whichever that is when the consumer starts."""


class ToLatest(Value, frozen=True):
    """At the last event of the moment: only what is enqueued from now on is delivered."""


class ToSequence(Value, frozen=True):
    """At an event: it counts as done."""

    sequence: int


class ToTime(Value, frozen=True):
    """Before the first event that was enqueued at this moment or later; the server's clock."""

    at: float


class ByDuration(Value, frozen=True):
    """So far back from now: as `ToTime`."""

    seconds: float


class ShiftBy(Value, frozen=True):
    """So many events on, or back where it is negative, from where each checkpoint stands."""

    events: int


class LikeGroup(Value, frozen=True):
    """Where another group of this hub stands."""

    group: str


class FileEntry(Value, frozen=True):
    """One line of a plan in a file: where a partition's checkpoint is to stand."""

    partition: str
    sequence: int
    offset: str | None = None  # None: looked up
    container: str | None = None  # with `name` and `etag`: the blob that the plan saw
    name: str | None = None
    etag: str | None = None  # "" where there was no blob


class FromFile(Value, frozen=True):
    """As a file says, which another plan may have written."""

    label: str  # its name, safe to show
    entries: tuple[FileEntry, ...]


class Undo(Value, frozen=True):
    """Back to what a backup kept."""

    backup: str  # its path


Strategy = (
    ToEarliest | ToLatest | ToSequence | ToTime | ByDuration | ShiftBy | LikeGroup | FromFile | Undo
)


class KeptBackup(Value, frozen=True):
    """A file that keeps what a move of checkpoints wrote over."""

    path: str
    at: float  # of this host's clock
    strategy: str
    written: int  # of its blobs


class Standing(Value, frozen=True):
    """Where a checkpoint stands."""

    sequence: int | None
    offset: str | None  # opaque; "-1": before the first retained event


class WriteKind(StrEnum):
    """What is done to a blob."""

    SET = "set"  # its checkpoint is written over
    CREATE = "create"  # there was none
    RESTORE = "restore"  # it gets back what a backup kept
    REMOVE = "remove"  # it did not exist before, and is deleted


class Unwritten(StrEnum):
    """Why a checkpoint is left as it is."""

    SAME = "same"  # it stands there already
    UNKNOWN_PARTITION = "unknown_partition"  # the hub has none of that name
    NOT_SAMPLED = "not_sampled"  # the hub did not tell just now where the partition begins and ends
    NO_CHECKPOINT = "no_checkpoint"  # there is none to be shifted, or to be copied
    NO_PEEK_GROUP = "no_peek_group"  # the event has to be read, and no group for that is configured
    NO_EVENT = "no_event"  # no event is there to take the offset from
    LOOKUP_FAILED = "lookup_failed"  # reading failed: see the detail
    OLD_OFFSET = "old_offset"  # an integer, which a geo-replicated hub refuses
    SUPERSEDED = "superseded"  # clients of today read another record of this partition
    NO_FORM = "no_form"  # no record tells how the clients of this group would name theirs
    HELD = "held"  # a host holds the blob's lease: nobody else can write it
    CHANGED = "changed"  # it is not the blob any more that the file or the backup speaks of
    UNWRITABLE = "unwritable"  # what is in the blob is too broken: see the detail
    NOT_IN_BACKUP = "not_in_backup"  # it was not written: nothing is to be undone


class Note(StrEnum):
    """What is worth knowing of a change that is made all the same."""

    CLAMPED_TO_BEGIN = "clamped_to_begin"  # what was asked for is not retained any more
    CLAMPED_TO_END = "clamped_to_end"  # or is not there yet
    OFFSET_AS_GIVEN = "offset_as_given"  # by a file, and not looked up
    NO_EFFECT_KNOWN = "no_effect_known"  # there was no checkpoint: where clients began is theirs
    AHEAD_BEFORE = "ahead_before"  # it stood beyond the stream's end: nobody can count from there
    UNREADABLE_BEFORE = "unreadable_before"  # what stood there could not be read


class Change(Value, frozen=True):
    """One blob: what stands in it, and what will."""

    partition: str
    kind: WriteKind
    container: str
    name: str  # of the blob; "" where nobody knows it
    layout: Layout | None
    etag: str | None  # that it had when it was looked at; None: there was no blob
    before: Standing | None  # None: there was no checkpoint
    after: Standing | None  # None: unknown, or removed
    unwritten: Unwritten | None = None
    detail: str = ""  # the world's own words about that; safe to show
    replayed: int | None = None  # events that are delivered again; None: unknown
    skipped: int | None = None  # events that are not delivered at all
    notes: tuple[Note, ...] = ()

    @property
    def is_written(self) -> bool:
        """Whether it is to be written."""
        return self.unwritten is None

    @property
    def next_sequence(self) -> int | None:
        """The first event that is delivered afterwards, as far as it is there by then."""
        known = self.after.sequence if self.after is not None else None
        return None if known is None else known + 1


def repeated_in(changes: Iterable[Change]) -> frozenset[str]:
    """Partitions of which there are several blobs: their number alone does not name one."""
    counted = Counter(change.partition for change in changes)

    return frozenset(name for name, count in counted.items() if count > 1)


class LiveOwner(Value, frozen=True):
    """Who holds partitions of the group: at its next checkpoint it overwrites what was written."""

    owner: str
    partitions: tuple[str, ...]
    process: ProcessId | None = None  # on this host
    command: str = ""  # its command line; safe to show


class CheckpointPlan(BasePlan, frozen=True):
    """Write the checkpoints of one group."""

    group: str
    namespace: str
    hub: str
    strategy: Strategy
    changes: tuple[Change, ...]  # partitions in natural order
    owners: tuple[LiveOwner, ...]  # of live leases in this group
    planned_at: float
    partitions: tuple[str, ...] = ()  # that were asked for; none: all
    owners_are_known: bool = True  # False: the store's ownerships were not read for this
    is_forced: bool = False  # it is done though somebody owns partitions
    is_production: bool = False
    recheck_s: float = 0.0  # so long afterwards live owners are watched: do they overwrite it?
    kind: str = "checkpoint"
    targets: ClassVar[tuple[SignalTarget, ...]] = ()

    @property
    def writes(self) -> tuple[Change, ...]:
        """The changes that are made."""
        return tuple(change for change in self.changes if change.is_written)

    @property
    def is_undo(self) -> bool:
        """Whether it puts back what was written before."""
        return isinstance(self.strategy, Undo)

    @property
    @override
    def typed_name(self) -> str | None:
        return self.hub if self.is_production else None

    @property
    @override
    def is_promise(self) -> bool:
        return True

    @property
    @override
    def record(self) -> Record:
        return {
            "hub": f"{self.namespace}/{self.hub}",
            "group": self.group,
            "strategy": type(self.strategy).__name__,
            "forced": self.is_forced,
            "owners": [owner.owner for owner in self.owners],
            "changes": [_noted(change) for change in self.changes],
        }


def _noted(change: Change) -> Record:
    before, after = change.before, change.after

    return {
        "partition": change.partition,
        "blob": f"{change.container}/{change.name}",
        "kind": change.kind.value,
        "old": before.sequence if before is not None else None,
        "new": after.sequence if after is not None else None,
        "unwritten": change.unwritten.value if change.unwritten is not None else None,
    }


class ChangeState(StrEnum):
    """How one blob ended."""

    WRITTEN = "written"  # and read back
    REMOVED = "removed"
    UNWRITTEN = "unwritten"  # the plan left it as it is
    CHANGED = "changed"  # refused: somebody wrote it since the plan
    HELD = "held"  # refused: a host holds its lease
    FAILED = "failed"
    NOT_TRIED = "not_tried"  # it was not come to
    OVERWRITTEN = "overwritten"  # it was written, and a live owner wrote over it


class ChangeResult(Value, frozen=True):
    """One blob, and how that ended."""

    change: Change
    state: ChangeState
    detail: str = ""  # the world's own words where it failed; safe to show
    found: Standing | None = None  # what stands there by now, where that was read
