"""A screen of tables on which a filter or a command is typed, in a line at its foot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from ehtui.lazy import LazyModule
from ehtui.tui.screens.tables import TableScreen

if TYPE_CHECKING:
    from ehtui.tui.widgets import filterbar
else:
    filterbar = LazyModule("ehtui.tui.widgets.filterbar")


class EntryScreen(TableScreen):
    """The lines are made when they are first asked for."""

    DEFAULT_CSS = """
    EntryScreen.-filtering KeyBar { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._filter_bar: filterbar.FilterBar | None = None
        self._command_bar: filterbar.CommandBar | None = None

    def kept_lines(self) -> range:
        """The selected row, or the line in which something is typed."""
        bars = [bar for bar in (self._filter_bar, self._command_bar) if bar and bar.display]
        region = bars[0].region if bars else None

        return self.active.cursor_lines if region is None else range(region.y, region.bottom)

    async def action_filter(self) -> None:
        """Type a filter for this table; it applies while it is typed."""
        if self._filter_bar is None:
            self._filter_bar = filterbar.FilterBar()
            await self.mount(self._filter_bar)

        self._filter_bar.open(self.active)

    @override
    def filter_by(self, text: str) -> str:
        if self._filter_bar is None:
            self._filter_bar = filterbar.FilterBar()
            self.mount(self._filter_bar)

        return self._filter_bar.apply(self.active, text)

    async def action_command_line(self) -> None:
        """Type a command with what it is about."""
        if self._command_bar is None:
            self._command_bar = filterbar.CommandBar()
            await self.mount(self._command_bar)

        self._command_bar.open_with(self.active, "")
