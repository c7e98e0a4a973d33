"""Colours: two themes of our own, and the variables that widgets style with."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from functools import lru_cache
from itertools import cycle, islice

from textual.color import Color, rgb_to_lab
from textual.theme import BUILTIN_THEMES, Theme

OWNER_COLOURS = 8

# From these each theme gets, in this order, what is far from its warning, its error, its success,
# its information, and from each other. A glyph and the id always stand beside the colour.
_DARK = (
    *("#f29fd0", "#5ad1dc", "#a98bff", "#d26fe6", "#8fe0d0", "#7d8cf5", "#e07aa8"),
    *("#6fb7e8", "#d3bdf0", "#4fa8a0", "#8fa0d8", "#c58fb0"),
)
_LIGHT = (
    *("#a8328f", "#0b7f92", "#5a48b0", "#b512c8", "#1f8a7d", "#3d4fd0", "#a83a6a"),
    *("#2a6fa8", "#7a6a9a", "#4a6a70", "#30408a", "#7a2a5a"),
)
_NATIVE = (
    "ansi_magenta",
    "ansi_cyan",
    "ansi_bright_magenta",
    "ansi_bright_cyan",
    "ansi_bright_blue",
)
_FAR = 22.0  # from what means something; in CIE L*a*b* the eye's just noticeable step is 2.3
_APART = 17.0  # from another owner


def owner_colours(theme: Theme) -> tuple[str, ...]:
    """Colours that mean nothing else in that theme; where they are few they come again."""
    if theme.ansi:
        return _repeated(_NATIVE)

    meant = tuple(c for c in (theme.primary, theme.warning, theme.error, theme.success) if c)

    return _far_from(meant, _DARK if theme.dark else _LIGHT)


@lru_cache
def _far_from(meant: tuple[str, ...], offered: tuple[str, ...]) -> tuple[str, ...]:
    taken: list[str] = []

    for colour in offered:
        is_free = all(distance(colour, other) >= _FAR for other in meant)

        if is_free and all(distance(colour, other) >= _APART for other in taken):
            taken.append(colour)

    return _repeated(tuple(taken))


def _repeated(colours: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(islice(cycle(colours), OWNER_COLOURS))


def distance(one: str, other: str) -> float:
    """How different two colours look, in CIE L*a*b*."""
    first, second = (rgb_to_lab(Color.parse(colour)) for colour in (one, other))

    return math.dist((first.L, first.a, first.b), (second.L, second.a, second.b))


DARK = Theme(
    name="ehtui-dark",
    primary="#6cb2f7",
    secondary="#8aa0b8",
    accent="#6cb2f7",
    foreground="#cdd5df",
    background="#10141a",
    surface="#10141a",
    panel="#1a2029",
    boost="#1e2530",
    warning="#e5b74f",
    error="#ff7a70",
    success="#73c991",
    dark=True,
    variables={
        "dim": "#7f8b99",
        "calm": "#6fa78a",
        "picture": "#3f5f56",
        "chart": "#4478a8",
        "rule": "#2b3440",
        "rule-focused": "#2b435c",
        "cursor": "#243449",
        "cursor-blurred": "#1a212b",
        "scrollbar": "#39424e",
        "scrollbar-background": "#10141a",
        "scrollbar-background-hover": "#10141a",
        "scrollbar-background-active": "#10141a",
        "block-cursor-background": "#243449",
        "block-cursor-foreground": "#e8eef5",
        "block-cursor-text-style": "bold",
        "input-cursor-background": "#6cb2f7",
    },
)
LIGHT = Theme(
    name="ehtui-light",
    primary="#0a5aa8",
    secondary="#4b5a6b",
    accent="#0a5aa8",
    foreground="#20262d",
    background="#fbfbf9",
    surface="#fbfbf9",
    panel="#eef0f1",
    boost="#e7eaec",
    warning="#8a5800",
    error="#b3261e",
    success="#1b7440",
    dark=False,
    variables={
        "dim": "#626c77",
        "calm": "#3f7d5b",
        "picture": "#a9c7b6",
        "chart": "#6d9fce",
        "rule": "#d3d8dd",
        "rule-focused": "#a9c6e4",
        "cursor": "#d5e5f6",
        "cursor-blurred": "#ebeff3",
        "scrollbar": "#b6bec7",
        "scrollbar-background": "#fbfbf9",
        "scrollbar-background-hover": "#fbfbf9",
        "scrollbar-background-active": "#fbfbf9",
        "block-cursor-background": "#d5e5f6",
        "block-cursor-foreground": "#101820",
        "block-cursor-text-style": "bold",
        "input-cursor-background": "#0a5aa8",
    },
)
# Textual takes every colour away under NO_COLOR; on native colours nothing is left but weight.
MONO = replace(
    BUILTIN_THEMES["ansi-dark"],
    name="ehtui-mono",
    variables={**BUILTIN_THEMES["ansi-dark"].variables, "block-cursor-text-style": "reverse"},
)
THEMES = (DARK, LIGHT, MONO)

FALLBACK_VARIABLES = {
    "dim": "#8a93a0",
    "calm": "#6fa78a",
    "picture": "#3f5f56",
    "chart": "#4478a8",
    "rule": "#4a525c",
    "rule-focused": "#5a7590",
    "cursor": "#33465c",
    "cursor-blurred": "#2a323c",
}
FALLBACK_VARIABLES_LIGHT = {
    "dim": "#5c6670",
    "calm": "#3f7d5b",
    "picture": "#a9c7b6",
    "chart": "#6d9fce",
    "rule": "#b8bfc6",
    "rule-focused": "#8fb2d6",
    "cursor": "#cfe0f2",
    "cursor-blurred": "#e3e8ed",
}
FALLBACK_VARIABLES_ANSI = {
    "dim": "ansi_bright_black",
    "calm": "ansi_green",
    "picture": "ansi_green",
    "chart": "ansi_blue",
    "rule": "ansi_bright_black",
    "rule-focused": "ansi_blue",
    "cursor": "ansi_blue",
    "cursor-blurred": "ansi_default",
}


def first_theme(wanted: str | None, *, mono: bool) -> str:
    """The name of the theme to begin with; one that is not known is as good as none."""
    if mono or os.environ.get("NO_COLOR"):
        return MONO.name

    known = {*BUILTIN_THEMES, *(theme.name for theme in THEMES)}

    return wanted if wanted in known and wanted else DARK.name


def fallback_variables(theme: Theme) -> dict[str, str]:
    """Values for our variables under a theme that has none of its own."""
    owners = {f"owner-{place}": colour for place, colour in enumerate(owner_colours(theme))}

    if theme.ansi:
        return FALLBACK_VARIABLES_ANSI | owners

    return (FALLBACK_VARIABLES if theme.dark else FALLBACK_VARIABLES_LIGHT) | owners
