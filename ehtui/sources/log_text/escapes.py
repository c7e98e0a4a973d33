"""Text freed of what terminals and encoders put around it: colours, links, escapes.

Every expression here takes each character once and nests no repetition, so time grows with length.
"""

from __future__ import annotations

import re
import sys
import unicodedata

MOST_PASSES = 4  # JSON in JSON in HTML is three; what is deeper is no log of this world

# CSI (colours), OSC (links, titles; ended by BEL or ST), other two- and three-letter sequences.
_ANSI = re.compile(
    r"\x1b\[[0-?]{0,64}[ -/]{0,4}[@-~]"
    r"|\x1b\][^\x07\x1b\r\n]{0,4096}(?:\x07|\x1b\\)"
    r"|\x1b[PX^_][^\x1b\r\n]{0,4096}\x1b\\"
    r"|\x1b[ -/]{1,2}[0-~]"
    r"|\x1b[0-~]?"
    r"|\x9b(?:[0-?]{0,64}[ -/]{0,4}[@-~])?"
)
# Any number of backslashes: each layer of encoding doubles them.
_BACKSLASHED = re.compile(
    r"(?<!\\)\\++(?:u(?P<unicode>[0-9A-Fa-f]{4})|x(?P<hex>[0-9A-Fa-f]{2})|(?P<white>[nrt])|(?P<same>['\"`/]))"
)
_ENTITY = re.compile(
    r"&(?:amp;){0,8}(?:#(?P<number>[0-9]{1,7})|#[xX](?P<hex>[0-9A-Fa-f]{1,6})|(?P<name>[a-z]{2,4}));"
)
_ENTITIES = {"quot": '"', "apos": "'", "lt": "<", "gt": ">", "amp": "&", "nbsp": " "}
_ODD_SPACE = re.compile(r"\s{2,}|[^\S ]")


def without_ansi(text: str) -> str:
    """Colours, cursor moves, titles and links taken out; what a link shows stays."""
    return _ANSI.sub("", text) if "\x1b" in text or "\x9b" in text else text


def unescaped(text: str) -> str:
    r"""JSON's, `repr`'s and HTML's escapes undone: `\u0027`, `\"`, `&#39;`, however often.

    For matching: it takes `C:\new` for a line's end.
    """
    for _ in range(MOST_PASSES):
        plain = _ENTITY.sub(_entity, text) if "&" in text else text
        plain = _BACKSLASHED.sub(_backslashed, plain) if "\\" in plain else plain
        if plain == text:
            break

        text = plain

    return text


def one_line(text: str) -> str:
    """Every run of white space as one space."""
    return _ODD_SPACE.sub(" ", text).strip()


def _backslashed(match: re.Match[str]) -> str:
    code = match["unicode"] or match["hex"]
    if code is not None:
        return _character(int(code, 16), match[0])

    return " " if match["white"] else match["same"]


def _entity(match: re.Match[str]) -> str:
    if match["name"] is not None:
        return _ENTITIES.get(match["name"], match[0])

    number, base = (match["number"], 10) if match["number"] else (match["hex"], 16)
    return _character(int(number, base), match[0])


def _character(code: int, as_written: str) -> str:
    """The character, where it is one of text; halves of a pair and controls are no help."""
    if code > sys.maxunicode:
        return as_written

    category = unicodedata.category(chr(code))
    return as_written if category == "Cs" else " " if category == "Cc" else chr(code)
