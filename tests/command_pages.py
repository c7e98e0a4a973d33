"""Writes docs/commands.md and docs/ehtui.1 from the parser (`make commands`).

A test holds both current. Nothing of them depends on how a version of Python lays out its help.
"""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from argparse_manpage.manpage import Manpage  # type: ignore[import-untyped]

import ehtui
from ehtui.cli.exit_codes import MEANINGS
from ehtui.cli.parser import build_parser

DOCS = Path(__file__).parent.parent / "docs"
PAGE, MAN = DOCS / "commands.md", DOCS / "ehtui.1"
EVERYWHERE = {action.dest for action in build_parser(())._actions}
SETTINGS = "settings"  # the beginning of the title of what every command takes
_HEAD = """\
# Commands

Made from the parser by `make commands`; `ehtui COMMAND --help` says the same, `man ehtui` too.
Flags that every command takes are told once, at the end, and so are exit codes.

"""


def commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Every command with its own commands behind it, in the order of help."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield each
                yield from commands(each)


def one_line(action: argparse._SubParsersAction[argparse.ArgumentParser], name: str) -> str:
    return next((a.help or "" for a in action._choices_actions if a.dest == name), "")


def shown(parser: argparse.ArgumentParser) -> Iterator[tuple[str, list[argparse.Action]]]:
    """Its groups of arguments, each with its title, without what is hidden."""
    for group in parser._action_groups:
        actions = [
            action
            for action in group._group_actions
            if action.help != argparse.SUPPRESS
            and not isinstance(action, argparse._HelpAction | argparse._SubParsersAction)
        ]

        if actions:
            yield group.title or "", actions


def own(parser: argparse.ArgumentParser) -> Iterator[tuple[str, list[argparse.Action]]]:
    """Those that not every command has."""
    for title, actions in shown(parser):
        kept = [action for action in actions if action.dest not in EVERYWHERE]

        if kept and not title.startswith(SETTINGS):
            yield title, kept


def named(action: argparse.Action) -> str:
    """How it is written on a command line."""
    value = action.metavar if isinstance(action.metavar, str) else None

    if value is None and action.choices is not None and not isinstance(action.metavar, tuple):
        value = "{" + ",".join(map(str, action.choices)) + "}"

    if value is None:
        value = action.dest.upper()

    if not action.option_strings:
        return value if action.nargs not in {"?", "*"} else f"[{value}]"

    names = ", ".join(action.option_strings)
    return names if action.nargs == 0 else f"{names} {value}"


def meaning(action: argparse.Action) -> str:
    return " ".join((action.help or "").replace("%%", "%").split())


def usage(parser: argparse.ArgumentParser) -> str:
    """One line, which no version of Python breaks elsewhere."""
    positionals = [
        named(action)
        for _, actions in shown(parser)
        for action in actions
        if not action.option_strings
    ]
    has_commands = any(isinstance(a, argparse._SubParsersAction) for a in parser._actions)
    return " ".join([parser.prog, "[FLAGS]", *positionals, *(["COMMAND"] if has_commands else [])])


def cell(text: str) -> str:
    return re.sub(r"([|<>*_`\\])", r"\\\1", text)


def table(actions: list[argparse.Action]) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"

    for action in actions:
        name = named(action).replace("|", "\\|")
        yield f"| `{name}` | {cell(meaning(action))} |"

    yield ""


def page() -> str:
    """docs/commands.md."""
    return _HEAD + "\n".join(_page()).rstrip() + "\n"


def _page() -> Iterator[str]:
    parser = build_parser()
    yield "```"
    yield f"{parser.prog} [FLAGS] [COMMAND [FLAGS]]"
    yield "```"
    yield ""
    yield cell(parser.description or "")
    yield ""

    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name in action.choices:
                yield f"- [`{name}`](#{parser.prog}-{name}): {cell(one_line(action, name))}"

    yield ""

    for command in commands(parser):
        yield from _command(command)

    yield "## Flags of every command"
    yield ""

    for title, actions in shown(parser):
        yield f"**{title}**"
        yield ""
        yield from table(actions)

    yield "## Exit codes"
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield from (f"| {code.value} | {words} |" for code, words in MEANINGS.items())


def _command(command: argparse.ArgumentParser) -> Iterator[str]:
    yield f"{'#' * len(command.prog.split())} {command.prog}"
    yield ""
    yield cell(" ".join((command.description or "").split()))
    yield ""
    yield "```"
    yield usage(command)
    yield "```"
    yield ""

    for title, actions in own(command):
        if title not in {"options", "positional arguments"}:
            yield f"**{title}**"
            yield ""

        yield from table(actions)

    if command.epilog is not None:
        is_laid_out = command.formatter_class is argparse.RawDescriptionHelpFormatter
        yield from (
            ["```", command.epilog.rstrip(), "```"] if is_laid_out else [cell(command.epilog)]
        )
        yield ""


def man() -> str:
    """docs/ehtui.1, by argparse-manpage."""
    parser = build_parser()
    parser.usage = f"{parser.prog} [FLAGS] [COMMAND [FLAGS]]"
    parser.man_short_description = "a monitor for Azure Event Hubs consumers"  # type: ignore[attr-defined]

    for command in commands(parser):
        command.usage = usage(command)

        for action in command._actions:
            if action.dest in EVERYWHERE and not isinstance(action, argparse._HelpAction):
                action.help = argparse.SUPPRESS

        # Told once, of ehtui itself.
        command._action_groups = [
            group
            for group in command._action_groups
            if not (group.title or "").startswith(SETTINGS)
        ]

    told = {
        "project_name": "ehtui",
        "version": ehtui.__version__,
        "manual_title": "User Commands",
        "date": " ",  # else it would be new every day
    }
    page = Manpage(parser, told)

    for command in commands(parser):
        if command.epilog is not None:
            page.add_section(f"more on '{command.prog}'", "=", _as_it_stands(command.epilog))

    codes = [f"{code.value:>3}  {words}" for code, words in MEANINGS.items()]
    page.add_section("exit status", "=", _as_it_stands("\n".join(codes)))

    return _NO_MACRO.sub(r"\\&\g<0>", str(page))


# What begins a line and is no macro of the page's own: text that begins with .env or a quote.
_NO_MACRO = re.compile(r"^(?:\.(?!(?:TH|SH|SS|B|TP|nf|fi|UR|UE)\b)|')", re.MULTILINE)


_LONGEST = 110


def _as_it_stands(text: str) -> str:
    lines = (
        part for line in text.rstrip().splitlines() for part in textwrap.wrap(line, 90) or [""]
    )
    is_laid_out = all(len(line) <= _LONGEST for line in text.splitlines())
    escaped = (
        (text.rstrip() if is_laid_out else "\n".join(lines))
        .replace("\\", "\\\\")
        .replace("-", r"\-")
    )
    return f".nf\n{escaped}\n.fi"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    MAN.write_text(man(), encoding="utf-8")
