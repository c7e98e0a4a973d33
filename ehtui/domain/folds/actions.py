"""What this session did: told in the timeline, and remembered, because it explains what follows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ehtui.domain.action_events import state_for, told
from ehtui.domain.outcomes import OutcomeState
from ehtui.domain.ownership.measured_takeovers import begin_takeovers
from ehtui.domain.plans import RestartPlan, SignalPlan, StartPlan, SupervisedPlan
from ehtui.domain.state import SentSignal, StartedConsumer

if TYPE_CHECKING:
    from ehtui.domain.folds.builder import SnapshotBuilder
    from ehtui.domain.outcomes import Outcome
    from ehtui.domain.targets import SignalTarget
    from ehtui.domain.updates import ActionDone
    from ehtui.domain.world.process import ProcessId

MOST_SIGNALS, MOST_STARTS = 32, 64
START_SLACK_S = 1.0  # the kernel's clock of starts is not quite ours


def fold_action(builder: SnapshotBuilder, update: ActionDone) -> None:
    """Tell what this session did, and remember signals and starts."""
    outcome = update.outcome
    begin_takeovers(builder, outcome)
    _remember(builder, outcome)

    for kind, subject, details in told(outcome):
        builder.tell(kind, _server_time(builder, outcome), subject, details)


def _server_time(builder: SnapshotBuilder, outcome: Outcome) -> float:
    return outcome.at + (builder.clock_offset_s or 0.0)


def _remember(builder: SnapshotBuilder, outcome: Outcome) -> None:
    match outcome.plan:
        case SignalPlan() as plan:
            for target in plan.targets:
                _remember_signal(builder, plan.signal, target, outcome)
        case RestartPlan() | SupervisedPlan() as plan:
            _remember_signal(builder, plan.signal, plan.target, outcome)
            home = _home_of(builder, plan.target.process)
            if home is not None:  # as it was started it is started again
                _remember_start(builder, home, outcome, is_restart=True)
        case StartPlan() as plan:
            _remember_start(builder, plan.group, outcome)


def _remember_signal(
    builder: SnapshotBuilder, signal: str, target: SignalTarget, outcome: Outcome
) -> None:
    if state_for(target, outcome) is not OutcomeState.DONE:
        return

    # A restart is told when all is over; the signal was its first step.
    sent_at = outcome.plan.planned_at + (builder.clock_offset_s or 0.0)
    sent = SentSignal(target.process, signal, sent_at)
    signals = (*builder.host.signals[-(MOST_SIGNALS - 1) :], sent)
    # Whoever was waited for had ended before this was told.
    departures = tuple(
        replace(d, signal=signal) if d.process == target.process and d.signal is None else d
        for d in builder.host.departures
    )
    builder.host = replace(builder.host, signals=signals, departures=departures)


def _home_of(builder: SnapshotBuilder, process: ProcessId) -> str | None:
    """The group that a process read, be it gone by now."""
    homes = [c.home for c in builder.before.consumers if c.process.id == process]
    homes += [d.home for d in builder.host.departures if d.process == process]

    return next((home for home in homes if home is not None), None)


def _remember_start(
    builder: SnapshotBuilder, group: str, outcome: Outcome, *, is_restart: bool = False
) -> None:
    """Its group is known before any record names its owner id."""
    pid = outcome.new_pid
    if outcome.state is OutcomeState.DONE and pid is not None:
        kept = list(builder.host.starts.items())[-(MOST_STARTS - 1) :]
        after, before = outcome.plan.planned_at - START_SLACK_S, outcome.at + START_SLACK_S
        start = StartedConsumer(group, after, before, is_restart)
        builder.host = replace(builder.host, starts={**dict(kept), pid: start})
