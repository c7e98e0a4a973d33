"""When keys came, whatever a busy machine takes to make events of them."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Any

import pytest
from textual import events
from textual.message import Message
from typing_extensions import override

from ehtui.tui.terminal import careful
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a terminal of Unix")


def test_keys_of_one_read_came_at_one_moment() -> None:
    from textual.drivers.linux_driver import LinuxDriver  # noqa: PLC0415 - Unix alone has it

    came: list[Message] = []

    class Slow(LinuxDriver):
        @override
        def process_message(self, message: Message) -> None:
            came.append(message)
            until = time.monotonic() + 0.02  # the machine has other things to do
            wait_until(lambda: time.monotonic() > until)

    driver: Any = object.__new__(careful(Slow))
    ours, theirs = os.pipe()
    driver.fileno, driver._debug, driver.exit_event = ours, False, threading.Event()
    reader = threading.Thread(target=driver.run_input_thread)
    reader.start()

    try:
        os.write(theirs, b"\r" * 5)
        wait_until(lambda: len(came) == 5)
        os.write(theirs, b"q")
        wait_until(lambda: len(came) == 6)
    finally:
        driver.exit_event.set()
        reader.join()
        os.close(theirs)
        os.close(ours)

    assert [type(event) for event in came] == [events.Key] * 6
    *burst, later = (event.time for event in came)
    assert len(set(burst)) == 1
    assert later > burst[0]
