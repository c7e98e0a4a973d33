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

# A terminal cell in Rich's SVG, in its own units; the descent is below the base of letters.
CELL = 12.2
LINE = 24.4
DESCENT = 5.9
BLOCKS = "▁▂▃▄▅▆▇█"
_BLOCKS = frozenset(BLOCKS)
_REMOTE_FONTS = re.compile(r"\s*@font-face \{.*?\}\n", re.DOTALL)
_TEXT = re.compile(
    r'<text class="(?P<class>[^"]*-r\d+)" x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)" '
    r'textLength="[\d.]+" (?P<rest>[^>]*)>(?P<text>[^<]*)</text>'
)
_WIDE = ' font-family="Noto Sans Mono CJK KR"'
_EMOJI = ' font-family="Noto Color Emoji"'
_FIRST_EMOJI = 0x1F000
_COLOURS = 64
_MARKS = "\ufe0f\u200d"  # "as a picture" and the joiner: nothing to draw, half of no emoji


def self_contained(svg: str) -> str:
    """Without fonts from elsewhere: whoever has Fira Code sees it, others their own.

    Blocks become shapes: as letters they show joints in every font but one.
    """
    return _TEXT.sub(_with_shapes, _REMOTE_FONTS.sub("", svg))


def _with_shapes(text: re.Match[str]) -> str:
    content = html.unescape(text["text"])

    if not _BLOCKS.intersection(content):
        return text[0]

    x, y, parts = float(text["x"]), float(text["y"]), []

    for sign, signs in groupby(content, lambda sign: sign if sign in _BLOCKS else ""):
        run = "".join(signs)
        width = CELL * cell_len(run)

        if sign:
            height = LINE * (BLOCKS.index(sign) + 1) / len(BLOCKS)
            place = f'x="{x:g}" y="{y + DESCENT - height:g}" width="{width:g}" height="{height:g}"'
            parts.append(f'<rect class="{text["class"]}" {place} shape-rendering="crispEdges"/>')
        elif run.strip():
            parts.append(
                f'<text class="{text["class"]}" x="{x:g}" y="{y:g}" textLength="{width:g}" '
                f"{text['rest']}>{_escaped(run)}</text>"
            )

        x += width

    return "".join(parts)


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
    x, rest = float(text["x"]), f'y="{text["y"]}" {text["rest"]}'
    parts = []

    for font, signs in groupby(html.unescape(text["text"]), _font):
        shown = []
        places = []

        for sign in signs:
            if cell_len(sign):
                shown.append(sign)
                places.append(f"{x:g}")

            x += CELL * cell_len(sign)

        run, at = _escaped("".join(shown)), " ".join(places)
        parts.append(f'<text class="{text["class"]}"{font} x="{at}" {rest}>{run}</text>')

    return "".join(parts)


def _escaped(run: str) -> str:
    """Blanks are kept where a run begins or ends."""
    return html.escape(run).replace(" ", "&#160;").replace("\xa0", "&#160;")


def _font(sign: str) -> str:
    if ord(sign) >= _FIRST_EMOJI or sign in _MARKS:
        return _EMOJI

    return _WIDE if cell_len(sign) > 1 else ""
