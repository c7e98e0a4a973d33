"""A widget of one line that repaints only the cells that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.strip import Strip
from textual.widget import Widget
from typing_extensions import override

from ehtui.tui.strips import changed_regions, look_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.segment import Segment
    from rich.style import Style


class Line(Widget):
    """Subclasses say in `segments` what stands on it; `redraw` shows it."""

    DEFAULT_CSS = """
    Line { height: 1; background: $background; color: $foreground; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._drawn: Strip | None = None
        self._styles_known: dict[str, Style] = {}

    def segments(self, width: int) -> Sequence[Segment]:
        """What to draw in `width` cells; what is longer is cut."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw, and repaint what differs."""
        if not self.is_mounted or not self.size:
            return

        before, self._drawn = self._drawn, self._draw()

        if before is None or before.cell_length != self.size.width:
            self.refresh()
        elif regions := changed_regions([before], [self._drawn]):
            self.refresh(*regions)

    def _draw(self) -> Strip:
        width = self.size.width

        return Strip(self.segments(width)).adjust_cell_length(width, self.named(""))

    def named(self, name: str) -> Style:
        """A part's style (`strips`) on this widget's background; "" is the widget's own."""
        style = self._styles_known.get(name)

        if style is None:
            style = self.rich_style

            if name:
                style += look_in(self.app, name)

            self._styles_known[name] = style

        return style

    @override
    def render_line(self, y: int) -> Strip:
        if self._drawn is None or self._drawn.cell_length != self.size.width:
            self._drawn = self._draw()  # painted before the resize was told

        return self._drawn

    @override
    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles_known.clear()
        self._drawn = None

        if self.is_mounted:
            self.call_next(self.redraw)

    def on_mount(self) -> None:
        """Draw for the first time."""
        self.redraw()

    def on_resize(self) -> None:
        """Draw for the new width."""
        self.redraw()


def length(segments: Sequence[Segment]) -> int:
    """How many cells segments take."""
    return sum(cell_len(segment.text) for segment in segments)
