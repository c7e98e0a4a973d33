"""Several hubs: their overview, going into one of them and back, and by name from anywhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Static
from typing_extensions import override

from ehtui.domain.hubs import WatchedHub
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.tui.grid import Grid
from ehtui.tui.grid_viewport import Sort
from ehtui.tui.hubs_app import HubsApp
from ehtui.tui.options import UiOptions
from ehtui.tui.palette import Commands
from ehtui.tui.screens.command import CommandScreen
from ehtui.tui.screens.confirm import ConfirmScreen, LeaveScreen
from ehtui.tui.screens.details import DetailsScreen
from ehtui.tui.screens.hubs import HubsScreen, SelectedLine
from ehtui.tui.screens.overview import OverviewScreen
from ehtui.tui.typeahead import Prompt
from tests.recordings.events import events_around
from tests.tui.fakes import FakeBackend, FakeStream, burst_is_over
from tests.tui.hub_scenes import FakeHubs, calm, ten, watched
from tests.tui.scenes import NOW, overdue
from tests.tui.test_commands import say
from tests.waiting import wait_for


def now() -> float:
    return NOW


@asynccontextmanager
async def opened(
    hubs: FakeHubs | None = None,
    options: UiOptions | None = None,
    *,
    clock: Callable[[], float] = now,
    size: tuple[int, int] = (120, 36),
) -> AsyncIterator[tuple[Pilot[int], FakeHubs, HubsApp]]:
    hubs = hubs or FakeHubs(ten())
    app = HubsApp(hubs, options or UiOptions(), clock=clock)

    async with app.run_test(size=size) as pilot:
        await wait_for(lambda: bool(hubs.callbacks))
        yield pilot, hubs, app


def grid_of(app: HubsApp) -> Grid:
    return app.screen.query_one("#hubs", Grid)


def headline(app: HubsApp) -> str:
    return app.screen.query_one("Headline").render_line(0).text


def messages(app: HubsApp) -> list[str]:
    return [note.message for note in app._notifications]


async def go_in(pilot: Pilot[int], app: HubsApp, key: str) -> OverviewScreen:
    grid_of(app).move_to(key)
    await pilot.press("enter")
    await wait_for(lambda: isinstance(app.screen, OverviewScreen))
    await wait_for(lambda: bool(app.backend.callbacks))  # type: ignore[attr-defined]
    assert isinstance(app.screen, OverviewScreen)

    return app.screen


async def is_back(app: HubsApp) -> None:
    await wait_for(lambda: isinstance(app.screen, HubsScreen))


def two(first: str = "a/one", second: str = "b/two") -> FakeHubs:
    return FakeHubs([watched(first, calm(2)), watched(second, calm(2))])


# The overview itself.


async def test_it_is_painted_before_any_hub_is_opened() -> None:
    async with opened() as (_, hubs, app):
        assert isinstance(app.screen, HubsScreen)
        assert hubs.opened == []
        assert len(grid_of(app).listing) == 16
        assert "▲ shipped: P2 has had no live owner" in headline(app)


async def test_the_cursor_stays_on_its_hub_whatever_comes_before_it() -> None:
    async with opened(two()) as (pilot, hubs, app):
        await pilot.press("down", "down", "down")
        assert grid_of(app).cursor == "b/two/analytics"
        hubs.publish(watched("b/two", overdue()))
        await wait_for(lambda: grid_of(app).listing.keys[0] == "b/two/$Default")
        assert grid_of(app).cursor == "b/two/analytics"


async def test_the_cursor_stays_on_a_hub_whose_groups_become_known() -> None:
    async with opened(FakeHubs([watched("a/x", calm(3)), watched("b/y", None)])) as found:
        pilot, hubs, app = found
        await pilot.press("end")
        assert grid_of(app).cursor == "b/y/"
        hubs.publish(watched("b/y", calm(2)))
        await wait_for(lambda: len(grid_of(app).listing) == 5)
        assert grid_of(app).cursor == "b/y/$Default"


async def test_it_begins_at_the_worst_until_all_is_read_or_somebody_moves() -> None:
    hubs = FakeHubs([watched("a/x", None), watched("b/y", None), watched("c/z", None)])

    async with opened(hubs) as (pilot, _, app):
        assert grid_of(app).cursor == "a/x/"
        hubs.publish(watched("c/z", overdue()))
        await wait_for(lambda: grid_of(app).cursor == "c/z/$Default")
        await pilot.press("down")
        moved_to = grid_of(app).cursor
        hubs.publish(watched("b/y", overdue()))
        await wait_for(lambda: grid_of(app).listing.keys[0] == "b/y/$Default")
        assert grid_of(app).cursor == moved_to


async def test_it_begins_at_the_hub_that_was_looked_at_last() -> None:
    hubs = FakeHubs([watched("a/x", None), watched("b/y", None)])
    hubs.last = "b/y"

    async with opened(hubs) as (_, _hubs, app):
        await wait_for(lambda: grid_of(app).cursor == "b/y/")
        hubs.publish(watched("a/x", overdue()))
        await wait_for(lambda: len(grid_of(app).listing) == 3)
        hubs.publish(watched("b/y", calm(2)))
        await wait_for(lambda: grid_of(app).cursor == "b/y/$Default")


async def test_one_without_a_hub_to_name_says_what_is_wrong_by_its_profile() -> None:
    problem = Problem(ProblemKind.NOT_FOUND, "There is no file key.txt.", "")
    broken = replace(watched("broken/", None), problem=problem)

    async with opened(FakeHubs([broken, watched("b/y", None)])) as (_, _hubs, app):
        line = app.screen.query_one(SelectedLine)
        await wait_for(lambda: "broken: ▲ There is no file" in line.render_line(0).text)


async def test_the_whole_sentence_of_the_selected_row_stands_below() -> None:
    async with opened() as (pilot, _, app):
        await pilot.press("end")
        line = app.screen.query_one(SelectedLine)
        assert "archive (production): Not read yet" in line.render_line(0).text
        await pilot.press("home")
        assert "shipped ▸ $Default: ▲ P2 has had" in line.render_line(0).text


async def test_finding_in_it() -> None:
    async with opened() as (pilot, _, app):
        grid = grid_of(app)
        await pilot.press("f")
        assert set(grid.listing.keys) == {
            "orders/shipped/$Default",
            "orders/telemetry/$Default",
            "payments/refunds/$Default",
            "payments/refunds/analytics",
            "payments/chargebacks/$Default",
        }
        await pilot.press("full_stop")
        assert grid.cursor == "orders/telemetry/$Default"
        await pilot.press("escape")
        assert len(grid.listing) == 16
        await say(pilot, "filter profile:payments lag<100 health=ok")
        assert list(grid.listing.keys) == [f"payments/captured/{g}" for g in _GROUPS]
        await say(pilot, "filter")
        await say(pilot, "sort lag")
        assert grid.listing.keys[0] == "orders/telemetry/$Default"


_GROUPS = ("$Default", "analytics", "billing")


async def test_pictures_that_are_not_renewed_grow_old() -> None:
    at = NOW

    async with opened(two(), clock=lambda: at) as (_, _hubs, app):
        assert "stale" not in grid_of(app).render_line(0).text
        at = NOW + 90
        assert isinstance(app.screen, HubsScreen)
        app.screen.show()
        assert "2 hubs stale, up to 1m30s" in grid_of(app).render_line(0).text


async def test_a_row_is_taken_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async with opened(options=UiOptions(started_with=("--config", "hubs.yaml"))) as found:
        pilot, _, app = found
        await pilot.press("y", "l")
        await wait_for(lambda: bool(app.clipboard))
        assert app.clipboard == ("ehtui --config hubs.yaml --at 'hub:orders/shipped/$Default'")
        await burst_is_over()
        await say(pilot, "export csv")
        await wait_for(lambda: any("Saved" in each for each in messages(app)))
        (path,) = await asyncio.to_thread(lambda: list(tmp_path.iterdir()))
        header, first, *_ = path.read_text().splitlines()
        row = dict(zip(header.split(","), first.split(","), strict=False))
        assert row["namespace"] == "contoso-orders.servicebus.windows.net"
        assert (row["hub"], row["group"]) == ("shipped", "$Default")
        assert (row["owners"], row["partitions"], row["lag_events"]) == ("2", "3", "1823")


async def test_everything_is_read_now() -> None:
    async with opened() as (pilot, hubs, _):
        await pilot.press("r")
        assert hubs.refreshed == 1


# Going in, and back.


async def test_enter_goes_in_with_that_group_and_escape_comes_back_there() -> None:
    async with opened() as (pilot, hubs, app):
        screen = await go_in(pilot, app, "payments/captured/billing")
        assert hubs.opened == ["payments/captured"]
        assert app.group == "billing"
        assert "captured ▸ billing" in headline(app)
        await pilot.press("escape")
        await is_back(app)
        assert hubs.backends["payments/captured"].callbacks == []  # read seldom again
        assert grid_of(app).cursor == "payments/captured/billing"
        assert not screen.is_attached


async def test_escape_undoes_what_is_nearer_first() -> None:
    async with opened() as (pilot, _, app):
        screen = await go_in(pilot, app, "orders/shipped/$Default")
        await pilot.press("m", "f")
        await pilot.press("escape")
        assert not screen.active.listing.faults_only
        await pilot.press("escape")
        assert isinstance(app.screen, OverviewScreen)
        await pilot.press("escape")
        await is_back(app)


async def test_the_group_that_was_switched_to_is_the_row_that_one_comes_back_to() -> None:
    async with opened(two()) as (pilot, _, app):
        await go_in(pilot, app, "a/one/$Default")
        await say(pilot, "group analytics")
        await pilot.press("H")
        await is_back(app)
        assert grid_of(app).cursor == "a/one/analytics"


async def test_the_header_names_the_profile_and_production_as_a_word() -> None:
    live = calm()
    live = replace(live, policy=replace(live.policy, is_production=True))

    async with opened(FakeHubs([watched("payments/x", live), watched("b/y", None)])) as found:
        pilot, _, app = found
        await go_in(pilot, app, "payments/x/$Default")
        assert headline(app).startswith(" ehtui  payments ")
        assert " production " in headline(app)
        await pilot.resize_terminal(60, 24)
        await wait_for(lambda: " payments " in headline(app) and " production " in headline(app))


async def test_pictures_of_a_hub_that_was_left_are_not_shown_in_the_next() -> None:
    async with opened(two()) as (pilot, hubs, app):
        await go_in(pilot, app, "a/one/$Default")
        (late,) = hubs.backends["a/one"].callbacks
        await say(pilot, "hub two")
        await wait_for(lambda: bool(hubs.backends["b/two"].callbacks))
        late(overdue())
        newer = replace(calm(), taken_at=NOW + 1)
        hubs.backends["b/two"].publish(newer)
        late(overdue())
        await wait_for(lambda: app.snapshot is newer)


async def test_a_hub_that_is_left_is_not_left_paused() -> None:
    async with opened(two()) as (pilot, hubs, app):
        await go_in(pilot, app, "a/one/$Default")
        await pilot.press("p")
        assert hubs.backends["a/one"].is_paused
        await say(pilot, "hubs")
        await is_back(app)
        assert not hubs.backends["a/one"].is_paused
        await go_in(pilot, app, "b/two/$Default")
        assert not app.paused


async def test_one_that_cannot_be_opened_says_why() -> None:
    problem = Problem(ProblemKind.NOT_FOUND, "There is no file key.txt.", "Write it.")

    class Refusing(FakeHubs):
        @override
        def backend(self, key: str) -> FakeBackend:
            del key
            raise ProblemError(problem)

    hubs = Refusing([replace(watched("a/x", None), problem=problem), watched("b/y", None)])

    async with opened(hubs) as (pilot, _, app):
        await pilot.press("enter")
        await wait_for(lambda: messages(app) == ["a/x: There is no file key.txt. Write it."])
        assert isinstance(app.screen, HubsScreen)


async def test_commands_that_are_shown_name_the_hub() -> None:
    async with opened(two()) as (pilot, _, app):
        await go_in(pilot, app, "a/one/$Default")
        await pilot.press("y", "l")
        await wait_for(lambda: bool(app.clipboard))
        assert app.clipboard.startswith("ehtui --profile a --hub one --group '$Default' --at ")


# Actions under way.


async def begin_to_signal(pilot: Pilot[int], app: HubsApp) -> None:
    await pilot.press("2", "K", "end", "enter")
    await wait_for(lambda: isinstance(app.screen, ConfirmScreen))


async def act(pilot: Pilot[int], app: HubsApp) -> None:
    await begin_to_signal(pilot, app)
    await burst_is_over()
    await pilot.press("right", "enter")
    await wait_for(lambda: isinstance(app.screen, OverviewScreen))


async def test_what_is_under_way_goes_on_and_is_told_by_its_hubs_name() -> None:
    async with opened(two()) as (pilot, hubs, app):
        session = hubs.backends["a/one"]
        session.gate = asyncio.Event()
        await go_in(pilot, app, "a/one/$Default")
        await act(pilot, app)
        await wait_for(lambda: bool(app.busy))
        app.leave_hub()
        await is_back(app)
        assert app.busy == ""
        await go_in(pilot, app, "b/two/$Default")
        assert app.busy == ""
        session.gate.set()
        await wait_for(lambda: bool(session.executed))
        await wait_for(lambda: any(each.startswith("a/one: ") for each in messages(app)))
        assert hubs.backends["b/two"].executed == []


async def test_what_is_under_way_is_seen_again_where_one_comes_back() -> None:
    async with opened(two()) as (pilot, hubs, app):
        session = hubs.backends["a/one"]
        session.gate = asyncio.Event()
        await go_in(pilot, app, "a/one/$Default")
        await act(pilot, app)
        await wait_for(lambda: bool(app.busy))
        words = app.busy
        app.leave_hub()
        await is_back(app)
        await go_in(pilot, app, "a/one/$Default")
        assert app.busy == words
        session.gate.set()
        await wait_for(lambda: app.busy == "")
        assert not any(each.startswith("a/one: ") for each in messages(app))


async def test_quitting_asks_for_what_is_unfinished_in_any_hub() -> None:
    async with opened(two()) as (pilot, hubs, app):
        session = hubs.backends["a/one"]
        session.gate = asyncio.Event()
        await go_in(pilot, app, "a/one/$Default")
        await act(pilot, app)
        await wait_for(lambda: bool(session.unfinished))
        app.leave_hub()
        await is_back(app)
        await pilot.press("q")
        await wait_for(lambda: isinstance(app.screen, LeaveScreen))
        session.gate.set()
        await is_back(app)  # there is nothing to wait for any more


async def test_a_question_about_a_hub_goes_with_it() -> None:
    async with opened(two()) as (pilot, hubs, app):
        await go_in(pilot, app, "a/one/$Default")
        await begin_to_signal(pilot, app)
        app.enter_named("two")
        await wait_for(lambda: isinstance(app.screen, OverviewScreen))
        assert app.hub.key == "b/two"
        assert not any(isinstance(each, ConfirmScreen) for each in app.screen_stack)
        assert hubs.backends["a/one"].executed == hubs.backends["b/two"].executed == []


# By name.


async def test_hubs_and_groups_are_gone_to_by_name_from_anywhere() -> None:
    async with opened() as (pilot, _, app):
        await say(pilot, "hub payments/captured/BILLING")
        await wait_for(lambda: app.is_in_hub)
        assert (app.hub.key, app.group) == ("payments/captured", "billing")
        await say(pilot, "hub created")
        await wait_for(lambda: app.hub.key == "orders/created")
        assert app.group == "$Default"
        await say(pilot, "at hub:orders/created/analytics")
        assert (app.hub.key, app.group) == ("orders/created", "analytics")
        await say(pilot, "hub")
        await is_back(app)
        assert len(app.screen_stack) == 1


async def test_names_are_completed() -> None:
    async with opened() as (pilot, _, app):
        await say(pilot, "hub payments/capt", enter=False)
        told = str(app.screen.query_one("CommandBar #complaint", Static).render())
        assert "payments/captured  payments/captured/$Default  payments/captured/analytics" in told
        await pilot.press("tab", "enter")
        await wait_for(lambda: app.is_in_hub)
        assert app.hub.key == "payments/captured"


async def test_a_name_that_there_is_not_stays_to_be_mended() -> None:
    async with opened(two()) as (pilot, _, app):
        await say(pilot, "hub three")
        told = app.screen.query_one("CommandBar #complaint", Static)
        assert str(told.render()) == "There is no hub three: there are a/one and b/two."


@pytest.mark.parametrize("line", ["kill", "p 2", "group x", "events", "why", "audit"])
async def test_what_is_about_one_hub_says_so(line: str) -> None:
    async with opened(two()) as (pilot, _, app):
        await say(pilot, line)
        told = str(app.screen.query_one("CommandBar #complaint", Static).render())
        assert told.endswith("is about one hub: enter goes into the selected one")


async def test_the_palette_offers_what_can_be_done_here_and_every_hub() -> None:
    async with opened(two()) as (pilot, _, app):
        titles = [title for _, title, _ in Commands(app.screen)._commands()]
        assert "Hub a/one/analytics" in titles
        assert "Read everything now" in titles
        assert not any("signal" in title for title in titles)
        await go_in(pilot, app, "a/one/$Default")
        titles = [title for _, title, _ in Commands(app.screen)._commands()]
        assert {"Hub b/two", "Send a test event"} <= set(titles)


@pytest.mark.parametrize(
    ("at", "group"), [("hub:b/two/analytics", "analytics"), ("hub:two", "$Default")]
)
async def test_it_opens_at_a_hub(at: str, group: str) -> None:
    async with opened(two(), UiOptions(at=at)) as (_, _hubs, app):
        await wait_for(lambda: app.is_in_hub)
        assert (app.hub.key, app.group) == ("b/two", group)


async def test_a_place_within_a_hub_is_no_place_among_all() -> None:
    async with opened(two(), UiOptions(at="partition:2/why")) as (_, _hubs, app):
        await wait_for(lambda: bool(messages(app)))
        assert messages(app) == [
            "partition:2/why is of one hub: go into it first, with enter or :hub NAME."
        ]


async def test_dialogs_are_closed_on_the_way_to_another_hub() -> None:
    async with opened(two()) as (pilot, _, app):
        await go_in(pilot, app, "a/one/$Default")
        await pilot.press("enter")
        await wait_for(lambda: isinstance(app.screen, DetailsScreen))
        app.enter_named("two")
        await wait_for(lambda: isinstance(app.screen, OverviewScreen) and app.hub.key == "b/two")
        assert len(app.screen_stack) == 2


@pytest.mark.parametrize("keys", ["enter", "w", "e", "e enter", "question_mark", "2 l"])
async def test_a_command_can_be_typed_over_what_is_read(keys: str) -> None:
    async with opened(two()) as (pilot, hubs, app):
        events = events_around(calm(2), "$Default")
        hubs.backends["a/one"].stream = FakeStream(events, follows=True)
        await go_in(pilot, app, "a/one/$Default")

        for key in keys.split():
            await pilot.press(key)
            await pilot.pause()

        await wait_for(lambda: isinstance(app.screen, Prompt))
        read = app.screen
        await say(pilot, "hub three", enter=False)
        await wait_for(lambda: isinstance(app.screen, CommandScreen))
        await pilot.press("escape")
        await wait_for(lambda: app.screen is read)  # nothing is lost
        await burst_is_over()
        await say(pilot, "hub two/analytics")
        await wait_for(lambda: isinstance(app.screen, OverviewScreen) and app.hub.key == "b/two")
        assert (len(app.screen_stack), app.group) == (2, "analytics")


async def test_a_command_over_what_is_read_goes_on_in_the_tables_below() -> None:
    async with opened(two()) as (pilot, _, app):
        screen = await go_in(pilot, app, "a/one/$Default")
        await pilot.press("enter")
        await wait_for(lambda: isinstance(app.screen, DetailsScreen))
        await say(pilot, "nonsense")
        bar = app.screen.query_one("FarCommandBar #complaint", Static)
        assert str(bar.render()).startswith("no command “nonsense”")
        await pilot.press(*["backspace"] * 8, *"sort", "space", *"lag", "enter")
        await wait_for(lambda: app.screen is screen)
        await wait_for(lambda: screen.active.listing.sort == Sort("lag", descending=True))


async def test_where_space_is_short_the_hubs_name_stays() -> None:
    async with opened(FakeHubs([watched("a/one", overdue()), watched("b/two", None)])) as found:
        pilot, _, app = found
        await go_in(pilot, app, "a/one/$Default")
        await pilot.resize_terminal(50, 30)
        await wait_for(lambda: headline(app).startswith(" a  one ▸ $Default"))


# Told.


async def test_a_new_critical_finding_of_any_hub_rings_once() -> None:
    rung = 0

    class Ringing(HubsApp):
        @override
        def bell(self) -> None:
            nonlocal rung
            rung += 1

    hubs = two()
    app = Ringing(hubs, UiOptions(bell=True), clock=now)

    async with app.run_test() as pilot:
        await wait_for(lambda: bool(hubs.callbacks))
        assert rung == 0
        bad: WatchedHub = watched("b/two", overdue())
        hubs.publish(bad)
        await wait_for(lambda: rung == 1)
        hubs.publish(replace(bad, snapshot=overdue()))
        await pilot.pause()
        assert rung == 1
