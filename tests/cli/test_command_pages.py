"""docs/commands.md and docs/ehtui.1 are the parser's own words, and whole."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from ehtui.cli.flags import ExitCode
from ehtui.cli.parser import COMMANDS, build_parser
from tests import command_pages


def test_the_page_of_commands_is_current() -> None:
    assert command_pages.PAGE.read_text(encoding="utf-8") == command_pages.page(), "make commands"


def test_the_man_page_is_current() -> None:
    assert command_pages.MAN.read_text(encoding="utf-8") == command_pages.man(), "make commands"


def test_every_command_and_exit_code_is_told() -> None:
    page = command_pages.page()

    assert not [name for name in COMMANDS if f"## ehtui {name}\n" not in page]
    assert all(f"\n| {code.value} | " in page for code in ExitCode)


def test_every_flag_has_help() -> None:
    parsers = [build_parser(), *command_pages.commands(build_parser())]
    silent = [
        f"{parser.prog} {action.option_strings or action.dest}"
        for parser in parsers
        for _, actions in command_pages.shown(parser)
        for action in actions
        if not action.help
    ]

    assert not silent


def test_troff_understands_the_man_page() -> None:
    groff = shutil.which("groff")

    if groff is None:
        pytest.skip("groff is not installed (Debian: apt-get install groff-base)")

    ended = subprocess.run(
        [groff, "-man", "-ww", "-Tutf8", "-k", "-z", str(command_pages.MAN)],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
