"""A consumer's log as it grows; lines about ownership stand out."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.widgets import RichLog
from typing_extensions import override

from ehtui.tui.keys import Scope, bindings
from ehtui.tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from ehtui.domain.world.process import LogLine
    from ehtui.monitor.backend import Tail

EVERY_S = 1.0
MOST_LINES = 2000


class LogScreen(Dialog[None]):
    """Follows until it is closed; the file is read on a thread."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.LOG))
    HINT = "f ownership lines only · end follows · esc closes"
    DEFAULT_CSS = """
    LogScreen {
        & > #box { width: 96%; height: 90%; }
        RichLog, RichLog:focus {
            background: $background;
            background-tint: transparent;
            scrollbar-size-vertical: 1;
        }
    }
    """

    def __init__(self, path: str, tail: Tail) -> None:
        super().__init__()
        self._path = path
        self._tail = tail
        self._lines: deque[LogLine] = deque(maxlen=MOST_LINES)
        self._only_ownership = False

    @override
    def heading(self) -> str:
        return self._path

    @override
    def content(self) -> Iterable[Widget]:
        yield RichLog(max_lines=MOST_LINES, wrap=True, markup=False, auto_scroll=True)

    def on_mount(self) -> None:
        """Begin to follow."""
        self.set_focus(self.query_one(RichLog))
        self.follow()

    @work(group="log", exit_on_error=False)
    async def follow(self) -> None:
        """Append what came; a file that cannot be read now may be later."""
        while True:
            try:
                lines = await asyncio.to_thread(self._tail.read)
                self.say_below(self.hint())
                self._write(lines)
            except OSError as error:
                self.say_below(f"{error.strerror or error}; retrying")

            await asyncio.sleep(EVERY_S)

    def action_only_ownership(self) -> None:
        """Lines about owners and leases only, or all."""
        self._only_ownership = not self._only_ownership
        lines = list(self._lines)
        self._lines.clear()
        self.query_one(RichLog).clear()
        self._write(lines)

    def _write(self, lines: Sequence[LogLine]) -> None:
        self._lines.extend(lines)
        log = self.query_one(RichLog)
        follows = log.is_vertical_scroll_end

        for line in lines:
            if self._only_ownership and not line.is_ownership:
                continue

            style = "bold" if line.is_ownership else "dim"
            log.write(Text(line.text, style), scroll_end=follows)
