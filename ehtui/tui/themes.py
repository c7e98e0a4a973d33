"""Colours: two themes of our own, and the variables that widgets style with."""

from __future__ import annotations

import os
from dataclasses import replace

from textual.theme import BUILTIN_THEMES, Theme

OWNER_COLOURS = 8

# Okabe and Ito's palette, tuned for each background: the first four differ in lightness too, so
# they stay apart without red and green. A glyph and the id always stand beside the colour.
_OWNERS_DARK = (
    "#5fb4ec",
    "#e0a3d0",
    "#4fc1a0",
    "#e8c05a",
    "#a39bf0",
    "#e59866",
    "#9ad1d4",
    "#b9c1cc",
)
_OWNERS_LIGHT = (
    "#0067a8",
    "#9c3f83",
    "#00705a",
    "#7d5a00",
    "#5a48b0",
    "#a34a12",
    "#266b73",
    "#545c66",
)
_OWNERS_ANSI = (
    "ansi_bright_blue",
    "ansi_magenta",
    "ansi_cyan",
    "ansi_yellow",
    "ansi_bright_magenta",
    "ansi_bright_cyan",
    "ansi_blue",
    "ansi_default",
)


def _owners(colours: tuple[str, ...]) -> dict[str, str]:
    return {f"owner-{index}": colour for index, colour in enumerate(colours)}


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
        **_owners(_OWNERS_DARK),
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
        **_owners(_OWNERS_LIGHT),
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
    **_owners(_OWNERS_DARK),
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
    **_owners(_OWNERS_LIGHT),
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
    **_owners(_OWNERS_ANSI),
}


def first_theme(wanted: str | None, *, mono: bool) -> str:
    """The name of the theme to begin with; one that is not known is as good as none."""
    if mono or "NO_COLOR" in os.environ:
        return MONO.name

    known = {*BUILTIN_THEMES, *(theme.name for theme in THEMES)}

    return wanted if wanted in known and wanted else DARK.name


def fallback_variables(theme: Theme) -> dict[str, str]:
    """Values for our variables under somebody else's theme."""
    if theme.ansi:
        return FALLBACK_VARIABLES_ANSI

    return FALLBACK_VARIABLES if theme.dark else FALLBACK_VARIABLES_LIGHT
