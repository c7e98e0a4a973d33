"""The line at the top: which hub and group, and the worst finding in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from typing_extensions import override

from ehtui.domain.text import safe
from ehtui.tui.chrome import UNICODE, Chrome
from ehtui.tui.grid_layout import fit
from ehtui.tui.widgets.line import Line, length
from ehtui.views.cells import Cell

if TYPE_CHECKING:
    from collections.abc import Sequence

_SENTENCE_CELLS = 60  # a cut sentence still gets so many before the hub's name is said
_NAMED_CELLS = 80  # on a narrower screen the sentence needs the room


class Headline(Line):
    """Name, place, sentence, states."""

    DEFAULT_CSS = """
    Headline { background: $panel; }
    """

    def __init__(self, *, chrome: Chrome = UNICODE) -> None:
        super().__init__()
        self._chrome = chrome
        self._places: tuple[str, ...] = ("",)
        self._group = ""
        self._sentence = Cell("")
        self._states: tuple[str, ...] = ()
        self._banner = ""

    def show(
        self,
        places: Sequence[str],
        group: str,
        sentence: Cell,
        states: Sequence[str],
        banner: str = "",
    ) -> None:
        """Say it; of `places` the first that leaves the sentence whole, else the last but one.

        The banner is there only where it leaves the sentence whole.
        """
        self._places, self._group = tuple(places), safe(group)
        self._sentence, self._states, self._banner = sentence, tuple(states), banner
        self.redraw()

    @override
    def segments(self, width: int) -> Sequence[Segment]:
        plain = self.named("")
        right = self._told(self._states)
        name = " ehtui " if width >= _NAMED_CELLS else ""
        left = [Segment(name, self.named("title-focused"))]
        group = [
            Segment(f" {self._chrome.pointer} ", self.named("headline-dim")),
            Segment(self._group, self.named("title")),
            Segment("   ", plain),
        ]
        room = width - length(left) - length(right) - length(group) - 1
        banner = self._told([self._banner] if self._banner else [])

        if cell_len(self._sentence.text) + length(banner) <= room:
            right += banner
            room -= length(banner)

        place = self._place(room)
        room -= cell_len(place)
        left += [Segment(place, self.named("headline-dim")), *group]
        text = fit(self._sentence.text, max(1, room), ellipsis=self._chrome.ellipsis)
        left.append(Segment(text, self.named(f"headline-{self._sentence.tone}")))
        space = " " * max(0, width - length(left) - length(right))

        return [*left, Segment(space, plain), *right]

    def _told(self, states: Sequence[str]) -> list[Segment]:
        return [Segment(f" {state} ", self.named("headline-warning")) for state in states]

    def _place(self, room: int) -> str:
        needed = cell_len(self._sentence.text)
        fitting = [place for place in self._places if cell_len(place) + needed <= room]
        short = [place for place in self._places if cell_len(place) + _SENTENCE_CELLS <= room]

        return (fitting or short[-2:] or [""])[0]
