from __future__ import annotations

import pytest
from msgspec.structs import replace

from ehtui.domain.actions.base import OwnedPartition
from ehtui.domain.actions.outcomes import MeasuredTakeover
from ehtui.domain.evidence import Doubt, TakeoverWindow
from ehtui.domain.snapshot import GroupPartition, Health, LeaseState, Snapshot
from ehtui.views.pending import Goal, unmet
from ehtui.views.phrasing import Phrasing
from ehtui.views.takeovers import takeover_document, takeover_sentence
from tests.views import world


def of(*partitions: GroupPartition) -> Snapshot:
    return world.snapshot(
        hub=world.hub(*(p.id for p in partitions)), groups=(world.group_state(*partitions),)
    )


GOOD = world.partition("0", world.lease(), 20, 20)
LATE = world.partition("1", world.lease(LeaseState.OVERDUE), 20, 20)
LAGGING = world.partition("2", world.lease(), 20, 17, health=Health.BEHIND)
UNREAD = world.partition("3", world.lease(), 20, None)


@pytest.mark.parametrize(
    ("snapshot", "goal", "missing"),
    [
        (of(GOOD, LAGGING), Goal.OWNED, ()),
        (of(GOOD, LATE), Goal.OWNED, ("P1: overdue",)),
        (of(GOOD), Goal.DRAINED, ()),
        (of(LAGGING, UNREAD), Goal.DRAINED, ("P2: lag 3", "P3: lag is not known")),
        (of(GOOD), Goal.HEALTHY, ()),
        (of(LAGGING), Goal.HEALTHY, ("P2: behind",)),
        (Snapshot(), Goal.OWNED, ("the hub has not been read yet",)),
        (
            world.snapshot(groups=()),
            Goal.OWNED,
            ("the checkpoint store has no records of group $Default",),
        ),
        (
            world.snapshot(groups=(world.group_state(GOOD),)),
            Goal.OWNED,
            ("P1: never owned", "P2: never owned"),
        ),
    ],
)
def test_what_keeps_a_group_from_a_goal(
    snapshot: Snapshot, goal: Goal, missing: tuple[str, ...]
) -> None:
    assert unmet(snapshot, world.GROUP, goal) == missing


WINDOW = TakeoverWindow(world.NOW + 41, world.NOW + 77, "python-180/30")
OWNED = OwnedPartition(world.GROUP, "2", WINDOW)
SAY = Phrasing(world.snapshot())


@pytest.mark.parametrize(
    ("measured", "sentence"),
    [
        (
            MeasuredTakeover(OWNED, world.C, world.NOW, 17),
            "P2: not owned again; forecast 12:03:40–12:04:16",
        ),
        (
            MeasuredTakeover(
                replace(OWNED, takeover=replace(WINDOW, doubt=Doubt.UNTIMED)),
                world.C,
                world.NOW,
                17,
            ),
            "P2: not owned again; forecast ~12:03:40–12:04:16",
        ),
        (
            MeasuredTakeover(
                OWNED, world.C, world.NOW, 17, world.A, world.NOW + 60, world.NOW + 65
            ),
            (
                "P2: owned again by 73fda457 after 1m (forecast 12:03:40–12:04:16, kept); "
                "its checkpoint moved after 1m05s"
            ),
        ),
        (
            MeasuredTakeover(OWNED, world.C, world.NOW, 17, world.A, world.NOW + 99),
            (
                "P2: owned again by 73fda457 after 1m39s (forecast 12:03:40–12:04:16, missed); "
                "its checkpoint has not moved yet"
            ),
        ),
    ],
)
def test_measured_takeovers(measured: MeasuredTakeover, sentence: str) -> None:
    assert takeover_sentence(measured, SAY) == sentence


def test_a_lap_as_json_keeps_the_unknown_null() -> None:
    told = takeover_document(MeasuredTakeover(OWNED, world.C, world.NOW, 17))

    assert (told["forecast_s"], told["gap_s"], told["is_inside_forecast"]) == (
        [41.0, 77.0],
        None,
        None,
    )
