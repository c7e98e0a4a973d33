"""Waiting for a condition, instead of sleeping."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable


def wait_until(condition: Callable[[], bool], *, timeout_s: float = 10.0, what: str = "") -> None:
    """Poll `condition` until it holds; fails the test after `timeout_s`."""
    deadline = time.monotonic() + timeout_s

    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what or condition}"
        time.sleep(0.01)


async def wait_for(
    condition: Callable[[], bool | Awaitable[bool]], *, timeout_s: float = 10.0, what: str = ""
) -> None:
    """The same on a loop; `condition` may be async."""
    deadline = time.monotonic() + timeout_s

    while True:
        held = condition()

        if not isinstance(held, bool):
            held = await held

        if held:
            return

        assert time.monotonic() < deadline, f"not within {timeout_s} s: {what or condition}"
        await asyncio.sleep(0.01)
