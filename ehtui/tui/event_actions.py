"""What is done with events that one looks at: begin elsewhere, take along, send again."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ehtui.domain.text import safe
from ehtui.lazy import LazyModule
from ehtui.tui.exporting import Copy
from ehtui.views.events.body import body_lines
from ehtui.views.events.export import json_line
from ehtui.views.events.reading import Reading, peek_command
from ehtui.views.formats import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ehtui.domain.problems import Problem
    from ehtui.domain.world.events import Event
    from ehtui.tui import view_actions, world_actions
    from ehtui.tui.host import Host
    from ehtui.tui.screens import choice, starting
else:
    view_actions = LazyModule("ehtui.tui.view_actions")
    world_actions = LazyModule("ehtui.tui.world_actions")
    starting = LazyModule("ehtui.tui.screens.starting")
    choice = LazyModule("ehtui.tui.screens.choice")


class Shown(Protocol):
    """Events on a screen."""

    @property
    def reading(self) -> Reading:
        """What is read."""

    @property
    def refusal(self) -> Problem | None:
        """Why nothing can be read."""

    @property
    def selected(self) -> Event | None:
        """The event under the cursor."""

    @property
    def chosen(self) -> Sequence[Event]:
        """What is tagged, else what is selected."""

    def begin(self, reading: Reading) -> None:
        """Read something else."""


async def begin_elsewhere(app: Host, events: Shown) -> None:
    """Ask where to begin, and read from there."""
    reading = await app.push_screen_wait(starting.StartScreen(events.reading, events.selected))

    if reading is not None:
        events.begin(reading)


async def save(app: Host, events: Sequence[Event]) -> None:
    """As lines of JSON into a new file of the working folder."""
    if not events:
        app.say("There is no event to save.", "warning")
        return

    path = Path(f"ehtui-events-{datetime.now(tz=UTC):%Y%m%d-%H%M%S}.jsonl")

    try:
        await asyncio.to_thread(_write_new, path, events)
    except OSError as error:
        app.say(f"{path}: {error.strerror or error}", "error")
    else:
        app.say(f"Saved {plural(len(events), 'event')} in {path}, exactly as they were sent.")


def _write_new(path: Path, events: Sequence[Event]) -> None:
    """For its owner alone: bodies may hold anything."""
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    with os.fdopen(opened, "w", encoding="utf-8") as file:
        file.writelines(f"{json_line(event)}\n" for event in events)


async def copy(app: Host, events: Shown) -> None:
    """Choose what goes onto the terminal's clipboard."""
    offered = {each.letter: each for each in copies(app, events)}

    if not offered:
        nothing = "No command helps." if events.refusal is not None else ""
        app.say(nothing or view_actions.NOTHING_SELECTED, "warning")
        return

    if len(offered) == 1:
        view_actions.put_on_clipboard(app, next(iter(offered.values())))
        return

    names = [(each.letter, each.what) for each in offered.values()]
    letter = await app.push_screen_wait(choice.LetterScreen("Copy", names))

    if letter is not None:
        view_actions.put_on_clipboard(app, offered[letter])


def copies(app: Host, events: Shown) -> Iterator[Copy]:
    """What can be copied: of a refusal the command that helps, else of the events chosen."""
    if events.refusal is not None:
        command = peek_command(events.refusal, app.snapshot.hub, app.backend.peek_group)

        if command is not None:
            yield Copy("c", "command", lambda: command, "Copied the command.")

        return

    chosen = events.chosen

    if not chosen:
        return

    many = plural(len(chosen), "event")
    yield Copy("y", "line of JSON", partial(_joined, chosen), f"Copied {many} as JSON lines.")
    yield Copy("b", "body as shown", partial(_bodies, chosen), f"Copied the body of {many}.")

    if keys := [safe(event.key) for event in chosen if event.key is not None]:
        yield Copy("k", "key", lambda: "\n".join(keys), f"Copied {keys[0][:60]}.")

    numbers = [str(event.sequence) for event in chosen]
    yield Copy("s", "sequence", lambda: "\n".join(numbers), f"Copied {numbers[0]}.")
    places = [f"{safe(event.offset)}" for event in chosen]
    yield Copy("o", "offset", lambda: "\n".join(places), f"Copied {places[0][:60]}.")


def _joined(events: Sequence[Event]) -> str:
    return "\n".join(map(json_line, events))


def _bodies(events: Sequence[Event]) -> str:
    return "\n".join("\n".join(body_lines(event).lines) for event in events)


async def resend(app: Host, event: Event | None) -> None:
    """Send it once more: planned and confirmed as every send is."""
    if event is None:
        app.say(view_actions.NOTHING_SELECTED, "warning")
        return

    await world_actions.send_again(app, (event,))
