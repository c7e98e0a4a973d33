"""The terminal beside the screen: what is typed and pasted in it, and messages to its desktop."""

from __future__ import annotations

import codecs
import os
import re
import select
import sys
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from textual import events
from textual.app import ScreenError
from textual.message import Message
from typing_extensions import override

from ehtui.domain.text import safe
from ehtui.tui.typeahead import takes_text
from ehtui.views.glyphs import in_ascii

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.driver import Driver

_READ_BYTES = 4096
_LOOK_UP_S = 0.1  # for the end; as often as Textual does
_LARGEST = 1000  # columns or lines of a terminal


def plain(driver: type[Driver]) -> type[Driver]:
    """The driver `driver`, which writes the signs of sentences in ASCII."""

    class Plain(driver):  # type: ignore[misc, valid-type]
        """For terminals, fonts and locales that have no more."""

        @override
        def write(self, data: str) -> None:
            super().write(in_ascii(data))

    return Plain


def careful(driver: type[Driver]) -> type[Driver]:
    """The driver `driver`, which survives every byte. Others than Unix terminals are left alone."""
    if sys.platform == "win32":
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
        return takes_text(driver._app.focused)  # noqa: SLF001 - it has no other

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
