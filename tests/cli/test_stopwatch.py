"""Following a signal: what was measured is told, however the waiting ends."""

from __future__ import annotations

import pytest

from ehtui.cli.acting import follow
from ehtui.domain.snapshot import Snapshot
from tests.domain.test_stopwatch import killed
from tests.tui.fakes import FakeBackend


def test_ctrl_c_ends_the_waiting_and_tells_what_is_known(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ehtui.cli.acting.time.sleep", interrupt)

    told = follow(FakeBackend(Snapshot()), killed(), 60.0, is_json=False)

    assert "P2: not owned again" in capsys.readouterr().out
    assert [(lap["partition"], lap["gap_s"]) for lap in told["laps"]] == [("2", None)]
