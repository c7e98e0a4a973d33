"""Requests and their context, as tests have them at hand."""

from __future__ import annotations

from collections.abc import Sequence

from ehtui.domain.actions.outcomes import Refusal
from ehtui.domain.actions.plans import RestartPlan, SignalPlan, StartPlan, SupervisedPlan
from ehtui.domain.actions.requests import Actor, PlanningContext
from ehtui.domain.actions.signal import SignalRequest
from ehtui.domain.actions.start import RestartRequest, StartAgainRequest
from ehtui.domain.policy import Policy
from ehtui.domain.snapshot import Snapshot
from ehtui.domain.world.process import ProcessId
from ehtui.domain.world.restarts import NOT_REHEARSED, Ended, Rehearsal


def plan_signal(
    snapshot: Snapshot,
    processes: Sequence[ProcessId],
    signal: str,
    *,
    host: Actor,
    read_only: bool,
    at: float,
    escalate_after_s: float | None = None,
) -> SignalPlan | Refusal:
    request = SignalRequest(tuple(processes), signal, escalate_after_s)
    made = request.plan(PlanningContext(snapshot, at, host, read_only))
    assert isinstance(made, SignalPlan | Refusal)

    return made


def plan_restart(
    snapshot: Snapshot,
    process: ProcessId,
    *,
    log_folder: str,
    host: Actor,
    read_only: bool,
    at: float,
    signal: str = "TERM",
    kill_after_s: float | None = None,
    rehearsal: Rehearsal | Refusal = NOT_REHEARSED,
) -> RestartPlan | SupervisedPlan | Refusal:
    request = RestartRequest((process,), signal, kill_after_s, {process: rehearsal})
    made = request.plan(PlanningContext(snapshot, at, host, read_only, log_folder))
    assert isinstance(made, RestartPlan | SupervisedPlan | Refusal)

    return made


def plan_again(
    ended: Ended,
    rehearsal: Rehearsal | Refusal,
    *,
    is_remembered: bool,
    variables: frozenset[str],
    default_group: str,
    log_folder: str,
    read_only: bool,
    at: float,
) -> StartPlan | Refusal:
    snapshot = Snapshot(policy=Policy(default_group))
    context = PlanningContext(
        snapshot, at, Actor(own_pid=1), read_only, log_folder, variables=variables
    )
    made = StartAgainRequest(ended, rehearsal, is_remembered).plan(context)
    assert isinstance(made, StartPlan | Refusal)

    return made
