"""The line in which a filter is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static
from typing_extensions import override

from ehtui.tui.filtering import FilterError, parse

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ehtui.tui.grid import Grid
    from ehtui.tui.typeahead import TypeAheadApp


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

    app: TypeAheadApp

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

    @on(Input.Changed)
    def changed(self, event: Input.Changed) -> None:
        """Apply while typing."""
        event.stop()
        self._apply(event.value)

    @on(Input.Submitted)
    def submitted(self) -> None:
        """As `keep`; further pasted lines are no keys for the table."""
        self.app.drop_typed_ahead()
        self._close()

    def action_keep(self) -> None:
        """Back to the table with the filter in force."""
        self._close()

    def action_drop(self) -> None:
        """Back to the table, everything shown."""
        self._apply("")
        self._close()

    def _apply(self, text: str) -> None:
        """Show what matches; a filter that cannot be read says why and hides nothing."""
        if self._grid is None:
            return

        self._texts[self._grid.id] = text

        try:
            matches, complaint = parse(text, self._grid.listing.table.columns), ""
        except FilterError as error:
            matches, complaint = None, str(error)

        self.query_one("#complaint", Static).update(Content(complaint))
        self._grid.filter_rows(matches, text.strip() if matches else "")

    def _close(self) -> None:
        self.remove_class("-open")
        self.screen.remove_class("-filtering")

        if self._grid is not None:
            self.screen.set_focus(self._grid)
