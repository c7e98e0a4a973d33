"""A container that asks where each of its panes stands, at the very size that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Container
from textual.geometry import Offset, Region, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from textual.geometry import Size
    from textual.widget import Widget

    from ehtui.tui.screens.arrangement import Area

    Plan = Callable[[Size], Mapping[str, Area]]


class _Planned(Layout):
    """Who is not in the plan has no place."""

    name = "planned"

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    @override
    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        areas = self._plan(size)
        return [
            WidgetPlacement(Region(*areas[child.id]), Offset(), Spacing(), child)
            for child in children
            if child.id is not None and child.id in areas
        ]


class Panes(Container):
    """Its children by the plan."""

    DEFAULT_CSS = """
    Panes { height: 1fr; }
    """

    def __init__(self, *panes: Widget, plan: Plan) -> None:
        super().__init__(*panes, id="panes")
        self._planned = _Planned(plan)

    @property
    @override
    def layout(self) -> Layout:
        return self._planned

    def place(self, names: Collection[str]) -> None:
        """Ask the plan anew; only those of `names` are to be seen."""
        for pane in self.children:
            pane.display = pane.id in names

        # A container keeps how it arranged its children until one of them asks for a place.
        self.children[0].refresh(layout=True)
