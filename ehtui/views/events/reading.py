"""How reading goes, in words: the title of the table, what is left out, and why nothing comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.values import Value
from ehtui.domain.world.new_group import create_group_command
from ehtui.views.events.starting import Start, around, checkpoints_of, start_words
from ehtui.views.events.table import Marks, next_after
from ehtui.views.formats import full_stop, plural
from ehtui.views.phrasing import partitions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ehtui.domain.snapshot import Snapshot
    from ehtui.domain.world.events import Event, Position
    from ehtui.domain.world.hub import HubDescription
    from ehtui.views.phrasing import Phrasing

PEEK_GROUP = "ehtui-peek"  # what one is called where nobody has chosen a name


class Reading(Value, frozen=True):
    """What is to be read: of which partitions (none named: all), from where on."""

    group: str  # whose checkpoints are marked, and begun around
    partitions: tuple[str, ...] = ()
    start: Start = None

    def positions(self, snapshot: Snapshot) -> Mapping[str, Position]:
        """Where each partition begins."""
        known = {each.id: each for each in snapshot.partitions}
        state = snapshot.group(self.group)
        names = self.partitions or tuple(known)

        if self.start is not None:
            return dict.fromkeys(names, self.start)

        return {
            name: around(known.get(name), state.partition(name) if state is not None else None)
            for name in names
        }

    def title(self, say: Phrasing) -> str:
        """`P2 around the checkpoint`, `all partitions from the earliest`."""
        names = partitions(self.partitions) if self.partitions else "all partitions"

        return f"{names} {start_words(self.start, say)}{say.of_group(self.group)}"


class ReadState(Value, frozen=True):
    """How far reading has got."""

    is_open: bool = False
    is_at_end: bool = False
    follows: bool = False
    is_sifting: bool = False  # events that were read wait to be filtered
    read: int = 0
    forgotten: int = 0  # that were shown, and are too many to be held
    dropped: int = 0  # that came faster than they were taken
    unreadable: int = 0  # messages of which nobody can tell which events they are
    trouble: Problem | None = None  # why nothing comes just now
    refusal: Problem | None = None  # why nothing will come

    def notes(self) -> tuple[str, ...]:
        """To the right of the title, what matters most first."""
        told = (
            "reconnecting" if self.trouble is not None else "",
            "follows" if self.follows else "",
            "at the end" if self.is_at_end and not self.follows else "",
            f"{self.dropped:,} dropped" if self.dropped else "",
            f"{self.unreadable:,} unreadable" if self.unreadable else "",
            f"{self.read:,} read" if self.read else "",
            f"{self.forgotten:,} older let go" if self.forgotten else "",
        )

        return tuple(filter(None, told))

    def why_empty(self) -> str:
        """Why there is no row."""
        if self.refusal is not None:
            return "Nothing can be read."

        if self.trouble is not None:
            return self.trouble.summary

        if not self.is_open:
            return "Connecting …"

        if self.read and not self.is_sifting:
            return f"None of {plural(self.read, 'event')} matches the filter; esc shows all."

        return "No event here yet." if self.is_at_end else "Reading …"


def marks_of(snapshot: Snapshot, group: str, held: Sequence[Event]) -> Marks:
    """What is marked of events that are held: checkpoints of that group, and what is the last."""
    done = checkpoints_of(snapshot.group(group))
    samples = [each.sample for each in snapshot.partitions if each.sample is not None]
    last = {each.partition: each.last_sequence for each in samples if not each.is_empty}
    begins = {each.partition: each.begin_sequence for each in samples if not each.is_empty}

    for event in held:
        last[event.partition] = max(event.sequence, last.get(event.partition, event.sequence))

    return Marks(done, next_after(held, done, begins), last)


def peek_command(
    problem: Problem, hub: HubDescription | None, peek_group: str | None
) -> str | None:
    """The command that creates the group to look in; None where it is there, or not in Azure."""
    is_missing = peek_group is None or problem.kind is ProblemKind.NOT_FOUND

    if hub is None or not is_missing:
        return None

    return create_group_command(hub.namespace, hub.name, peek_group or PEEK_GROUP)


def told_refusal(problem: Problem, hub: HubDescription | None, peek_group: str | None) -> str:
    """Why nothing can be read, what to do, and the command that does it."""
    command = peek_command(problem, hub, peek_group)
    told = [full_stop(problem.summary), *([problem.advice] if problem.advice else [])]

    if command is not None and command not in problem.advice:
        told += ["y copies the command that creates a group to look in:", command]

    return "\n\n".join((*told, "b reads again, from wherever."))
