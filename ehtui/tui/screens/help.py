"""Every key, from the table and the bindings in force; and what the signs in tables mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.content import Content
from typing_extensions import override

from ehtui.tui.keys import KEYS, Key, Section, written
from ehtui.tui.screens.dialog import Dialog, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from textual.widget import Widget

_KEY_CELLS = 13
_SIGNS = (
    ("–", "not known"),
    ("~", "a guess, or changes between two reads were missed"),
    (">  ≤", "at least, at most"),
    (">120s", "a lease renewed in time has so much left at least (~120s: where its"),
    ("", "length is a guess); its number moves only once a renewal is missed."),
    ("", "The selected row counts down"),
)


class HelpScreen(Dialog[None]):
    """Keys by section; a user's keymap shows as it is in force."""

    HEADING = "Keys"

    def __init__(self, keymap: Mapping[str, str], *, read_only: bool) -> None:
        super().__init__()
        self._keymap = keymap
        self._read_only = read_only

    @override
    def content(self) -> Iterable[Widget]:
        yield VerticalScroll(*self._sections())

    def _sections(self) -> Iterable[Widget]:
        for section in Section:
            keys = [key for key in KEYS if key.section is section]
            yield text(Content.styled(section, "bold $primary"), "dialog--section")
            yield text(Content("\n").join(self._line(key) for key in keys))

        yield text(Content.styled("Signs", "bold $primary"), "dialog--section")
        yield text(Content("\n").join(_sign(*sign) for sign in _SIGNS))

    def _line(self, key: Key) -> Content:
        keys = self._keymap.get(key.id)
        shown = key.written if keys is None else written(keys)
        note = "  (read-only)" if key.is_dangerous and self._read_only else ""

        return Content.assemble(
            (f"{shown:<{_KEY_CELLS}}", "bold"), f"{key.description}  ", (key.id + note, "$dim")
        )


def _sign(sign: str, meaning: str) -> Content:
    return Content.assemble((f"{sign:<{_KEY_CELLS}}", "bold"), meaning)
