"""Every code is explained, and every command's help says what it means by its own."""

from __future__ import annotations

import argparse

import pytest

from ehtui.cli.exit_codes import MEANINGS, OF_COMMAND, sentence
from ehtui.cli.flags import ExitCode
from ehtui.cli.parser import COMMANDS, build_parser
from tests.cli.conftest import Ehtui


def test_every_code_has_a_meaning() -> None:
    assert MEANINGS.keys() == set(ExitCode)
    assert list(MEANINGS) == sorted(ExitCode)


def test_every_command_says_what_it_means_by_its_own() -> None:
    assert OF_COMMAND.keys() >= COMMANDS.keys()
    assert {name.split()[0] for name in OF_COMMAND} <= COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_ends_with_it(name: str) -> None:
    parser = build_parser([name])
    (commands,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    epilog = " ".join((commands.choices[name].epilog or "").split())

    assert epilog.endswith(sentence(name))
    assert epilog.lower().count("exit code") == 1
    assert all(meaning in epilog for meaning in OF_COMMAND[name].values())


def test_the_help_of_all_explains_all(ehtui: Ehtui) -> None:
    told = " ".join(ehtui("--help").out.split())

    assert all(f"{code.value} {meaning}" in told for code, meaning in MEANINGS.items())


def test_help_of_a_command_of_a_command_has_its_own(ehtui: Ehtui) -> None:
    told = " ".join(ehtui("checkpoint", "plan", "--help").out.split())

    assert sentence("checkpoint plan") in told
