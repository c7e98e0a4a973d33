"""What screens of tables share: what is left out, order, columns, and taking along."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.screen import Screen

from ehtui.lazy import LazyModule
from ehtui.tui.grid import Grid
from ehtui.tui.keys import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.tui import places, view_actions
    from ehtui.tui.host import Host
    from ehtui.views.export import Export
    from ehtui.views.row_facts import RowFacts
else:
    view_actions = LazyModule("ehtui.tui.view_actions")


class TableScreen(Screen[None]):
    """Tables of which one is in use."""

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({Scope.APP, Scope.TABLES, Scope.GRID})
    DEFAULT_CSS = """
    TableScreen {
        background: $background;
        layout: vertical;
    }
    """
    app: Host

    @property
    def active(self) -> Grid:
        """The table that keys are about."""
        raise NotImplementedError

    def facts_of(self, pane: str, key: str) -> RowFacts:
        """What a row is about in the newest picture."""
        raise NotImplementedError

    def exported(self, pane: str, keys: Sequence[str]) -> Export:
        """Rows of a table as data for other programs."""
        raise NotImplementedError

    def link(self, pane: str, key: str | None) -> str:
        """The command that opens at a row."""
        raise NotImplementedError

    @property
    def taken_at(self) -> float:
        """Of which moment the screen is, in local time."""
        raise NotImplementedError

    def go(self, place: places.Place) -> None:
        """Select what is there, and open what is to be opened of it.

        Raises:
            PlaceError: It is not there.
        """
        raise NotImplementedError

    def action_refresh(self) -> None:
        """Read everything now."""
        raise NotImplementedError

    def action_back(self) -> None:
        """Undo the nearest."""
        raise NotImplementedError

    # Finding.

    def action_faults(self) -> None:
        """Warnings and worse only, or everything."""
        self.active.show_faults_only(only=not self.active.listing.faults_only)

    def filter_by(self, text: str) -> str:
        """Show what matches in this table; what is wrong with the filter, if anything."""
        raise NotImplementedError

    def show_all(self) -> bool:
        """Leave nothing out of this table; whether something was."""
        grid = self.active

        if grid.listing.matches is None and not grid.listing.faults_only:
            return False

        grid.filter_rows(None)
        grid.show_faults_only(only=False)

        return True

    def select(self, grid: Grid, key: str) -> None:
        """Go to a row, also where a filter hides it."""
        if grid.listing.position(key) is None:
            grid.filter_rows(None)
            grid.show_faults_only(only=False)

        grid.move_to(key)

    @on(Grid.NoHit)
    def tell_no_hit(self, event: Grid.NoHit) -> None:
        """Why `n` goes nowhere."""
        keys = self.app.key_of("filter")
        self.app.say(
            "No row matches the filter." if event.is_sought else f"{keys} says what to look for.",
            "warning",
        )

    def action_sort(self) -> None:
        """Choose a column to sort this table by."""
        self.app.run_flow(view_actions.sort(self.app, self.active))

    def action_choose_columns(self) -> None:
        """Choose the columns of this table."""
        self.app.run_flow(view_actions.choose_columns(self.app, self.active))

    # Taking along.

    def action_copy(self) -> None:
        """Choose what of the selected row to copy."""
        self.app.run_flow(view_actions.copy(self.app, self))

    def action_save(self) -> None:
        """Save what this table shows."""
        self.app.run_flow(view_actions.save(self.app, self))
