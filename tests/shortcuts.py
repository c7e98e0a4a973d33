"""Tests that hold a shortcut of Linux itself: they are skipped, with a word, where it is off."""

from __future__ import annotations

import pytest

from ehtui import system


def only_linux(tells: str) -> pytest.MarkDecorator:
    """For a test of what only Linux tells; `tells` completes "only Linux …"."""
    return pytest.mark.skipif(
        not system.LINUX, reason=f"SKIPPED: only Linux {tells}, and its shortcuts are off"
    )
