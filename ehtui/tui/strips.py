"""How lines are painted: styles by meaning, text in its cells, a pane's rule, and what differs."""

from __future__ import annotations

import re
from enum import IntFlag
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.geometry import Region
from textual.strip import Strip

from ehtui.domain.text import visible
from ehtui.domain.values import Value
from ehtui.tui.own_colours import OWN_BADGE, OWN_TEXT, own_look
from ehtui.tui.themes import OWNER_COLOURS
from ehtui.views.cells import Cell, Tone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from textual.app import App

    from ehtui.tui.chrome import Chrome

# name → (theme variable of the text, weight). Component classes would do the same, but Textual
# computes each of them for each widget several times before the first paint: a third of it.
_LOOKS: Mapping[str, tuple[str, str]] = {
    "title": ("", "bold"),
    "title-focused": ("primary", "bold"),
    "rule": ("rule", "faint"),
    "rule-focused": ("rule-focused", ""),
    "note": ("dim", "faint"),
    "state": ("primary", "strong"),
    "header": ("dim", "faint"),
    "header-sorted": ("foreground", ""),
    "dim": ("dim", "faint"),
    "good": ("calm", ""),
    "info": ("primary", ""),
    "warning": ("warning", "strong"),
    "critical": ("error", "bold"),
    "pointer-blurred": ("rule", "faint"),
    "tag": ("foreground", "bold"),
    "thumb": ("scrollbar", ""),
    "picture": ("picture", ""),
    "chart": ("chart", ""),
    "headline-plain": ("", ""),
    "headline-dim": ("dim", ""),
    "off": ("rule", "faint"),
    "headline-good": ("success", ""),
    "headline-info": ("primary", ""),
    "headline-warning": ("warning", "bold"),
    "headline-critical": ("error", "bold"),
    **{f"owner-{index}": (f"owner-{index}", "") for index in range(OWNER_COLOURS)},
}


def look_in(app: App[object], name: str) -> Style:
    """The style of a part under the application's theme."""
    is_native, has_colour = app.native_ansi_color, not app.no_color
    return look(name, app.theme_variables, is_native=is_native, has_colour=has_colour)


def look(name: str, variables: Mapping[str, str], *, is_native: bool, has_colour: bool) -> Style:
    """The style of a part; without colour, weight says what colour would."""
    if name in {"cursor", "cursor-blurred"}:
        if is_native:
            # One colour along the row: cells reversed one by one would be a rainbow.
            plain = RichColor.default()
            return Style(color=plain, reverse=True) if name == "cursor" else Style()
        return Style(bgcolor=Color.parse(variables[name]).rich_color)
    if name.startswith((OWN_TEXT, OWN_BADGE)):
        return own_look(name, variables, is_native=is_native, has_colour=has_colour)
    variable, weight = _LOOKS[name]
    is_bold = weight == "bold" or (weight == "strong" and not has_colour)
    return Style(
        color=Color.parse(variables[variable]).rich_color if variable else None,
        bold=is_bold or None,
        dim=(weight == "faint" and not has_colour) or None,
    )


class Mark(IntFlag):
    """What is special about a row besides its content."""

    NONE = 0
    CURSOR = 1
    FOCUSED = 2
    TAGGED = 4


class Brushes:
    """The styles of a widget by meaning, mixed once per theme."""

    def __init__(self, base: Style, component: Callable[[str], Style]) -> None:
        self._base = base
        self._component = component
        self._mixed: dict[tuple[str, Mark], Style] = {}

    def named(self, name: str, mark: Mark = Mark.NONE) -> Style:
        """A part's style on the background that the row's marks ask for; "" is the widget's own."""
        style = self._mixed.get((name, mark))
        if style is None:
            style = self._mixed[name, mark] = self._mix(name, mark)
        return style

    def cell(self, cell: Cell, mark: Mark) -> Style:
        """The style that a cell is meant in.

        The row under the cursor is written each second, a colour costs as much as its text, and
        what is well needs none there.
        """
        if cell.colour is not None:
            return self.named(f"{OWN_TEXT}{cell.colour}", mark)
        if cell.owner is not None:
            return self.named(f"owner-{cell.owner % OWNER_COLOURS}", mark)
        is_plain = cell.tone is Tone.PLAIN or (cell.tone is Tone.GOOD and mark & Mark.FOCUSED)
        return self.named("" if is_plain else f"{cell.tone}", mark)

    def _mix(self, name: str, mark: Mark) -> Style:
        style = self._base + self._component(name) if name else self._base
        if mark & Mark.CURSOR:
            cursor = self._component("cursor" if mark & Mark.FOCUSED else "cursor-blurred")
            if cursor.reverse:  # a badge turned round could not be read
                style = self._base if name.startswith(OWN_TEXT) else style
            style += cursor
        return style


class Title(Value, frozen=True):
    """What the rule above a pane says: its name, sums, ages and doubts, how it is looked at."""

    name: str
    sums: str
    notes: Sequence[str] = ()
    states: Sequence[str] = ()


def title_line(
    title: Title, *, width: int, is_focused: bool, brushes: Brushes, chrome: Chrome
) -> Strip:
    """Draw the rule. Short of space, notes give way from the last, then the sums."""
    rule = brushes.named("rule-focused" if is_focused else "rule")
    name = brushes.named("title-focused" if is_focused else "title")
    room = width - 4 - cell_len(title.name)
    state = _fitting(title.states, room - 2, chrome)
    room -= cell_len(state) + 3 * bool(state)
    sums = title.sums if cell_len(title.sums) < room else ""
    room -= cell_len(sums) + 2 * bool(sums)
    notes = _fitting(title.notes, room - 4, chrome)
    note = brushes.named("note")
    bar = Segment(chrome.rule, rule)
    left = [bar, Segment(f" {fit(title.name, min(cell_len(title.name), width))} ", name)]
    left += [bar, Segment(f" {sums} ", note)] if sums else []
    right = [Segment(f" {state} ", brushes.named("state")), bar] if state else []
    right += [Segment(f" {notes} ", note), bar] if notes else [bar]
    filled = width - sum(cell_len(segment.text) for segment in (*left, *right))
    middle = Segment(chrome.rule * max(0, filled), rule)
    return Strip([*left, middle, *right]).adjust_cell_length(width, rule)


def _fitting(notes: Sequence[str], room: int, chrome: Chrome) -> str:
    separator = f" {chrome.separator} "
    kept = list(notes)
    while kept and cell_len(separator.join(kept)) > room:
        kept.pop()
    return separator.join(kept)


def changed_regions(old: Iterable[Strip], new: Iterable[Strip]) -> list[Region]:
    """Where two pictures of the same size differ: at most one region a line."""
    spans = enumerate(map(changed_span, old, new))
    return [Region(span[0], y, span[1] - span[0], 1) for y, span in spans if span is not None]


def changed_span(old: Strip, new: Strip) -> tuple[int, int] | None:
    """From the first to behind the last cell in which two lines differ; None where none does.

    One span a line: Textual writes a line from its widget's left edge, once for each span.
    """
    if old is new:
        return None
    if old.cell_length != new.cell_length:
        return (0, max(old.cell_length, new.cell_length))
    before, after = list(old), list(new)
    start = _alike(before, after)
    if start == new.cell_length:
        return None
    return start, new.cell_length - _alike(before, after, from_end=True)


# Latin, dashes, arrows, boxes, blocks and shapes: one cell each, in every terminal.
_SINGLE = re.compile("[\u0020-\u02ff\u2010-\u2027\u2190-\u21ff\u2500-\u25ff]*").fullmatch


def _alike(before: Sequence[Segment], after: Sequence[Segment], *, from_end: bool = False) -> int:
    """How many cells agree, counted from the start or from the end."""
    step, cells = -1 if from_end else 1, 0
    for was, now in zip(before[::step], after[::step], strict=False):
        if was != now:
            return cells + _common(was, now, step)
        cells += cell_len(now.text)
    return cells


def _common(was: Segment, now: Segment, step: int) -> int:
    """Cells that agree at one end; looked into only where every character is one cell."""
    if was.style != now.style or not (_SINGLE(was.text) and _SINGLE(now.text)):
        return 0
    pairs = enumerate(zip(was.text[::step], now.text[::step], strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(was.text), len(now.text)))


@lru_cache(maxsize=8192)
def fit(text: str, width: int, *, align_right: bool = False, ellipsis: str = "…") -> str:
    """Text in exactly `width` terminal cells; wide characters are never halved."""
    if not text.isprintable():
        text = visible(text)
    length = len(text) if text.isascii() else cell_len(text)
    if length > width:
        text = set_cell_size(text, max(0, width - 1)) + ellipsis
    elif length < width:
        blank = " " * (width - length)
        text = blank + text if align_right else text + blank
    return text


@lru_cache(maxsize=2048)
def wrap(text: str, width: int, most: int) -> tuple[str, ...]:
    """Text on at most `most` lines of `width` cells, broken at spaces; the last takes the rest."""
    lines: list[str] = []
    line = ""
    words = visible(text).split(" ") if not text.isprintable() else text.split(" ")
    for position, word in enumerate(words):
        longer = f"{line} {word}" if line else word
        if cell_len(longer) <= width or not line:
            line = longer
        elif len(lines) == most - 1:
            return (*lines, " ".join((line, *words[position:])))
        else:
            lines.append(line)
            line = word
    return (*lines, line)
