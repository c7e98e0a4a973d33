"""A worker thread cannot be stopped: whoever comes after it waits."""

from __future__ import annotations

import asyncio
import threading

import pytest

from ehtui.sources.source import InThread
from tests.waiting import wait_for


async def test_a_call_waits_for_one_that_was_given_up() -> None:
    thread, may_end, began = InThread(), threading.Event(), threading.Event()
    told: list[str] = []

    def slow() -> None:
        began.set()
        may_end.wait(10)
        told.append("slow")

    given_up = asyncio.create_task(thread.run(slow))
    await wait_for(began.is_set)
    given_up.cancel()

    with pytest.raises(asyncio.CancelledError):
        await given_up

    after = asyncio.create_task(thread.run(lambda: told.append("after")))
    await asyncio.sleep(0)
    assert told == []

    may_end.set()
    await after
    assert told == ["slow", "after"]


async def test_a_failure_reaches_its_caller_alone() -> None:
    thread = InThread()

    with pytest.raises(ZeroDivisionError):
        await thread.run(lambda: 1 // 0)

    assert await thread.run(lambda: "fine") == "fine"
