"""The screen. Importing this loads nothing of Textual; `run` does."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ehtui.monitor.backend import Backend
    from ehtui.monitor.hubs import Hubs
    from ehtui.tui.app import EhtuiApp
    from ehtui.tui.options import UiOptions

__all__ = ["run", "run_hubs"]

LEAVE_WITHIN_S = 0.5
# A key passes through several threads and waits, and for the interpreter after each, while the
# monitor folds: 0.5 ms at a time instead of 5.
SWITCH_S = 0.0005
_HUNG_UP = 129  # as SIGHUP leaves


def run(
    backend: Backend,
    options: UiOptions,
    hear: Callable[[Callable[[str], None]], None] = lambda _: None,
) -> int:
    """Show `backend` until somebody leaves; the exit code is 0, or 128 and the signal's number.

    `hear` is given what shows a warning, from any thread.
    """

    def make() -> EhtuiApp:
        from ehtui.tui.app import EhtuiApp  # noqa: PLC0415 - Textual is heavy

        app = EhtuiApp(backend, options)
        hear(partial(_warn, app))
        return app

    return _run(make, options, backend.finish)


def _warn(app: EhtuiApp, words: str) -> None:
    app.call_later(app.say, words, "warning")


def run_hubs(hubs: Hubs, options: UiOptions) -> int:
    """The same for several hubs, beginning with the overview of all."""

    def make() -> EhtuiApp:
        from ehtui.tui.hubs_app import HubsApp  # noqa: PLC0415 - Textual is heavy

        return HubsApp(hubs, options)

    return _run(make, options, hubs.close)


def _run(make: Callable[[], EhtuiApp], options: UiOptions, finish: Callable[[], object]) -> int:
    # Read when Textual is imported: a key's effect waits for the next tick, 4 ms instead of 16.
    os.environ.setdefault("TEXTUAL_FPS", "250")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    sys.setswitchinterval(SWITCH_S)
    threading.excepthook = partial(_end_without_terminal, finish)

    # Textual takes an empty one for set; to everybody else that is unset (no-color.org).
    os.environ.pop("NO_COLOR", None)

    if options.mono:
        os.environ["NO_COLOR"] = "1"

    app = make()
    loop = asyncio.new_event_loop()

    try:
        with _drawn_where_it_is_seen():
            left_with = app.run(loop=loop)
    finally:
        _leave(loop)

    return app.return_code or 0 if left_with is None else left_with


@contextmanager
def _drawn_where_it_is_seen() -> Iterator[None]:
    """On standard output, where standard error goes to a file: Textual draws there.

    Keys would act on a screen that nobody sees.
    """
    if sys.__stderr__ is None:  # it is closed, and its number may be anything's by now
        seen = os.fdopen(os.dup(1), "w", encoding="utf-8")
        setattr(sys, "__stderr__", seen)  # noqa: B010 - declared final

    if sys.__stderr__ is None or not os.isatty(1) or os.isatty(sys.__stderr__.fileno()):
        yield
        return

    number = sys.__stderr__.fileno()
    elsewhere = os.dup(number)
    os.dup2(1, number)

    try:
        yield
    finally:
        os.dup2(elsewhere, number)
        os.close(elsewhere)


def _leave(loop: asyncio.AbstractEventLoop) -> None:
    """End what still runs; `asyncio.run` would wait for ever for a call that hangs."""
    # What does not end by itself ends with the process: not worth a complaint on the shell.
    loop.set_exception_handler(lambda *_: None)
    tasks = asyncio.all_tasks(loop)

    for task in tasks:
        task.cancel()

    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=LEAVE_WITHIN_S))

    loop.close()


def _end_without_terminal(finish: Callable[[], object], failed: threading.ExceptHookArgs) -> None:
    """Textual's writer ends when the terminal is gone; who wrote on would wait for it for ever."""
    is_writer = failed.thread is not None and failed.thread.name == "textual-output"

    if is_writer and isinstance(failed.exc_value, OSError):
        finish()  # a consumer that was stopped is started again
        os._exit(_HUNG_UP)

    threading.__excepthook__(failed)
