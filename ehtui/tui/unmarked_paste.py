"""Tells a paste that its terminal does not mark as one from typing, and marks it.

Without bracketed paste, a paste is nothing but keys, and the first of them would act before anybody
could see that the rest makes no sense. It comes in one read, though: more letters, and more
different ones, than typing leaves together even on a slow line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BEGIN, END = "\x1b[200~", "\x1b[201~"
LEAST, LEAST_DIFFERENT = 8, 6  # printable characters of one read; a held key is one
GOES_ON_WITHIN_S = 0.1  # what follows so soon is the rest of it, or of an escape sequence
_MOST_PENDING = 4096

_SEQUENCE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[]P^_X].*?(?:\x07|\x1b\\)|O.|[^][P^_XO\x1b])", re.DOTALL
)
_OPENS_A_FIELD = ("/", ":")  # what follows in the same read was typed for it


class UnmarkedPastes:
    """Follows what a terminal sends, read by read. `takes_text`: a text field has the focus."""

    def __init__(self, takes_text: Callable[[], bool]) -> None:
        self._takes_text = takes_text
        self._is_marked = False  # a paste that the terminal has marked goes on
        self._pending = ""  # an escape sequence that has not come whole
        self._read_at: float | None = None
        self._pasted_at: float | None = None

    def marked(self, text: str, at: float) -> str:
        """The text of one read, within the marks of a paste where it is one."""
        is_soon = self._read_at is not None and at - self._read_at <= GOES_ON_WITHIN_S
        self._read_at = at
        self._pending = self._pending if is_soon else ""
        was_marked, self._is_marked = self._is_marked, self._goes_on(text)
        was_pending = bool(self._pending)
        typed = _SEQUENCE.sub("", self._pending + text)
        plain, escape, rest = typed.partition("\x1b")
        self._pending = escape + rest if len(rest) < _MOST_PENDING else ""

        if was_marked or self._is_marked or BEGIN in text or was_pending:
            return text

        is_rest = self._pasted_at is not None and at - self._pasted_at <= GOES_ON_WITHIN_S

        if not (is_rest or _is_pasted(plain)) or self._takes_text():
            return text

        self._pasted_at = at

        return f"{BEGIN}{plain}{END}" + self._pending

    def _goes_on(self, text: str) -> bool:
        begun, ended = text.rfind(BEGIN), text.rfind(END)

        return begun > ended if begun != ended else self._is_marked


def _is_pasted(plain: str) -> bool:
    printable = [character for character in plain if character.isprintable()]

    return (
        len(printable) >= LEAST
        and len(set(printable)) >= LEAST_DIFFERENT
        and not plain.startswith(_OPENS_A_FIELD)
    )
