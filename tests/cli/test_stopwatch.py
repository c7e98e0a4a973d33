"""Following a signal: what was measured is told, however the waiting ends."""

from __future__ import annotations

import os
import time

import pytest
from msgspec.structs import replace

from ehtui.cli.acting import follow
from ehtui.domain.actions.outcomes import NewProcess, Outcome, OutcomeState, PartialOutcome
from ehtui.domain.actions.plans import SignalPlan
from ehtui.domain.snapshot import Snapshot
from ehtui.domain.world.process import ProcessId
from ehtui.sources.process_facts import started_at
from tests.domain.test_stopwatch import killed
from tests.tui.fakes import FakeBackend


def test_ctrl_c_ends_the_waiting_and_tells_what_is_known(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ehtui.cli.acting.time.sleep", interrupt)

    told = follow(FakeBackend(Snapshot()), killed(), 60.0, is_json=False).document

    assert "P2: not owned again" in capsys.readouterr().out
    assert [(lap["partition"], lap["gap_s"]) for lap in told["laps"]] == [("2", None)]


@pytest.mark.parametrize("is_part", [False, True])
def test_who_was_started_and_dies_while_it_is_followed_is_told(
    capsys: pytest.CaptureFixture[str], *, is_part: bool
) -> None:
    """It died of a bad setting after a few seconds, and what it owned was not known."""
    plan = SignalPlan("KILL", (), 100.0)
    gone = NewProcess(ProcessId(os.getpid(), time.time() - 1e6), None)
    outcome = Outcome(plan, OutcomeState.DONE, 1.0, started=gone)
    whole = replace(outcome, started=None, parts=(PartialOutcome(outcome),))

    told = follow(
        FakeBackend(Snapshot()), whole if is_part else outcome, 60.0, is_json=False
    ).document

    assert told["ended"] == [os.getpid()]
    assert f"{os.getpid()}, which was started, has ended." in capsys.readouterr().out


def test_who_lives_on_is_followed_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ehtui.cli.acting.SETTLED_S", 0.0)
    lives = NewProcess(ProcessId(os.getpid(), started_at(os.getpid())), None)
    nothing = Outcome(SignalPlan("KILL", (), 100.0), OutcomeState.DONE, 1.0, started=lives)

    assert follow(FakeBackend(Snapshot()), nothing, 60.0, is_json=True).document["ended"] == []
