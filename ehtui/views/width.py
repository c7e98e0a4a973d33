"""How many terminal cells text takes, from Unicode's own East Asian width and categories.

Hangul, kana, CJK and emoji are two cells wide; combining marks, joiners and what follows a joiner
take none. Terminals that draw a sequence of emoji apart show it wider than this says.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_JOINER = "\u200d"
_EMOJI_STYLE = "\ufe0f"  # asks for the picture, which is two cells wide
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAGS = range(0x1F1E6, 0x1F200)  # two make one flag
_JAMO_TAILS = range(0x1160, 0x1200)  # join the syllable that they follow


def width(text: str) -> int:
    """Cells that `text` takes on one line; control characters count as none."""
    return len(text) if text.isascii() else sum(cells for _, cells in _clusters(text))


def cut(text: str, cells: int, *, ellipsis: str = "…") -> str:
    """`text` in at most so many cells; what is cut off is marked."""
    if width(text) <= cells:
        return text

    room = cells - width(ellipsis)

    if room < 0:
        return ""

    kept: list[str] = []

    for cluster, taken in _clusters(text):
        room -= taken

        if room < 0:
            break

        kept.append(cluster)

    return "".join(kept) + ellipsis


def pad(text: str, cells: int, *, align_right: bool = False) -> str:
    """`text` in exactly so many cells, cut or filled with spaces."""
    shown = cut(text, cells)
    space = " " * (cells - width(shown))
    return space + shown if align_right else shown + space


def wrap(text: str, cells: int) -> list[str]:
    """`text` in lines of at most so many cells, broken at spaces where there are any."""
    lines: list[str] = []
    line = ""

    for word in text.split(" "):
        joined = f"{line} {word}" if line else word

        if width(joined) <= cells:
            line = joined
            continue

        if line:
            lines.append(line)

        *full, line = pieces(word, cells)
        lines += full

    return [*lines, line] if line or not lines else lines


def pieces(word: str, cells: int) -> list[str]:
    """`word` in pieces of at most so many cells, broken anywhere but within what is one sign."""
    pieces = [""]
    taken = 0

    for cluster, needed in _clusters(word):
        if taken + needed > cells and pieces[-1]:
            pieces.append("")
            taken = 0

        pieces[-1] += cluster
        taken += needed

    return pieces


def _clusters(text: str) -> list[tuple[str, int]]:
    """What is drawn as one, with its cells."""
    clusters: list[tuple[str, int]] = []

    for char in text:
        if clusters and _continues(clusters[-1][0], char):
            before, cells = clusters.pop()
            clusters.append((before + char, max(cells, 2 if char == _EMOJI_STYLE else 0)))
        else:
            clusters.append((char, _char_width(char)))

    return clusters


def _continues(before: str, char: str) -> bool:
    code = ord(char)

    if before[-1] == _JOINER or char in {_JOINER, _EMOJI_STYLE}:
        return True

    if code in _FLAGS:
        return len(before) == 1 and ord(before) in _FLAGS

    return code in _SKIN_TONES or code in _JAMO_TAILS or unicodedata.category(char) in {"Mn", "Me"}


@lru_cache(maxsize=4096)
def _char_width(char: str) -> int:
    if unicodedata.category(char) in {"Cc", "Cf", "Mn", "Me"} or ord(char) in _JAMO_TAILS:
        return 0

    return 2 if ord(char) in _FLAGS or unicodedata.east_asian_width(char) in "WF" else 1
