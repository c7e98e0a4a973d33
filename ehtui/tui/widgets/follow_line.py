"""One line for the newest send: how far it is, and whether the group has read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from typing_extensions import override

from ehtui.lazy import LazyModule
from ehtui.tui.strips import fit, wrap
from ehtui.tui.widgets.lines import Line
from ehtui.views.phrasing import Phrasing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.actions.following import SentEvents
    from ehtui.domain.snapshot import Snapshot
    from ehtui.tui.host import Host
    from ehtui.views import following
else:
    following = LazyModule("ehtui.views.following")

KEPT_S = 60.0  # so long it stays once all has passed
_MOST_LINES = 3


class FollowLine(Line):
    """Stands above the keys while there is something to tell; escape takes it away."""

    DEFAULT_CSS = """
    FollowLine { background: $panel; display: none; }
    """
    app: Host

    def __init__(self) -> None:
        super().__init__()
        self._words, self._style = "", "headline-info"
        self._shown: str | None = None  # the send that it tells of
        self._dismissed: str | None = None

    @override
    def on_mount(self) -> None:
        super().on_mount()
        self.watch(self.app, "snapshot", self.show, init=False)

    def show(self, snapshot: Snapshot) -> None:
        """Tell of the newest."""
        sent = snapshot.sends[-1] if snapshot.sends else None
        say = Phrasing(snapshot, self.app.tables.clock, self.app.group)
        words = "" if sent is None or self._is_over(sent, say.now) else _words(sent, say)
        self._shown = sent.token if sent is not None and words else None
        self._words = words
        self._style = _style(sent) if sent is not None else ""

        if self.display != bool(words):
            self.display = bool(words)

        self.redraw()

    def take_away(self) -> bool:
        """Show it no more; whether there was anything that has ended."""
        if self._shown is None or not self.display:
            return False

        self._dismissed, self._shown, self.display = self._shown, None, False

        return True

    @override
    def lines(self, width: int) -> Sequence[Sequence[Segment]]:
        room = max(1, width - 2)
        parts = wrap(self._words, room, _MOST_LINES) or [""]
        ellipsis = self.app.chrome.ellipsis
        style = self.named(self._style)

        return [[Segment(f" {fit(part, room, ellipsis=ellipsis)} ", style)] for part in parts]

    def _is_over(self, sent: SentEvents, now: float) -> bool:
        if sent.token == self._dismissed:
            return True

        is_done = sent.ended_at is not None and sent.has_passed
        passed = [place.passed_at or 0.0 for place in sent.places]

        return is_done and now > max([sent.ended_at or 0.0, *passed]) + KEPT_S


def _words(sent: SentEvents, say: Phrasing) -> str:
    words = following.send_line(sent, say)
    next_steps = [following.advice(place) for place in sent.places if place.is_settled]
    told = next((step for step in next_steps if step), "")

    if not words:
        return ""

    words = words[0].upper() + words[1:]

    if sent.ended_at is None:
        return f"{words}; esc stops it"

    return f"{words}. {told}" if told else words


def _style(sent: SentEvents) -> str:
    if sent.is_settled and sent.places:
        return "headline-good" if sent.has_passed else "headline-warning"

    return "headline-info"
