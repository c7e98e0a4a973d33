"""Does a plan for a command; who interrupts it learns what the world was left as."""

from __future__ import annotations

import signal
import sys
import threading
from concurrent.futures import wait
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ehtui.cli.running_actions import FINISH_WITHIN_S, outcomes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.domain.outcomes import Outcome
    from ehtui.domain.plans import Plan
    from ehtui.monitor.backend import Backend

PATIENT_S = 15.0
_SLOW = (
    "{} has not come back after {:g} s: it is started once it has ended. Ctrl-C leaves that to go "
    "on without ehtui."
)
_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")


class _InterruptedError(BaseException):
    """As KeyboardInterrupt, whichever signal it was: nothing on the way may catch it."""


class _Signals:
    """Signals that end us. Between them and `may_interrupt` they only wait to be seen."""

    def __init__(self) -> None:
        self.number = 0
        self._may_interrupt = False

    def note(self, number: int, _: object) -> None:
        """Of several the first one counts for the exit code."""
        self.number = self.number or number

        if self._may_interrupt:
            self._may_interrupt = False
            raise _InterruptedError

    @contextmanager
    def interrupting(self, *, but: int = 0) -> Iterator[None]:
        """Inside, one that comes interrupts, and so does one that came before, unless told of."""
        self._may_interrupt = True

        try:
            if self.number != but:
                raise _InterruptedError

            yield
        finally:
            self._may_interrupt = False


def carry_out(backend: Backend, plan: Plan) -> tuple[Outcome | None, int | None]:
    """How it ended, and the exit code of who was interrupted meanwhile: None for nobody.

    An interruption waits a little for what was begun; a second one does not.
    """
    with _watched() as signals:
        future = backend.begin(plan)

        with suppress(_InterruptedError), signals.interrupting():
            if plan.awaited is not None and wait([future], PATIENT_S).not_done:
                _say(_SLOW.format(plan.awaited.pid, PATIENT_S))

            return future.result(), None

        with suppress(_InterruptedError), signals.interrupting(but=signals.number):
            _say(f"waiting {FINISH_WITHIN_S:g} s at most for what was begun; Ctrl-C leaves it.")
            wait([future], FINISH_WITHIN_S)

        backend.give_up()

        return next(iter(outcomes_of([future])), None), 128 + signals.number


def _say(words: str) -> None:
    with suppress(OSError):  # the terminal may be what has gone
        print(f"ehtui: {words}", file=sys.stderr, flush=True)


@contextmanager
def _watched() -> Iterator[_Signals]:
    """Ending signals are noted, instead of ending us with a word left unsaid."""
    signals = _Signals()

    if threading.current_thread() is not threading.main_thread():
        yield signals  # they are the main thread's
        return

    numbers = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
    before = {number: signal.signal(number, signals.note) for number in numbers}

    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
