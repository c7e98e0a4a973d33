"""The marks that the screen itself draws, in Unicode and in ASCII."""

from __future__ import annotations

from msgspec.structs import replace

from ehtui.domain.values import Value
from ehtui.views import glyphs


class Chrome(Value, frozen=True):
    """One set of marks; each is one terminal cell wide."""

    rule: str
    ellipsis: str
    ascending: str
    descending: str
    cursor: str
    tag: str
    thumb: str
    separator: str
    pointer: str
    border: str  # a Textual border type for dialogs


# A thin bar: a pane full of live leases should not outshine the one that lapses.
UNICODE_GLYPHS = replace(glyphs.UNICODE, bar_full="━", bar_empty="╌")
ASCII_GLYPHS = glyphs.ASCII

UNICODE = Chrome("─", "…", "↑", "↓", "▌", "◆", "▐", "·", "▸", "round")
ASCII = Chrome("-", "~", "^", "v", ">", "*", "|", "|", ">", "ascii")
