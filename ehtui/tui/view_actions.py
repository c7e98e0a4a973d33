"""Looking: which group, which order, which row in full, and taking it along."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ehtui.domain.text import safe
from ehtui.tui.dialog_text import dialog_text
from ehtui.tui.exporting import FORMATS, Copy, copies_of
from ehtui.tui.grid_viewport import Sort
from ehtui.tui.places import PlaceError
from ehtui.tui.screens.audit import AuditScreen
from ehtui.tui.screens.choice import (
    Choice,
    ChoiceScreen,
    ColumnsScreen,
    LetterScreen,
    letters,
)
from ehtui.tui.screens.details import DetailsScreen, WhyScreen
from ehtui.tui.screens.group import GroupScreen
from ehtui.tui.screens.log import LogScreen
from ehtui.views.keys import subject_of
from ehtui.views.tables.timeline import FAULTS, KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.world.process import ProcessId
    from ehtui.tui.grid import Grid
    from ehtui.tui.host import Host
    from ehtui.tui.places import Place
    from ehtui.views.export import Export
    from ehtui.views.row_facts import RowFacts


class Tables(Protocol):
    """A screen with tables, as far as it is asked what to take along."""

    @property
    def active(self) -> Grid:
        """The table that is meant."""

    @property
    def taken_at(self) -> float:
        """Of which moment it is, in local time."""

    def facts_of(self, pane: str, key: str) -> RowFacts:
        """What a row is about."""

    def exported(self, pane: str, keys: Sequence[str]) -> Export:
        """Rows as data for other programs."""

    def link(self, pane: str, key: str | None) -> str:
        """The command that opens at a row."""


NOTHING_SELECTED = "Nothing is selected."
# What one sorts by most: offered first, so that Enter is enough.
_USUAL = {"partitions": "lag", "consumers": "cpu"}
_KINDS = {
    "ownership": "claimed, released, taken over, late; checkpoints that went back",
    "actions": "what you did, and what came of it",
    "processes": "started, ended, complained in their logs",
    "findings": "what began and what is over",
    "sources": "what could not be read; the hub and this host's clock",
    FAULTS: "warnings and worse of any kind",
}


async def switch_group(app: Host) -> None:
    """Choose among the groups of the hub, with the health of each."""
    chosen = await app.push_screen_wait(GroupScreen())

    if chosen is not None:
        app.group = chosen


async def audit(app: Host) -> None:
    """Show what was done with ehtui on this host."""
    try:
        entries = await app.backend.audited()
    except OSError as error:
        app.say(f"The audit log can't be read: {safe(error.strerror or str(error))}.", "error")
        return

    await app.push_screen_wait(AuditScreen(entries))


async def sort(app: Host, grid: Grid) -> None:
    """Choose a column; the one in force again turns round, the first line is the table's order."""
    current = grid.listing.sort
    first = current.column if current else _USUAL.get(grid.id or "", "")
    chosen = await app.push_screen_wait(ChoiceScreen("Sort by", _sorts(grid), first))

    if chosen is not None:
        sort_by(grid, chosen)


async def kinds(app: Host, current: str) -> str | None:
    """Choose what the timeline tells; None where it stays as it is."""
    every = Choice("", "everything")
    choices = [every, *(Choice(kind, kind, _KINDS[kind]) for kind in KINDS)]
    return await app.push_screen_wait(ChoiceScreen("Show in the timeline", choices, current))


def sort_by(grid: Grid, column: str, *, descending: bool | None = None) -> None:
    """Sort by a column; the one in force again turns round, "" is the table's order."""
    current = grid.listing.sort

    if descending is None:
        is_again = current is not None and current.column == column
        descending = not current.descending if current and is_again else _falls(grid, column)

    grid.sort_by(Sort(column, descending=descending) if column else None)


def _sorts(grid: Grid) -> list[Choice]:
    current = grid.listing.sort
    columns = [column for column in grid.listing.table.columns if column.title]
    names = [(column.key, column.title) for column in columns]
    initials = letters(names, first=_USUAL.get(grid.id or "", ""))
    turning = (
        ("descending" if current.descending else "ascending") + "; again reverses"
        if current
        else ""
    )

    return [
        Choice("", "default order"),
        *(
            Choice(
                column.key,
                column.title,
                turning if current and current.column == column.key else "",
                initials[column.key],
            )
            for column in columns
        ),
    ]


def _falls(grid: Grid, column: str) -> bool:
    """Numbers begin with the largest: that is where the trouble is."""
    keys = [each.key for each in grid.listing.table.columns]
    rows = grid.listing.table.rows

    return column in keys and any(
        isinstance(row.cells[keys.index(column)].sort, float | int) for row in rows
    )


FILES: tuple[str, ...] = ("csv", "json", "md", "svg")


async def save(app: Host, screen: Tables, chosen: str | None = None) -> None:
    """Choose a format, unless one is; the file goes into the working folder, over no other."""
    pane, keys = screen.active.id or "", tuple(screen.active.listing.keys)
    data, taken_at, picture = screen.exported(pane, keys), screen.taken_at, app.export_screenshot()
    choices = [
        Choice("csv", "CSV", "for a spreadsheet"),
        Choice("json", "JSON", "for a program"),
        Choice("md", "Markdown", "for an issue"),
        Choice("svg", "SVG", "a picture of the screen"),
    ]

    if chosen is None:
        chosen = await app.push_screen_wait(ChoiceScreen("Save what is shown as", choices))

    if chosen is not None:
        text = picture

        if chosen in FORMATS:
            text = FORMATS[chosen](data)

        moment = datetime.fromtimestamp(taken_at, tz=UTC)
        path = Path(f"ehtui-{pane}-{moment:%Y%m%d-%H%M%S}.{chosen}")

        try:
            await asyncio.to_thread(write_new, path, text)
        except OSError as error:
            app.say(f"{path}: {error.strerror or error}", "error")
        else:
            app.say(f"Saved {path}.")


def write_new(path: Path, text: str) -> None:
    """A file that is not there yet. Blocking.

    Raises:
        OSError: There is one, or none can be made.
    """
    with path.open("x", encoding="utf-8") as file:
        file.write(text)


async def choose_columns(app: Host, grid: Grid) -> None:
    """Choose what this pane shows, for the session."""
    columns = [
        Choice(column.key, column.title or f"({column.key})")
        for column in grid.listing.table.columns
    ]
    chosen = await app.push_screen_wait(ColumnsScreen(grid.id or "", columns, grid.columns_shown))

    if chosen is not None:
        grid.choose_columns(chosen)


async def copy(app: Host, screen: Tables) -> None:
    """Choose what of the tagged rows, or the selected one, goes onto the terminal's clipboard."""
    offered = {each.letter: each for each in copies(screen)}

    if not offered:
        app.say(NOTHING_SELECTED, "warning")
        return

    names = [(each.letter, each.what) for each in offered.values()]
    letter = await app.push_screen_wait(LetterScreen("Copy", names))

    if letter is not None:
        put_on_clipboard(app, offered[letter])


def put_on_clipboard(app: Host, copied: Copy) -> None:
    """Copy, and say what."""
    app.copy_to_clipboard(copied.text())
    app.say(copied.told)


def copies(screen: Tables) -> tuple[Copy, ...]:
    """What can be copied of the rows that an action would be about, all at once."""
    grid = screen.active
    pane, keys = grid.id or "", grid.targets
    facts = [screen.facts_of(pane, key) for key in keys]

    return copies_of(facts, grid.listing, keys, screen.link(pane, keys[0] if keys else None))


def go_to_hub(app: Host, place: Place) -> None:
    """Go into one of several hubs, or to the overview of all.

    Raises:
        PlaceError: It is not there.
    """
    if place.name:
        app.enter_named(place.name)
    elif not app.leave_hub():
        raise PlaceError("Only one hub is watched: there is no overview.")


def details(app: Host, pane: str, key: str) -> None:
    """Open everything known about a row."""
    app.push_screen(DetailsScreen(pane, key))


def log(app: Host, grid: Grid, processes: Sequence[ProcessId]) -> None:
    """Follow the log of the first of these, whom the grid's selection names, that has one."""
    paths = [
        consumer.process.log_path
        for consumer in app.snapshot.consumers
        if consumer.process.id in processes and consumer.process.log_path
    ]

    if paths:
        app.push_screen(LogScreen(paths[0], app.backend.follow_log(paths[0])))
    elif processes:
        app.say("No log was found: set consumers.NAME.log in config.yaml.", "warning")
    elif grid.targets:
        app.say("The selected row is not about a consumer on this host.", "warning")
    else:
        app.say(NOTHING_SELECTED, "warning")


def why(app: Host, grid: Grid) -> None:
    """Explain the row under the cursor."""
    if grid.cursor is None:
        app.say(NOTHING_SELECTED, "warning")
        return

    explain(app, grid.id or "", grid.cursor)


def explain(app: Host, pane: str, key: str | None) -> None:
    """Explain a row; without one, the group."""
    subject = subject_of(app.snapshot, app.group, pane, key)
    app.push_screen(WhyScreen(dialog_text(app).why(app.snapshot, app.group, subject)))
