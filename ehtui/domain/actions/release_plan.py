"""What giving ownerships up for their owners will write, and how each of them ended."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from ehtui.domain.actions.base import BasePlan, Record, SignalTarget
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from ehtui.domain.evidence import TakeoverWindow
    from ehtui.domain.world.process import ProcessId
    from ehtui.domain.world.store import Layout


class HeldPartition(Value, frozen=True):
    """One ownership as it was seen, and when somebody else can have it. Server times."""

    partition: str
    owner: str
    blob: str  # its name
    etag: str  # that it must still have
    layout: Layout | None
    is_renewing: bool  # its owner renewed it in time: it may be at work
    renewed_at: float | None
    round_s: float | None  # of its owner: within which it looks again
    takeover: TakeoverWindow  # once it is released
    otherwise: TakeoverWindow | None  # if it is left alone; None: not before its owner ends
    process: ProcessId | None = None  # of its owner, on this host


class ReleasePlan(BasePlan, frozen=True):
    """Write an empty owner into ownerships of one group: anybody can claim them then."""

    group: str
    namespace: str
    hub: str
    held: tuple[HeldPartition, ...]
    takers: tuple[str, ...]  # owner ids that can take them, and pids that own nothing yet
    planned_at: float
    is_production: bool = False
    kind: str = "release"
    targets: ClassVar[tuple[SignalTarget, ...]] = ()

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
            "owners": sorted({each.owner for each in self.held}),
            "partitions": [each.partition for each in self.held],
            "blobs": [each.blob for each in self.held],
        }


class ReleaseState(StrEnum):
    """How one ownership ended."""

    RELEASED = "released"  # and read back
    CHANGED = "changed"  # refused: it was written since the plan, as by a renewal
    HELD = "held"  # refused: a host holds its blob lease
    FAILED = "failed"
    NOT_TRIED = "not_tried"  # it was not come to


class ReleaseResult(Value, frozen=True):
    """One ownership, and how that ended."""

    partition: str
    owner: str  # whose it was
    state: ReleaseState
    detail: str = ""  # the world's own words where it failed; safe to show
