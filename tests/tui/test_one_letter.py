"""Two keys, of which the second is a letter: sorting, columns, copying."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from textual.widgets import Static

from ehtui.tui.grid_viewport import Sort
from ehtui.tui.screens.choice import ColumnsScreen, letters
from ehtui.tui.screens.overview import OverviewScreen
from ehtui.tui.setting_names import TABLES
from tests.tui.fakes import FakeBackend
from tests.tui.scenes import healthy, overdue
from tests.tui.test_actions import notified, opened, press, words
from tests.waiting import wait_for


async def test_after_sorting_the_cursor_is_at_the_top() -> None:
    async with opened() as (pilot, _, app):
        assert isinstance(app.screen, OverviewScreen)
        grid = app.screen.pane("partitions")
        await press(pilot, "down", "o", "l")
        assert grid.listing.sort == Sort("lag", descending=True)
        assert (grid.cursor, grid.listing.position("2")) == ("2", 0)
        await press(pilot, "o", "l")
        assert grid.listing.sort == Sort("lag", descending=False)
        assert grid.cursor == "0"
        await press(pilot, "o", "b")
        assert grid.listing.sort == Sort("behind", descending=True)


@pytest.mark.parametrize("pane", TABLES)
def test_each_column_has_a_letter_of_its_own_to_sort_by(pane: str) -> None:
    titled = [(column.key, column.title) for column in TABLES[pane] if column.title]
    found = letters(titled, first="lag")
    assert all(found.values())
    assert len(set(found.values())) == len(titled)
    assert not {"j", "k"} & set(found.values())  # these move
    assert found.get("lag", "l") == "l"


@pytest.mark.parametrize(
    ("keys", "copied", "told"),
    [
        ("1 y y", "0\tok\t", "Copied 1 row."),
        ("1 y o", "73fda457-1111-4d3a-9c55-0a8f6e1b0001", "Copied owner id: 73fda457-1111-"),
        ("1 y p", "51257", "Copied pid: 51257"),
        ("1 y P", "0", "Copied partition: 0"),
        ("1 y c", "python start_consumer.py", "Copied command: python start_consumer"),
        ("1 y b", "hgzero.servicebus.windows.net/", "Copied 2 blob names: hgzero"),
        ("1 y a", "ID\tHEALTH\tOWNER", "Copied all 3 rows of this pane."),
        ("1 y l", "ehtui --group '$Default' --at partition:0", "Copied: ehtui --group"),
        (
            "2 space space y o",
            "73fda457-1111-4d3a-9c55-0a8f6e1b0001\n9c01e2aa",
            "Copied 2 owner ids",
        ),
        ("2 y l", "ehtui --group '$Default' --at consumer:51257", "Copied: "),
        ("3 y l", "ehtui --group '$Default' --at finding:consumer.standby", "Copied: "),
        ("4 y l", "ehtui --group '$Default' --at timeline", "Copied: "),
        ("4 y y", "11:51", "Copied 1 row."),
    ],
)
async def test_copy_takes_what_a_letter_names_and_says_so(
    keys: str, copied: str, told: str
) -> None:
    async with opened() as (pilot, _, app):
        await press(pilot, *keys.split())
        await wait_for(lambda: bool(app._notifications))
        assert app.clipboard.startswith(copied)
        assert told in notified(app)
        assert isinstance(app.screen, OverviewScreen)


async def test_what_can_be_copied_is_named_and_other_keys_copy_nothing() -> None:
    async with opened(FakeBackend(overdue())) as (pilot, session, app):
        await press(pilot, "down", "down", "y")  # its owner is no process of this host
        line = str(app.screen.query_one(Static).render())
        assert "o\xa0owner\xa0id" in line
        assert "pid" not in line
        await press(pilot, "K")
        assert isinstance(app.screen, OverviewScreen)
        assert app.clipboard == ""
        assert session.executed == []


async def test_what_is_copied_is_harmless_where_it_is_pasted() -> None:
    consumer = healthy().consumers[0]
    evil = replace(consumer.process, command="python c.py\nrm -rf / --key SharedAccessKey=abc==")
    picture = replace(healthy(), consumers=(replace(consumer, process=evil),))
    async with opened(FakeBackend(picture)) as (pilot, _, app):
        await press(pilot, "2", "y", "c")
        await wait_for(lambda: bool(app.clipboard))
        assert "\n" not in app.clipboard
        assert "abc" not in app.clipboard


async def test_columns_are_chosen_for_the_session_and_it_says_how_to_keep_them() -> None:
    async with opened() as (pilot, _, app):
        assert isinstance(app.screen, OverviewScreen)
        grid = app.screen.pane("partitions")
        await press(pilot, "F")
        assert isinstance(app.screen, ColumnsScreen)
        await press(pilot, "j", "space")
        assert "partitions: [id, owner, lease, bar," in words(app)
        await press(pilot, "enter")
        headings = grid.render_line(1).text
        assert "HEALTH" not in headings
        assert "OWNER" in headings
        await press(pilot, "m")
        assert "HEALTH" not in grid.render_line(1).text
        assert [column.key for column in grid.listing.table.columns][:2] == ["id", "health"]
