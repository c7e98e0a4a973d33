"""A dialog that was opened on one hub plans nothing on another that is open by its Enter."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from textual.widgets import Button
from typing_extensions import override

from ehtui.domain.actions.base import Place
from ehtui.domain.actions.outcomes import Refusal, refusal_elsewhere
from ehtui.domain.actions.plans import Plan
from ehtui.domain.actions.requests import Request
from ehtui.tui.screens.confirm import ConfirmScreen
from tests.tui.fakes import FakeBackend, burst_is_over
from tests.tui.scenes import healthy
from tests.tui.test_actions import notified, opened, press
from tests.waiting import wait_for

PLACE = Place("one.servicebus.windows.net", "orders")


class Reopening(FakeBackend):
    """Refuses, as the real one, what was asked for at another place."""

    def __init__(self) -> None:
        super().__init__(healthy())
        self.place = PLACE

    @override
    async def rehearse(self, request: Request) -> Request:
        return replace(await super().rehearse(request), place=request.place or self.place)

    @override
    def plan(self, request: Request) -> Plan | Refusal:
        refusal = refusal_elsewhere(request.place, self.place) if request.place else None
        return refusal or super().plan(request)


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        ((), ("s", "enter", "enter")),
        (("2",), ("K", "down", "enter")),
        ((), ("S", "enter")),
        (("2",), ("c", "enter")),
    ],
    ids=["send", "signal", "start", "checkpoints"],
)
async def test_what_a_dialog_was_opened_for_is_not_planned_elsewhere(
    keys: tuple[str, ...], answer: tuple[str, ...]
) -> None:
    async with opened(Reopening()) as (pilot, session, app):
        dialog, *rest = answer
        await press(pilot, *keys, dialog)
        await burst_is_over()
        session.place = replace(PLACE, namespace="two.servicebus.windows.net")
        await press(pilot, *rest)
        await wait_for(lambda: "settings have changed" in notified(app))

        assert "one.servicebus.windows.net/orders" in notified(app)
        assert session.executed == []
        assert not isinstance(app.screen, ConfirmScreen)


async def test_a_confirmation_says_that_another_hub_is_open_by_now() -> None:
    async with opened(Reopening()) as (pilot, session, app):
        await press(pilot, "2", "K", "down", "enter")
        assert isinstance(app.screen, ConfirmScreen)
        await burst_is_over()
        session.place = replace(PLACE, namespace="two.servicebus.windows.net")
        await wait_for(lambda: app.screen.query_one("#do", Button).disabled)
        await press(pilot, "right", "enter")
        assert session.executed == []
