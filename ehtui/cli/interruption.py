"""Does a plan for a command; who interrupts it learns what the world was left as."""

from __future__ import annotations

import signal
import sys
import threading
from concurrent.futures import wait
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ehtui.cli.exit_codes import ExitCode
from ehtui.cli.underway import FINISH_WITHIN_S, outcomes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.cli.session import MonitorSession
    from ehtui.domain.plans import Outcome, Plan

_ENDING = ("SIGTERM", "SIGHUP")


def carry_out(session: MonitorSession, plan: Plan) -> tuple[Outcome | None, int | None]:
    """How it ended, and the exit code of who was interrupted meanwhile: None for nobody.

    An interruption waits a little for what was begun; a second one does not.
    """
    future = session.begin(plan)

    with _ended_by_signals():
        try:
            return future.result(), None
        except (KeyboardInterrupt, SystemExit) as ended:
            code = _code(ended)

        try:
            _say(f"waiting {FINISH_WITHIN_S:g} s at most for what was begun; Ctrl-C leaves it.")
            wait([future], FINISH_WITHIN_S)
        except (KeyboardInterrupt, SystemExit) as ended:
            code = _code(ended)

        session.give_up()

        return next(iter(outcomes_of([future])), None), code


def _code(ended: KeyboardInterrupt | SystemExit) -> int:
    return int(ended.code or 0) if isinstance(ended, SystemExit) else ExitCode.INTERRUPTED


def _say(words: str) -> None:
    with suppress(OSError):  # the terminal may be what has gone
        print(f"ehtui: {words}", file=sys.stderr, flush=True)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP interrupt as Ctrl-C does, instead of ending us with a word left unsaid."""

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return

    numbers = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
    before = {number: signal.signal(number, end) for number in numbers}

    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
