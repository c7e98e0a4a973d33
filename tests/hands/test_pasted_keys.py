"""Text that was meant for another window: in one read, or bit by bit, and no terminal marks it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.hands.bytes_terminal import ByteTerminal, State, opened

TABLE = b"R\tPOD\tREADY\tSTATUS\tRESTARTS\r" + b"rag-consumer-7\t1/1\tRunning\t0\r" * 4
PIECES = re.compile(rb"[^\t\r]{1,5}[\t\r]*|[\t\r]+")  # each read begins with letters
WORDS = b"Restart the consumer, please\r\tkubectl get pods\r\tquit\r"


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[ByteTerminal]:
    with opened(tmp_path) as screen:
        screen.press(b"2")
        screen.becomes(lambda state: state["focus"] == "consumers", "the consumers")
        yield screen


@pytest.mark.parametrize("text", [TABLE, WORDS, b"skip the rest of this\r", b"quit now, please\r"])
def test_none_of_its_keys_acts_and_that_is_said(terminal: ByteTerminal, text: bytes) -> None:
    """Its first key would have opened a dialog, or left."""
    before = terminal.state
    terminal.press(text)
    state = terminal.becomes(lambda state: bool(state["said"]), "what became of it")

    assert any("Pasted text was ignored" in said for said in state["said"])
    terminal.is_settled()
    state = terminal.state
    assert (state["screens"], state["executed"]) == (["OverviewScreen"], [])
    assert state["cursors"] == before["cursors"]
    assert terminal.is_quiet()["screens"] == ["OverviewScreen"]


def test_a_marked_paste_is_said_to_be_ignored(terminal: ByteTerminal) -> None:
    terminal.press(b"\x1b[200~R\r\t\r\x1b[201~")
    state = terminal.becomes(lambda state: bool(state["said"]), "what became of it")

    assert "Pasted text was ignored" in state["said"][0]
    assert state["screens"] == ["OverviewScreen"]


def have_come(keys: int, state: State) -> bool:
    return bool(state["came"] >= keys)


@pytest.mark.parametrize("text", [TABLE, WORDS])
def test_a_paste_that_comes_bit_by_bit_confirms_no_plan(
    terminal: ByteTerminal, text: bytes
) -> None:
    """A terminal that paces it: the dialog opens on its first key, long before its last."""
    for piece in PIECES.findall(text):
        came = terminal.state["came"] + len(piece)
        terminal.press(piece)
        terminal.becomes(partial(have_come, came), "the keys of one read")

    terminal.is_settled()
    state = terminal.state
    assert (state["screens"], state["executed"]) == (["OverviewScreen", "ConfirmScreen"], [])
    assert state["focus"] == "cancel"


def test_a_slip_is_forgotten_after_a_moment(terminal: ByteTerminal) -> None:
    """A letter that means nothing, and then the answer."""
    terminal.press(b"R")
    terminal.shows("ConfirmScreen")
    terminal.press(b"y")
    terminal.is_settled(looks=20)  # 0.4 s
    terminal.press(b"\x1b[C\r")
    state = terminal.becomes(lambda state: bool(state["executed"]), "the restart")
    assert len(state["executed"]) == 1


def test_escape_is_heard_whatever_came_before(terminal: ByteTerminal) -> None:
    terminal.press(b"R")
    terminal.shows("ConfirmScreen")
    terminal.press(b"no")
    terminal.press(b"\x1b")
    terminal.shows()
