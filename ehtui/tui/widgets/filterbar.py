"""Lines at the foot in which a filter or a command is typed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.binding import Binding, BindingType
from textual.suggester import Suggester
from textual.widgets import Input
from typing_extensions import override

from ehtui.tui import command_line
from ehtui.tui.commands import CommandError
from ehtui.tui.filtering import HINT, FilterError, parse
from ehtui.tui.widgets.entry_bar import EntryBar

if TYPE_CHECKING:
    from textual.screen import Screen

    from ehtui.tui.grid import Grid
    from ehtui.tui.screens.tables import TableScreen


class FilterBar(EntryBar):
    """Applies while it is typed; Enter keeps the filter, escape drops it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,tab", "keep", "To the table", show=False),
    ]
    PROMPT = "/"
    PLACEHOLDER = HINT

    def __init__(self) -> None:
        super().__init__()
        self._texts: dict[str | None, str] = {}

    @property
    def _tables(self) -> TableScreen:
        screen: Screen[object] = self.screen

        return cast("TableScreen", screen)

    def open(self, grid: Grid) -> None:
        """Type a filter for this table, beginning with the one it has."""
        self.open_with(grid, self._texts.get(grid.id, "") if grid.listing.matches else "")

    @on(Input.Changed)
    def changed(self, event: Input.Changed) -> None:
        """Apply while typing."""
        event.stop()

        if self.pane is not None:
            self.complain(self.apply(self.pane, event.value))

    @on(Input.Submitted)
    def submitted(self) -> None:
        """As `keep`; further pasted lines are no keys for the table."""
        self.app.drop_typed_ahead()
        self.close()

    def action_keep(self) -> None:
        """Back to the table with the filter in force."""
        self.close()

    @override
    def action_drop(self) -> None:
        if self.pane is not None:
            self.apply(self.pane, "")

        self.close()

    def apply(self, grid: Grid, text: str) -> str:
        """Show what matches; of one that cannot be read, say what is wrong, and show all."""
        self._texts[grid.id] = text
        pane = grid.id or ""

        try:
            found = parse(text, grid.listing.table.columns, partial(self._tables.facts_of, pane))
        except FilterError as error:
            grid.filter_rows(None)
            return f"{error}; all rows are shown"

        if found is None:
            grid.filter_rows(None)
        else:
            grid.filter_rows(found.matches, found.text, moves=found.moves)

            if found.problems:
                grid.filter_rows(None)
                return f"{text}: {found.problems[0]}; all rows are shown"

        return ""


class Completes(Suggester):
    """The first command line that begins so."""

    def __init__(self, bar: CommandBar) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._bar = bar

    @override
    async def get_suggestion(self, value: str) -> str | None:
        return next(iter(self._bar.completions(value)), None) if value else None


_MOST_OFFERED = 12


class CommandBar(EntryBar):
    """Enter does it; one that is not understood says so and stays to be mended."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", show=False),
    ]
    PROMPT = ":"
    PLACEHOLDER = "group X  p 12  sort lag  kill  export  refresh 2  theme NAME  filter …  q"

    @override
    def suggester(self) -> Suggester:
        return Completes(self)

    def completions(self, text: str) -> list[str]:
        """Lines that begin with what is typed."""
        return command_line.completions(self.tables, text) if self.is_attached else []

    @property
    def tables(self) -> TableScreen:
        """What commands are about."""
        screen: Screen[object] = self.screen

        return cast("TableScreen", screen)

    @on(Input.Changed)
    def changed(self, event: Input.Changed) -> None:
        """Say what may follow."""
        event.stop()
        self.hint(self._offer(event.value))

    def _offer(self, text: str) -> str:
        name, space, _ = text.partition(" ")

        if not text:
            return ""

        if not space:
            names = [each for each in self.completions(name) if each != name]
            more = f"  …{len(names) - _MOST_OFFERED} more" if len(names) > _MOST_OFFERED else ""
            listed = "  ".join(names[:_MOST_OFFERED]) + more
        else:
            listed = "  ".join(
                each.partition(" ")[2] for each in self.completions(text)[:_MOST_OFFERED]
            )

        try:
            command, _ = command_line.found(name)
        except CommandError:
            return listed

        return "  ".join(filter(None, (f"{command.usage}: {command.what}.", listed)))

    def action_complete(self) -> None:
        """Take the completion."""
        field = self.query_one(Input)
        completed = self.completions(field.value)

        if completed:
            field.value = completed[0]
            field.cursor_position = len(field.value)

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Do it; further pasted lines are no keys for the table."""
        event.stop()
        self.app.drop_typed_ahead()
        line = event.value.strip()

        if not line:
            self.close()
            return

        try:
            self.obey(line)
        except CommandError as error:
            if self.pane is not None:
                self.open_with(self.pane, event.value)

            self.complain(str(error))

    def obey(self, line: str) -> None:
        """Do what it says.

        Raises:
            CommandError: It cannot be done.
        """
        self.close()
        command_line.run(self.tables, line)
