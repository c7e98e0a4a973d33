"""A line below lines that are searched: hidden until something is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Input

if TYPE_CHECKING:
    from textual.widget import Widget

SEARCH = "search: words  !not  /expression/"


class AskField(Input):
    """Stands in a dialog that has the focus on the lines otherwise."""

    DEFAULT_CSS = """
    AskField {
        display: none;
        height: 1;
        &.-open { display: block; }
    }
    """

    def __init__(self) -> None:
        super().__init__(id="ask")

    def ask(self, placeholder: str = SEARCH) -> None:
        """Let something be typed."""
        self.placeholder = placeholder
        self.value = ""
        self.add_class("-open")
        self.screen.set_focus(self)

    def close(self, lines: Widget) -> None:
        """Hide it, with the focus back on the lines."""
        self.remove_class("-open")
        self.screen.set_focus(lines)


def hit_words(at: tuple[int, int] | None) -> str:
    """Which of how many was gone to."""
    return "nothing found" if at is None else f"hit {at[0]:,} of {at[1]:,}"


def hits_words(hits: int) -> str:
    """How many a search found, and how to go on."""
    return f"{hits:,} hit{'s' * (hits != 1)}: n N" if hits else "nothing found"
