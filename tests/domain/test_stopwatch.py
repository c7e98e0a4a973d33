"""Forecast beside measured, from a signal until the checkpoint moves."""

from __future__ import annotations

from msgspec.structs import replace

from ehtui.domain.actions.base import OwnedPartition, SignalEffect, SignalTarget
from ehtui.domain.actions.outcomes import (
    Comeback,
    Outcome,
    OutcomeState,
    PartialOutcome,
    TargetResult,
    TargetState,
)
from ehtui.domain.actions.plans import RestartPlan, RollingPlan, SignalPlan
from ehtui.domain.evidence import TakeoverWindow
from ehtui.domain.folds.actions import advance, is_over, start
from ehtui.domain.snapshot import GroupPartition, GroupState, Lease, LeaseState, Snapshot
from ehtui.domain.world.process import ProcessId
from ehtui.domain.world.store import BlobIdentity, Checkpoint, Layout


def checkpoint(sequence: int, at: float) -> Checkpoint:
    blob = BlobIdentity("c", "n", f"e{sequence}", at)

    return Checkpoint("ns", "hub", "$Default", "2", sequence, None, blob, Layout.MODERN)


def seen(owner: str | None, state: LeaseState, at: float, stored: Checkpoint) -> Snapshot:
    lease = Lease(state, owner, last_modified=at, claimed_at=at)

    return Snapshot(
        taken_at=at,
        clock_offset_s=0.5,
        groups=(GroupState("$Default", (GroupPartition("2", lease, stored),)),),
    )


SEVEN, EIGHT = ProcessId(7, 1.0), ProcessId(8, 1.0)


def killed() -> Outcome:
    owned = OwnedPartition("$Default", "2", TakeoverWindow(110.5, 112.5, "configured"))
    target = SignalTarget(SEVEN, "c", "old", (owned,), SignalEffect.DIES)

    return Outcome(SignalPlan("KILL", (target,), 100.0), OutcomeState.DONE, 100.1)


def test_a_takeover_inside_the_forecast_is_measured_from_the_signal() -> None:
    before = seen("old", LeaseState.HELD, 99.0, checkpoint(5, 99.0))
    takeovers = start(killed(), before)

    takeovers = advance(takeovers, seen("old", LeaseState.EXPIRED, 111.0, checkpoint(5, 99.0)))
    assert takeovers[0].gap_s is None
    assert takeovers[0].is_inside_forecast is None

    takeovers = advance(takeovers, seen("new", LeaseState.HELD, 112.0, checkpoint(5, 99.0)))
    assert (takeovers[0].owner, takeovers[0].gap_s) == ("new", 11.5)
    assert takeovers[0].is_inside_forecast
    assert not is_over(takeovers)

    takeovers = advance(takeovers, seen("new", LeaseState.HELD, 112.0, checkpoint(6, 113.0)))
    assert is_over(takeovers)
    assert takeovers[0].moved_at == 113.0


def test_a_late_takeover_is_outside_the_forecast() -> None:
    takeovers = start(killed(), seen("old", LeaseState.HELD, 99.0, checkpoint(5, 99.0)))
    takeovers = advance(takeovers, seen("new", LeaseState.HELD, 130.0, checkpoint(5, 99.0)))

    assert takeovers[0].is_inside_forecast is False


def test_a_checkpoint_of_the_dead_owner_is_no_progress() -> None:
    takeovers = start(killed(), seen("old", LeaseState.HELD, 99.0, checkpoint(5, 99.0)))
    takeovers = advance(takeovers, seen("new", LeaseState.HELD, 112.0, checkpoint(9, 100.0)))

    assert takeovers[0].moved_at is None


def test_whom_the_signal_did_not_reach_nobody_waits_for() -> None:
    before = seen("old", LeaseState.HELD, 99.0, checkpoint(5, 99.0))
    refused = replace(killed(), state=OutcomeState.REFUSED)

    assert start(refused, before) == ()
    for unreached in (TargetState.REFUSED, TargetState.FAILED):
        assert start(replace(refused, results=(TargetResult(SEVEN, unreached),)), before) == ()

    results = (TargetResult(SEVEN, TargetState.SENT), TargetResult(EIGHT, TargetState.REFUSED))
    assert len(start(replace(refused, results=results), before)) == 1


def test_each_restart_of_several_is_followed() -> None:
    """`restart A B --follow` was told that nothing had been owned."""
    before = seen("old", LeaseState.HELD, 99.0, checkpoint(5, 99.0))
    target = killed().plan.targets[0]
    restart = RestartPlan("TERM", target, None, None, "c.log", 100.0)
    done = PartialOutcome(Outcome(restart, OutcomeState.DONE, 100.1), Comeback.OWNS)
    rolling = RollingPlan((restart, restart), 300.0, 90.0)
    (takeover,) = start(Outcome(rolling, OutcomeState.DONE, 200.0, parts=(done,)), before)

    assert (takeover.previous_owner, takeover.started_at) == ("old", 100.5)
    assert start(Outcome(rolling, OutcomeState.DRY_RUN, 90.0), before) == ()
