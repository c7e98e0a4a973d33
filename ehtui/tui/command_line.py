"""A line that is typed: which command it names, whether that can be done here, how it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ehtui.domain.text import safe
from ehtui.tui.commands import COMMANDS, Command, CommandError, near

if TYPE_CHECKING:
    from ehtui.tui.screens.acting import ActingScreen
    from ehtui.tui.screens.tables import TableScreen


def run(screen: TableScreen, line: str) -> None:
    """Do what a line says.

    Raises:
        CommandError: It cannot be done, or not on this screen.
    """
    command, argument = checked(screen, line)
    command.run(cast("ActingScreen", screen), argument)


def checked(screen: TableScreen, line: str) -> tuple[Command, str]:
    """The command that a line names on this screen, and what stands behind the name.

    Raises:
        CommandError: There is none of that name, or it is about one hub and none is on the screen.
    """
    command, argument = found(line)

    if command.needs_hub and not screen.app.is_in_hub:
        raise CommandError(f"{command.name} is about one hub: enter goes into the selected one")

    return command, argument


def found(text: str) -> tuple[Command, str]:
    """The command that a line names, and what stands behind the name.

    Raises:
        CommandError: There is none of that name.
    """
    name, _, argument = text.strip().partition(" ")
    known = {each: command for command in COMMANDS for each in (command.name, *command.synonyms)}
    command = known.get(name) or known.get(name.lower())

    if command is None:
        alike = {known[each].name for each in known if each.startswith(name.lower())}

        if len(alike) != 1:
            raise CommandError(f"no command “{name}”{near(name.lower(), sorted(known))}")

        command = known[alike.pop()]

    return command, argument.strip()


def completions(screen: TableScreen, text: str) -> list[str]:
    """Whole lines that begin with what is typed."""
    name, space, argument = text.partition(" ")
    can_be_done = [each for each in COMMANDS if screen.app.is_in_hub or not each.needs_hub]

    if not space:
        return [each.name for each in can_be_done if each.name.startswith(name.lower())]

    try:
        command, _ = found(name)
    except CommandError:
        return []

    wanted = argument.lower()
    offers = command.offers(cast("ActingScreen", screen)) if command in can_be_done else ()
    offered = (each for each in offers if safe(each) == each)  # can be typed

    return [f"{name} {each}" for each in offered if each.lower().startswith(wanted)]
