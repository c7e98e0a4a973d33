"""Following a signal: what was measured is told, however the waiting ends."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ehtui.cli.stopwatch import follow
from ehtui.domain.snapshot import Snapshot
from ehtui.monitor import Monitor, Scheduled
from tests.domain.test_stopwatch import killed


async def no_sources() -> Sequence[Scheduled]:
    return ()


def test_ctrl_c_ends_the_waiting_and_tells_what_is_known(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ehtui.cli.stopwatch.time.sleep", interrupt)

    told = follow(Monitor(no_sources, Snapshot()), killed(), 60.0, is_json=False)

    assert "P2: not owned again" in capsys.readouterr().out
    assert [(lap["partition"], lap["gap_s"]) for lap in told["laps"]] == [("2", None)]
