"""JSON as it is read best: a line for each value. Of any depth and size, at a bounded price.

A scanner of our own: the library's builds the values, ends at a depth of a thousand, and turns
numbers into others. Here a number stays as it was written.
"""

from __future__ import annotations

import re

from msgspec import Struct, field

INDENT = "  "
DEEPEST_INDENT = 24  # levels; what is deeper stands below that
_BEGINS = re.compile(r"\s*[\[{\"]")
_TOKEN = re.compile(
    r"[ \t\r\n]*(?:"
    r"(?P<open>[\[{])|(?P<close>[\]}])|(?P<comma>,)|(?P<colon>:)"
    r'|(?P<string>"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*")'
    r"|(?P<atom>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity)"
    r"|(?P<end>\Z))"
)
# What a cut text may end with: a string, a number or a word that is not whole.
_TORN = re.compile(r'[ \t\r\n]*(?:"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*\\?|[-\w.+]{0,24})\Z')
_ESCAPE = re.compile(r"\\(?:u([dD][89abAB][\da-fA-F]{2})\\u([dD][c-fC-F][\da-fA-F]{2})"
                     r"|u([\da-fA-F]{4})|.)", re.DOTALL)  # fmt: skip
_PAIRS = {"{": "}", "[": "]"}
_MOST_CHECKED = 4096  # characters that are looked at before a text is called JSON


def looks_like_json(text: str, *, is_cut: bool) -> bool:
    """Whether it begins as JSON does, an object, a list or a string, and goes on so for a while."""
    if not _BEGINS.match(text):
        return False

    is_cut = is_cut or len(text) > _MOST_CHECKED

    return _Scan(text[:_MOST_CHECKED], most_lines=_MOST_CHECKED, is_cut=is_cut).run() is not None


def pretty(text: str, most_lines: int, *, is_cut: bool = False) -> tuple[list[str], bool] | None:
    """Its lines, and whether there would be more of them; None where it is not JSON.

    Several values may follow each other, as in JSON lines; a cut text ends where it ends.
    """
    return _Scan(text, most_lines=most_lines, is_cut=is_cut).run()


class _Scan(Struct):
    text: str
    most_lines: int
    is_cut: bool
    lines: list[str] = field(default_factory=list)
    line: str = ""
    open: list[str] = field(default_factory=list)  # what closes each level
    expects: str = "value"  # value, value-or-close, key, key-or-close, colon, next

    def run(self) -> tuple[list[str], bool] | None:
        at = 0

        while len(self.lines) < self.most_lines:
            token = _TOKEN.match(self.text, at)

            if token is None:
                return self._torn(at)

            kind = token.lastgroup or ""

            if kind == "end":
                return self._ended()

            if not self._take(kind, token[kind]):
                return None

            at = token.end()

        return self.lines, True

    def _take(self, kind: str, word: str) -> bool:
        """Write a token; whether one may stand here."""
        match kind:
            case "open":
                return self._opened(word)
            case "close":
                return self._closed(word)
            case "comma":
                return self._next()
            case "colon":
                self.line += ": "
                was, self.expects = self.expects, "value"
                return was == "colon"
            case _:
                return self._value(kind, word)

    def _opened(self, word: str) -> bool:
        if not self._begins_value():
            return False

        self.line += word
        self.open.append(_PAIRS[word])
        self.expects = "key-or-close" if word == "{" else "value-or-close"

        return True

    def _closed(self, word: str) -> bool:
        if not self.open or self.open.pop() != word:
            return False

        if self.expects.endswith("-or-close"):  # empty: on one line
            self.line += word
        elif self.expects == "next":
            self._break()
            self.line += word
        else:
            return False

        self._end_value()

        return True

    def _next(self) -> bool:
        if self.expects != "next" or not self.open:
            return False

        self.line += ","
        self._break()
        self.expects = "key" if self.open[-1] == "}" else "value"

        return True

    def _value(self, kind: str, word: str) -> bool:
        if self.expects.startswith("key"):
            if kind != "string":
                return False

            self._break_after_open()
            self.line += readable(word)
            self.expects = "colon"

            return True

        if not self._begins_value():
            return False

        self.line += readable(word) if kind == "string" else word
        self._end_value()

        return True

    def _begins_value(self) -> bool:
        if not self.expects.startswith("value"):
            return False

        self._break_after_open()

        return True

    def _break_after_open(self) -> None:
        if self.expects.endswith("-or-close"):
            self._break()

    def _end_value(self) -> None:
        self.expects = "next"

        if not self.open:  # another value may follow on a line of its own
            self.lines.append(self.line)
            self.line, self.expects = "", "value"

    def _break(self) -> None:
        self.lines.append(self.line)
        self.line = INDENT * min(len(self.open), DEEPEST_INDENT)

    def _torn(self, at: int) -> tuple[list[str], bool] | None:
        if not self.is_cut or not _TORN.match(self.text, at):
            return None

        self.line += self.text[at:].strip()

        return [*self.lines, self.line], True

    def _ended(self) -> tuple[list[str], bool] | None:
        if self.open or self.expects != "value":
            return ([*self.lines, self.line], True) if self.is_cut else None

        return (self.lines, False) if self.lines else None


def readable(string: str) -> str:
    r"""A string with what `\\uXXXX` stands for, where that can be seen: "\uc8fc" is 주."""
    return _ESCAPE.sub(_unescaped, string) if "\\u" in string else string


def _unescaped(escape: re.Match[str]) -> str:
    high, low, plain = escape.groups()

    if high:
        char = chr(0x10000 + ((int(high, 16) & 0x3FF) << 10) + (int(low, 16) & 0x3FF))
    elif plain:
        char = chr(int(plain, 16))
    else:
        return escape[0]

    return char if char.isprintable() and char not in '"\\' else escape[0]
