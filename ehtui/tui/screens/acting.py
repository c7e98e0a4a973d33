"""What can be done from the overview, with what is selected in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from typing_extensions import override

from ehtui.lazy import LazyModule
from ehtui.tui.grid import Grid
from ehtui.tui.keys import spelt
from ehtui.tui.obstacles import Situation, situation_of
from ehtui.tui.screens.tables import TableScreen
from ehtui.tui.widgets.lines import KeyBar
from ehtui.views.keys import consumer_at, event_at, finding_at, partition_at
from ehtui.views.row_facts import FactsOf

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ehtui.domain.world.process import ProcessId
    from ehtui.tui import checkpoint_actions, event_opening, places, view_actions, world_actions
    from ehtui.tui.host import Host
    from ehtui.tui.world_actions import Flow
    from ehtui.views import export as exporting
    from ehtui.views.export import Export
    from ehtui.views.row_facts import RowFacts
else:
    checkpoint_actions = LazyModule("ehtui.tui.checkpoint_actions")
    world_actions = LazyModule("ehtui.tui.world_actions")
    view_actions = LazyModule("ehtui.tui.view_actions")
    places = LazyModule("ehtui.tui.places")
    event_opening = LazyModule("ehtui.tui.event_opening")
    exporting = LazyModule("ehtui.views.export")

ROUNDING_S = 2.0  # server times are whole seconds


class ActingScreen(TableScreen):
    """Selection and the actions on it. Targets come from rows' keys, never from their places."""

    def __init__(self) -> None:
        super().__init__()
        self._facts: FactsOf | None = None

    def pane(self, name: str) -> Grid:
        """The table of that name."""
        return self.query_one(f"#{name}", Grid)

    @property
    @override
    def active(self) -> Grid:
        """The focused table, else the partitions."""
        return self.focused if isinstance(self.focused, Grid) else self.pane("partitions")

    @property
    @override
    def taken_at(self) -> float:
        return self.app.snapshot.taken_at

    @override
    def facts_of(self, pane: str, key: str) -> RowFacts:
        snapshot, group, known = self.app.snapshot, self.app.group, self._facts

        if known is None or (known.snapshot, known.group, known.pane) != (snapshot, group, pane):
            known = self._facts = FactsOf(snapshot, group, pane)

        return known.of(key)

    @override
    def exported(self, pane: str, keys: Sequence[str]) -> Export:
        return exporting.export(self.app.snapshot, self.app.group, pane, keys)

    @override
    def link(self, pane: str, key: str | None) -> str:
        app = self.app
        place = places.place_of(app.snapshot, pane, key)

        return places.link(place, app.group, app.options.started_with)

    def action_pane(self, name: str) -> None:
        """Go to a pane."""
        raise NotImplementedError

    @override
    def go(self, place: places.Place) -> None:
        app = self.app

        if place.kind in {places.HUB, places.HUBS}:
            view_actions.go_to_hub(app, place)
            return

        key = places.key_of(app.snapshot, app.group, place) if place.name else None

        if place.name and key is None:
            raise places.PlaceError(places.missing(app.snapshot, place))

        if place.kind == "group" and key is not None:
            app.group = key
            self.set_focus(self.pane("partitions"))
        else:
            self.action_pane(place.pane)

            if key is not None:
                self.select(self.pane(place.pane), key)

        self._open_there(place, key)

    def _open_there(self, place: places.Place, key: str | None) -> None:
        app = self.app

        if place.then == "details" and key is not None:
            view_actions.details(app, place.pane, key)
        elif place.then == "why":
            view_actions.explain(app, place.pane, key)
        elif place.then == "log":
            self.action_log()
        elif place.then == "events":
            event_opening.open_events(app, place.pane, key)

    @property
    def situation(self) -> Situation:
        """What decides which keys can do something now."""
        app, grid = self.app, self.active
        partitions = self.pane("partitions").targets if grid.id == "partitions" else ()

        return situation_of(
            app.snapshot,
            app.group,
            partitions,
            is_read_only=app.backend.read_only,
            has_peek_group=app.backend.peek_group is not None,
            can_start=bool(app.backend.startable or app.backend.ended),
            has_consumer=bool(self.targets()),
            has_hubs=app.has_hubs,
        )

    @on(Grid.CursorMoved)
    def judge_keys(self) -> None:
        """Another row: other keys can do something."""
        for bar in self.query(KeyBar):
            bar.judge(self.situation)

    def targets(self) -> tuple[ProcessId, ...]:
        """Consumers that an action is about: tagged or selected, or whom the selected row names."""
        snapshot, grid = self.app.snapshot, self.active

        if grid.id == "consumers":
            found = (consumer_at(snapshot, key) for key in grid.targets)
            return tuple(consumer.process.id for consumer in found if consumer is not None)

        owner, pid, at = self._named(grid)

        return tuple(
            consumer.process.id
            for consumer in snapshot.consumers
            if (consumer.process.id.pid == pid and consumer.process.id.started_at <= at)
            or (owner is not None and owner in consumer.owners)
        )

    def _consumers(self) -> tuple[ProcessId, ...] | None:
        """The same without who only sends; None, said so, where only such ones are chosen."""
        chosen = self.targets()
        senders = {c.process.id for c in self.app.snapshot.consumers if c.is_mere_producer}
        left = tuple(process for process in chosen if process not in senders)

        if chosen and not left:
            self.app.say(
                f"{chosen[0].pid} only sends events: it is not a consumer. Mark it with a to act.",
                "warning",
            )
            return None

        return left

    def _named(self, grid: Grid) -> tuple[str | None, int | None, float]:
        """The owner and the process that the selected row of another pane is about, and when.

        A process that began later has only inherited the pid.
        """
        snapshot, key = self.app.snapshot, grid.cursor

        if key is None or grid.id == "groups":
            return None, None, 0.0

        if grid.id == "partitions":
            _, of_group = partition_at(snapshot, self.app.group, key)
            return (of_group.lease.owner if of_group else None), None, 0.0

        to_local = ROUNDING_S - (snapshot.clock_offset_s or 0.0)

        if grid.id == "findings" and (finding := finding_at(snapshot, key)):
            return finding.subject.owner, finding.subject.pid, finding.since + to_local

        if grid.id == "timeline" and (event := event_at(snapshot, key)):
            return event.subject.owner, event.subject.pid, event.at + to_local

        return None, None, 0.0

    @on(Grid.RowSelected)
    def open_details(self, event: Grid.RowSelected) -> None:
        """Everything known about the row; a group is switched to."""
        if event.grid.id == "groups":
            self.app.group = event.key
            return

        view_actions.details(self.app, event.grid.id or "", event.key)

    @override
    def action_refresh(self) -> None:
        """Read every source now."""
        self.app.pause.refresh()

    def action_pause(self) -> None:
        """Hold or resume."""
        self.app.pause.toggle()

    def action_group(self) -> None:
        """Switch to another consumer group."""
        self.app.run_flow(view_actions.switch_group(self.app))

    def action_act(self, name: str) -> None:
        """Do something that is about nothing that is selected."""
        if self.app.refuses(spelt("act", (name,))):
            return

        self.app.run_flow(world_actions.PLAIN[name](self.app))

    def action_act_on_partition(self, name: str) -> None:
        """Do something; the selected partition is offered first."""
        if self.app.refuses(spelt("act_on_partition", (name,))):
            return

        selected = self.pane("partitions").cursor
        self.app.run_flow(world_actions.ON_PARTITION[name](self.app, selected))

    def action_checkpoints(self) -> None:
        """Where the group stands, and moving that: of the group under the cursor, or on screen."""
        grid, app = self.active, self.app
        group = grid.cursor if grid.id == "groups" and grid.cursor else app.group
        chosen = tuple(self.pane("partitions").targets) if grid.id == "partitions" else ()
        app.run_flow(checkpoint_actions.checkpoints(app, group, chosen))

    def action_act_on_partitions(self, name: str) -> None:
        """Act on the partitions that are tagged, or on the selected one."""
        if self.app.refuses(spelt("act_on_partitions", (name,))):
            return

        grid = self.pane("partitions")
        self.app.run_flow(world_actions.ON_PARTITIONS[name](self.app, tuple(grid.targets)))

    def action_act_on_consumers(self, name: str) -> None:
        """Act on the consumers that are selected now, whatever the list does meanwhile."""
        if not self.app.refuses(spelt("act_on_consumers", (name,))):
            self.act_on_consumers(world_actions.ON_CONSUMERS[name])

    def act_on_consumers(self, act: Callable[[Host, Sequence[ProcessId]], Flow]) -> None:
        """The same for something that has no key."""
        chosen = self._consumers()

        if chosen is not None:
            self.app.run_flow(act(self.app, chosen))

    def action_log(self) -> None:
        """Follow the log of the selected consumer."""
        view_actions.log(self.app, self.active, self.targets())

    def action_why_most(self) -> None:
        """Go to the partition that lags most, and explain it."""
        state = self.app.snapshot.group(self.app.group)
        lagging = [each for each in state.partitions if each.lag is not None] if state else []

        if lagging:
            most = max(lagging, key=lambda each: each.lag or 0)
            self.go(places.Place("partition", most.id, "why"))
        else:
            self.app.say("No lag is known yet.", "warning")

    def action_events(self) -> None:
        """Look at the events that what is selected is about."""
        event_opening.open_events(self.app, self.active.id or "", self.active.cursor)

    def action_why(self) -> None:
        """Explain what is selected."""
        view_actions.why(self.app, self.active)
