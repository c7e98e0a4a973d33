"""What all tests share: interop tests need Node, and say so where it is missing."""

from __future__ import annotations

import gc
import os
import shutil

import pytest
from hypothesis import settings

# How long an example takes says what else the machine does.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

REQUIRED = "EHTUI_REQUIRE_INTEROP"  # set by .ci/run: missing tools fail instead of skipping
TOOLS = ("node", "npm")
WORKERS_PER_CORE = 2  # tests wait for real processes and terminals more than they compute


def pytest_xdist_auto_num_workers() -> int:
    """How many workers `-n auto` starts."""
    return round(WORKERS_PER_CORE * (os.cpu_count() or 1))


def pytest_collection_finish() -> None:
    """Every full collection of garbage would go through all that was imported and collected."""
    gc.collect()
    gc.freeze()


# Before xdist looks at the groups.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]

    for item in items:
        if item.get_closest_marker("interop"):
            # One worker: they install into the same folder.
            item.add_marker(pytest.mark.xdist_group("interop"))

    if not missing:
        return

    word = f"SKIPPED: other people's clients need {' and '.join(missing)}, which this host lacks"

    for item in items:
        if item.get_closest_marker("interop") is None:
            continue

        if os.environ.get(REQUIRED):
            pytest.exit(f"{REQUIRED} is set, and {' and '.join(missing)} is missing", returncode=3)

        item.add_marker(pytest.mark.skip(reason=word))
