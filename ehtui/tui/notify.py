"""A message to the desktop through the terminal: OSC 9 or OSC 777."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ehtui.domain.text import safe

if TYPE_CHECKING:
    from textual.driver import Driver

_TITLE = "ehtui"
_MOST = 200  # terminals cut long ones anywhere


def sequence(kind: str, words: str, *, in_tmux: bool) -> str:
    """What a terminal understands as a notification; tmux hands it on to the one around it."""
    body = safe(words).replace(";", ",")[:_MOST]
    text = f"\x1b]9;{body}\x07" if kind == "osc9" else f"\x1b]777;notify;{_TITLE};{body}\x07"

    return "\x1bPtmux;" + text.replace("\x1b", "\x1b\x1b") + "\x1b\\" if in_tmux else text


class Terminal:
    """The driver that an application makes for itself, kept: `driver` is its class."""

    def __init__(self, driver: type[Driver], kind: str) -> None:
        self._kind = kind
        self._made: list[Driver] = []
        made = self._made

        class Kept(driver):  # type: ignore[misc, valid-type]
            """The platform's own driver, and the way to it."""

            def __init__(self, *arguments: object, **options: object) -> None:
                super().__init__(*arguments, **options)
                made.append(self)

        self.driver: type[Driver] = Kept

    def notify(self, words: str) -> None:
        """Tell the desktop; without a terminal nobody."""
        for driver in self._made[-1:]:
            driver.write(sequence(self._kind, words, in_tmux="TMUX" in os.environ))
