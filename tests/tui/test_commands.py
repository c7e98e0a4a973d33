"""`:` and what may follow."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.screen import Screen
from textual.widgets import Static

from ehtui.domain.actions.plans import SignalPlan
from ehtui.tui.commands import COMMANDS
from ehtui.tui.grid_viewport import Sort
from ehtui.tui.screens.choice import SignalScreen
from ehtui.tui.screens.confirm import ConfirmScreen
from ehtui.tui.screens.details import WhyScreen
from ehtui.tui.screens.doctor import DoctorScreen
from ehtui.tui.screens.help import HelpScreen
from ehtui.tui.screens.overview import OverviewScreen
from tests.tui.fakes import burst_is_over
from tests.tui.scenes import healthy
from tests.tui.test_overview import opened
from tests.waiting import wait_for

from textual.pilot import Pilot  # isort: skip


async def say(pilot: Pilot[int], line: str, *, enter: bool = True) -> None:
    keys = {" ": "space", ":": "colon", "-": "minus", "/": "slash", ">": "greater_than_sign"}
    await pilot.press("colon", *(keys.get(each, each) for each in line))

    if enter:
        await pilot.press("enter")

    await pilot.pause()


def told(screen: OverviewScreen) -> str:
    shown = screen.query_one("CommandBar #complaint", Static)
    return str(shown.render()) if shown.display else ""


def shown(screen: Screen[object]) -> str:
    return "\n".join(str(each.render()) for each in screen.query(Static))


def test_no_two_commands_have_one_name() -> None:
    names = [name for each in COMMANDS for name in (each.name, *each.synonyms)]

    assert len(set(names)) == len(names)
    assert all(each.what for each in COMMANDS)


async def test_commands_take_arguments_and_synonyms() -> None:
    async with opened(healthy()) as (pilot, session, screen):
        grid = screen.pane("partitions")
        await say(pilot, "p 2")
        assert (screen.focused, grid.cursor) == (grid, "2")
        await say(pilot, "partition P1")
        assert grid.cursor == "1"
        await say(pilot, "sort lag")
        assert grid.listing.sort == Sort("lag", descending=True)
        await say(pilot, "order lag")
        assert grid.listing.sort == Sort("lag", descending=False)
        await say(pilot, "sort -id")
        assert grid.listing.sort == Sort("id", descending=True)
        await say(pilot, "columns id,lag")
        assert grid.render_line(1).text.split()[-1:] == ["LAG"]
        await say(pilot, "filter lag>0")
        assert len(grid.listing) < 3
        await say(pilot, "filter")
        assert len(grid.listing) == 3
        await say(pilot, "group analytics")
        assert screen.app.group == "analytics"
        await say(pilot, "g $Def")
        assert screen.app.group == "$Default"
        await say(pilot, "refresh 2")
        assert session.paces == [2.0]
        await say(pilot, "refresh")
        assert session.refreshed == 1
        await say(pilot, "theme ehtui-light")
        assert screen.app.theme == "ehtui-light"
        await say(pilot, "c 51300")
        assert screen.focused is screen.pane("consumers")
        await say(pilot, "copy pid")
        assert screen.app.clipboard == "51300"
        await say(pilot, "timeline")
        assert screen.focused is screen.pane("timeline")
        await say(pilot, "q")
        await wait_for(lambda: screen.app.return_value == 0)


async def test_kill_asks_as_the_key_does_and_takes_a_signal() -> None:
    async with opened(healthy()) as (pilot, session, screen):
        await pilot.press("2")
        await say(pilot, "kill")
        await wait_for(lambda: isinstance(screen.app.screen, SignalScreen))
        await pilot.press("escape")
        await say(pilot, "kill -15")
        await wait_for(lambda: isinstance(screen.app.screen, ConfirmScreen))
        await pilot.press("right", "enter")
        await wait_for(lambda: bool(session.executed))
        (plan,) = session.executed
        assert isinstance(plan, SignalPlan)
        assert plan.signal == "TERM"


async def test_doctor_shows_each_check_as_text_with_its_fix() -> None:
    async with opened(healthy()) as (pilot, _session, _screen):
        await say(pilot, "doctor")
        await wait_for(lambda: isinstance(pilot.app.screen, DoctorScreen))
        await wait_for(lambda: "1 check failed: hub.group." in shown(pilot.app.screen))
        said = shown(pilot.app.screen)

    assert "There is no group [b]x[/b]." in said
    assert "Create it." in said


async def test_a_place_is_gone_to_and_what_it_names_opened() -> None:
    async with opened(healthy()) as (pilot, _, screen):
        await say(pilot, "at partition:2/why")
        await wait_for(lambda: isinstance(screen.app.screen, WhyScreen))
        assert screen.pane("partitions").cursor == "2"


async def test_what_is_saved_needs_no_dialog_where_the_format_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened(healthy()) as (pilot, _, _screen):
        await say(pilot, "export csv")
        await wait_for(lambda: bool(list(tmp_path.glob("ehtui-partitions-*.csv"))))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("sotr lag", "no command “sotr”: did you mean sort?"),
        ("zzzzz", "no command “zzzzz”; there are"),
        ("sort lga", "no column “lga”: did you mean lag?"),
        ("group analitics", "no consumer group “analitics”: did you mean analytics?"),
        ("theme nrod", "no theme “nrod”: did you mean nord?"),
        ("theme", "theme needs a name"),
        ("p 12", "There is no partition 12: there are 0, 1, 2."),
        ("refresh 0", "refresh needs 0.2 to 3600 seconds"),
        ("refresh soon", "refresh needs 0.2 to 3600 seconds"),
        ("kill FOO", "no signal “FOO”"),
        ("at partion:2", "is not a place: did you mean partition:2?"),
        ("filter zzz>1", "no field “zzz”"),
        ("why me", "why takes nothing behind it"),
    ],
)
async def test_what_is_not_understood_is_said_and_can_be_mended(line: str, why: str) -> None:
    async with opened(healthy()) as (pilot, session, screen):
        await say(pilot, line)
        assert why in told(screen)
        field = screen.query_one("CommandBar Input")
        assert screen.focused is field

        await burst_is_over()
        await pilot.press("escape")  # in one flood with the line it would belong to it
        await wait_for(lambda: screen.focused is screen.pane("partitions"))
        assert session.executed == []


async def test_it_is_completed_while_it_is_typed() -> None:
    async with opened(healthy()) as (pilot, _, screen):
        await say(pilot, "so", enter=False)
        assert told(screen).startswith("sort [COLUMN]: Sort this pane")
        await pilot.press("tab", "space", "l", "a")
        assert "last" in told(screen)
        assert "lag" in told(screen)
        await pilot.press("g", "tab", "enter")
        assert screen.pane("partitions").listing.sort == Sort("lag", descending=True)
        await say(pilot, "group a", enter=False)
        await pilot.press("tab", "enter")
        assert screen.app.group == "analytics"


async def test_read_only_refuses_by_name_too() -> None:
    async with opened(healthy()) as (pilot, session, screen):
        session.read_only = True
        screen.app.forbidden = frozenset({"act_on_consumers('signal')", "act('start')"})
        for line in ("kill", "kill TERM", "start minutes"):
            await say(pilot, line)
            notes = [note.message for note in screen.app._notifications]
            assert notes
            assert all("--no-read-only allows it" in note for note in notes)
            assert screen.app.screen is screen


async def test_the_palette_and_the_help_are_still_there() -> None:
    async with opened(healthy()) as (pilot, _, screen):
        await pilot.press("ctrl+p")
        await wait_for(lambda: isinstance(screen.app.screen, CommandPalette))
        await pilot.press("escape")
        await say(pilot, "help")
        await wait_for(lambda: isinstance(screen.app.screen, HelpScreen))


async def test_keys_typed_ahead_of_a_command_line_are_its_own() -> None:
    async with opened(healthy()) as (pilot, session, screen):
        for key in ("colon", "k", "i", "l", "l", "enter", "enter", "R"):
            screen.app.simulate_key(key)

        await wait_for(lambda: isinstance(screen.app.screen, SignalScreen))
        await pilot.pause()
        assert isinstance(screen.app.screen, SignalScreen)  # what followed was dropped
        assert session.executed == []
