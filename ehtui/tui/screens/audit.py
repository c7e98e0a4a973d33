"""`:audit`: what was done with ehtui on this host, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.containers import VerticalScroll
from textual.content import Content
from typing_extensions import override

from ehtui.tui.screens.dialog import Reading, Wrapped, hanging
from ehtui.views.audit import brief_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from textual.widget import Widget

    from ehtui.domain.actions.audited import AuditEntry

MOST_SHOWN = 200  # entries; `ehtui audit` has them all


class AuditScreen(Reading):
    """Actions with who, when and how each ended."""

    HEADING = "Audit"
    HINT = "↑↓ moves · esc closes · all of it: ehtui audit"
    PARTS: ClassVar[Mapping[str, int]] = {"entries": 3}
    DEFAULT_CSS = """
    AuditScreen > #box { width: 110; }
    AuditScreen #entries { height: auto; }
    """

    def __init__(self, entries: Sequence[AuditEntry]) -> None:
        super().__init__()
        self._lines = list(brief_lines(reversed(entries[-MOST_SHOWN:])))

    @override
    def content(self) -> Iterable[Widget]:
        yield VerticalScroll(Wrapped(self._told), id="entries")

    @on(events.Mount)
    def take_focus(self) -> None:
        """The keys that move scroll it."""
        self.set_focus(self.query_one("#entries"))

    @override
    def lines_of(self, part: Widget, width: int) -> int:
        if part.id == "entries":
            return self._told(max(1, width - 1)).get_height({}, width)

        return super().lines_of(part, width)

    def _told(self, width: int) -> Content:
        if not self._lines:
            return Content("Nothing is noted.")

        clock, snapshot = self.app.tables.clock, self.app.snapshot
        today = snapshot.host_at(snapshot.taken_at)
        told = (
            hanging(f"{clock.moment(at, today)}  ", words, width, label_style="$dim")
            for at, words in self._lines
        )

        return Content("\n").join(told)
