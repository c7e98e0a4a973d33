"""Whatever bytes come from a terminal: what is no text or no key is dropped, and ends nothing.

Textual reads strictly: a byte that is not UTF-8, or an escape sequence with a number out of range,
would end its reading thread, and the application with it.
"""

from __future__ import annotations

import codecs
import os
import select
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from textual import events
from textual.app import ScreenError
from textual.message import Message
from textual.widgets import Input
from typing_extensions import override

from ehtui.tui.unmarked_paste import UnmarkedPastes

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.driver import Driver

_READ_BYTES = 4096
_LOOK_UP_S = 0.1  # for the end; as often as Textual does
_LARGEST = 1000  # columns or lines of a terminal


def careful(driver: type[Driver]) -> type[Driver]:
    """The driver `driver`, which survives every byte. Others than Unix terminals are left alone."""
    if os.name != "posix":
        return driver

    from textual.drivers.linux_driver import LinuxDriver  # noqa: PLC0415 - none but here

    if not issubclass(driver, LinuxDriver):
        return driver

    class Careful(driver):  # type: ignore[misc, valid-type]
        """Reads clean text, and goes on after what cannot be parsed."""

        read_at: float | None = None  # on the clock of messages: when bytes came last

        @override
        def run_input_thread(self) -> None:
            source, sink = os.pipe()
            end: threading.Event = self.exit_event
            pastes = UnmarkedPastes(partial(_takes_text, self))
            feed = partial(_feed, self.fileno, sink, end, self._note_time, pastes)
            feeder = threading.Thread(target=feed, daemon=True)
            feeder.start()

            try:
                while not end.is_set():
                    _parse(driver, self, source)
            finally:
                os.close(source)  # a feeder that waits for its reader waits no more
                feeder.join()
                os.close(sink)

        @override
        def process_message(self, message: Message) -> None:
            if isinstance(message, events.Resize) and not _is_possible(message):
                return

            _date(message, self.read_at)
            super().process_message(message)

        def _note_time(self) -> float:
            self.read_at = Message().time

            return self.read_at

    return Careful


def _date(message: Message, read_at: float | None) -> None:
    """Say when its bytes came, which tells a burst from typing.

    On a busy machine the keys of one read are made one after the other.
    """
    if read_at is not None and isinstance(message, events.InputEvent | events.Paste):
        message.time = read_at


def _takes_text(driver: Driver) -> bool:
    """Whether a text field has the focus; looked at from the reading thread."""
    with suppress(ScreenError):
        return isinstance(driver._app.focused, Input)  # noqa: SLF001 - it has no other

    return False


class _ReadingFrom:
    """A driver, but for where it reads."""

    def __init__(self, driver: object, fileno: int) -> None:
        self._driver = driver
        self.fileno = fileno

    def __getattr__(self, name: str) -> object:
        return getattr(self._driver, name)


def _parse(driver: type[Driver], this: object, source: int) -> None:
    """Read until the end, or until a sequence that the parser cannot take: that read is lost."""
    try:
        driver.run_input_thread(_ReadingFrom(this, source))  # type: ignore[attr-defined]
    except (ValueError, ArithmeticError):
        return


def _feed(
    terminal: int,
    sink: int,
    end: threading.Event,
    note_time: Callable[[], float],
    pastes: UnmarkedPastes,
) -> None:
    """Hand on what the terminal sends as UTF-8, whatever it sends, and every paste as one."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")

    while not end.is_set():
        try:
            if select.select([terminal], [], [], _LOOK_UP_S)[0]:
                sent = os.read(terminal, _READ_BYTES)

                if not sent:
                    return

                at = note_time()
                os.write(sink, pastes.marked(decoder.decode(sent), at).encode())
        except OSError:  # the terminal has gone, or nobody reads
            return


def _is_possible(resize: events.Resize) -> bool:
    return 0 < resize.size.width <= _LARGEST and 0 < resize.size.height <= _LARGEST
