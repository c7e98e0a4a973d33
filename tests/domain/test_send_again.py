"""Events that were read are sent again as they were: body, properties, key or partition."""

from __future__ import annotations

from ehtui.domain.actions.requests import Actor, PlanningContext
from ehtui.domain.actions.send import again
from ehtui.domain.actions.sending import MARKER, SendPlan, SendTarget
from ehtui.domain.world.events import Event
from ehtui.views.actions import command_line, confirmation
from ehtui.views.phrasing import Phrasing
from tests.views import world

PLAIN = Event("2", 920, "7168", 1.0, b'{"at": "{{now}}"}', properties=(("try", 3), (MARKER, "x:1")))
KEYED = Event("1", 7, "1", 1.0, b"\xff\x00", key="room-7", content_type="application/x-protobuf")


def planned(*events: Event) -> SendPlan:
    picture = world.snapshot()
    plan = again(events, "P2 #920").plan(
        PlanningContext(picture, picture.taken_at, Actor(own_pid=1))
    )
    assert isinstance(plan, SendPlan)

    return plan


def test_one_without_a_key_goes_to_the_partition_that_it_was_read_from() -> None:
    plan = planned(PLAIN)
    sent = plan.event(1, 0.0)

    assert (plan.target, plan.partition, plan.key, plan.count) == (
        SendTarget.PARTITION,
        "2",
        None,
        1,
    )
    assert sent.body == PLAIN.body  # a placeholder is none here
    assert sent.properties == (("try", 3),)  # a marker would be found in the wrong place
    assert plan.content_type is None


def test_one_with_a_key_goes_by_it() -> None:
    plan = planned(KEYED)

    assert plan.target is SendTarget.KEY
    assert plan.event(1, 0.0).key == "room-7"
    assert plan.event(1, 0.0).body == KEYED.body
    assert plan.content_type == "application/x-protobuf"


def test_several_are_planned_together() -> None:
    plan = planned(PLAIN, KEYED)

    assert plan.count == 2
    assert [plan.event(number, 0.0).body for number in (1, 2)] == [PLAIN.body, KEYED.body]


def test_it_is_confirmed_with_its_body_and_has_no_command() -> None:
    say = Phrasing(world.snapshot())
    words = confirmation(planned(PLAIN), say)

    assert any(step.endswith("P2") for step in words.steps)
    assert '{"at": "{{now}}"}' in words.steps
    assert command_line(planned(PLAIN), say) == ""
