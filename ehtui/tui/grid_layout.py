"""Text in terminal cells: filled, cut or broken into lines."""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len, set_cell_size

from ehtui.domain.text import visible


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
