"""The command line, built without loading what the commands need."""

from __future__ import annotations

import argparse
import importlib
import re
import textwrap
from typing import TYPE_CHECKING, Any, NoReturn

from typing_extensions import override

import ehtui
from ehtui.cli import exit_codes
from ehtui.cli.common_flags import add_colour_flag, add_language_flag, add_log_flags
from ehtui.cli.flags import add_settings_flags
from ehtui.cli.screen_flags import add_every_profile, add_place_flag
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Each module has `add_NAME(subparsers)`, which sets `run`; it loads heavy things when that runs.
COMMANDS = {
    "status": "ehtui.cli.status",
    "hubs": "ehtui.cli.hubs_command",
    "profiles": "ehtui.cli.profiles",
    "findings": "ehtui.cli.findings",
    "timeline": "ehtui.cli.timeline",
    "report": "ehtui.cli.incident",
    "consumers": "ehtui.cli.reports",
    "signal": "ehtui.cli.acting_commands",
    "restart": "ehtui.cli.acting_commands",
    "start": "ehtui.cli.acting_commands",
    "send": "ehtui.cli.sending",
    "release": "ehtui.cli.releasing",
    "checkpoint": "ehtui.cli.checkpoints",
    "audit": "ehtui.cli.audit",
    "wait": "ehtui.cli.reports",
    "gate": "ehtui.cli.gate",
    "why": "ehtui.cli.reports",
    "explain": "ehtui.cli.telling",
    "watch": "ehtui.cli.watching",
    "metrics": "ehtui.cli.metrics",
    "events": "ehtui.cli.events",
    "config": "ehtui.cli.config",
    "doctor": "ehtui.cli.doctor",
    "demo": "ehtui.cli.demo",
    "sandbox": "ehtui.cli.sandbox",
    "conform": "ehtui.cli.conform",
    "completion": "ehtui.cli.completion",
}
READABLE_COLUMNS = 79
_CHOICE = re.compile(r"invalid choice: '(?P<given>[^']*)'")
_UNKNOWN = re.compile(r"unrecognized arguments: (?P<given>\S+)")
_GROUP = re.compile(r"argument (-g|.*--group).*: expected one argument")


class Parser(argparse.ArgumentParser):
    """Its errors are `ConfigError`s: one sentence and the next step."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"allow_abbrev": False, **kwargs})

    @override
    def error(self, message: str) -> NoReturn:
        if _GROUP.search(message):
            raise ConfigError(
                "--group has no name: a shell takes $Default for a variable.",
                "Quote it: --group '$Default'",
            )

        if choice := _CHOICE.search(message):
            raise ConfigError(
                f"'{choice['given']}' is not known here{_near(choice['given'], message)}",
                f"See {self.prog} --help",
            )

        if unknown := _UNKNOWN.search(message):
            options = " ".join(self._option_string_actions)
            raise ConfigError(
                f"{message[0].upper()}{message[1:]}{_near(unknown['given'], options)}",
                f"See {self.prog} --help",
            )

        plain = message.removeprefix("argument ")
        raise ConfigError(f"{plain[0].upper()}{plain[1:]}.", f"See {self.prog} --help")


def _near(given: str, text: str) -> str:
    import difflib  # noqa: PLC0415 - only for mistakes

    words = [word for word in re.findall(r"[\w-]+", text) if word != given]
    near = difflib.get_close_matches(given.split("=", maxsplit=1)[0], words, n=1)
    return f"; did you mean '{near[0]}'?" if near else "."


def build_parser(names: Iterable[str] = COMMANDS) -> Parser:
    """All flags, and the commands of these names."""
    parser = Parser(
        prog="ehtui",
        description="Who owns each partition, is the lease alive, how far behind is each group: "
        "a monitor for Azure Event Hubs consumers. Without a command it opens the screen; without "
        "a terminal it prints the report.",
        epilog="No Azure account at hand? 'ehtui demo' shows everything on an embedded sandbox. "
        + exit_codes.all_of_them(),
    )
    parser.add_argument("--version", action="version", version=f"ehtui {ehtui.__version__}")
    parser.set_defaults(command=None, run=None)
    add_colour_flag(parser)
    add_language_flag(parser)
    add_log_flags(parser)
    add_settings_flags(parser)
    add_place_flag(parser)
    add_every_profile(parser, "the overview, also where .env or the environment name one hub")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")

    for name in names:
        getattr(importlib.import_module(COMMANDS[name]), f"add_{name}")(subparsers)
        command = subparsers.choices[name]
        add_colour_flag(command)
        add_language_flag(command)
        add_log_flags(command)
        command.epilog = _with_codes(command, exit_codes.sentence(name))

    return parser


def _with_codes(command: argparse.ArgumentParser, codes: str) -> str:
    """What stands below its flags; where that has lines of its own, codes are lines too."""
    before = (command.epilog or "").strip()

    if not codes:
        return before

    if command.formatter_class is argparse.RawDescriptionHelpFormatter:
        return f"{before}\n\n{textwrap.fill(codes, READABLE_COLUMNS)}"

    return f"{before} {codes}".strip()


def parse(argv: list[str]) -> argparse.Namespace:
    """Parse the command line.

    Raises:
        ConfigError: It cannot be understood.
    """
    _check_group(argv)
    argv = list(_joined(argv))
    # The screen waits for this: only the command that is meant is loaded, all for help and typos.
    names = [name for name in COMMANDS if name in argv] or (COMMANDS if argv else ())
    return build_parser(names).parse_args(argv)


_ENDS = {"--from", "--around", "--until"}
_AGO = re.compile(r"-\d+(?:\.\d+)?[smhd]?")


def _joined(argv: list[str]) -> Iterator[str]:
    """`--from -10m` in one word: argparse takes `-10m` for a flag."""
    words = iter(argv)

    for word in words:
        value = next(words, None) if word in _ENDS else None

        if value is not None and _AGO.fullmatch(value):
            yield f"{word}={value}"
        else:
            yield from (each for each in (word, value) if each is not None)


def _check_group(argv: list[str]) -> None:
    """`--group $Default status` reaches us as `--group status`, without any other command."""
    commands = [place for place, word in enumerate(argv) if word in COMMANDS]

    if len(commands) == 1 and commands[0] and argv[commands[0] - 1] in {"-g", "--group"}:
        raise ConfigError(
            f"--group took the word '{argv[commands[0]]}': a shell takes $Default for a variable.",
            "Quote it: --group '$Default'",
        )
