"""The line in which a filter is typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static
from typing_extensions import override

from ehtui.tui.grid import Grid

if TYPE_CHECKING:
    from textual.app import ComposeResult


class FilterBar(Horizontal):
    """Hidden until opened; Enter keeps the filter, escape drops it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "drop", "Drop the filter", show=False),
        Binding("down,tab", "keep", "To the table", show=False),
    ]
    DEFAULT_CSS = """
    FilterBar {
        dock: bottom;
        height: 1;
        display: none;
        background: $panel;
        &.-open { display: block; }
        Static { width: auto; color: $primary; text-style: bold; padding: 0 0 0 1; }
        Input { border: none; height: 1; width: 1fr; padding: 0 1; background: $panel; }
        #complaint { color: $warning; padding: 0 1; text-style: none; }
    }
    """

    @dataclass
    class Changed(Message):
        """The filter of a table reads otherwise."""

        grid: Grid
        text: str

    def __init__(self) -> None:
        super().__init__(id="filterbar")
        self._grid: Grid | None = None
        self._texts: dict[str | None, str] = {}

    @override
    def compose(self) -> ComposeResult:
        yield Static(Content("/"))
        yield Input(placeholder="words  /regex/  !not  lag>1000  owner:73f  health!=ok")
        yield Static(id="complaint")

    def open(self, grid: Grid) -> None:
        """Type a filter for this table, beginning with the one it has."""
        self._grid = grid
        field = self.query_one(Input)

        with field.prevent(Input.Changed):
            field.value = self._texts.get(grid.id, "") if grid.listing.matches else ""

        self.add_class("-open")
        self.screen.add_class("-filtering")
        self.screen.set_focus(field)

    def complain(self, words: str) -> None:
        """Say why the filter cannot be read."""
        self.query_one("#complaint", Static).update(Content(words))

    @on(Input.Changed)
    def changed(self, event: Input.Changed) -> None:
        """Apply while typing."""
        event.stop()
        self._tell(event.value)

    @on(Input.Submitted)
    def action_keep(self) -> None:
        """Back to the table with the filter in force."""
        self._close()

    def action_drop(self) -> None:
        """Back to the table, everything shown."""
        self._tell("")
        self._close()

    def _tell(self, text: str) -> None:
        if self._grid is not None:
            self._texts[self._grid.id] = text
            self.post_message(self.Changed(self._grid, text))

    def _close(self) -> None:
        self.remove_class("-open")
        self.screen.remove_class("-filtering")

        if self._grid is not None:
            self.screen.set_focus(self._grid)
