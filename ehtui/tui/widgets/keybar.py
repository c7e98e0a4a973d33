"""The line at the bottom: the keys that matter, from the key table and the bindings in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from typing_extensions import override

from ehtui.tui.keys import KEYS, Key
from ehtui.tui.widgets.line import Line, length

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events


class KeyBar(Line):
    """Keys with a word each; a click does it. What does not fit goes from before `help`."""

    DEFAULT_CSS = """
    KeyBar { dock: bottom; background: $panel; }
    """

    def __init__(self) -> None:
        super().__init__(id="keybar")
        self._hits: tuple[tuple[int, int, str], ...] = ()

    @override
    def on_mount(self) -> None:
        super().on_mount()
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.redraw())

    @override
    def segments(self, width: int) -> Sequence[Segment]:
        shown = self._in_force()
        pieces = [(key, self._drawn_key(key, written)) for key, written in shown]

        while len(pieces) > 1 and sum(length(piece) for _, piece in pieces) + 1 > width:
            # The last ones are help and quit: whoever sees those finds the rest.
            pieces.pop(max(0, len(pieces) - 3))

        hits: list[tuple[int, int, str]] = []
        segments = [Segment(" ", self.named(""))]
        x = 1

        for key, piece in pieces:
            size = length(piece)
            hits.append((x, x + size, key.action))
            segments += piece
            x += size

        self._hits = tuple(hits)

        return segments

    async def on_click(self, event: events.Click) -> None:
        """Do what the key under the pointer does."""
        action = next((action for start, end, action in self._hits if start <= event.x < end), None)

        if action is not None:
            await self.screen.run_action(action)

    def _in_force(self) -> list[tuple[Key, str]]:
        """Footer keys that work now, with the key that the user's keymap gives them."""
        active = {
            binding.binding.id: binding.binding
            for binding in reversed(self.screen.active_bindings.values())
            if binding.enabled
        }

        return [
            (key, self.app.get_key_display(active[key.id]))
            for key in KEYS
            if key.in_footer and key.id in active
        ]

    def _drawn_key(self, key: Key, written: str) -> list[Segment]:
        return [
            Segment(written, self.named("title-focused")),
            Segment(f" {key.label}   ", self.named("headline-dim")),
        ]
