"""What drawn parts look like: theme variables and weight, by name.

Component classes would do the same, but Textual computes each of them for each widget several times
before the first paint: measured, a third of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color

from ehtui.tui.themes import OWNER_COLOURS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import App

# name → (theme variable of the text, weight)
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
    "tag": ("warning", ""),
    "thumb": ("scrollbar", ""),
    "picture": ("picture", ""),
    "chart": ("chart", ""),
    "headline-plain": ("", ""),
    "headline-dim": ("dim", ""),
    "headline-good": ("success", ""),
    "headline-info": ("primary", ""),
    "headline-warning": ("warning", "bold"),
    "headline-critical": ("error", "bold"),
    **{f"owner-{index}": (f"owner-{index}", "") for index in range(OWNER_COLOURS)},
}


def look_in(app: App[object], name: str) -> Style:
    """The style of a part under the application's theme."""
    return look(
        name,
        app.theme_variables,
        is_native=app.native_ansi_color,
        has_colour=not app.no_color,
    )


def look(name: str, variables: Mapping[str, str], *, is_native: bool, has_colour: bool) -> Style:
    """The style of a part; without colour, weight says what colour would."""
    if name in {"cursor", "cursor-blurred"}:
        if is_native:
            # One colour along the row: cells reversed one by one would be a rainbow.
            plain = RichColor.default()
            return Style(color=plain, reverse=True) if name == "cursor" else Style()

        return Style(bgcolor=Color.parse(variables[name]).rich_color)

    variable, weight = _LOOKS[name]
    is_bold = weight == "bold" or (weight == "strong" and not has_colour)

    return Style(
        color=Color.parse(variables[variable]).rich_color if variable else None,
        bold=is_bold or None,
        dim=(weight == "faint" and not has_colour) or None,
    )
