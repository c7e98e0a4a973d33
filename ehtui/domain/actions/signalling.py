"""Signals as this system has them.

Windows has none: it ends a process at once (TerminateProcess, which Python sends as SIGTERM), or
tells whoever leads a group of ehtui's own console that CTRL-BREAK was pressed. Ending at once is
`KILL` everywhere, whatever asks for it.
"""

from __future__ import annotations

import signal as signals
import sys

from ehtui.domain.values import Value

HARMLESS = frozenset({"CONT"})
KILL = "KILL"  # nobody can catch it


class Signalling(Value, frozen=True):
    """What can be sent, gentlest first where it is offered, by name without `SIG`."""

    offered: tuple[str, ...]
    numbers: dict[str, int]
    shown: dict[str, str]  # what each is called, where that is not SIG and its name
    stands_for: dict[str, str]  # names of others that do the same here

    def number(self, name: str) -> int | None:
        """Of `TERM`, `SIGTERM` or `15`; None when there is no such here."""
        if name.isdecimal():
            number = int(name)
            return number if number in self.numbers.values() else None

        word = name.upper().removeprefix("SIG")
        return self.numbers.get(self.stands_for.get(word, word))

    def name(self, number: int) -> str:
        """`TERM` for 15. Raises KeyError where there is no such."""
        return {number: name for name, number in reversed(self.numbers.items())}[number]

    def called(self, name: str) -> str:
        """`SIGTERM` for `TERM`, as whoever reads it knows it."""
        return self.shown.get(name, f"SIG{name}")


POSIX = Signalling(
    offered=("TERM", "INT", KILL, "HUP", "USR1", "USR2", "STOP", "CONT", "QUIT"),
    numbers={
        name.removeprefix("SIG"): int(number)  # what has two names goes by the first
        for name, number in (
            *((each.name, each) for each in signals.Signals),
            *signals.Signals.__members__.items(),
        )
    },
    shown={},
    stands_for={},
)
WINDOWS = Signalling(
    offered=("BREAK", KILL),
    numbers={"BREAK": 21, KILL: 15},  # SIGBREAK, SIGTERM
    shown={"BREAK": "CTRL_BREAK_EVENT", KILL: "TerminateProcess"},
    stands_for={"TERM": KILL, "CTRL_BREAK": "BREAK", "CTRL_BREAK_EVENT": "BREAK"},
)
here = WINDOWS if sys.platform == "win32" else POSIX
