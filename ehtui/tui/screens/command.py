"""A command that is typed over what there is to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Input
from typing_extensions import override

from ehtui.tui import command_line
from ehtui.tui.commands import CommandError
from ehtui.tui.screens.tables import TableScreen
from ehtui.tui.typeahead import Prompt
from ehtui.tui.widgets.filterbar import CommandBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ehtui.tui.host import Host


class CommandScreen(Prompt[str | None]):
    """Answers with a line that names a command; what is read stays where it is given up."""

    DEFAULT_CSS = """
    CommandScreen {
        background: transparent;
        &:ansi { background: transparent; }
    }
    """

    @override
    def compose(self) -> ComposeResult:
        yield FarCommandBar()


class FarCommandBar(CommandBar):
    """About the tables below all that is read."""

    def on_mount(self) -> None:
        """There is nothing else to type in."""
        self.add_class("-open")
        self.query_one(Input).focus()

    @property
    @override
    def tables(self) -> TableScreen:
        return _tables(self.app)

    @override
    def obey(self, line: str) -> None:
        command_line.checked(self.tables, line)
        self._answer(line)

    @override
    def close(self) -> None:
        self._answer(None)

    def _answer(self, line: str | None) -> None:
        screen = self.screen
        assert isinstance(screen, CommandScreen)
        screen.dismiss(line)


def do(app: Host, line: str) -> None:
    """Do it on the tables, which are on the screen again; what is wrong is said."""
    try:
        command_line.run(_tables(app), line)
    except CommandError as error:
        app.say(str(error), "warning")


def _tables(app: Host) -> TableScreen:
    return next(each for each in reversed(app.screen_stack) if isinstance(each, TableScreen))
