"""The line in which a filter for events is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.widgets import Input
from typing_extensions import override

from ehtui.tui.event_filter import HINT
from ehtui.tui.widgets.entry_bar import EntryBar

if TYPE_CHECKING:
    from collections.abc import Callable


class EventFilterBar(EntryBar):
    """Applies while it is typed; Enter keeps the filter, escape drops it."""

    PROMPT = "/"
    PLACEHOLDER = HINT

    def __init__(self, apply: Callable[[str], str]) -> None:
        super().__init__()
        self._apply = apply

    @on(Input.Changed)
    def changed(self, event: Input.Changed) -> None:
        """Apply while typing."""
        event.stop()
        self.complain(self._apply(event.value))

    @on(Input.Submitted)
    def submitted(self) -> None:
        """Back to the table with the filter in force."""
        self.app.drop_typed_ahead()
        self.close()

    @override
    def action_drop(self) -> None:
        self._apply("")
        self.close()
