"""The screen in a real terminal: first frame, keys, signals, sizes, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal, needs_tmux
from tests.waiting import wait_until

pytestmark = needs_tmux


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    opened = Terminal()

    try:
        yield opened
    finally:
        opened.close()


def start(terminal: Terminal, *arguments: str) -> None:
    terminal.run("-m", "tests.e2e.screen", *arguments)
    terminal.shows("73fda457")


def assert_clean(terminal: Terminal) -> None:
    """The shell is back, on the main screen, echoing what is typed, without mouse reports."""
    assert terminal.is_on_main_screen()
    terminal.type("echo still $((40 + 2))")
    terminal.keys("Enter")
    terminal.shows("still 42")


def test_first_frame_navigation_and_quit(terminal: Terminal) -> None:
    start(terminal, "overdue")
    assert "P2 has had no live owner" in terminal.text()
    terminal.keys("2", "K")
    terminal.shows("SIGTERM")
    terminal.keys("Escape")
    wait_until(lambda: "SIGTERM" not in terminal.text())
    terminal.keys("q")
    terminal.shows("left with 0")
    assert_clean(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_a_clean_terminal(terminal: Terminal, number: signal.Signals) -> None:
    start(terminal, "healthy")
    os.kill(terminal.child(), number)
    terminal.shows(f"left with {128 + number}")
    assert_clean(terminal)


def test_it_leaves_within_a_second_while_an_action_hangs(terminal: Terminal) -> None:
    start(terminal, "healthy", "hanging")
    terminal.keys("s")
    terminal.shows("Send events")
    terminal.keys("F2")
    terminal.shows("Every consumer group")
    terminal.keys("Right", "Enter")
    terminal.shows("esc stops it")
    terminal.keys("q")
    began = time.monotonic()
    terminal.shows("left with 0", timeout_s=5.0)
    assert time.monotonic() - began < 3.0  # one second, and slack for a busy machine
    assert_clean(terminal)


def test_a_fault_of_ours_leaves_a_clean_terminal(terminal: Terminal) -> None:
    start(terminal, "healthy", "crashing")
    terminal.keys("r")
    terminal.shows("left with 1")
    assert "a fault of ours" in terminal.text()
    assert "in refresh" in terminal.text()
    assert "S3cr3t-V4lue" not in terminal.text()
    assert_clean(terminal)


def test_it_ends_when_its_terminal_goes_away(terminal: Terminal) -> None:
    start(terminal, "healthy")
    pid = terminal.child()
    terminal.close()
    wait_until(lambda: not is_running(pid), what="the end of ehtui")


def is_running(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")

    try:
        return stat.read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_ctrl_z_and_back(terminal: Terminal) -> None:
    start(terminal, "healthy")
    terminal.keys("C-z")
    terminal.shows("Stopped")
    assert terminal.is_on_main_screen()
    terminal.type("fg")
    terminal.keys("Enter")
    terminal.shows("Findings")
    terminal.keys("q")
    wait_until(terminal.is_on_main_screen)
    assert_clean(terminal)


def test_a_storm_of_sizes(terminal: Terminal) -> None:
    start(terminal, "many")

    for columns, lines in [(60, 20), (200, 60), (40, 10), (80, 24), (20, 5), (120, 36)] * 2:
        terminal.resize(columns, lines)

    terminal.shows("Findings")
    terminal.keys("End")
    wait_until(lambda: " 31 " in terminal.text(), what="the last partition")
    terminal.keys("q")
    terminal.shows("left with 0")
