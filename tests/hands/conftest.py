from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hands.consumers import Stage, stage_in


@pytest.fixture(autouse=True)
def short_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person learns within three seconds that it died; most tests need not wait so long."""
    monkeypatch.setattr("ehtui.actions.launch.EARLY_DEATH_S", 0.7)


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Where every user may look: pytest's own folders are closed to others."""
    with tempfile.TemporaryDirectory(prefix="hands-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)

        with stage_in(folder) as stage:
            yield stage
