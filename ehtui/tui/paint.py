"""Textual's partial update writes a widget's line from its left edge; this one writes the change.

Measured on Textual 8.2.8: `ChopsUpdate.render_segments` cuts a changed span on its right only. Over
a slow line that is most of the bytes. Nothing else of the compositor is touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual._compositor import ChopsUpdate, Compositor
from typing_extensions import override

if TYPE_CHECKING:
    from rich.console import Console


class LeanUpdate(ChopsUpdate):
    """Writes exactly the cells of each span."""

    @override
    def render_segments(self, console: Console) -> str:
        written: list[str] = []

        for y, start, end in self.spans:
            for chop_end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is None or x >= end or chop_end <= start:
                    continue

                first, last = max(x, start), min(chop_end, end)
                written.append(f"\x1b[{y + 1};{first + 1}H")
                written.append(strip.crop(first - x, last - x).render(console))

        return "".join(written)


class LeanCompositor(Compositor):
    """A compositor whose partial updates are `LeanUpdate`s."""

    @override
    def render_partial_update(self) -> ChopsUpdate | None:
        update = super().render_partial_update()

        return update and LeanUpdate(update.chops, update.spans, update.chop_ends)
