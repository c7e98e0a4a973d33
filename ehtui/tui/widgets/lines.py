"""Lines above and below the panes, which repaint only the cells that changed: headline, keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget
from typing_extensions import override

from ehtui.domain.text import safe
from ehtui.tui.chrome import UNICODE, Chrome
from ehtui.tui.grid_layout import fit
from ehtui.tui.keys import FOOTER_END, FOOTERS, Key, footer, written
from ehtui.tui.strips import changed_regions, look_in
from ehtui.views.cells import Cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style
    from textual import events
    from textual.binding import ActiveBinding

    from ehtui.tui.host import Host


class Line(Widget):
    """Subclasses say in `segments` what stands on it; `redraw` shows it."""

    DEFAULT_CSS = """
    Line { height: 1; background: $background; color: $foreground; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._drawn: Strip | None = None
        self._styles_known: dict[str, Style] = {}

    def segments(self, width: int) -> Sequence[Segment]:
        """What to draw in `width` cells; what is longer is cut."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw, and repaint what differs."""
        if not self.is_mounted or not self.size:
            return

        before, self._drawn = self._drawn, self._draw()

        if before is None or before.cell_length != self.size.width:
            self.refresh()
        elif regions := changed_regions([before], [self._drawn]):
            self.refresh(*regions)

    def _draw(self) -> Strip:
        width = self.size.width

        return Strip(self.segments(width)).adjust_cell_length(width, self.named(""))

    def named(self, name: str) -> Style:
        """A part's style (`strips`) on this widget's background; "" is the widget's own."""
        style = self._styles_known.get(name)

        if style is None:
            style = self.rich_style

            if name:
                style += look_in(self.app, name)

            self._styles_known[name] = style

        return style

    @override
    def render_line(self, y: int) -> Strip:
        if self._drawn is None or self._drawn.cell_length != self.size.width:
            self._drawn = self._draw()  # painted before the resize was told

        return self._drawn

    @override
    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles_known.clear()
        self._drawn = None

        if self.is_mounted:
            self.call_next(self.redraw)

    def on_mount(self) -> None:
        """Draw for the first time."""
        self.redraw()

    def on_resize(self) -> None:
        """Draw for the new width."""
        self.redraw()


def length(segments: Sequence[Segment]) -> int:
    """How many cells segments take."""
    return sum(cell_len(segment.text) for segment in segments)


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


class KeyBar(Line):
    """Keys with a word each; a click does it. What does not fit goes from before `help`."""

    DEFAULT_CSS = """
    KeyBar { dock: bottom; background: $panel; }
    """

    app: Host

    def __init__(self) -> None:
        super().__init__(id="keybar")
        self._hits: tuple[tuple[int, int, ActiveBinding], ...] = ()

    @override
    def on_mount(self) -> None:
        super().on_mount()
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.redraw())

    @override
    def segments(self, width: int) -> Sequence[Segment]:
        shown = self._in_force()
        pieces = [(found, self._drawn_key(key, found)) for key, found in shown]

        while len(pieces) > 1 and sum(length(piece) for _, piece in pieces) + 1 > width:
            pieces.pop(max(0, len(pieces) - 1 - len(FOOTER_END)))

        hits: list[tuple[int, int, ActiveBinding]] = []
        segments = [Segment(" ", self.named(""))]
        x = 1

        for found, piece in pieces:
            size = length(piece)
            hits.append((x, x + size, found))
            segments += piece
            x += size

        self._hits = tuple(hits)

        return segments

    async def on_click(self, event: events.Click) -> None:
        """Do what the key under the pointer does, where that key is heard."""
        hit = next((found for start, end, found in self._hits if start <= event.x < end), None)

        if hit is not None:
            await self.app.run_action(hit.binding.action, hit.node)

    def _in_force(self) -> list[tuple[Key, ActiveBinding]]:
        """Keys of the focused pane's footer that work now, as the user's keymap has them."""
        focused = self.screen.focused
        pane = (focused.id if focused is not None else None) or ""
        active = {
            found.binding.id: found
            for found in reversed(self.screen.active_bindings.values())
            if found.enabled
        }

        return [
            (key, active[key.id])
            for key in footer(pane if pane in FOOTERS else "partitions")
            if key.id in active and key.action not in self.app.forbidden
        ]

    def _drawn_key(self, key: Key, found: ActiveBinding) -> list[Segment]:
        return [
            Segment(written(found.binding.key), self.named("title-focused")),
            Segment(f" {key.label}  ", self.named("headline-dim")),
        ]
