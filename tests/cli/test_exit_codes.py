"""Every code is explained, and every command's help says what it means by its own."""

from __future__ import annotations

import pytest

from ehtui.cli.exit_codes import MEANINGS, OF_COMMAND, sentence
from ehtui.cli.flags import ExitCode
from ehtui.cli.parser import COMMANDS
from tests import output_page
from tests.cli.conftest import Ehtui


def test_every_code_has_a_meaning() -> None:
    assert MEANINGS.keys() == set(ExitCode)
    assert list(MEANINGS) == sorted(ExitCode)


def test_the_page_is_current() -> None:
    assert output_page.PAGE.read_text(encoding="utf-8") == output_page.page(), "run make output"


def test_every_command_says_what_it_means_by_its_own() -> None:
    assert {name.split()[0] for name in OF_COMMAND} <= COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_ends_with_it(ehtui: Ehtui, name: str) -> None:
    told = bare(ehtui(name, "--help").out)

    assert told.endswith(bare(sentence(name)))
    assert told.lower().count("exitcode:") + told.lower().count("exitcodes:") == 1


def bare(text: str) -> str:
    """Without what breaks its lines."""
    return "".join(text.split())


def test_the_help_of_all_explains_all(ehtui: Ehtui) -> None:
    told = bare(ehtui("--help").out)

    assert all(bare(f"{code.value} {meaning}") in told for code, meaning in MEANINGS.items())


def test_help_of_a_command_of_a_command_has_its_own(ehtui: Ehtui) -> None:
    told = bare(ehtui("checkpoint", "plan", "--help").out)

    assert told.endswith(bare(sentence("checkpoint plan")))
