"""Colours that users choose for their profiles: readable on every theme, and never alone."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.style import Style
from textual.color import Color, ColorParseError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Names of styles; the colour as it was configured stands behind them, empty where there is none.
OWN_TEXT, OWN_BADGE = "own-text-", "own-badge-"
READABLE = 4.5  # contrast of text, as WCAG 2.2 counts it (1.4.3)
_STEPS = 20
_BEHIND_TEXT = ("background", "cursor", "cursor-blurred", "panel")


def own_look(
    name: str, variables: Mapping[str, str], *, is_native: bool, has_colour: bool
) -> Style:
    """Text in that colour on the theme's backgrounds, or a badge that has it behind its text.

    A terminal's own background is not known: there it is a badge in any case. One that no
    colour is, or none at all, is weight alone.
    """
    colour = _parsed(name.removeprefix(OWN_TEXT).removeprefix(OWN_BADGE))

    if colour is None or not has_colour:
        return Style(bold=True)

    if is_native or name.startswith(OWN_BADGE):
        ink = max((_BLACK, _WHITE), key=lambda ink: contrast(ink, colour))
        return Style(color=ink.rich_color, bgcolor=colour.rich_color, bold=True)

    grounds = [Color.parse(variables[each]) for each in _BEHIND_TEXT if each in variables]
    ink = _readable(colour, tuple(grounds), Color.parse(variables["foreground"]))

    return Style(color=ink.rich_color, bold=True)


_BLACK, _WHITE = Color(0, 0, 0), Color(255, 255, 255)


def _parsed(colour: str) -> Color | None:
    """What a name or `#hex` means; None where that is no colour."""
    try:
        parsed = Color.parse(colour) if colour else None
    except ColorParseError:
        return None

    return None if parsed is None or parsed.ansi is not None else parsed.with_alpha(1.0)


@lru_cache(maxsize=256)
def _readable(colour: Color, grounds: Sequence[Color], foreground: Color) -> Color:
    """The colour, as little mixed with the theme's own text as it takes on all of the grounds."""
    mixed = (colour.blend(foreground, step / _STEPS, 1.0) for step in range(_STEPS))
    readable = (
        each for each in mixed if all(contrast(each, ground) >= READABLE for ground in grounds)
    )

    return next(readable, foreground)


def contrast(one: Color, other: Color) -> float:
    """The ratio of two colours' relative luminances (WCAG 2.2): from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)

    return (lighter + 0.05) / (darker + 0.05)


# Of sRGB: up to so much it is linear (WCAG 2.2, relative luminance).
_LINEAR_UP_TO = 0.04045


def _luminance(colour: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= _LINEAR_UP_TO else ((part + 0.055) / 1.055) ** 2.4
        for part in colour.normalized
    )

    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
