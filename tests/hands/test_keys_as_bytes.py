"""Keys as a terminal sends them: several in one read, pasted, split, broken."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.hands.bytes_terminal import (
    STEADY_AFTER_A_FLOOD,
    STEADY_LOOKS,
    ByteTerminal,
    opened,
)
from tests.waiting import wait_until

# How each dialog is opened from the consumers pane, and what two Enters in it may open at most.
DIALOGS = {
    "SignalScreen": (b"K", ("ConfirmScreen",)),
    "SendScreen": (b"s", ()),
    "GroupScreen": (b"g", ()),
    "SortScreen": (b"o", ()),
    "SaveScreen": (b"\x13", ()),
    "AdoptScreen": (b"a", ()),
    "StartScreen": (b"S", ("ConfirmScreen",)),
    "ConfirmScreen": (b"R", ()),
    "DetailsScreen": (b"\r", ()),
    "WhyScreen": (b"w", ()),
    "LogScreen": (b"l", ()),
    "HelpScreen": (b"?", ()),
    "Palette": (b"\x10", ()),
    "LetterScreen": (b"y", ()),
    "ColumnsScreen": (b"F", ()),
}
AT_STAKE = ("SignalScreen", "ConfirmScreen")
A_FLOOD = 64  # bytes
ANSWERED_BY_ENTER = ("GroupScreen", "SortScreen", "SaveScreen", "AdoptScreen")
CLASSES = dict.fromkeys(("SortScreen", "SaveScreen", "AdoptScreen", "StartScreen"), "ChoiceScreen")
PASTE = b"\x1b[200~%s\x1b[201~"
HOSTILE = {
    "pasted": PASTE % b"K\r\nR\r\n\t\r\n",
    "10 kB pasted": PASTE % (b"Kill -9\r\n\t\r\n" * 800),
    "pasted as keys": b"K\r\nR\r\n\t\r\n",
    "10 kB pasted as keys": b"Kill -9\r\n\t\r\n" * 800,
    "nul": b"\x00\x00\r\x00",
    "no UTF-8": b"\xff\xfe\x80\xc3",
    "no UTF-8 pasted": PASTE % b"\xff\r\n\xfe\r\n",
    "keys beyond Unicode": b"\x1b[99999999999u\x1b[1114112u\x1b[57344;9u",
    "a terminal of no size": b"\x1b[48;0;0;0;0t\x1b[<0;1;1M\x1b[<0;1;1m",
    "a terminal beyond memory": b"\x1b[48;99999;99999;0;0t",
    "three clicks": b"\x1b[<0;60;18M\x1b[<0;60;18m" * 3,
    "odd clicks": b"\x1b[<0;999999;-5M\x1b[M\x20\x21\x21\x1b[<64;3;3M",
    "a mouse that moves": b"\x1b[<35;60;18M" * 500,
    "broken sequences": b"\x1b\x1b[B\x1bO\x1b[1;\x1b[200\x1b",
}


@contextmanager
def at_the_consumers(folder: Path) -> Iterator[ByteTerminal]:
    with opened(folder) as screen:
        screen.press(b"2")
        screen.becomes(lambda state: state["focus"] == "consumers", "the consumers")
        yield screen


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[ByteTerminal]:
    with at_the_consumers(tmp_path) as screen:
        yield screen


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], ByteTerminal]]:
    """The terminal of the test before, where that one left it as it was."""
    with ExitStack() as stack:
        screen: ByteTerminal | None = None

        def opened_or_kept() -> ByteTerminal:
            nonlocal screen

            if screen is None or not is_as_opened(screen):
                folder = tmp_path_factory.mktemp("terminal")
                screen = stack.enter_context(at_the_consumers(folder))

            return screen

        yield opened_or_kept


def is_as_opened(screen: ByteTerminal) -> bool:
    state = screen.state if screen.exit_code is None else {}
    return (
        state.get("screens") == ["OverviewScreen"]
        and state["focus"] == "consumers"
        and not state["executed"]
    )


@pytest.fixture
def any_terminal(kept: Callable[[], ByteTerminal]) -> ByteTerminal:
    """For tests that leave it as they found it: opening one takes longer than they do."""
    return kept()


def open_dialog(terminal: ByteTerminal, name: str) -> None:
    terminal.press(DIALOGS[name][0])
    terminal.shows(CLASSES.get(name, name))


def leave_all(terminal: ByteTerminal, keys: bytes = b"") -> None:
    """Escape closes whatever is open after `keys`; nothing was done, and keys act as ever."""
    terminal.is_settled(STEADY_AFTER_A_FLOOD if len(keys) > A_FLOOD else STEADY_LOOKS)

    while len(terminal.state["screens"]) > 1:
        count = len(terminal.state["screens"])
        terminal.press(b"\x1b")
        terminal.becomes(lambda state: len(state["screens"]) < count, "an answer to escape")  # noqa: B023

    assert terminal.state["executed"] == []


@pytest.mark.parametrize("name", ANSWERED_BY_ENTER)
def test_a_dialog_answers_once_and_the_rest_is_dropped(
    any_terminal: ByteTerminal, name: str
) -> None:
    for enters in (2, 5):
        open_dialog(any_terminal, name)
        any_terminal.press(b"\r" * enters)
        any_terminal.shows()
        assert any_terminal.is_quiet()["screens"] == ["OverviewScreen"]


@pytest.mark.parametrize("name", DIALOGS)
def test_a_burst_opens_a_dialog_and_answers_it_at_most_once(
    any_terminal: ByteTerminal, name: str
) -> None:
    key, next_ones = DIALOGS[name]
    any_terminal.press(key + b"\r\r")
    leave_all(any_terminal)
    any_terminal.press(key + b"\r\r\r\rkq\r\x1b\x1b\r")

    for screen in any_terminal.state["screens"][1:]:
        assert screen in {CLASSES.get(name, name), *next_ones, "SendScreen"}

    leave_all(any_terminal)


def hostile_to(name: str) -> dict[str, bytes]:
    """All of it where something is at stake, elsewhere keys and every fifth of the rest."""
    place = list(DIALOGS).index(name)
    return {
        what: keys
        for number, (what, keys) in enumerate(HOSTILE.items())
        if name in AT_STAKE or what == "pasted as keys" or (place + number) % 5 == 0
    }


@pytest.mark.parametrize("name", DIALOGS)
def test_no_bytes_end_it_or_confirm_a_plan(any_terminal: ByteTerminal, name: str) -> None:
    for what, keys in hostile_to(name).items():
        try:
            any_terminal.press(DIALOGS[name][0] + keys)
            leave_all(any_terminal, keys)
            open_dialog(any_terminal, name)
            any_terminal.press(keys)
            leave_all(any_terminal, keys)
        except AssertionError as error:
            raise AssertionError(f"{what}: {error}") from None

    assert any_terminal.is_quiet()["screens"] == ["OverviewScreen"]


def test_a_plan_is_confirmed_only_by_keys_that_came_after_it(terminal: ByteTerminal) -> None:
    terminal.press(b"K\r\t\r\x1b[C\r")
    state = terminal.shows("ConfirmScreen")
    assert (state["focus"], state["executed"]) == ("cancel", [])
    terminal.is_settled()
    terminal.press(b"\x1b[C\r\r\r")
    state = terminal.becomes(lambda state: bool(state["executed"]), "the signal")
    assert len(state["executed"]) == 1
    assert terminal.is_quiet()["screens"] == ["OverviewScreen"]


def test_a_text_field_takes_what_is_typed_for_it_in_one_read(terminal: ByteTerminal) -> None:
    terminal.press(b"/kill 51411")
    terminal.becomes(lambda state: state["fields"] == ["kill 51411"], "the filter")
    terminal.press(b"\x15")
    terminal.becomes(lambda state: state["fields"] == [""], "an empty field")
    terminal.press(b"51411\rK\rR\r")
    state = terminal.becomes(lambda state: state["focus"] == "consumers", "the table")
    assert state["filtered"] == ["consumers"]
    assert terminal.is_quiet()["screens"] == ["OverviewScreen"]


def test_a_command_is_done_once_and_what_follows_its_line_is_dropped(
    terminal: ByteTerminal,
) -> None:
    terminal.press(b":partition 2\rK\rR\r")
    terminal.becomes(lambda state: state["cursors"]["partitions"] == "2", "the partition")
    terminal.is_settled()
    assert terminal.is_quiet()["screens"] == ["OverviewScreen"]
    terminal.press(b"2")
    terminal.becomes(lambda state: state["focus"] == "consumers", "the consumers")
    terminal.press(b":kill TERM\r\r\x1b[C\r")
    state = terminal.shows("ConfirmScreen")
    terminal.is_settled()
    assert (state["focus"], terminal.state["executed"]) == ("cancel", [])
    leave_all(terminal)


def test_a_motion_key_is_no_step_from_a_signal(terminal: ByteTerminal) -> None:
    terminal.press(b"jjkjkk")
    terminal.is_settled()
    terminal.press(b"\r\r")
    assert terminal.state["executed"] == []
    leave_all(terminal)


def test_lines_pasted_into_a_field_are_one_line(terminal: ByteTerminal) -> None:
    terminal.press(b"/" + PASTE % b"51411\r\nK\r\nR\r\n")
    state = terminal.becomes(lambda state: state["fields"] == ["51411"], "the first line")
    assert state["focus"] == "Input"


def test_what_is_typed_narrows_a_list_before_enter_chooses(tmp_path: Path) -> None:
    with opened(tmp_path, kind="slow") as terminal:
        terminal.press(b"a51300\r")
        state = terminal.becomes(lambda state: bool(state["adopted"]), "an adopted process")
        assert state["adopted"] == [51300]
        assert terminal.is_quiet()["screens"] == ["OverviewScreen"]


def test_a_sequence_that_comes_in_two_reads_is_one_key(terminal: ByteTerminal) -> None:
    first = terminal.state["cursors"]["consumers"]
    terminal.press(b"\x1b")
    terminal.press(b"[B")
    terminal.becomes(lambda state: state["cursors"]["consumers"] != first, "the second row")
    terminal.press("회".encode()[:1])
    terminal.press("회".encode()[1:])
    terminal.is_quiet()


@pytest.mark.parametrize("keys", [b"q q", b"qq\r", b"\x03\x03", b"\x11\x11\x11"])
def test_leaving_asks_once(tmp_path: Path, keys: bytes) -> None:
    with opened(tmp_path, kind="unfinished") as terminal:
        terminal.press(keys)
        terminal.shows("LeaveScreen")
        terminal.is_settled(STEADY_AFTER_A_FLOOD)  # a letter that means nothing was among them
        terminal.press(b"\r\r")
        terminal.shows()
        terminal.is_quiet()


def test_leaving_leaves_whatever_follows(tmp_path: Path) -> None:
    with opened(tmp_path) as terminal:
        terminal.press(b"q q\r\r")
        wait_until(lambda: terminal.exit_code is not None, what="the end")
        assert terminal.exit_code == os.EX_OK
