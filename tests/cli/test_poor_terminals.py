"""Where the terminal is poor: dumb, without colours, without more than ASCII."""

from __future__ import annotations

import io

import pytest
from typing_extensions import override

from ehtui.cli import output_format
from ehtui.cli.main import run
from ehtui.cli.parser import parse
from ehtui.views.glyphs import ASCII, UNICODE, in_ascii

NAMES = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "LC_ALL", "LC_CTYPE", "LANG")


class Stream(io.StringIO):
    """Standard output or input, of a terminal or not."""

    encoding = "utf-8"

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    @override
    def isatty(self) -> bool:
        return self._is_terminal


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)

    monkeypatch.setenv("TERM", "xterm-256color")


def on(monkeypatch: pytest.MonkeyPatch, *, is_terminal: bool) -> None:
    monkeypatch.setattr("sys.stdout", Stream(is_terminal=is_terminal))
    monkeypatch.setattr("sys.stdin", Stream(is_terminal=is_terminal))


@pytest.mark.parametrize(
    ("variables", "is_terminal", "is_coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": ""}, True, True),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"FORCE_COLOR": ""}, False, False),
        ({"CLICOLOR_FORCE": "1"}, False, True),
        ({"CLICOLOR_FORCE": "0"}, False, False),
        ({"CLICOLOR": "0"}, True, False),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
    ],
)
def test_when_output_is_coloured(
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    is_terminal: bool,
    is_coloured: bool,
) -> None:
    on(monkeypatch, is_terminal=is_terminal)

    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert output_format.wants_colour() is is_coloured
    assert output_format.output_format().colour is is_coloured


def test_the_flag_goes_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    on(monkeypatch, is_terminal=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "")

    output_format.settle_colour("always")
    assert output_format.wants_colour()

    output_format.settle_colour("never")
    assert not output_format.wants_colour()


def test_every_command_understands_it() -> None:
    from ehtui.cli.parser import COMMANDS  # noqa: PLC0415

    needed = {"signal": [], "restart": ["1"], "start": ["a"], "send": ["x"], "checkpoint": ["list"]}
    needed |= {"gate": ["end"], "completion": ["bash"]}

    for name in COMMANDS:
        assert parse([name, *needed.get(name, []), "--color", "never"]).color == "never"
        assert parse(["--color", "always", name, *needed.get(name, [])]).color == "always"


@pytest.mark.parametrize(
    ("variables", "is_plain"),
    [
        ({}, False),
        ({"LANG": "C.UTF-8"}, False),
        ({"LC_ALL": "C"}, True),
        ({"LC_ALL": "POSIX"}, True),
        ({"LC_ALL": "en_US.UTF-8", "LANG": "C"}, False),
        ({"LANG": "C"}, True),
        ({"TERM": "linux"}, True),
        ({"TERM": "vt220"}, True),
    ],
)
def test_when_nothing_but_ascii_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    is_plain: bool,
) -> None:
    on(monkeypatch, is_terminal=True)

    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert output_format.draws_ascii() is is_plain
    assert output_format.output_format().glyphs is (ASCII if is_plain else UNICODE)


@pytest.mark.parametrize(
    ("term", "has_screen"), [("xterm", True), ("linux", True), ("dumb", False)]
)
def test_a_dumb_terminal_gets_no_screen(
    monkeypatch: pytest.MonkeyPatch,
    term: str,
    has_screen: bool,
) -> None:
    on(monkeypatch, is_terminal=True)
    monkeypatch.setenv("TERM", term)

    assert output_format.has_terminal() is has_screen


def test_the_signs_of_sentences_have_a_cell_each_in_ascii() -> None:
    signs = "–—─“”‘’≥→▸≤←·│…×↑↓•╭┤▅█▎"

    assert in_ascii(signs).isascii()
    assert len(in_ascii(signs)) == len(signs)
    assert in_ascii("그룹 “a”") == '그룹 "a"'


def test_a_plain_locale_gets_plain_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "C")

    assert run(["explain"]) == 0
    assert capsys.readouterr().out.isascii()
