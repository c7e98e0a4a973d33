from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from typing_extensions import override

from ehtui.domain.actions.base import OwnedPartition
from ehtui.domain.actions.following import FollowedSend, SentEvents, Verdict
from ehtui.domain.actions.outcomes import MeasuredTakeover
from ehtui.domain.evidence import TakeoverWindow
from ehtui.domain.leases.renewals import CloserLooks
from ehtui.domain.snapshot import GroupPartition, GroupState, Lease, LeaseState, Snapshot
from ehtui.monitor.urgency import FOLLOWED_S, FORECAST_GRACE_S, URGENT_S, Urgency

NOW = 1000.0
HELD = Lease(LeaseState.HELD, "a", renewed_at=990.0, expires_at=1100.0, renewed_every_s=30.0)
OVERDUE = Lease(LeaseState.OVERDUE, "a", renewed_at=900.0, expires_at=1080.0)
EXPIRED = Lease(LeaseState.EXPIRED, "a", renewed_at=800.0, expires_at=980.0)
NEVER = Lease(LeaseState.NEVER_OWNED)


def window(earliest_at: float | None, latest_at: float | None) -> TakeoverWindow:
    return TakeoverWindow(earliest_at, latest_at, "python-180/30")


def snapshot(lease: Lease, takeover: TakeoverWindow | None = None, offset: float = 0.0) -> Snapshot:
    partition = GroupPartition("0", lease, takeover=takeover)
    return Snapshot(clock_offset_s=offset, groups=(GroupState("g", (partition,)),))


class Counted(tuple[GroupPartition, ...]):
    """Partitions that know how often they were gone through."""

    walks = 0

    @override
    def __iter__(self) -> Iterator[GroupPartition]:
        self.walks += 1
        return super().__iter__()


@pytest.mark.parametrize(
    ("lease", "takeover", "is_open"),
    [
        (HELD, None, False),
        (OVERDUE, None, True),
        (EXPIRED, None, False),
        (EXPIRED, window(980, 1010), True),
        (EXPIRED, window(900, 960), False),  # nobody came: no longer worth a poll a second
        (EXPIRED, window(900, NOW - FORECAST_GRACE_S + 1), True),
        (EXPIRED, window(990, None), True),
        (EXPIRED, window(None, None), False),  # nobody can come
        (NEVER, None, False),
        (HELD, window(980, 1010), False),
    ],
)
def test_a_forecast_is_open_while_somebody_may_come(
    lease: Lease, takeover: TakeoverWindow | None, is_open: bool
) -> None:
    assert Urgency().is_forecast_open(snapshot(lease, takeover), NOW) is is_open


@pytest.mark.parametrize(
    ("lease", "changes"),
    [
        (HELD, False),  # renewed 10 s ago, every 30 s
        (Lease(LeaseState.HELD, "a", 960.0, 1140.0, 30.0), True),  # a renewal is late
        (Lease(LeaseState.HELD, "a", 960.0, 1140.0), False),  # period unknown, far from its end
        (Lease(LeaseState.HELD, "a", 960.0, 1000.0), True),
        (OVERDUE, True),
        (EXPIRED, False),
        (NEVER, False),
    ],
)
def test_time_alone_changes_late_and_lapsing_leases_only(lease: Lease, changes: bool) -> None:
    assert Urgency().changes_with_time(snapshot(lease), NOW) is changes


def test_leases_live_by_the_clock_of_the_server() -> None:
    lease = Lease(LeaseState.HELD, "a", renewed_at=990.0, expires_at=1170.0, renewed_every_s=30.0)

    assert not Urgency().changes_with_time(snapshot(lease), NOW)
    assert Urgency().changes_with_time(snapshot(lease, offset=25.0), NOW)


def test_nothing_known_is_nothing_open() -> None:
    assert not Urgency().is_forecast_open(Snapshot(), NOW)
    assert not Urgency().changes_with_time(Snapshot(), NOW)


def test_only_groups_that_changed_are_gone_through_again() -> None:
    tempo = Urgency()
    still, moving = Counted([GroupPartition("0", HELD)]), Counted([GroupPartition("0", HELD)])
    groups = GroupState("still", still), GroupState("moving", moving)

    for _ in range(3):
        assert not tempo.is_forecast_open(Snapshot(groups=groups), NOW)
        assert not tempo.changes_with_time(Snapshot(groups=groups), NOW)

    assert (still.walks, moving.walks) == (1, 1)
    moved = replace(groups[1], partitions=(GroupPartition("0", OVERDUE),))
    assert tempo.is_forecast_open(Snapshot(groups=(groups[0], moved)), NOW)
    assert not tempo.is_forecast_open(Snapshot(groups=groups[:1]), NOW)
    assert (still.walks, moving.walks) == (1, 1)


@pytest.mark.parametrize(
    ("closer", "every_s"),
    [
        (None, None),
        (CloserLooks(0.5, 2, NOW + 10), 0.5),
        (CloserLooks(0.5, 2, NOW - 1), None),  # for a while only
    ],
)
def test_the_store_is_looked_at_more_closely_while_new_owners_are_timed(
    closer: CloserLooks | None, every_s: float | None
) -> None:
    picture = replace(snapshot(HELD, None), closer_looks=closer)

    assert Urgency().store_every_s(picture, NOW) == every_s
    assert not Urgency().is_forecast_open(picture, NOW)


def test_an_open_forecast_is_looked_at_each_second() -> None:
    picture = replace(snapshot(OVERDUE, None), closer_looks=CloserLooks(0.25, 1, NOW + 10))

    assert Urgency().store_every_s(picture, NOW) == URGENT_S


@pytest.mark.parametrize(
    ("owned_at", "latest_at", "is_open"),
    [
        (None, NOW + 5, True),
        (None, NOW - FORECAST_GRACE_S - 1, False),  # nobody came
        (NOW - 1, NOW + 5, False),
        (None, None, True),  # without an end: for a while after the signal
    ],
)
def test_what_a_signal_set_free_is_watched_closely(
    owned_at: float | None, latest_at: float | None, *, is_open: bool
) -> None:
    owned = OwnedPartition("g", "0", TakeoverWindow(NOW, latest_at, "observed"))
    picture = replace(
        snapshot(HELD, None),
        takeovers=(MeasuredTakeover(owned, "a", NOW, None, owned_at=owned_at),),
    )

    assert Urgency().is_forecast_open(picture, NOW) is is_open


def test_what_was_sent_is_watched_closely_until_there_is_a_verdict() -> None:
    place = FollowedSend("g", "0", 1, 7, 7, is_bracket=False, sent_at=NOW)
    sent = SentEvents("t", "x", 1, NOW, 1, NOW, "g", (place,))
    settled = replace(sent, places=(replace(place, verdict=Verdict.PASSED),))

    def every_s(*sends: SentEvents, after_s: float = 1.0) -> float | None:
        picture = replace(snapshot(HELD), sends=sends)
        return Urgency().store_every_s(picture, NOW + after_s)

    assert every_s() is None
    assert every_s(sent) == URGENT_S
    assert every_s(sent, after_s=FOLLOWED_S + 1) is None
    assert every_s(settled) is None
    assert every_s(replace(sent, ended_at=None)) is None
