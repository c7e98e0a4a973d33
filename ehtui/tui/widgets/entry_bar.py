"""A line at the foot in which something is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static
from typing_extensions import override

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.suggester import Suggester

    from ehtui.tui.grid import Grid
    from ehtui.tui.host import Host


class EntryBar(Vertical):
    """Hidden until opened; above what is typed stands what is wrong with it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "drop", "Give it up", show=False),
    ]
    DEFAULT_CSS = """
    EntryBar {
        dock: bottom;
        height: auto;
        display: none;
        background: $panel;
        &.-open { display: block; }
        Horizontal { height: 1; }
        .prompt { width: auto; color: $primary; text-style: bold; padding: 0 0 0 1; }
        Input { border: none; height: 1; width: 1fr; padding: 0 1; background: $panel; }
        #complaint { color: $warning; padding: 0 1; display: none; }
        #complaint.-hint { color: $dim; }
        #complaint.-told { display: block; }
    }
    """
    PROMPT = ""
    PLACEHOLDER = ""
    app: Host

    def __init__(self) -> None:
        super().__init__()
        self.pane: Grid | None = None  # what has the focus again afterwards

    @override
    def compose(self) -> ComposeResult:
        yield Static(id="complaint")

        with Horizontal():
            yield Static(Content(self.PROMPT), classes="prompt")
            yield Input(placeholder=self.PLACEHOLDER, suggester=self.suggester())

    def suggester(self) -> Suggester | None:
        """What completes a line, if anything does."""
        return None

    def open_with(self, grid: Grid, text: str) -> None:
        """Type, beginning with this text."""
        self.pane = grid
        self.complain("")
        field = self.query_one(Input)

        with field.prevent(Input.Changed):
            field.value = text

        self.add_class("-open")
        self.screen.add_class("-filtering")
        self.screen.set_focus(field)
        self.call_after_refresh(self.app.place_toasts)

    def complain(self, words: str) -> None:
        """Say what is wrong; nothing is."""
        self._tell(words)

    def hint(self, words: str) -> None:
        """Say what may be typed."""
        self._tell(words, is_hint=True)

    def _tell(self, words: str, *, is_hint: bool = False) -> None:
        complaint = self.query_one("#complaint", Static)
        complaint.update(Content(words))
        complaint.set_class(bool(words), "-told")
        complaint.set_class(is_hint, "-hint")
        self.call_after_refresh(self.app.place_toasts)

    def close(self) -> None:
        """Back to the table."""
        self.remove_class("-open")
        self.screen.remove_class("-filtering")

        if self.pane is not None:
            self.screen.set_focus(self.pane)

    def action_drop(self) -> None:
        """Back to the table, as if nothing had been typed."""
        self.close()
