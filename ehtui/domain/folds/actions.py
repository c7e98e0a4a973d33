"""What this session did: told in the timeline, and remembered, because it explains what follows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ehtui.domain.action_events import state_for, told
from ehtui.domain.folds.laps import begin_laps
from ehtui.domain.memory import SentSignal, Start
from ehtui.domain.outcomes import OutcomeState
from ehtui.domain.plans import RestartPlan, SignalPlan, StartPlan, SupervisedPlan

if TYPE_CHECKING:
    from ehtui.domain.draft import Draft
    from ehtui.domain.outcomes import Outcome
    from ehtui.domain.process import ProcessId
    from ehtui.domain.targets import SignalTarget
    from ehtui.domain.updates import ActionDone

MOST_SIGNALS, MOST_STARTS = 32, 64
START_SLACK_S = 1.0  # the kernel's clock of starts is not quite ours


def fold_action(draft: Draft, update: ActionDone) -> None:
    """Tell what this session did, and remember signals and starts."""
    outcome = update.outcome
    begin_laps(draft, outcome)
    _remember(draft, outcome)

    for kind, subject, details in told(outcome):
        draft.tell(kind, _server_time(draft, outcome), subject, details)


def _server_time(draft: Draft, outcome: Outcome) -> float:
    return outcome.at + (draft.clock_offset_s or 0.0)


def _remember(draft: Draft, outcome: Outcome) -> None:
    match outcome.plan:
        case SignalPlan() as plan:
            for target in plan.targets:
                _remember_signal(draft, plan.signal, target, outcome)
        case RestartPlan() | SupervisedPlan() as plan:
            _remember_signal(draft, plan.signal, plan.target, outcome)
            home = _home_of(draft, plan.target.process)

            if home is not None:  # as it was started it is started again
                _remember_start(draft, home, outcome, is_restart=True)
        case StartPlan() as plan:
            _remember_start(draft, plan.group, outcome)


def _remember_signal(draft: Draft, signal: str, target: SignalTarget, outcome: Outcome) -> None:
    if state_for(target, outcome) is not OutcomeState.DONE:
        return

    # A restart is told when all is over; the signal was its first step.
    sent_at = outcome.plan.planned_at + (draft.clock_offset_s or 0.0)
    sent = SentSignal(target.process, signal, sent_at)
    signals = (*draft.host.signals[-(MOST_SIGNALS - 1) :], sent)
    # Whoever was waited for had ended before this was told.
    departures = tuple(
        replace(d, signal=signal) if d.process == target.process and d.signal is None else d
        for d in draft.host.departures
    )
    draft.host = replace(draft.host, signals=signals, departures=departures)


def _home_of(draft: Draft, process: ProcessId) -> str | None:
    """The group that a process read, be it gone by now."""
    homes = [c.home for c in draft.before.consumers if c.process.id == process]
    homes += [d.home for d in draft.host.departures if d.process == process]

    return next((home for home in homes if home is not None), None)


def _remember_start(
    draft: Draft, group: str, outcome: Outcome, *, is_restart: bool = False
) -> None:
    """Its group is known before any record names its owner id."""
    pid = outcome.new_pid

    if outcome.state is OutcomeState.DONE and pid is not None:
        kept = list(draft.host.starts.items())[-(MOST_STARTS - 1) :]
        after, before = outcome.plan.planned_at - START_SLACK_S, outcome.at + START_SLACK_S
        start = Start(group, after, before, is_restart)
        draft.host = replace(draft.host, starts={**dict(kept), pid: start})
