"""The line above a table: its name, its numbers, a rule, and how it is being looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from ehtui.tui.grid_layout import fit

if TYPE_CHECKING:
    from ehtui.tui.chrome import Chrome
    from ehtui.tui.grid_strips import Brushes


@dataclass(frozen=True, slots=True)
class Title:
    """What the line says: the pane's name, its sums, its ages and doubts, how it is looked at."""

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
