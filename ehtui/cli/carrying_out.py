"""Doing what was agreed to, with somebody at the keyboard who may interrupt it."""

from __future__ import annotations

import signal
import sys
import threading
from concurrent.futures import wait
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ehtui.cli.backend import FINISH_WITHIN_S
from ehtui.cli.under_way import outcomes_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.domain.actions.plans import Plan
    from ehtui.monitor.backend import Backend

PATIENT_S = 15.0
_SLOW = (
    "{} has not ended after {:g} s: it is started again once it has. Ctrl-C lets that continue "
    "without ehtui."
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

            _watch(backend, future, plan)
            return future.result(), None

        if plan.stops_at_once:
            backend.give_up(plan)
            wait([future], FINISH_WITHIN_S)
            return next(iter(outcomes_of([future])), None), 128 + signals.number

        with suppress(_InterruptedError), signals.interrupting(but=signals.number):
            _say(f"waiting up to {FINISH_WITHIN_S:g} s for it to finish; Ctrl-C stops waiting.")
            wait([future], FINISH_WITHIN_S)

        backend.give_up()

        return next(iter(outcomes_of([future])), None), 128 + signals.number


PROGRESS_S = 0.5


def _watch(backend: Backend, future: Future[Outcome], plan: Plan) -> None:
    """Show how far a long one is, where somebody looks at the terminal."""
    if not (plan.stops_at_once and sys.stderr.isatty()):
        return

    from ehtui.views.following import send_line  # noqa: PLC0415
    from ehtui.views.phrasing import Phrasing  # noqa: PLC0415

    shown = False

    try:
        while wait([future], PROGRESS_S).not_done:
            under_way = [sent for sent in backend.snapshot.sends if sent.ended_at is None]

            for sent in under_way[-1:]:
                words = f"{send_line(sent, Phrasing(backend.snapshot))}; Ctrl-C stops"
                print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)
                shown = True
    finally:
        if shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


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
