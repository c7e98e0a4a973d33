"""Prometheus' own judge, where it is installed (Debian: in the package `prometheus`)."""

from __future__ import annotations

import shutil
import subprocess

import pytest


def promtool(*argv: str, given: str | None = None) -> None:
    """It has nothing to say against it; skips, and says so, where there is none."""
    path = shutil.which("promtool")

    if path is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")

    ended = subprocess.run(
        [path, *argv], input=given, capture_output=True, text=True, check=False, timeout=30
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert not ended.stderr, ended.stderr
