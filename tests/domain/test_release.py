"""Releasing: what it will do, who takes it, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ehtui.domain.actions.base import Risk
from ehtui.domain.actions.outcomes import Refusal, RefusalReason
from ehtui.domain.actions.release import ReleaseRequest
from ehtui.domain.actions.release_plan import ReleasePlan
from ehtui.domain.actions.requests import Actor, PlanningContext
from ehtui.domain.policy import Policy
from ehtui.domain.snapshot import LeaseState, Snapshot
from ehtui.domain.world.store import Layout
from ehtui.views.actions import confirmation
from ehtui.views.phrasing import Phrasing
from tests.views import world

A, B = world.A, world.B
LISTED = world.NOW - 1


def seen(*partitions: Any, **changes: Any) -> Snapshot:
    facts: dict[str, Any] = {"groups": (world.group_state(*partitions),), "listed_at": LISTED}

    return world.snapshot(**(facts | changes))


def part(name: str, lease: Any, **changes: Any) -> Any:
    return world.partition(name, lease, 10, 10, **changes)


LAPSED = world.lease(LeaseState.OVERDUE, A, age=90)
USUAL = seen(part("0", LAPSED), part("1", world.lease(owner=B)), part("2", LAPSED))


def planned(
    *names: str, snapshot: Snapshot = USUAL, owner: str | None = None, read_only: bool = False
) -> ReleasePlan | Refusal:
    request = ReleaseRequest(world.GROUP, names, owner)
    made = request.plan(PlanningContext(snapshot, world.NOW, Actor(own_pid=1), read_only))
    assert isinstance(made, ReleasePlan | Refusal)

    return made


def plan_of(*names: str, **changes: Any) -> ReleasePlan:
    made = planned(*names, **changes)
    assert isinstance(made, ReleasePlan)

    return made


def test_a_survivor_takes_what_a_dead_owner_held_in_its_next_round() -> None:
    plan = plan_of("0")
    (held,) = plan.held

    assert (held.owner, held.is_renewing, held.etag) == (A, False, LAPSED.etag)
    assert plan.takers[0] == B
    assert held.takeover.basis == "released"
    assert held.takeover.earliest_at is not None
    assert held.takeover.earliest_at <= world.NOW
    assert plan.risk is Risk.ASK


def test_all_that_an_owner_holds() -> None:
    assert [held.partition for held in plan_of(owner=A).held] == ["0", "2"]


def test_who_renews_is_told_to_go_on_and_to_take_it_back() -> None:
    plan = plan_of("1")
    words = confirmation(plan, Phrasing(USUAL, group=world.GROUP))

    assert plan.held[0].is_renewing
    assert words.is_grave
    assert "renewed P1 12s ago: it may be at work. If it is, it goes on reading" in words.costs[0]
    assert "takes it back, unless somebody else was quicker" in words.costs[0]


def test_where_nobody_is_left_it_stays_unread() -> None:
    alone = seen(part("0", LAPSED), consumers=())
    words = confirmation(plan_of("0", snapshot=alone), Phrasing(alone, group=world.GROUP))

    assert "Nobody is left to take it" in " ".join(words.costs)
    assert words.is_grave


def test_on_production_the_hubs_name_is_typed_and_stands_in_the_command() -> None:
    production = replace(USUAL, policy=Policy(is_production=True))
    plan = plan_of("0", snapshot=production)
    words = confirmation(plan, Phrasing(production, group=world.GROUP))

    assert (plan.risk, plan.typed_name) == (Risk.TYPE_NAME, world.HUB)
    assert words.typed_name == world.HUB
    assert f"--yes --confirm={world.HUB}" in words.command


REFUSED = {
    "released": (part("0", world.lease(LeaseState.RELEASED)), RefusalReason.ALREADY_FREE),
    "never owned": (part("0", world.lease(LeaseState.NEVER_OWNED)), RefusalReason.ALREADY_FREE),
    "unreadable": (
        part("0", world.lease(LeaseState.UNREADABLE, None)),
        RefusalReason.OWNER_UNKNOWN,
    ),
    "of no known blob": (
        part("0", world.lease(LeaseState.OVERDUE, blob=None)),
        RefusalReason.OWNER_UNKNOWN,
    ),
    "held by the service": (
        part("0", world.lease(renewed_at=None), layout=Layout.EPH_DOTNET),
        RefusalReason.BLOB_LEASED,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_judged_is_refused(case: str) -> None:
    shown, reason = REFUSED[case]
    refusal = planned("0", snapshot=seen(shown))

    assert isinstance(refusal, Refusal)
    assert refusal.reason is reason


@pytest.mark.parametrize(
    ("snapshot", "names", "reason"),
    [
        (USUAL, ("7",), RefusalReason.UNKNOWN_PARTITION),
        (USUAL, (), RefusalReason.NOTHING_SELECTED),
        (replace(USUAL, groups=()), ("0",), RefusalReason.UNKNOWN_GROUP),
        (replace(USUAL, hub=None), ("0",), RefusalReason.NOT_CONNECTED),
        (replace(USUAL, listed_at=None), ("0",), RefusalReason.NO_STORE),
        (replace(USUAL, policy=Policy(has_store=False)), ("0",), RefusalReason.NO_STORE),
    ],
)
def test_refused(snapshot: Snapshot, names: tuple[str, ...], reason: RefusalReason) -> None:
    refusal = planned(*names, snapshot=snapshot)

    assert isinstance(refusal, Refusal)
    assert refusal.reason is reason


def test_read_only_refuses() -> None:
    refusal = planned("0", read_only=True)

    assert isinstance(refusal, Refusal)
    assert refusal.reason is RefusalReason.READ_ONLY
