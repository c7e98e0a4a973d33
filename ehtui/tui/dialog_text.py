"""What dialogs say. Loaded with the first of them: the overview paints without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.snapshot import Subject
from ehtui.domain.text import safe
from ehtui.domain.values import Value
from ehtui.domain.why import why
from ehtui.views.actions import confirmation
from ehtui.views.details import (
    Section,
    answer,
    consumer_details,
    event_details,
    finding_details,
    partition_details,
)
from ehtui.views.formats import Clock, plural
from ehtui.views.groups import groups_table
from ehtui.views.keys import named, subject_of, title
from ehtui.views.outcomes import dry_run_lines, outcome_sentence, refusal_sentence
from ehtui.views.phrasing import Phrasing
from ehtui.views.processes import brief
from ehtui.views.why import Explanation, explain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.actions.outcomes import Outcome, Refusal
    from ehtui.domain.actions.plans import Plan
    from ehtui.domain.snapshot import Snapshot
    from ehtui.domain.world.process import ProcessId
    from ehtui.domain.world.restarts import Ended
    from ehtui.tui.host import Host
    from ehtui.views.actions.text import Confirmation
    from ehtui.views.cells import Table
    from ehtui.views.glyphs import Glyphs


class DialogText(Value, frozen=True):
    """Plans, outcomes, details and answers, in one set of signs and one zone."""

    glyphs: Glyphs
    clock: Clock
    started_with: tuple[str, ...] = ()

    def details(self, snapshot: Snapshot, group: str, pane: str, key: str) -> Sequence[Section]:
        """Everything known about a row; nothing once it is gone."""
        say = self._say(snapshot, group)

        match pane:
            case "partitions":
                return partition_details(snapshot, group, key, say)
            case "consumers":
                return consumer_details(snapshot, key, say)
            case "findings":
                return finding_details(snapshot, key, say)
            case _:
                return event_details(snapshot, key, say)

    def answer(self, snapshot: Snapshot, group: str, pane: str, key: str) -> Sequence[Section]:
        """What all of it amounts to, where more than one thing is told."""
        if pane not in {"partitions", "consumers"}:
            return ()

        return answer(self.why(snapshot, group, subject_of(snapshot, group, pane, key)))

    def title(self, snapshot: Snapshot, group: str, pane: str, key: str) -> str:
        """The full name of what a row is about."""
        return title(snapshot, group, pane, key, self._say(snapshot, group))

    def why(self, snapshot: Snapshot, group: str, subject: Subject) -> Explanation:
        """The checks behind a subject, what they amount to, and what to do."""
        say = self._say(snapshot, group)

        return explain(why(snapshot, subject), say, glyphs=self.glyphs)

    def groups(self, snapshot: Snapshot) -> Table:
        """The consumer groups of the hub, with the health of each."""
        return groups_table(snapshot, glyphs=self.glyphs)

    def process(self, snapshot: Snapshot, process: ProcessId) -> str:
        """A process in one line: its pid and command."""
        found = next((c for c in snapshot.consumers if c.process.id == process), None)
        command = brief(safe(found.process.command)) if found else ""

        return f"{process.pid}  {command}"

    def processes(self, snapshot: Snapshot, processes: Sequence[ProcessId]) -> str:
        """One by its name, several by their number."""
        if len(processes) > 1:
            return plural(len(processes), "consumer")

        (process,) = processes

        return named(Subject(pid=process.pid), self._say(snapshot, ""))

    def ended(self, ended: Ended) -> tuple[str, str]:
        """One that has ended, as a line to choose, and when that was by this host's clock."""
        when = self.clock.time(ended.ended_at)
        how = "stopped to be restarted" if ended.record is not None else "ended"

        return f"{ended.process.pid}  {brief(ended.command)}", f"{how} {when}"

    def confirmation(self, plan: Plan, snapshot: Snapshot, group: str) -> Confirmation:
        """A plan, to be confirmed."""
        return confirmation(plan, self._say(snapshot, group))

    def _say(self, snapshot: Snapshot, group: str) -> Phrasing:
        return Phrasing(snapshot, self.clock, group, started_with=self.started_with)

    def dry_run(self, outcome: Outcome, snapshot: Snapshot, group: str) -> Sequence[str]:
        """What a dry run found, step by step."""
        return tuple(dry_run_lines(outcome, self._say(snapshot, group)))

    def refusal(self, refusal: Refusal) -> str:
        """Why an action is not offered."""
        return refusal_sentence(refusal)

    def outcome(self, outcome: Outcome) -> str:
        """How an action ended."""
        return outcome_sentence(outcome, self.started_with)


def dialog_text(app: Host) -> DialogText:
    """In the signs and the zone of the screen."""
    return DialogText(app.tables.glyphs, app.tables.clock, app.tables.started_with)
