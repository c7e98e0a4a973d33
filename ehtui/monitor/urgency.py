"""When waiting costs truth: what makes the monitor look more often, or judge again unasked."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

from ehtui.domain.snapshot import LeaseState, SourceStatus

if TYPE_CHECKING:
    from ehtui.domain.snapshot import GroupPartition, GroupState, Lease, Snapshot

URGENT_S = 1.0  # between reads while a forecast is open
FORECAST_GRACE_S = 30.0  # a forecast that nobody met is watched closely for so long


class Attention(NamedTuple):
    """How closely a monitor looks."""

    seldom_s: float | None = None  # at least so long between reads, whatever is urgent
    reads_host: bool = True  # its processes and logs, too


FULL = Attention()


class _Span(NamedTuple):
    """Moments of the server's clock, of one partition or of many."""

    open_until: float  # somebody may take over until then, so that a second matters
    late_from: float  # a renewal is late, or a lease lapses


class Urgency:
    """Asks a picture's leases; groups that did not change since are not gone through again."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[GroupState, _Span]] = {}

    def is_forecast_open(self, snapshot: Snapshot, now: float) -> bool:
        """Whether a partition waits for a new owner, so that a second matters; `now` is local."""
        server_now = now + (snapshot.clock_offset_s or 0.0)
        return server_now < max(self._span(snapshot).open_until, _laps_open_until(snapshot))

    def store_every_s(self, snapshot: Snapshot, now: float) -> float | None:
        """How often the store is to be read, more often than usual; None: as usual."""
        if self.is_forecast_open(snapshot, now) or _is_followed(snapshot, now):
            return URGENT_S

        closer = snapshot.closer_looks
        server_now = now + (snapshot.clock_offset_s or 0.0)
        return closer.every_s if closer is not None and server_now < closer.until_at else None

    def changes_with_time(self, snapshot: Snapshot, now: float) -> bool:
        """Whether judging the same facts again at `now` (local) could say something new."""
        span = self._span(snapshot)
        server_now = now + (snapshot.clock_offset_s or 0.0)

        return server_now < span.open_until or server_now >= span.late_from

    def _span(self, snapshot: Snapshot) -> _Span:
        known = self._known
        self._known = {
            group.name: before
            if (before := known.get(group.name)) is not None and before[0] is group
            else (group, _joined([_span_of(partition) for partition in group.partitions]))
            for group in snapshot.groups
        }

        return _joined([span for _, span in self._known.values()])


FOLLOWED_S = 120.0  # closely; afterwards at the usual pace


def _is_followed(snapshot: Snapshot, now: float) -> bool:
    """Whether a send of a moment ago waits for its group's checkpoint."""
    server_now = now + (snapshot.clock_offset_s or 0.0)

    return any(
        sent.ended_at is not None
        and not sent.is_settled
        and server_now - sent.ended_at < FOLLOWED_S
        for sent in snapshot.sends
    )


def _laps_open_until(snapshot: Snapshot) -> float:
    """Until when somebody may take what this session's signals set free."""
    ends = [
        measured.owned.takeover.latest_at or measured.started_at
        for measured in snapshot.takeovers
        if measured.owned_at is None
    ]
    return max(ends, default=-inf) + FORECAST_GRACE_S


def _joined(spans: list[_Span]) -> _Span:
    return _Span(
        max((span.open_until for span in spans), default=-inf),
        min((span.late_from for span in spans), default=inf),
    )


def _span_of(partition: GroupPartition) -> _Span:
    lease = partition.lease

    if lease.state is LeaseState.OVERDUE:
        return _Span(inf, inf)

    if lease.state is LeaseState.HELD:
        return _Span(-inf, _late_from(lease))

    window = partition.takeover
    end = None

    if window is not None:
        end = window.latest_at if window.latest_at is not None else window.earliest_at

    return _Span(-inf if end is None else end + FORECAST_GRACE_S, inf)


def _late_from(lease: Lease) -> float:
    if lease.renewed_at is not None and lease.renewed_every_s is not None:
        return lease.renewed_at + lease.renewed_every_s

    return inf if lease.expires_at is None else lease.expires_at


def silent_sources(snapshot: Snapshot) -> set[str]:
    """Sources that have told nothing yet: what they tell is waited for."""
    return {s.name for s in snapshot.sources if s.status is SourceStatus.STARTING}
