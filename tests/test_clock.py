"""Time of a session goes forward whatever is done to the host's clock."""

from __future__ import annotations

import time

import pytest

from ehtui.clock import SteadyClock, host_ahead_s, steady
from ehtui.domain.updates import HostClockSet, Tick
from tests.monitor.fakes import Recorder, monitor_of


@pytest.mark.parametrize("by_s", [-3600.0, -30.0, 30.0, 3600.0])
def test_setting_the_hosts_clock_moves_no_session(by_s: float) -> None:
    wall, passed = [1_790_000_000.0], [77.0]
    clock = SteadyClock(lambda: wall[0], lambda: passed[0])
    assert clock() == 1_790_000_000.0
    wall[0] += by_s
    passed[0] += 5.0
    assert clock() == 1_790_000_005.0


def test_how_far_the_two_came_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    assert host_ahead_s() == pytest.approx(0.0, abs=0.5)
    real, before = time.time, steady()
    monkeypatch.setattr(time, "time", lambda: real() - 30.0)
    assert host_ahead_s() == pytest.approx(-30.0, abs=0.5)
    assert steady() >= before


def test_a_host_clock_that_was_set_is_told_once_before_what_comes_next() -> None:
    ahead, recorder = [0.0], Recorder()
    monitor = monitor_of([], recorder, host_ahead=lambda: ahead[0])
    monitor.tell(Tick(1.0))
    ahead[0] = -30.0
    monitor.tell(Tick(2.0))
    monitor.tell(Tick(3.0))
    ahead[0] = -30.4  # slewed
    monitor.tell(Tick(4.0))
    ahead[0] = 0.0
    monitor.tell(Tick(5.0))

    told = [u.ahead_s if isinstance(u, HostClockSet) else "tick" for u in recorder.updates]
    assert told == ["tick", -30.0, "tick", "tick", "tick", 0.0, "tick"]
