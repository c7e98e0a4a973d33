"""What this session did: told in the timeline, and remembered, because it explains what follows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ehtui.domain import timeline
from ehtui.domain.folds.laps import begin_laps
from ehtui.domain.memory import SentSignal, Start
from ehtui.domain.outcomes import OutcomeState, TargetState
from ehtui.domain.plans import (
    RestartPlan,
    SendPlan,
    SignalEffect,
    SignalPlan,
    StartPlan,
    SupervisedPlan,
)
from ehtui.domain.snapshot import Subject

if TYPE_CHECKING:
    from ehtui.domain.draft import Draft
    from ehtui.domain.outcomes import Outcome
    from ehtui.domain.plans import SignalTarget
    from ehtui.domain.process import ProcessId
    from ehtui.domain.updates import ActionDone

MOST_SIGNALS, MOST_STARTS = 32, 64
START_SLACK_S = 1.0  # the kernel's clock of starts is not quite ours
_TARGET_ENDS = {
    TargetState.REFUSED: OutcomeState.REFUSED,
    TargetState.FAILED: OutcomeState.FAILED,
}


def fold_action(draft: Draft, update: ActionDone) -> None:
    """Tell what this session did, and remember signals: they explain what follows."""
    outcome = update.outcome
    plan = outcome.plan
    begin_laps(draft, outcome)

    match plan:
        case SignalPlan():
            for target in plan.targets:
                _tell_signal(draft, plan.signal, target, outcome)
        case SendPlan():
            _tell_send(draft, plan, outcome)
        case RestartPlan() | SupervisedPlan():
            _tell_restart(draft, plan, outcome)
        case StartPlan():
            _tell_new_process(draft, plan, outcome)


def _tell_signal(draft: Draft, signal: str, target: SignalTarget, outcome: Outcome) -> None:
    _remember_signal(draft, signal, target, outcome)
    draft.tell(
        timeline.ACTION_SIGNAL,
        _server_time(draft, outcome),
        Subject(pid=target.process.pid, owner=target.owner),
        _signal_details(signal, target, outcome),
    )


def _server_time(draft: Draft, outcome: Outcome) -> float:
    return outcome.at + (draft.clock_offset_s or 0.0)


def _state_for(target: SignalTarget, outcome: Outcome) -> OutcomeState:
    """How it ended for one of several targets."""
    result = outcome.result_of(target.process)

    if result is None or outcome.state is OutcomeState.DRY_RUN:
        return outcome.state

    return _TARGET_ENDS.get(result.state, OutcomeState.DONE)


def _remember_signal(draft: Draft, signal: str, target: SignalTarget, outcome: Outcome) -> None:
    if _state_for(target, outcome) is not OutcomeState.DONE:
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


def _tell_restart(draft: Draft, plan: RestartPlan | SupervisedPlan, outcome: Outcome) -> None:
    target = plan.target
    _remember_signal(draft, plan.signal, target, outcome)
    home = _home_of(draft, target.process)

    if home is not None:  # as it was started it is started again
        _remember_start(draft, home, plan.planned_at, outcome, is_restart=True)

    draft.tell(
        timeline.ACTION_RESTART,
        _server_time(draft, outcome),
        Subject(pid=target.process.pid, owner=target.owner),
        timeline.Restarted(
            state=outcome.state,
            signal=plan.signal,
            pid=target.process.pid,
            new_pid=_new_pid(outcome),
            supervisor=plan.asks.label if plan.asks is not None else None,
            owner=target.owner,
            owned=_owned(target),
            error=_error(outcome),
        ),
    )


def _home_of(draft: Draft, process: ProcessId) -> str | None:
    """The group that a process read, be it gone by now."""
    homes = [c.home for c in draft.before.consumers if c.process.id == process]
    homes += [d.home for d in draft.host.departures if d.process == process]

    return next((home for home in homes if home is not None), None)


def _tell_new_process(draft: Draft, plan: StartPlan, outcome: Outcome) -> None:
    _remember_start(draft, plan.group, plan.planned_at, outcome)
    draft.tell(
        timeline.ACTION_START,
        _server_time(draft, outcome),
        Subject(group=plan.group),
        timeline.Started(
            state=outcome.state,
            consumer=plan.consumer,
            group=plan.group,
            new_pid=_new_pid(outcome),
            error=_error(outcome),
        ),
    )


def _remember_start(
    draft: Draft, group: str, planned_at: float, outcome: Outcome, *, is_restart: bool = False
) -> None:
    """Its group is known before any record names its owner id."""
    pid = outcome.new_pid

    if outcome.state is OutcomeState.DONE and pid is not None:
        kept = list(draft.host.starts.items())[-(MOST_STARTS - 1) :]
        after, before = planned_at - START_SLACK_S, outcome.at + START_SLACK_S
        start = Start(group, after, before, is_restart)
        draft.host = replace(draft.host, starts={**dict(kept), pid: start})


def _owned(target: SignalTarget) -> tuple[str, ...]:
    return tuple(f"{owned.group}/{owned.partition}" for owned in target.owns)


def _signal_details(signal: str, target: SignalTarget, outcome: Outcome) -> timeline.SignalSent:
    is_lost = target.effect is not SignalEffect.IGNORED
    windows = [owned.takeover for owned in target.owns if is_lost]
    last = max(windows, key=lambda w: w.latest_at or 0.0, default=None)
    return timeline.SignalSent(
        state=_state_for(target, outcome),
        signal=signal,
        pid=target.process.pid,
        owner=target.owner,
        owned=_owned(target),
        effect=target.effect,
        takeover=timeline.Forecast(
            earliest_at=last.earliest_at if last is not None else None,
            latest_at=last.latest_at if last is not None else None,
            basis=last.basis if last is not None else None,
            is_assumed=last.is_guess if last is not None else None,
        ),
        error=_error(outcome),
    )


def _tell_send(draft: Draft, plan: SendPlan, outcome: Outcome) -> None:
    landing = outcome.landing
    partition = plan.partition or (landing.partition if landing is not None else None)
    draft.tell(
        timeline.ACTION_SEND,
        _server_time(draft, outcome),
        Subject(partition=partition),
        timeline.EventsSent(
            state=outcome.state,
            count=plan.count,
            template=plan.template,
            target=plan.target,
            partition=partition,
            key=plan.key,
            sequence=landing.sequence if landing is not None else None,
            error=_error(outcome),
        ),
    )


def _error(outcome: Outcome) -> str | None:
    if outcome.refusal is not None:
        return outcome.error or outcome.refusal.reason.value

    return outcome.error


def _new_pid(outcome: Outcome) -> str | None:
    return None if outcome.new_pid is None else str(outcome.new_pid)
