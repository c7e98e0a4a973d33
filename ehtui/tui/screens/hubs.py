"""The overview of all hubs and groups: the worst first, and all that is said of the selected."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import on
from typing_extensions import override

from ehtui.domain.text import safe
from ehtui.lazy import LazyModule
from ehtui.tui.grid import Grid
from ehtui.tui.grid_viewport import Sort
from ehtui.tui.host import AGES_EVERY_S
from ehtui.tui.keys import Scope, bindings
from ehtui.tui.screens.entry import EntryScreen
from ehtui.tui.strips import fit, wrap
from ehtui.tui.widgets.lines import Headline, KeyBar, Line
from ehtui.views.cells import Cell
from ehtui.views.hubs import by_key, hubs_headline, place_name, successor
from ehtui.views.row_facts import NOTHING
from ehtui.views.tables.hubs import hubs_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from ehtui.tui import places, view_actions
    from ehtui.tui.hubs_host import HubsHost
    from ehtui.views import hubs_export as exporting
    from ehtui.views.export import Export
    from ehtui.views.hubs import HubRow
    from ehtui.views.row_facts import RowFacts
else:
    places = LazyModule("ehtui.tui.places")
    view_actions = LazyModule("ehtui.tui.view_actions")
    exporting = LazyModule("ehtui.views.hubs_export")

WIDE = 100  # cells from which two lines hold most sentences


class HubsScreen(EntryScreen):
    """One table. A row is a group of a hub: enter goes into that hub, with that group."""

    AUTO_FOCUS = "#hubs"
    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.TABLES))
    app: HubsHost

    def __init__(self) -> None:
        super().__init__()
        self._rows: Mapping[str, HubRow] = {}
        self._selected: HubRow | None = None  # as it was drawn last
        self._put_at: str | None = None  # where it was put meanwhile
        self._begins_at: str | None = (
            ""  # the hub where the cursor waits for its user; "" the worst
        )

    @override
    def compose(self) -> ComposeResult:
        columns = self.app.options.columns.get("hubs", ())
        yield Headline(chrome=self.app.chrome)
        yield Grid("Hubs", id="hubs", chrome=self.app.chrome, compact=columns)
        yield SelectedLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Follow the pictures, and the clock: what is not renewed grows old."""
        self.watch(self.app, "watched", self.show, init=False)
        self.set_interval(AGES_EVERY_S, self.show)

        if column := self.app.options.sort.get("hubs"):
            self.active.sort_by(Sort(column.removeprefix("-"), descending=column.startswith("-")))

        self.show()
        self.run_worker(self._begin_at_last(), exit_on_error=False)

        if self.app.options.at:
            self.call_after_refresh(self._arrive, self.app.options.at)

    def on_screen_resume(self) -> None:
        """A hub was left, or a dialog closed: catch up."""
        self.show()
        self.active.mark_cursor()

    def show(self) -> None:
        """Draw the newest; under a hub's screen everything stands still."""
        if self.app.screen is not self or not self.is_mounted:
            return

        app, rows = self.app, self.app.rows
        grid, gone = self.active, self._selected
        self._rows = by_key(rows)
        grid.show(hubs_table(rows, glyphs=app.tables.glyphs))

        if gone is not None and gone.key not in self._rows and (key := successor(rows, gone)):
            grid.move_to(key)  # its groups became known, or went

        if self._begins_at is not None:
            self._wait_for_user(rows)

        sentence = hubs_headline(rows, glyphs=app.tables.glyphs)
        self.query_one(Headline).show((" all hubs", ""), "", sentence, (), app.options.banner or "")
        self.show_selected()

    async def _begin_at_last(self) -> None:
        """The cursor begins at the hub that was looked at last, which a file remembers."""
        last = await asyncio.to_thread(lambda: self.app.hubs.last)

        if last is not None and self._begins_at is not None:
            self._begins_at = last
            self.show()

    def _wait_for_user(self, rows: Sequence[HubRow]) -> None:
        """Until all was read, or somebody moves it, the cursor is where one would begin."""
        grid = self.active
        own = [row.key for row in rows if row.watched.key == self._begins_at]

        if (own or rows) and not grid.listing.matches:
            self._put_at = (own or [row.key for row in rows])[0]
            grid.move_to(self._put_at)

        if not any(row.is_unread for row in rows):
            self._begins_at = None

    @on(Grid.CursorMoved)
    def stop_waiting(self) -> None:
        """Whoever has moved the cursor begins there."""
        if self.active.cursor != self._put_at:
            self._begins_at = None

    @on(Grid.CursorMoved)
    def show_selected(self) -> None:
        """All that is said of the row under the cursor."""
        row = self._selected = self._rows.get(self.active.cursor or "")
        pointer, place, said = self.app.chrome.pointer, "", Cell("")

        if row is not None:
            said, place = row.said, place_name(row, tuple(self._rows.values()))
            place += f" {pointer} {safe(row.group_name)}" if row.group is not None else ""
            place += " (production)" if row.watched.is_production else ""

        self.query_one(SelectedLine).show(place, said)
        self.app.place_toasts()

    def arrive_from(self, key: str, group: str) -> None:
        """The row of the group that was looked at is the selected one."""
        rows = [row for row in self.app.rows if row.watched.key == key]
        same = [row for row in rows if row.group_name.lower() == group.lower()]

        for row in (same or rows)[:1]:
            self._rows = {**self._rows, row.key: row}
            self.active.move_to(row.key)

    # What `TableScreen` asks for.

    @property
    @override
    def active(self) -> Grid:
        return self.query_one("#hubs", Grid)

    @property
    @override
    def taken_at(self) -> float:
        return self.app.clock()

    @override
    def facts_of(self, pane: str, key: str) -> RowFacts:
        row = self._rows.get(key)

        return NOTHING if row is None else row.facts

    @override
    def exported(self, pane: str, keys: Sequence[str]) -> Export:
        return exporting.export_hubs([self._rows[key] for key in keys], self.app.clock())

    @override
    def link(self, pane: str, key: str | None) -> str:
        row = self._rows.get(key or "")
        place = places.Place(places.HUBS) if row is None else places.Place(places.HUB, row.key)

        return places.command_to(place, self.app.options.started_with)

    # Going in.

    @on(Grid.RowSelected)
    def open_row(self, event: Grid.RowSelected) -> None:
        """Go into that hub, with that group."""
        row = self._rows.get(event.key)

        if row is not None:
            self.app.enter(row.watched, row.group_name)

    @override
    def go(self, place: places.Place) -> None:
        if place.kind not in {places.HUB, places.HUBS}:
            raise places.PlaceError(
                f"{places.written(place)} is of one hub: go into it first, with enter or :hub NAME."
            )

        view_actions.go_to_hub(self.app, place)

    def _arrive(self, text: str) -> None:
        """Go to the place that was asked for at the start."""
        try:
            self.go(places.parse(text))
        except places.PlaceError as error:
            self.app.say(str(error), "warning")

    # Looking.

    @override
    def action_back(self) -> None:
        """Leave nothing out."""
        self.show_all()

    @override
    def action_refresh(self) -> None:
        """Read every hub now."""
        self.app.hubs.refresh()


class SelectedLine(Line):
    """The selected row's hub and group, and all that is said of it: always on as many lines."""

    DEFAULT_CSS = """
    SelectedLine { background: $panel; }
    """
    app: HubsHost

    def __init__(self) -> None:
        super().__init__()
        self._place, self._said = "", Cell("")

    def show(self, place: str, said: Cell) -> None:
        """Say it."""
        self._place, self._said = place, said
        self.redraw()

    @override
    def lines(self, width: int) -> Sequence[Sequence[Segment]]:
        count = 2 if width >= WIDE else 3
        place = self._place
        room = max(1, width - 2)
        first, *rest = wrap(f"{place}: {self._said.text}" if place else "", room, count) or ("",)
        ellipsis = self.app.chrome.ellipsis
        dim, told = self.named("title"), self.named(f"headline-{self._said.tone}")
        head = fit(first, room, ellipsis=ellipsis)
        cut = min(len(place) + bool(place), len(head))
        lines = [[Segment(f" {head[:cut]}", dim), Segment(f"{head[cut:]} ", told)]]
        lines += [[Segment(f" {fit(part, room, ellipsis=ellipsis)} ", told)] for part in rest]

        return [*lines, *([Segment(" ", told)] for _ in range(count - len(lines)))]
