"""The overview: header sentence, partitions, consumers, findings, timeline, keys."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Container
from textual.css.query import NoMatches
from typing_extensions import override

from ehtui.domain.text import safe
from ehtui.lazy import LazyModule
from ehtui.tui.grid import Grid
from ehtui.tui.grid_viewport import Sort
from ehtui.tui.keys import Scope, bindings
from ehtui.tui.screens.acting import ActingScreen
from ehtui.tui.screens.arrangement import PANES, band_lines, shares
from ehtui.tui.widgets.lines import Headline, KeyBar
from ehtui.views.tables.timeline import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.timer import Timer

    from ehtui.domain.world.hub import HubDescription
    from ehtui.tui import view_actions
    from ehtui.tui.widgets import filterbar, lag_pane
    from ehtui.views.tables.timeline import TimelineScope
else:
    view_actions = LazyModule("ehtui.tui.view_actions")
    lag_pane = LazyModule("ehtui.tui.widgets.lag_pane")
    filterbar = LazyModule("ehtui.tui.widgets.filterbar")

SETTLE_S = 0.2
WIDE = 160  # columns from which pictures of lease and lag are longer
SIDE_BY_SIDE = 100  # columns from which consumers and findings stand beside each other


class OverviewScreen(ActingScreen):
    """Five areas over one snapshot. Every target of an action comes from a row's key."""

    AUTO_FOCUS = "#partitions"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - declared so by Textual
        (0, "-narrow"),
        (SIDE_BY_SIDE, "-wide"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.OVERVIEW))
    DEFAULT_CSS = """
    OverviewScreen {
        background: $background;
        layout: vertical;
        #panes { height: 1fr; }
    }
    OverviewScreen.-filtering KeyBar { display: none; }
    OverviewScreen.-wide #middle { layout: horizontal; }
    OverviewScreen.-wide #consumers { width: 11fr; }
    OverviewScreen.-wide #findings { width: 9fr; margin-left: 1; }
    OverviewScreen.-maximised Grid { display: none; }
    OverviewScreen.-maximised Grid.-chosen { display: block; margin: 0; width: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._chosen: str | None = None  # the maximised pane
        self._settling: Timer | None = None
        self._arranged: tuple[bool, int, dict[str, int]] | None = None
        self._band: lag_pane.Band | None = None  # made when there is space for it
        self._band_lines = 0
        self._filter_bar: filterbar.FilterBar | None = None  # made when first asked for
        self._is_wide = False
        self._scope = EVERYTHING  # of the timeline

    @override
    def compose(self) -> ComposeResult:
        chrome = self.app.chrome
        yield Headline(chrome=chrome)

        with Container(id="panes"):
            yield Grid(
                "Partitions", id="partitions", chrome=chrome, compact=self._columns("partitions")
            )

            with Container(id="middle"):
                yield Grid(
                    "Consumers", id="consumers", chrome=chrome, compact=self._columns("consumers")
                )
                yield Grid(
                    "Findings",
                    id="findings",
                    chrome=chrome,
                    wrap_lines=3,
                    headings=False,
                    compact=self._columns("findings", ("mark", "finding")),
                )

            yield Grid(
                "Timeline",
                id="timeline",
                chrome=chrome,
                wrap_lines=2,
                headings=False,
                follows_top=True,
                compact=self._columns("timeline"),
            )

        yield KeyBar()

    def on_mount(self) -> None:
        """Follow the application's snapshot and states."""
        for name in ("snapshot", "group", "paused", "busy"):
            self.watch(self.app, name, self._show, init=False)

        self._sort_as_configured()
        self._show()

        if self.app.options.start_view in PANES:
            self._maximise(self.app.options.start_view)
            self.set_focus(self.pane(self.app.options.start_view))

    def on_screen_resume(self) -> None:
        """A dialog was closed: catch up."""
        self._show()

    def on_resize(self) -> None:
        """Give the panes their lines at this size."""
        self.call_after_refresh(self._arrange)

        if self._is_wide is not (self.size.width >= WIDE):
            self._is_wide = not self._is_wide
            self._show_partitions()

    # What is shown.

    def _show(self) -> None:
        """Draw the newest snapshot; under a dialog everything stands still."""
        if self.app.screen is not self or not self.is_mounted:
            return

        app, tables = self.app, self.app.tables
        snapshot, group = app.snapshot, app.group
        self._show_partitions()
        self.pane("consumers").show(tables.consumers(snapshot, group))
        self.pane("findings").show(tables.findings(snapshot, group))
        self._show_timeline()
        sentence = tables.headline(snapshot, group)
        banner = app.options.banner or ""
        places = _places(snapshot.hub)
        self.query_one(Headline).show(places, group, sentence, app.states, banner)
        self._show_band()
        self._arrange()

    def _show_band(self) -> None:
        if self._band is not None and self._band_lines:
            self._band.show(self.app.snapshot, self.app.group)

    def _show_timeline(self) -> None:
        app = self.app
        self.pane("timeline").show(app.tables.timeline(app.snapshot, app.group, self._scope))

    def _show_partitions(self) -> None:
        """The selected row counts by the second; the first picture selects a row itself."""
        grid, app = self.pane("partitions"), self.app
        selected = grid.cursor
        show = partial(app.tables.partitions, app.snapshot, app.group, wide=self._is_wide)
        grid.show(show(selected))

        if selected is None and grid.cursor is not None:
            grid.show(show(grid.cursor))

    def _arrange(self) -> None:
        """Give each pane its lines."""
        try:
            height = self.query_one("#panes").size.height
        except NoMatches:
            return

        if height < 1 or self._chosen is not None:
            return

        grids = {name: self.pane(name) for name in PANES}
        stacked = self.size.width < SIDE_BY_SIDE
        rows = {name: grid.lines_wanted for name, grid in grids.items()}
        chart = band_lines(height, rows, stacked=stacked)
        lines = shares(height - chart, rows, stacked=stacked, focused=self.active.id)

        if (stacked, chart, lines) == self._arranged:
            return  # setting a height again would lay out and paint everything again

        self._arranged = (stacked, chart, lines)
        self._give_band(chart)
        middle = [lines["consumers"], lines["findings"]]
        self.query_one("#middle").styles.height = sum(middle) if stacked else max(middle)

        for name, grid in grids.items():
            grid.styles.height = lines[name]

    def _give_band(self, lines: int) -> None:
        """Show it on so many lines; before the first time there is none."""
        self._band_lines = lines

        if lines and self._band is None:
            self._band = lag_pane.Band(self.app.chrome)
            self.query_one("#panes").mount(self._band, before="#timeline")

        if self._band is not None:
            self._band.display = bool(lines)
            self._band.styles.height = lines
            self._show_band()

        if not lines and self.active.id == "groups":
            self.set_focus(self.pane("partitions"))

    @property
    def panes(self) -> tuple[str, ...]:
        """Names of the tables that can be gone to now, as they follow on the screen."""
        return (*PANES[:-1], "groups", PANES[-1]) if self._band_lines else PANES

    def _columns(self, pane: str, usually: Sequence[str] = ()) -> Sequence[str]:
        """What a pane shows beside others, in this order: as configured, or as usual."""
        return self.app.options.columns.get(pane, usually)

    def _sort_as_configured(self) -> None:
        for name, column in self.app.options.sort.items():
            if name in PANES:
                sort = Sort(column.removeprefix("-"), descending=column.startswith("-"))
                self.pane(name).sort_by(sort)

    @on(Grid.CursorMoved)
    def count_down_selected(self, event: Grid.CursorMoved) -> None:
        """Only the selected partition counts down by the second; a moving cursor waits for none."""
        if event.grid.id == "partitions" and self._settling is None:
            self._settling = self.set_timer(SETTLE_S, self._settled)

    def _settled(self) -> None:
        self._settling = None

        if self.app.screen is self:
            self._show_partitions()

    @property
    def is_settled(self) -> bool:
        """Whether nothing is about to be drawn."""
        return self._settling is None

    def on_descendant_focus(self) -> None:
        """The focused pane has the first call on space."""
        self._arrange()

    @on(Grid.LinesWanted)
    def make_room(self) -> None:
        """Rows came, went, or break otherwise at this width."""
        self._arrange()

    # Looking.

    def action_pane(self, name: str) -> None:
        """Go to a pane; groups that have none are chosen in a dialog."""
        if name not in self.panes:
            self.action_group()
            return

        if self._chosen is not None:
            self._maximise(name)

        self.set_focus(self.pane(name))

    def action_next_pane(self, step: int) -> None:
        """Go to the next pane, around the end."""
        at = self.panes.index(self.active.id or "partitions")
        self.action_pane(self.panes[(at + step) % len(self.panes)])

    def action_maximise(self) -> None:
        """This pane on the whole screen, or all panes again."""
        self._maximise(None if self._chosen else self.active.id)

    def _maximise(self, name: str | None) -> None:
        self._chosen = name
        self._arranged = None
        self.set_class(name is not None, "-maximised")

        for grid in self.query(Grid):
            grid.set_class(grid.id == name, "-chosen")
            grid.set_alone(alone=grid.id == name)
            grid.styles.height = "1fr"

        self.query_one("#middle").styles.height = "1fr"
        self.query_one("#middle").display = name in {None, "consumers", "findings"}

        if self._band is not None:
            self._band.display = name == "groups" or (name is None and self._band_lines > 0)
            self._band.styles.height = "1fr"

        if name is None:
            self.call_after_refresh(self._arrange)

    def action_back(self) -> None:
        """Undo the nearest: a running action, what a pane leaves out, the maximised pane."""
        if self.app.cancel_action():
            return

        listing = self.active.listing

        if listing.matches is not None or listing.faults_only:
            self.active.filter_rows(None)
            self.active.show_faults_only(only=False)
        elif self.active.id == "timeline" and self._scope != EVERYTHING:
            self._ask_timeline(EVERYTHING)
        elif self._chosen:
            self._maximise(None)

    def action_window(self) -> None:
        """Go to the timeline, of the last minutes; again for more, then all of it."""
        self._ask_timeline(self._scope.next_window)

    def action_kinds(self) -> None:
        """Choose what the timeline tells."""
        self.app.run_flow(self._choose_kinds())

    async def _choose_kinds(self) -> None:
        chosen = await view_actions.kinds(self.app, self._scope.kinds)

        if chosen is not None:
            self._ask_timeline(self._scope._replace(kinds=chosen))

    def _ask_timeline(self, scope: TimelineScope) -> None:
        self._scope = scope
        self._show_timeline()
        self._arrange()
        self.action_pane("timeline")

    def action_faults(self) -> None:
        """Warnings and worse only, or everything."""
        self.active.show_faults_only(only=not self.active.listing.faults_only)

    async def action_filter(self) -> None:
        """Type a filter for this pane; it applies while it is typed."""
        if self._filter_bar is None:
            self._filter_bar = filterbar.FilterBar()
            await self.mount(self._filter_bar)

        self._filter_bar.open(self.active)


def _places(hub: HubDescription | None) -> tuple[str, ...]:
    """Where we are, as long and as short as it can be said."""
    if hub is None:
        return ("",)

    namespace = safe(hub.namespace.removesuffix(".servicebus.windows.net"))
    name = safe(hub.name)

    plain = (f" {namespace} / {name}", f" {name}", "")

    return (f"{plain[0]} (geo-replicated)", *plain) if hub.is_geo_replicated else plain
