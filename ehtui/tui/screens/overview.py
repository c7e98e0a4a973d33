"""The overview: header sentence, partitions, consumers, findings, timeline, keys."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from typing_extensions import override

from ehtui.lazy import LazyModule
from ehtui.tui.grid import Grid
from ehtui.tui.grid_viewport import Sort
from ehtui.tui.keys import Scope, bindings
from ehtui.tui.screens.acting import ActingScreen
from ehtui.tui.screens.arrangement import CHARTS, GROUPS, PANES, Area, areas
from ehtui.tui.screens.entry import EntryScreen
from ehtui.tui.widgets.follow_line import FollowLine
from ehtui.tui.widgets.lines import Headline, KeyBar, Line, places_of
from ehtui.tui.widgets.panes import Panes
from ehtui.views.tables.timeline import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.geometry import Size
    from textual.timer import Timer

    from ehtui.tui import places, view_actions
    from ehtui.tui.widgets import chart as charts_of
    from ehtui.views.tables.timeline import TimelineScope
else:
    places = LazyModule("ehtui.tui.places")
    view_actions = LazyModule("ehtui.tui.view_actions")
    charts_of = LazyModule("ehtui.tui.widgets.chart")

SETTLE_S = 0.2


class OverviewScreen(EntryScreen, ActingScreen):
    """Five areas over one snapshot. Every target of an action comes from a row's key."""

    AUTO_FOCUS = "#partitions"
    SCOPES: ClassVar[frozenset[Scope]] = ActingScreen.SCOPES | {Scope.OVERVIEW}
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.OVERVIEW), *bindings(Scope.TABLES)]

    def __init__(self) -> None:
        super().__init__()
        self._chosen: str | None = None  # the maximised pane
        self._settling: Timer | None = None
        self.areas: Mapping[str, Area] = {}  # where panes stand
        self._span_s: float | None = None  # of the charts; None: as long as is known
        self._arrival: places.Arrival | None = None  # at the place that was asked for
        self._drawn_for = 0  # cells of the screen that partitions were drawn for
        self._scope = EVERYTHING  # of the timeline

    @override
    def compose(self) -> ComposeResult:
        yield Headline(chrome=self.app.chrome)
        yield Panes(
            self._grid("partitions"),
            self._grid("consumers"),
            self._grid("findings", wrap_lines=3, headings=False, usually=("mark", "finding")),
            self._grid("timeline", wrap_lines=2, headings=False, follows_top=True),
            plan=self._plan,
        )
        yield FollowLine()
        yield KeyBar()

    def _grid(
        self,
        name: str,
        *,
        wrap_lines: int = 1,
        headings: bool = True,
        follows_top: bool = False,
        usually: Sequence[str] = (),
    ) -> Grid:
        """A pane; beside others it shows the columns that are configured, or the usual ones."""
        return Grid(
            name.capitalize(),
            id=name,
            chrome=self.app.chrome,
            wrap_lines=wrap_lines,
            headings=headings,
            follows_top=follows_top,
            compact=self.app.options.columns.get(name, usually),
        )

    def on_mount(self) -> None:
        """Follow the application's snapshot and states."""
        for name in ("snapshot", "group", "paused", "busy"):
            self.watch(self.app, name, self._show, init=False)

        self._begin()

    @property
    def _is_made(self) -> bool:
        """Whether the panes have their tables: those of a screen that is pushed come later."""
        return bool(self.query("#partitions"))

    def _begin(self) -> None:
        if not self._is_made:
            self.call_after_refresh(self._begin)
            return

        self._sort_as_configured()

        if self.app.options.at:
            self._arrival = places.Arrival(self.app.options.at)

        self._show()

        if self.app.options.start_view in PANES:
            self._maximise(self.app.options.start_view)
            self.set_focus(self.pane(self.app.options.start_view))

    def on_screen_resume(self) -> None:
        """A dialog was closed: catch up."""
        if self.app.screen is self and self._is_made:
            self._show()
            self.active.mark_cursor()

    def on_resize(self) -> None:
        """Give the panes their places at this size."""
        self.call_after_refresh(self._arrange)

        if self._drawn_for != self.size.width and self._is_made:
            self._show_partitions()

    # What is shown.

    def _show(self) -> None:
        """Draw the newest snapshot; under a dialog everything stands still."""
        if self.app.screen is not self or not self.is_mounted or not self._is_made:
            return

        app, tables = self.app, self.app.tables
        snapshot, group = app.snapshot, app.group
        self._show_partitions()
        self.pane("consumers").show(tables.consumers(snapshot, group))
        self.pane("findings").show(tables.findings(snapshot, group))
        self._show_timeline()
        sentence = tables.headline(snapshot, group)
        banner = app.options.banner or ""
        self.query_one(Headline).show(
            places_of(snapshot.hub), group, sentence, app.states, banner, app.profile
        )
        self._show_groups()
        self._arrange()
        self.judge_keys()

        if self._arrival is not None:
            self.call_after_refresh(self._arrive)

    def _show_groups(self) -> None:
        """The groups and their charts, where they have a place: the one on screen comes first."""
        snapshot, group = self.app.snapshot, self.app.group

        if GROUPS in self.areas:
            self.pane(GROUPS).show(self.app.tables.groups(snapshot))

        charts = [name for name in CHARTS if name in self.areas]
        others = [each for each in snapshot.groups if each.name.lower() != group.lower()]
        others.sort(key=lambda each: -(each.lag or 0))
        names = [group, *(each.name for each in others)]

        for pane, name in zip(charts, names, strict=False):
            chart = self.query_one(f"#{pane}", charts_of.LagPane)
            chart.show(snapshot, name, self._span_s, names_group=len(charts) > 1)

    def _show_timeline(self) -> None:
        app = self.app
        self.pane("timeline").show(app.tables.timeline(app.snapshot, app.group, self._scope))

    def _show_partitions(self) -> None:
        """The selected row counts by the second; the first picture selects a row itself."""
        grid, app = self.pane("partitions"), self.app
        selected, self._drawn_for = grid.cursor, self.size.width
        show = partial(app.tables.partitions, app.snapshot, app.group, screen_cells=self._drawn_for)
        grid.show(show(selected))

        if selected is None and grid.cursor is not None:
            grid.show(show(grid.cursor))

    def _plan(self, size: Size) -> Mapping[str, Area]:
        """Where panes stand at this size."""
        if self._chosen is not None:
            return {self._chosen: Area(0, 0, size.width, size.height)}

        rows = {name: self.pane(name).lines_wanted for name in PANES}
        groups = len(self.app.snapshot.groups)
        return areas(size.width, size.height, rows, focused=self.active.id, groups=groups)

    def _arrange(self) -> None:
        """Give each pane its place, if it has another one now."""
        if not self._is_made:
            return

        panes = self.query_one(Panes)
        places = self._plan(panes.size) if panes.size else self.areas

        if places == self.areas:
            return  # to lay out is to paint everything again

        self.areas = places
        self._add_missing(panes)
        panes.place(places)
        self._show_groups()

        if self.active.id not in places:
            self.set_focus(self.pane("partitions"))

    def _add_missing(self, panes: Panes) -> None:
        """Groups and charts are made when there is space for them."""
        there = {child.id for child in panes.children}

        if GROUPS in self.areas and GROUPS not in there:
            panes.mount(self._grid(GROUPS), before="#timeline")

        for name in CHARTS:
            if name in self.areas and name not in there:
                panes.mount(charts_of.LagPane(self.app.chrome, id=name), before="#timeline")

    @property
    def panes(self) -> tuple[str, ...]:
        """Names of the tables that can be gone to now, as they follow on the screen."""
        there = (*PANES[:-1], GROUPS, PANES[-1]) if GROUPS in self.areas else PANES

        if not self.areas.keys() >= set(there):  # one of them is alone on the screen
            return there

        return tuple(sorted(there, key=lambda name: (self.areas[name].y, self.areas[name].x)))

    def _sort_as_configured(self) -> None:
        for name, column in self.app.options.sort.items():
            if name in PANES:
                sort = Sort(column.removeprefix("-"), descending=column.startswith("-"))
                self.pane(name).sort_by(sort)

    @on(Grid.CursorMoved)
    def count_down_selected(self, event: Grid.CursorMoved) -> None:
        """Only the selected partition counts down by the second; a moving cursor waits for none."""
        self.app.place_toasts()

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
        self.judge_keys()

    @on(Line.LinesChanged)
    def give_headline_room(self) -> None:
        """Once it has its lines, the panes share the others."""
        self.call_after_refresh(self._arrange)

    @on(Grid.LinesWanted)
    def make_room(self) -> None:
        """Rows came, went, or break otherwise at this width."""
        self._arrange()

    # Looking.

    @override
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

        for grid in self.query(Grid):
            grid.set_alone(alone=grid.id == name)

        self._arrange()

    def action_zoom(self, step: int) -> None:
        """Charts of less or more time, from half a minute to an hour."""
        charts = [chart for chart in self.query(charts_of.LagPane) if chart.id in self.areas]

        if charts:
            self._span_s = charts[0].zoomed(step)
            self._show_groups()
        else:
            self.app.say("This screen has no space for a chart.", "warning")

    @override
    def action_back(self) -> None:
        """Undo the nearest: a running action, what a pane leaves out, the maximised pane."""
        if self.app.cancel_action() or self.query_one(FollowLine).take_away():
            return

        if self.show_all():
            return

        if self.active.id == "timeline" and self._scope != EVERYTHING:
            self._ask_timeline(EVERYTHING)
        elif self._chosen:
            self._maximise(None)
        else:
            self.app.leave_hub()

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

    def _arrive(self) -> None:
        """Go to the place that was asked for at the start, once it can be gone to."""
        if self.app.screen is not self or self._arrival is None:
            return

        try:
            place = self._arrival.look(self.app.snapshot, self.app.group)

            if place is not None:
                self._arrival = None
                self.go(place)
        except places.PlaceError as error:
            self._arrival = None
            self.app.say(str(error), "warning")
