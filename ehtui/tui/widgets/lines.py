"""Lines above and below the panes, which repaint only the cells that changed: headline, keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from typing_extensions import override

from ehtui.domain.text import safe
from ehtui.tui.chrome import UNICODE, Chrome
from ehtui.tui.keys import FOOTER_END, FOOTERS, Key, footer, written
from ehtui.tui.obstacles import Situation, obstacle
from ehtui.tui.own_colours import OWN_BADGE
from ehtui.tui.strips import changed_regions, fit, look_in
from ehtui.views.cells import Cell, Tone
from ehtui.views.headline import shorter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.style import Style
    from textual import events
    from textual.binding import ActiveBinding

    from ehtui.domain.world.hub import HubDescription
    from ehtui.tui.host import Host


class Line(Widget):
    """Subclasses say in `lines`, or of one in `segments`, what stands there; `redraw` shows it."""

    DEFAULT_CSS = """
    Line { height: 1; background: $background; color: $foreground; }
    """

    class LinesChanged(Message):
        """It takes another number of lines."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._drawn: Sequence[Strip] = ()
        self._styles_known: dict[str, Style] = {}

    def segments(self, width: int) -> Sequence[Segment]:
        """What to draw in `width` cells; what is longer is cut."""
        raise NotImplementedError

    def lines(self, width: int) -> Sequence[Sequence[Segment]]:
        """The same, where there may be several."""
        return (self.segments(width),)

    @property
    def line_count(self) -> int:
        """How many lines were drawn last."""
        return len(self._drawn)

    def redraw(self) -> None:
        """Draw, and repaint what differs."""
        if not self.is_mounted or not self.size:
            return

        before, self._drawn = self._drawn, self._draw()

        height = self.styles.height

        if height is None or height.cells != len(self._drawn):
            self.styles.height = len(self._drawn)
            self.post_message(self.LinesChanged())
        elif not before or before[0].cell_length != self.size.width:
            self.refresh()
        elif regions := changed_regions(before, self._drawn):
            self.refresh(*regions)

    def _draw(self) -> Sequence[Strip]:
        width, blank = self.size.width, self.named("")
        lines = self.lines(width)

        return [Strip(line).adjust_cell_length(width, blank) for line in lines]

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
        if not self._drawn or self._drawn[0].cell_length != self.size.width:
            self._drawn = self._draw()  # painted before the resize was told

        if y < len(self._drawn):
            return self._drawn[y]

        return Strip.blank(self.size.width, self.named(""))

    @override
    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles_known.clear()
        self._drawn = ()

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


_SPARE_CELLS = 8  # a sentence that counts seconds takes no line now and gives it back then


class Headline(Line):
    """Name, place, group, sentence, states; where a sentence takes two lines, it has them."""

    DEFAULT_CSS = """
    Headline { background: $panel; }
    """

    def __init__(self, *, chrome: Chrome = UNICODE) -> None:
        super().__init__()
        self._chrome = chrome
        self._places: tuple[str, ...] = ("",)
        self._group = ""
        self._sentence = Cell("")
        self._states: tuple[Cell, ...] = ()
        self._banner = ""
        self._profile: Cell | None = None

    def show(
        self,
        places: Sequence[str],
        group: str,
        sentence: Cell,
        states: Sequence[Cell],
        banner: str = "",
        profile: Cell | None = None,
    ) -> None:
        """Say it, as whole as it can be.

        For the sentence's sake the banner gives way first, then the longer places, the name, the
        group, and at last what the sentence can do without. The profile stays.
        """
        self._places, self._group = tuple(places), safe(group)
        self._sentence, self._states, self._banner = sentence, tuple(states), banner
        self._profile = profile
        self.redraw()

    @override
    def lines(self, width: int) -> Sequence[Sequence[Segment]]:
        right = self._told(self._states)
        before = list(self._before())
        spare = _SPARE_CELLS if self.line_count > 1 else 0

        banner = self._told([Cell(self._banner, Tone.DIM)] if self._banner else [])
        # Who reads one line wants to know of which group it speaks.
        ways = [(left, last) for last in (banner, []) for left in before[: -2 if last else -1]]

        for left, last in ways:
            room = width - length(left) - length(right) - length(last) - 1

            if cell_len(self._sentence.text) + spare <= room:
                return (self._line(left, self._sentence.text, [*right, *last], width),)

        for text in (self._sentence.text, *shorter(self._sentence.text)):
            for left in before:
                room = width - length(left) - length(right) - 1

                if (parts := broken(text, room, width - 2)) is not None:
                    return self._two_lines(left, parts, right, width)

        room = width - length(before[-1]) - length(right) - 1
        head, rest = broken(text, room, None) or ("", text)
        rest = fit(rest, max(1, width - 2), ellipsis=self._chrome.ellipsis)

        return self._two_lines(before[-1], (head, rest), right, width)

    def _before(self) -> Iterator[list[Segment]]:
        """What stands before the sentence, less and less of it."""
        name = Segment(" ehtui ", self.named("title-focused"))
        blank = Segment("   ", self.named(""))
        group = [blank]

        if self._group:
            pointer = Segment(f" {self._chrome.pointer} ", self.named("headline-dim"))
            group = [pointer, Segment(self._group, self.named("title")), blank]

        badge: list[Segment] = []

        if self._profile is not None:
            style = self.named(f"{OWN_BADGE}{self._profile.colour or ''}")
            badge = [Segment(f" {self._profile.text} ", style)]

        # Of several hubs one wants to know which: its name stays with its profile.
        kept = next((place for place in reversed(self._places) if place), "") if badge else ""

        for place in dict.fromkeys((*filter(None, self._places), kept)):
            yield [name, *badge, Segment(place, self.named("headline-dim")), *group]

        shortest = [Segment(kept, self.named("headline-dim"))] if kept else []
        yield [*badge, *shortest, *group]
        yield [*badge, Segment(" ", self.named(""))]

    def _two_lines(
        self, left: list[Segment], parts: tuple[str, str], right: list[Segment], width: int
    ) -> Sequence[Sequence[Segment]]:
        head, rest = parts

        return (
            self._line(left, head, right, width),
            self._line([Segment(" ", self.named(""))], rest, [], width),
        )

    def _line(
        self, left: Sequence[Segment], text: str, right: Sequence[Segment], width: int
    ) -> Sequence[Segment]:
        told = Segment(text, self.named(f"headline-{self._sentence.tone}"))
        blank = max(0, width - length([*left, told, *right]))

        return [*left, told, Segment(" " * blank, self.named("")), *right]

    def _told(self, states: Sequence[Cell]) -> list[Segment]:
        return [
            Segment(f" {state.text} ", self.named(f"headline-{state.tone}")) for state in states
        ]


def broken(text: str, first: int, second: int | None) -> tuple[str, str] | None:
    """Text on two lines of so many cells, broken at a space; None where it does not fit."""
    words, head = text.split(" "), ""

    while words and cell_len(longer := f"{head} {words[0]}".lstrip()) <= first:
        head = longer
        words.pop(0)

    if len(head) == 1:  # a mark stays with what it marks
        head, words = "", [head, *words]

    rest = " ".join(words)

    return (head, rest) if second is None or cell_len(rest) <= second else None


def places_of(hub: HubDescription | None) -> tuple[str, ...]:
    """Where we are, as long and as short as it can be said."""
    if hub is None:
        return ("",)

    namespace = safe(hub.namespace.removesuffix(".servicebus.windows.net"))
    name = safe(hub.name)

    plain = (f" {namespace} / {name}", f" {name}", "")

    return (f"{plain[0]} (geo-replicated)", *plain) if hub.is_geo_replicated else plain


class KeyBar(Line):
    """Keys with a word each; a click does it. What does not fit goes from before `help`."""

    DEFAULT_CSS = """
    KeyBar { dock: bottom; background: $panel; }
    """

    app: Host

    def __init__(self) -> None:
        super().__init__(id="keybar")
        self._hits: tuple[tuple[int, int, ActiveBinding], ...] = ()
        self._now: Situation | None = None

    @override
    def on_mount(self) -> None:
        super().on_mount()
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.redraw())

    def judge(self, now: Situation) -> None:
        """Grey what can do nothing."""
        if now != self._now:
            self._now = now
            self.redraw()

    @override
    def segments(self, width: int) -> Sequence[Segment]:
        shown = self._in_force()
        pieces = [(found, self._drawn_key(key, found)) for key, found in shown]

        kept = sum(key.id in FOOTER_END for key, _ in shown)

        while len(pieces) > 1 and sum(length(piece) for _, piece in pieces) + 1 > width:
            pieces.pop(max(0, len(pieces) - 1 - kept))

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
            if key.id in active
        ]

    def _drawn_key(self, key: Key, found: ActiveBinding) -> list[Segment]:
        is_off = self._now is not None and bool(obstacle(key, self._now))
        is_off |= key.action in self.app.forbidden
        style = "off" if is_off else "title-focused"

        return [
            Segment(written(found.binding.key), self.named(style)),
            Segment(f" {key.label}  ", self.named("off" if is_off else "headline-dim")),
        ]
