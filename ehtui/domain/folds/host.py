"""What this host tells: processes that come and go, and signals sent to them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ehtui.domain import timeline
from ehtui.domain.folds.laps import begin_laps
from ehtui.domain.memory import Departure, SentSignal, Start
from ehtui.domain.plans import (
    OutcomeState,
    RefusalReason,
    RestartPlan,
    SendPlan,
    SignalEffect,
    SignalPlan,
    StartPlan,
    SupervisedPlan,
)
from ehtui.domain.snapshot import ConsumerState, Subject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.draft import Draft
    from ehtui.domain.plans import Outcome, SignalTarget
    from ehtui.domain.process import ProcessId, ProcessSample
    from ehtui.domain.updates import ActionDone, ProcessesRead

_REFUSALS = frozenset(reason.value for reason in RefusalReason)
MOST_DEPARTURES, MOST_SIGNALS, MOST_STARTS = 64, 32, 64
START_SLACK_S = 1.0  # the kernel's clock of starts is not quite ours


def fold_processes(draft: Draft, update: ProcessesRead) -> None:
    """Fold in a scan: who is new, who is gone."""
    draft.restarts = update.restarts
    alive = {p.id: p for p in update.processes if not p.has_ended}
    known = {c.process.id: c for c in draft.consumers}
    _exchange(draft, known, alive, update.at)
    host = draft.host

    if host.was_read:
        for process in alive.values():
            if process.id not in known:
                _tell_start(draft, process)

    for id_, consumer in known.items():
        if id_ not in alive:
            _depart(draft, consumer, update.at)

    host = draft.host
    draft.host = replace(
        host,
        was_read=True,
        incidents={k: v for k, v in host.incidents.items() if k[0] in alive},
        troubles={k: v for k, v in host.troubles.items() if k[0] in alive},
        idle_since={k: v for k, v in host.idle_since.items() if k[0] in alive},
    )
    draft.consumers = tuple(
        replace(before, process=process)
        if (before := known.get(process.id)) is not None
        else ConsumerState(process)
        for process in update.processes
    )


def _exchange(
    draft: Draft,
    known: dict[ProcessId, ConsumerState],
    alive: Mapping[ProcessId, ProcessSample],
    at: float,
) -> None:
    """Whose process has exec'd another program is gone; a launcher that never owned is passed over.

    `known` loses it, so that it begins anew.
    """
    for id_, process in alive.items():
        before = known.get(id_)

        if before is None or before.process.id.runs_on_in(process.id):
            continue

        if not before.owners:
            known[id_] = ConsumerState(process)
            continue

        _depart(draft, before, at)
        links = {o: link for o, link in draft.host.links.items() if link.process != id_}
        draft.host = replace(draft.host, links=links)
        del known[id_]


def _tell_start(draft: Draft, process: ProcessSample) -> None:
    offset_s = draft.clock_offset_s or 0.0
    draft.tell(
        timeline.CONSUMER_STARTED,
        process.id.started_at + offset_s,
        Subject(pid=process.id.pid),
        timeline.ConsumerStarted(
            pid=process.id.pid,
            command=process.command,
            consumer_name=process.consumer_name,
            owner=None,
        ),
    )


def _depart(draft: Draft, consumer: ConsumerState, at: float) -> None:
    """A process is gone: remember which owners it was, so that a lapse can name its cause."""
    host, process = draft.host, consumer.process
    owners = tuple(
        link.owner
        for link in host.links.values()
        if link.process == process.id and not link.is_guess
    )

    if any(d.process == process.id for d in host.departures):
        return

    sent = [s.signal for s in host.signals if s.process == process.id]
    departure = Departure(
        process.id,
        draft.now,
        owners,
        process.command,
        process.consumer_name,
        max(0.0, at - process.id.started_at),
        sent[-1] if sent else None,
        consumer.home,
    )
    draft.host = replace(host, departures=(*host.departures[-(MOST_DEPARTURES - 1) :], departure))
    owner = consumer.link.owner if consumer.link is not None else None
    draft.tell(
        timeline.CONSUMER_GONE,
        draft.now,
        Subject(pid=process.id.pid, owner=owner),
        timeline.ConsumerGone(
            pid=process.id.pid,
            command=process.command,
            consumer_name=process.consumer_name,
            owner=owner,
            lived_s=departure.lived_s,
            partitions=tuple("/".join(owned) for owned in consumer.owns),
            signal=departure.signal,
        ),
        is_approximate=True,
    )


def fold_action(draft: Draft, update: ActionDone) -> None:
    """Tell what this session did, and remember signals: they explain what follows."""
    outcome = update.outcome
    plan = outcome.plan
    begin_laps(draft, outcome)

    if isinstance(plan, SignalPlan):
        for target in plan.targets:
            _tell_signal(draft, plan.signal, target, outcome)
    elif isinstance(plan, SendPlan):
        _tell_send(draft, plan, outcome)
    elif isinstance(plan, RestartPlan | SupervisedPlan):
        _tell_restart(draft, plan, outcome)
    elif isinstance(plan, StartPlan):
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
    """How it ended for one of several targets: details name each by its pid."""
    told = dict(outcome.details).get(str(target.process.pid))

    if told is None or outcome.state is OutcomeState.DRY_RUN:
        return outcome.state

    if told in _REFUSALS:
        return OutcomeState.REFUSED

    return OutcomeState.FAILED if told.startswith("failed") else OutcomeState.DONE


def _remember_signal(draft: Draft, signal: str, target: SignalTarget, outcome: Outcome) -> None:
    if _state_for(target, outcome) is not OutcomeState.DONE:
        return

    sent = SentSignal(target.process, signal, _server_time(draft, outcome))
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
            new_pid=dict(outcome.details).get("pid"),
            supervisor=plan.supervisor.label if isinstance(plan, SupervisedPlan) else None,
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
            new_pid=dict(outcome.details).get("pid"),
            error=_error(outcome),
        ),
    )


def _remember_start(
    draft: Draft, group: str, planned_at: float, outcome: Outcome, *, is_restart: bool = False
) -> None:
    """Its group is known before any record names its owner id."""
    pid = dict(outcome.details).get("pid")

    if outcome.state is OutcomeState.DONE and pid is not None:
        kept = list(draft.host.starts.items())[-(MOST_STARTS - 1) :]
        after, before = planned_at - START_SLACK_S, outcome.at + START_SLACK_S
        start = Start(group, after, before, is_restart)
        draft.host = replace(draft.host, starts={**dict(kept), int(pid): start})


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
    details = dict(outcome.details)
    partition = plan.partition or details.get("partition")
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
            sequence=details.get("sequence"),
            error=_error(outcome),
        ),
    )


def _error(outcome: Outcome) -> str | None:
    if outcome.refusal is not None:
        return outcome.error or outcome.refusal.reason.value

    return outcome.error
