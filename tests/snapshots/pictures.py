"""A picture of a screen for people: an SVG that asks no host for anything, and its PNG."""

from __future__ import annotations

import html
import io
import re
from importlib import import_module
from itertools import groupby
from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Callable

CELL = 12.2  # the width of a terminal cell in Rich's SVG, in its own units
_REMOTE_FONTS = re.compile(r"\s*@font-face \{.*?\}\n", re.DOTALL)
_TEXT = re.compile(
    r'<text class="(?P<class>[^"]*-r\d+)" x="(?P<x>[\d.]+)" (?P<y>y="[\d.]+") '
    r'textLength="[\d.]+" (?P<rest>[^>]*)>(?P<text>[^<]*)</text>'
)
_WIDE = ' font-family="Noto Sans Mono CJK KR"'
_EMOJI = ' font-family="Noto Color Emoji"'
_FIRST_EMOJI = 0x1F000
_COLOURS = 128
_MARKS = "\ufe0f\u200d"  # "as a picture" and the joiner: nothing to draw, half of no emoji


def self_contained(svg: str) -> str:
    """Without fonts from elsewhere: whoever has Fira Code sees it, others their own."""
    return _REMOTE_FONTS.sub("", svg)


def png_of(svg: str) -> bytes | None:
    """Drawn with DejaVu Sans Mono and Noto; None where cairosvg is not installed."""
    try:
        cairosvg = import_module("cairosvg")  # a tool of `make screenshots` only
    except ImportError:
        return None

    # DejaVu is a little narrower than a cell: rules and blocks would show their joints.
    fitting = svg.replace("font-size: 20px", "font-size: 20.5px")
    fitting = fitting.replace("Fira Code, monospace", "DejaVu Sans Mono")
    draw: Callable[..., bytes] = cairosvg.svg2png

    return _in_few_colours(draw(bytestring=_TEXT.sub(_in_cells, fitting).encode()))


def _in_few_colours(png: bytes) -> bytes:
    """A third of the size; nobody sees the difference."""
    image = import_module("PIL.Image")  # comes with cairosvg
    smaller = io.BytesIO()
    few = image.open(io.BytesIO(png)).quantize(_COLOURS, image.Quantize.FASTOCTREE)
    few.save(smaller, "PNG", optimize=True)

    return smaller.getvalue()


def _in_cells(text: re.Match[str]) -> str:
    """Each sign in its cell, a run for each font: cairo spaces no letters and mixes no fonts."""
    x, rest = float(text["x"]), f"{text['y']} {text['rest']}"
    parts = []

    for font, signs in groupby(html.unescape(text["text"]), _font):
        shown = []
        places = []

        for sign in signs:
            if cell_len(sign):
                shown.append(sign)
                places.append(f"{x:g}")

            x += CELL * cell_len(sign)

        run, at = html.escape("".join(shown)), " ".join(places)
        # A blank is no letter to cairosvg where it begins a run.
        run = run.replace(" ", "&#160;")
        parts.append(f'<text class="{text["class"]}"{font} x="{at}" {rest}>{run}</text>')

    return "".join(parts)


def _font(sign: str) -> str:
    if ord(sign) >= _FIRST_EMOJI or sign in _MARKS:
        return _EMOJI

    return _WIDE if cell_len(sign) > 1 else ""
