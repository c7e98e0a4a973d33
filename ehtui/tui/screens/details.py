"""Everything known about one row, with the raw values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.content import Content
from typing_extensions import override

from ehtui.tui.screens.dialog import Dialog, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget


class DetailsScreen(Dialog[None]):
    """Facts with their labels; it stands still while it is open."""

    def __init__(self, pane: str, key: str) -> None:
        super().__init__()
        self._pane = pane
        self._key = key

    @override
    def content(self) -> Iterable[Widget]:
        yield VerticalScroll(text(Content(f"{self._pane} {self._key}")))
