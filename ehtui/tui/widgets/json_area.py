"""A field for the text of an event, with JSON in light colours.

Textual's own highlighting needs a parser with compiled grammars; JSON's tokens can be told by a
line alone, for no string of JSON goes over its end.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from textual.widgets import TextArea
from typing_extensions import override

from ehtui.tui.strips import look_in

if TYPE_CHECKING:
    from rich.text import Text

_TOKENS = re.compile(
    r"(?P<placeholder>\{\{(?:sequence|uuid|now|host)\}\})"
    r'|(?P<name>"(?:[^"\\]|\\.)*"(?=\s*:))'
    r'|(?P<text>"(?:[^"\\]|\\.)*"?)'
    r"|(?P<word>\b(?:true|false|null)\b|-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)"
)
_PLACEHOLDER = re.compile(r"\{\{(?:sequence|uuid|now|host)\}\}")
_LOOKS = {"placeholder": "warning", "name": "info", "text": "headline-good", "word": "chart"}
_LONGEST = 4_000  # characters of a line that are coloured


class JsonArea(TextArea):
    """Tab leaves it; what is pasted is text."""

    TAKES_TEXT: ClassVar[bool] = True
    DEFAULT_CSS = """
    JsonArea {
        border: none;
        padding: 0;
        background: $panel;
        color: $foreground;
        scrollbar-size-vertical: 1;
        &:focus { border: none; }
    }
    """

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id, soft_wrap=True, compact=True, highlight_cursor_line=False)

    @override
    def get_line(self, line_index: int) -> Text:
        line = super().get_line(line_index)
        plain = line.plain[:_LONGEST]

        for found in _TOKENS.finditer(plain):
            kind = found.lastgroup or ""
            line.stylize(look_in(self.app, _LOOKS[kind]), found.start(), found.end())

        for found in _PLACEHOLDER.finditer(plain):  # within texts, too
            line.stylize(look_in(self.app, _LOOKS["placeholder"]), found.start(), found.end())

        return line
