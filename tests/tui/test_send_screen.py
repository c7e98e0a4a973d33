"""The form that sends: an editor, keys alone, every size; and the line that follows."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace
from textual import events
from textual.widgets import Button, Input, Static
from typing_extensions import override

from ehtui.domain.actions.following import FollowedSend, SentEvents, Verdict
from ehtui.domain.actions.sending import BodySource, Content, Outgoing, SendPlan
from ehtui.tui.screens.confirm import ConfirmScreen
from ehtui.tui.screens.send import SendScreen
from ehtui.tui.widgets.follow_line import FollowLine
from ehtui.tui.widgets.json_area import JsonArea
from tests.tui.fakes import FakeBackend, burst_is_over
from tests.tui.scenes import healthy
from tests.tui.test_actions import opened, press, send_the_first
from tests.waiting import wait_for


async def test_what_is_typed_is_sent_instead_of_the_template() -> None:
    async with opened() as (pilot, session, app):
        await press(pilot, "s")
        await burst_is_over()
        area = app.screen.query_one(JsonArea)
        await wait_for(lambda: "MINUTES" in area.text)
        await press(pilot, "tab")
        assert app.focused is area
        await press(pilot, "ctrl+a", "ctrl+k", *"{'n'", "left_curly_bracket")
        assert "not JSON" in str(app.screen.query_one("#state Static", Static).content)
        area.load_text('{"n": {{sequence}}}')
        await pilot.pause()
        assert "valid JSON" in str(app.screen.query_one("#state Static", Static).content)
        app.screen.query_one("#properties", Input).value = "kind=test 'who=a b'"
        app.screen.query_one("#rate", Input).value = "50"
        await press(pilot, "ctrl+s")
        await wait_for(lambda: bool(session.executed))
        (plan,) = session.executed
        assert isinstance(plan, SendPlan)
        (event,) = plan.content.events
        assert event.body == b'{"n": {{sequence}}}'
        assert event.properties == (("kind", "test"), ("who", "a b"))
        assert plan.content.source is BodySource.TEXT
        assert plan.follow == app.group


async def test_a_template_that_is_being_read_is_no_fault() -> None:
    class Slow(FakeBackend):
        def __init__(self) -> None:
            super().__init__(healthy())
            self.goes_on = asyncio.Event()

        @override
        async def template(self, name: str) -> Content:
            await self.goes_on.wait()
            return await super().template(name)

    session = Slow()

    async with opened(session) as (pilot, _, app):
        await press(pilot, "s")
        await wait_for(lambda: isinstance(app.screen, SendScreen))
        state = app.screen.query_one("#state Static", Static)
        await wait_for(lambda: str(state.content).startswith("Reading "))
        session.goes_on.set()
        await wait_for(lambda: "valid JSON" in str(state.content))


async def test_a_pasted_body_is_text_however_long() -> None:
    async with opened() as (pilot, session, app):
        await press(pilot, "s")
        await burst_is_over()
        await press(pilot, "tab")
        area = app.screen.query_one(JsonArea)
        body = "{\n" + ",\n".join(f'"k{n}": {n}' for n in range(300)) + "\n}"
        app.post_message(events.Paste(body))
        await wait_for(lambda: '"k299": 299' in area.text)
        assert isinstance(app.screen, SendScreen)
        assert session.executed == []


async def test_the_hub_of_production_is_asked_about_first() -> None:
    snapshot = healthy()
    policy = replace(snapshot.policy, is_production=True)
    async with opened(FakeBackend(replace(snapshot, policy=policy))) as (pilot, session, app):
        await send_the_first(pilot)
        assert isinstance(app.screen, ConfirmScreen)
        assert isinstance(app.focused, Button)
        assert app.focused.id == "cancel"
        await burst_is_over()
        await press(pilot, "enter")
        assert session.executed == []


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("count", "0", "Send 1 to"),
        ("rate", "-1", "a number above 0"),
        ("properties", "novalue", "is not name=value"),
        ("properties", "'a=b", "Properties"),
    ],
)
async def test_what_cannot_be_sent_is_told_in_the_form(field: str, typed: str, told: str) -> None:
    async with opened() as (pilot, session, app):
        await press(pilot, "s")
        await burst_is_over()
        app.screen.query_one(f"#{field}", Input).value = typed
        await press(pilot, "ctrl+s")
        assert isinstance(app.screen, SendScreen)
        assert any(told in note.message for note in app._notifications)
        assert session.executed == []


@pytest.mark.parametrize("size", [(40, 12), (60, 20), (80, 24), (200, 60)])
async def test_the_form_is_whole_on_every_screen(size: tuple[int, int]) -> None:
    async with opened(size=size) as (pilot, _, app):
        await press(pilot, "s")
        await pilot.pause()
        box = app.screen.query_one("#box").region

        for name in ("templates", "body", "state", "properties", "destinations", "inputs", "send"):
            region = app.screen.query_one(f"#{name}").region
            assert region.height >= 1, name
            assert box.contains_region(region), (name, region, box)


async def test_the_newest_send_is_followed_in_a_line_that_blocks_nothing() -> None:
    place = FollowedSend("$Default", "1", 1, 920, 920, is_bracket=False, sent_at=1.0)
    sent = SentEvents("t", "minutes", 1, 1.0, 1, 2.0, "$Default", (place,))
    stuck = replace(place, verdict=Verdict.STUCK, owner="7c6b1234", waited_s=31.0, cadence_s=5.0)
    async with opened() as (pilot, session, app):
        line = app.screen.query_one(FollowLine)
        assert not line.display
        session.publish(replace(session.snapshot, sends=(sent,)))
        await wait_for(lambda: line.display)
        session.publish(replace(session.snapshot, sends=(replace(sent, places=(stuck,)),)))
        await wait_for(lambda: "stuck" in line.render_line(0).text + line.render_line(1).text)
        await press(pilot, "2")  # other keys act
        assert app.focused is not None
        assert app.focused.id == "consumers"
        await press(pilot, "escape")
        assert not line.display


class BinaryTemplate(FakeBackend):
    """Its test event is compressed, and says so."""

    EVENT = Outgoing(b"\x1f\x8b\x08\x00\xff\xfe", (("a", 1), ("b", "1")), "application/gzip")

    @override
    async def template(self, name: str) -> Content:
        return Content(BodySource.TEMPLATE, name, (self.EVENT,))


async def test_a_body_that_is_no_text_is_sent_as_it_is_with_another_property() -> None:
    async with opened(BinaryTemplate(healthy())) as (pilot, session, app):
        await press(pilot, "s")
        await burst_is_over()
        area, properties = app.screen.query_one(JsonArea), app.screen.query_one("#properties")
        assert isinstance(properties, Input)
        await wait_for(lambda: properties.value == "a=1 b=1")
        assert area.read_only
        state = str(app.screen.query_one("#state Static", Static).content)
        assert "6 B" in state
        assert "not UTF-8: it can't be edited here · sent as it is" in state
        properties.value = "a=1 b=2"
        await press(pilot, "ctrl+s")
        await wait_for(lambda: bool(session.executed))
        (plan,) = session.executed
        assert isinstance(plan, SendPlan)
        (event,) = plan.content.events
        assert event.body == BinaryTemplate.EVENT.body
        assert event.content_type == "application/gzip"
        assert event.properties == (("a", 1), ("b", "2"))
