"""Windows has no signals: what ends a process there ends it at once, and the plan says so."""

from __future__ import annotations

import pytest

from ehtui.domain.actions import signalling
from ehtui.domain.actions.base import SignalEffect
from ehtui.domain.actions.outcomes import Refusal, RefusalReason
from ehtui.domain.actions.plans import SignalPlan
from ehtui.views.actions import confirmation
from ehtui.views.phrasing import Phrasing
from tests.domain.test_signal_planner import TARGET, plan, snapshot


@pytest.fixture(autouse=True)
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signalling, "here", signalling.WINDOWS)


@pytest.mark.parametrize("asked", ["TERM", "KILL", "SIGTERM", "15"])
def test_whatever_asks_for_its_end_ends_it_at_once(asked: str) -> None:
    """Though it handles SIGTERM: nothing there raises one in another process."""
    made = plan(asked)
    assert isinstance(made, SignalPlan)
    assert (made.signal, made.targets[0].effect) == ("KILL", SignalEffect.DIES)

    shown = confirmation(made, Phrasing(snapshot()))
    assert shown.heading == f"Send TerminateProcess to {TARGET.pid}?"
    assert shown.steps[0].startswith(f"taskkill /F /PID {TARGET.pid} ")


def test_a_break_may_let_it_close() -> None:
    made = plan("BREAK")
    assert isinstance(made, SignalPlan)
    shown = confirmation(made, Phrasing(snapshot()))

    assert shown.heading == f"Send CTRL_BREAK_EVENT to {TARGET.pid}?"


@pytest.mark.parametrize("asked", ["HUP", "STOP", "CONT", "USR1", "9"])
def test_what_is_not_there_is_refused(asked: str) -> None:
    made = plan(asked)

    assert isinstance(made, Refusal)
    assert made.reason is RefusalReason.UNKNOWN_SIGNAL
