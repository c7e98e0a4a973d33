"""Words above a table, where there is something to say: they take no line otherwise."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static


class Notice(VerticalScroll, can_focus=False):
    """Scrolls where it is long."""

    DEFAULT_CSS = """
    Notice { height: auto; max-height: 60%; padding: 1 2; display: none; }
    Notice.-told { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._words = Static(Content())

    def on_mount(self) -> None:
        """Take the words in."""
        self.mount(self._words)

    def tell(self, words: str) -> None:
        """Say it; nothing takes no line. Words are never markup."""
        self._words.update(Content(words))
        self.set_class(bool(words), "-told")
