"""What is sent: placeholders, content types, destinations, and where it came to stand."""

from __future__ import annotations

import json
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ehtui.domain.actions.landing import Accepted, Landing, landed
from ehtui.domain.actions.outcomes import Refusal, RefusalReason
from ehtui.domain.actions.requests import Actor, PlanningContext, Template
from ehtui.domain.actions.send import MOST_EVENTS, SendRequest
from ehtui.domain.actions.sending import (
    JSON,
    MARKER,
    BodySource,
    Content,
    Destination,
    Outgoing,
    SendPlan,
    SendTarget,
    content_type_of,
    filled,
    filling,
    json_fault,
    unknown_placeholders,
)
from ehtui.domain.policy import Policy
from ehtui.domain.snapshot import Snapshot
from ehtui.domain.world.hub import HubDescription

AT = 1_764_126_221.25
HUB = HubDescription("ns", "hub", None, ("0", "1", "2"))
CONTEXT = PlanningContext(
    Snapshot(hub=HUB),
    AT,
    Actor(own_pid=1),
    templates={"meeting": Template('{"n": {{sequence}}}', {"source": "ehtui"})},
    token="a-token",
    host="box",
)


def planned(request: SendRequest, context: PlanningContext = CONTEXT) -> SendPlan:
    plan = request.plan(context)
    assert isinstance(plan, SendPlan)

    return plan


def refused(request: SendRequest, context: PlanningContext = CONTEXT) -> RefusalReason:
    refusal = request.plan(context)
    assert isinstance(refusal, Refusal)

    return refusal.reason


def test_placeholders_are_filled_in_wherever_they_stand() -> None:
    event = Outgoing(
        '{"n": {{sequence}}, "id": "{{uuid}}", "at": "{{now}}", "by": "{{host}} 회의"}'.encode(),
        (("id", "{{uuid}}"), ("n", 7)),
        key="room {{sequence}}",
    )
    values = filling("t", 3, AT, "box")
    body = json.loads(filled(event, values).body)

    assert body["n"] == 3
    assert body["at"] == "2025-11-26T03:03:41.250Z"
    assert body["by"] == "box 회의"
    assert str(uuid.UUID(body["id"])) == body["id"]
    assert filled(event, values).properties == (("id", body["id"]), ("n", 7))
    assert filled(event, values).key == "room 3"


def test_each_event_has_a_uuid_of_its_own_and_each_send_others() -> None:
    seen = {filling(token, number, AT, "").uuid for token in "ab" for number in range(1, 9)}

    assert len(seen) == 16


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=40)
@given(json_values)
def test_json_of_any_shape_is_sent_as_it_stands(value: object) -> None:
    for indent in (None, 1):
        body = json.dumps({"a": {"b": value}}, indent=indent).encode()
        assert filled(Outgoing(body), filling("t", 1, AT, "box")).body == body


@given(st.binary())
def test_no_bytes_are_too_odd(body: bytes) -> None:
    filled(Outgoing(body), filling("t", 1, AT, "box"))
    json_fault(body)
    unknown_placeholders(body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"a": {"b": 1}}', ()),
        (b"{{now}} {{user}} {{ user }} {{x-y}}", ("user",)),
        (b"${NAME} {name} %name%", ()),
    ],
)
def test_what_looks_like_a_placeholder_and_is_none_is_named(
    body: bytes, expected: tuple[str, ...]
) -> None:
    assert unknown_placeholders(body) == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (Outgoing(b'{"n": {{sequence}}}'), JSON),
        (Outgoing(b"plain"), None),
        (Outgoing(b"{}", content_type=""), None),
        (Outgoing(b"plain", content_type="text/plain"), "text/plain"),
        (Outgoing(b"[" * 100_000), None),
        (Outgoing(b"\xff\xfe"), None),
    ],
)
def test_what_an_event_is_sent_as(event: Outgoing, expected: str | None) -> None:
    assert content_type_of(event) == expected


def test_a_fault_of_json_says_where() -> None:
    fault = json_fault(b'{\n "a": 1,\n b}')  # as every version of Python says it
    assert fault is not None
    assert (fault.line, fault.column) == (3, 2)


def test_round_robin_takes_each_partition_in_turn() -> None:
    plan = planned(SendRequest("meeting", SendTarget.ROUND_ROBIN, count=4))
    places = [plan.destination(number) for number in range(1, 5)]

    assert {place.partition for place in places[:3]} == {"0", "1", "2"}
    assert places[3] == places[0]
    assert [json.loads(plan.event(n, AT).body) for n in (1, 4)] == [{"n": 1}, {"n": 4}]


def test_a_key_is_left_to_the_service() -> None:
    plan = planned(SendRequest("meeting", SendTarget.KEY, key="room 1"))

    assert plan.destination(1) == Destination(None, "room 1")


def test_events_that_were_read_are_sent_as_they_were_each_by_its_own_key() -> None:
    events = (Outgoing(b"{{now}}", (("n", 1),), key="a"), Outgoing(b"\xff", key=None))
    content = Content(BodySource.EVENTS, "2 events of P1", events, is_literal=True)
    plan = planned(SendRequest("", SendTarget.KEY, content=content))

    assert plan.count == 2
    assert plan.event(1, AT) == events[0]
    assert [plan.destination(n).key for n in (1, 2)] == ["a", None]


def test_lines_are_sent_as_often_as_asked_for_with_the_requests_own_properties() -> None:
    content = Content(BodySource.LINES, "x", (Outgoing(b"1", line=1), Outgoing(b"2", line=3)))
    request = SendRequest(
        "", SendTarget.PARTITION, "1", count=3, content=content, properties=(("a", "b"),)
    )
    plan = planned(request)

    assert plan.count == 6
    assert [plan.event(n, AT).body for n in range(1, 7)] == [b"1", b"2"] * 3
    assert plan.event(2, AT).properties == (("a", "b"),)
    assert plan.event(2, AT).line == 3


def test_who_leaves_on_the_way_is_asked_where_some_are_left() -> None:
    assert not planned(SendRequest("meeting", SendTarget.KEY, key="k")).is_promise
    assert planned(SendRequest("meeting", SendTarget.KEY, key="k", count=2)).is_promise


def test_a_marked_send_can_be_found_by_each_event() -> None:
    plan = planned(SendRequest("meeting", SendTarget.KEY, key="k", count=2, is_marked=True))

    assert dict(plan.event(2, AT).properties)[MARKER] == "a-token:2"


def test_what_json_tells_of_a_plan_stays_small() -> None:
    content = Content(BodySource.LINES, "x", (Outgoing(b"x" * 1000),) * 1000)
    plan = planned(SendRequest("", SendTarget.KEY, key="k", content=content))

    assert plan.as_told().content.events == ()
    assert plan.as_told().count == 1000


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (SendRequest("other", SendTarget.ROUND_ROBIN), RefusalReason.UNKNOWN_TEMPLATE),
        (SendRequest("meeting", SendTarget.PARTITION, "9"), RefusalReason.UNKNOWN_PARTITION),
        (SendRequest("meeting", SendTarget.KEY), RefusalReason.NOTHING_SELECTED),
        (SendRequest("meeting", SendTarget.ROUND_ROBIN, count=0), RefusalReason.NOTHING_SELECTED),
        (
            SendRequest("meeting", SendTarget.ROUND_ROBIN, count=MOST_EVENTS + 1),
            RefusalReason.NOTHING_SELECTED,
        ),
        (
            SendRequest(
                "", SendTarget.ROUND_ROBIN, content=Content(BodySource.LINES, "empty.jsonl", ())
            ),
            RefusalReason.NOTHING_TO_SEND,
        ),
        (
            SendRequest("meeting", SendTarget.ROUND_ROBIN, fault="No such file"),
            RefusalReason.UNREADABLE_FILE,
        ),
    ],
)
def test_what_is_refused(request_: SendRequest, reason: RefusalReason) -> None:
    assert refused(request_) is reason


def test_nothing_is_sent_read_only_or_before_the_hub_was_read() -> None:
    request = SendRequest("meeting", SendTarget.ROUND_ROBIN)

    assert refused(request, replace(CONTEXT, read_only=True)) is RefusalReason.READ_ONLY
    assert refused(request, replace(CONTEXT, snapshot=Snapshot())) is RefusalReason.NOT_CONNECTED


def test_production_is_said() -> None:
    snapshot = Snapshot(hub=HUB, policy=Policy(is_production=True))
    request = SendRequest("meeting", SendTarget.ROUND_ROBIN)

    assert planned(request, replace(CONTEXT, snapshot=snapshot)).is_production


BEFORE = {"0": 9, "1": 19, "2": -1}


@pytest.mark.parametrize(
    ("accepted", "after", "expected"),
    [
        # Nobody else sent: they are exactly these.
        (Accepted({"1": 3}), {**BEFORE, "1": 22}, Landing("1", 3, 20, 22)),
        (Accepted({"2": 1}), {**BEFORE, "2": 0}, Landing("2", 1, 0, 0)),
        # Somebody else did.
        (Accepted({"1": 3}), {**BEFORE, "1": 29}, Landing("1", 3, 20, 29, is_bracket=True)),
        # The hub does not show them yet, or nobody asked it.
        (Accepted({"1": 3}), {**BEFORE, "1": 21}, Landing("1", 3)),
        (Accepted({"1": 3}), {}, Landing("1", 3)),
        # By a key: one partition alone grew enough.
        (Accepted({}, 2, is_one_key=True), {**BEFORE, "0": 11}, Landing("0", 2, 10, 11)),
        (
            Accepted({}, 2, is_one_key=True),
            {"0": 13, "1": 20, "2": -1},
            Landing("0", 2, 10, 13, is_bracket=True),
        ),
        (Accepted({}, 2, is_one_key=True), {"0": 13, "1": 29, "2": -1}, Landing(None, 2)),
        (Accepted({}, 2), {**BEFORE, "0": 11}, Landing(None, 2)),
        (Accepted({}, 1), {**BEFORE, "0": 10}, Landing("0", 1, 10, 10)),
        # A partition that was not read may be the one.
        (Accepted({}, 2, is_one_key=True), {"0": 11}, Landing(None, 2)),
    ],
)
def test_where_they_came_to_stand(
    accepted: Accepted, after: dict[str, int], expected: Landing
) -> None:
    assert landed(accepted, BEFORE, after) == (expected,)


@given(
    before=st.integers(-1, 50),
    ours=st.integers(1, 20),
    others_before=st.integers(0, 5),
    others_after=st.integers(0, 5),
)
def test_a_landing_holds_all_of_ours(
    before: int, ours: int, others_before: int, others_after: int
) -> None:
    first = before + 1 + others_before
    after = before + others_before + ours + others_after
    (landing,) = landed(Accepted({"0": ours}), {"0": before}, {"0": after})

    assert landing.first is not None
    assert landing.last is not None
    assert landing.first <= first
    assert first + ours - 1 <= landing.last
    assert landing.is_bracket == bool(others_before or others_after)
