"""What can be done from the overview, with what is selected in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.screen import Screen

from ehtui.lazy import LazyModule
from ehtui.tui.grid import Grid
from ehtui.views.keys import consumer_at, event_at, finding_at, partition_at

if TYPE_CHECKING:
    from ehtui.domain.world.process import ProcessId
    from ehtui.tui import flows, looking
    from ehtui.tui.app import EhtuiApp
else:
    flows = LazyModule("ehtui.tui.flows")
    looking = LazyModule("ehtui.tui.looking")

ROUNDING_S = 2.0  # server times are whole seconds


class ActingScreen(Screen[None]):
    """Selection and the actions on it. Targets come from rows' keys, never from their places."""

    app: EhtuiApp

    def pane(self, name: str) -> Grid:
        """The table of that name."""
        return self.query_one(f"#{name}", Grid)

    @property
    def active(self) -> Grid:
        """The focused table, else the partitions."""
        return self.focused if isinstance(self.focused, Grid) else self.pane("partitions")

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
                f"{chosen[0].pid} only sends events: it is no consumer. Choose it with a to act.",
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

    def action_sort(self) -> None:
        """Choose a column to sort this pane by."""
        self.app.run_flow(looking.sort(self.app, self.active))

    def action_copy(self) -> None:
        """Copy the selected row as text."""
        looking.copy(self.app, self.active)

    def action_save(self) -> None:
        """Save what this pane shows."""
        self.app.run_flow(looking.save(self.app, self.active))

    @on(Grid.RowSelected)
    def open_details(self, event: Grid.RowSelected) -> None:
        """Everything known about the row; a group is switched to."""
        if event.grid.id == "groups":
            self.app.group = event.key
            return

        looking.details(self.app, event.grid.id or "", event.key)

    def action_refresh(self) -> None:
        """Read every source now."""
        self.app.pause.refresh()

    def action_pause(self) -> None:
        """Hold or resume."""
        self.app.pause.toggle()

    def action_group(self) -> None:
        """Switch to another consumer group."""
        self.app.run_flow(looking.switch_group(self.app))

    def action_send(self) -> None:
        """Send a test event; the selected partition is offered first."""
        selected = self.pane("partitions").cursor
        self.app.run_flow(flows.send(self.app, selected))

    def action_signal(self) -> None:
        """Signal the consumers that are selected now, whatever the list does meanwhile."""
        chosen = self._consumers()

        if chosen is not None:
            self.app.run_flow(flows.signal(self.app, chosen))

    def action_restart(self) -> None:
        """Restart the one consumer that is selected now."""
        chosen = self._consumers()

        if chosen is not None:
            self.app.run_flow(flows.restart(self.app, chosen))

    def action_start(self) -> None:
        """Start a configured consumer."""
        self.app.run_flow(flows.start_consumer(self.app))

    def action_adopt(self) -> None:
        """Choose a process as a consumer."""
        self.app.run_flow(flows.adopt(self.app))

    def action_log(self) -> None:
        """Follow the log of the selected consumer."""
        looking.log(self.app, self.active, self.targets())

    def action_why(self) -> None:
        """Explain what is selected."""
        looking.why(self.app, self.active)
