"""Which signal to send to the pinned consumers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option
from typing_extensions import override

from ehtui.tui.screens.dialog import Dialog, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget

# What each asks of a process. What it does to this one's leases is the plan's business.
_MEANING = {
    "INT": "asks to stop, as Ctrl-C does",
    "TERM": "asks to stop, as a supervisor does",
    "QUIT": "asks to stop and leave a core dump",
    "KILL": "cannot be caught: dies without releasing what it owns",
    "HUP": "its terminal went away; many programs reload",
    "USR1": "whatever the program makes of it",
    "USR2": "whatever the program makes of it",
    "STOP": "freezes it: leases run out while it looks alive",
    "CONT": "lets a frozen process go on",
}


# TERM first; who has not ended by then is killed.
ESCALATING = "TERM, then KILL"


class SignalScreen(Dialog[str]):
    """A menu of signals; the answer is a name such as "TERM"."""

    HEADING = "Signal"
    HINT = "enter shows the plan · esc closes"

    def __init__(self, signals: Sequence[str], targets: Sequence[str]) -> None:
        super().__init__()
        self._signals = signals
        self._targets = targets

    @override
    def content(self) -> Iterable[Widget]:
        yield text("\n".join(self._targets))
        yield OptionList(
            *(Option(_option(name), id=name) for name in self._offered()),
            classes="dialog--section",
        )

    def _offered(self) -> list[str]:
        both = {"TERM", "KILL"} <= set(self._signals)

        return [*self._signals, *([ESCALATING] if both else [])]

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Answer with the chosen signal."""
        self.dismiss(event.option_id)


def _option(name: str) -> Content:
    if name == ESCALATING:
        return Content.assemble((name, "bold"), ("  for who has not ended after 10 s", "$dim"))

    meaning = _MEANING.get(name, "")

    return Content.assemble((f"SIG{name:<6}", "bold"), (meaning, "$dim"))
