"""What this session did, as the timeline tells it: class, kind and what is told of each action."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ehtui.domain.actions.base import SignalEffect, SignalTarget
from ehtui.domain.actions.checkpoint_plan import ChangeState, CheckpointPlan
from ehtui.domain.actions.outcomes import Outcome, OutcomeState, TargetState
from ehtui.domain.actions.plans import (
    RestartPlan,
    SignalPlan,
    StartPlan,
    SupervisedPlan,
)
from ehtui.domain.actions.release_plan import HeldPartition, ReleasePlan, ReleaseState
from ehtui.domain.actions.sending import BodySource, SendPlan, SendTarget
from ehtui.domain.evidence import EventKind, Evidence
from ehtui.domain.snapshot import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ehtui.domain.evidence import TakeoverWindow

_TARGET_ENDS = {
    TargetState.REFUSED: OutcomeState.REFUSED,
    TargetState.FAILED: OutcomeState.FAILED,
}


class Forecast(Evidence, frozen=True):
    """When a partition was to be taken, as it was forecast."""

    earliest_at: float | None
    latest_at: float | None
    basis: str | None
    is_assumed: bool | None  # a guess: the expiry is not configured, seen or a default


class SignalSent(Evidence, frozen=True):
    """This session signalled a process; one event a target."""

    state: OutcomeState
    signal: str
    pid: int
    owner: str | None
    owned: tuple[str, ...]  # group/partition
    effect: SignalEffect
    takeover: Forecast  # of the last partition to come back
    error: str | None
    then_kill_s: float | None = None  # after which who is still there is killed


class EventsSent(Evidence, frozen=True):
    """This session sent events."""

    state: OutcomeState
    count: int
    template: str
    target: SendTarget
    partition: str | None
    key: str | None
    sequence: str | None
    error: str | None
    accepted: int | None = None  # by the hub; None: not told
    source: BodySource = BodySource.TEMPLATE


class Restarted(Evidence, frozen=True):
    """This session restarted a process."""

    state: OutcomeState
    signal: str
    pid: int  # of the process that ended
    new_pid: str | None  # of the one that was started
    supervisor: str | None  # who was asked to restart it: its successor is not known by then
    owner: str | None
    owned: tuple[str, ...]  # group/partition
    error: str | None


class Started(Evidence, frozen=True):
    """This session started a consumer."""

    state: OutcomeState
    consumer: str  # its name in the configuration
    group: str
    new_pid: str | None
    error: str | None
    again: int | None = None  # whom it was before, where it had ended


class OwnershipReleased(Evidence, frozen=True):
    """This session gave an ownership up for its owner; one event a partition."""

    state: OutcomeState
    group: str
    partition: str
    owner: str
    was_renewing: bool  # its owner may have been at work
    takeover: Forecast
    error: str | None


class CheckpointsMoved(Evidence, frozen=True):
    """This session moved checkpoints of a group."""

    state: OutcomeState
    group: str
    strategy: str  # the name of its class
    partitions: tuple[str, ...]  # that were written
    left: tuple[str, ...]  # that were to be written, and were not
    overwritten: tuple[str, ...]  # by a live owner, at once
    backup: str | None
    error: str | None


# Subject: pid (signal, restart), partition (send), group (start, checkpoint) where there is one.
ACTION_SIGNAL = EventKind("action.signal", SignalSent)
ACTION_SEND = EventKind("action.send", EventsSent)
ACTION_RESTART = EventKind("action.restart", Restarted)
ACTION_START = EventKind("action.start", Started)
ACTION_RELEASE = EventKind("action.release", OwnershipReleased)
ACTION_CHECKPOINT = EventKind("action.checkpoint", CheckpointsMoved)
ACTION_KINDS: Mapping[str, EventKind[Any]] = {
    kind.id: kind for kind in tuple(globals().values()) if isinstance(kind, EventKind)
}


def forecast_of(window: TakeoverWindow | None) -> Forecast:
    """A window as it is told; nothing of none."""
    if window is None:
        return Forecast(None, None, None, None)

    return Forecast(window.earliest_at, window.latest_at, window.basis, window.is_guess)


Told = tuple[EventKind[Any], Subject, Evidence]


def told(outcome: Outcome) -> Iterator[Told]:
    """What is told of an action that has ended: one event, or one a target."""
    match outcome.plan:
        case SignalPlan() as plan:
            yield from (_signal(plan, target, outcome) for target in plan.targets)
        case SendPlan() as plan:
            yield _send(plan, outcome)
        case RestartPlan() | SupervisedPlan() as plan:
            yield _restart(plan, outcome)
        case StartPlan() as plan:
            yield _start(plan, outcome)
        case ReleasePlan() as plan:
            yield from (_release(plan, held, outcome) for held in plan.held)
        case CheckpointPlan() as plan:
            yield _moved(plan, outcome)


def state_for(target: SignalTarget, outcome: Outcome) -> OutcomeState:
    """How it ended for one of several targets."""
    result = outcome.result_of(target.process)
    if result is None or outcome.state is OutcomeState.DRY_RUN:
        return outcome.state

    return _TARGET_ENDS.get(result.state, OutcomeState.DONE)


def _signal(plan: SignalPlan, target: SignalTarget, outcome: Outcome) -> Told:
    is_lost = target.effect is not SignalEffect.IGNORED
    windows = [owned.takeover for owned in target.owns if is_lost]
    last = max(windows, key=lambda w: w.latest_at or 0.0, default=None)
    sent = SignalSent(
        state=state_for(target, outcome),
        signal=plan.signal,
        pid=target.process.pid,
        owner=target.owner,
        owned=_owned(target),
        effect=target.effect,
        takeover=forecast_of(last),
        error=_error(outcome),
        then_kill_s=plan.escalate_after_s,
    )

    return ACTION_SIGNAL, Subject(pid=target.process.pid, owner=target.owner), sent


def _send(plan: SendPlan, outcome: Outcome) -> Told:
    landings = outcome.landings
    landing = landings[0] if len(landings) == 1 else None
    partition = plan.partition or (landing.partition if landing is not None else None)
    sent = EventsSent(
        state=outcome.state,
        count=plan.count,
        template=plan.template,
        target=plan.target,
        partition=partition,
        key=plan.key,
        sequence=landing.sequence if landing is not None else None,
        error=_error(outcome),
        accepted=outcome.accepted.total if outcome.accepted is not None else None,
        source=plan.content.source,
    )

    return ACTION_SEND, Subject(partition=partition), sent


def _restart(plan: RestartPlan | SupervisedPlan, outcome: Outcome) -> Told:
    target = plan.target
    restarted = Restarted(
        state=outcome.state,
        signal=plan.signal,
        pid=target.process.pid,
        new_pid=_new_pid(outcome),
        supervisor=plan.asks.label if plan.asks is not None else None,
        owner=target.owner,
        owned=_owned(target),
        error=_error(outcome),
    )

    return ACTION_RESTART, Subject(pid=target.process.pid, owner=target.owner), restarted


def _start(plan: StartPlan, outcome: Outcome) -> Told:
    started = Started(
        state=outcome.state,
        consumer=plan.consumer,
        group=plan.group,
        new_pid=_new_pid(outcome),
        error=_error(outcome),
        again=plan.again.pid if plan.again is not None else None,
    )

    return ACTION_START, Subject(group=plan.group), started


_RELEASE_ENDS = {
    ReleaseState.CHANGED: OutcomeState.REFUSED,
    ReleaseState.HELD: OutcomeState.REFUSED,
    ReleaseState.FAILED: OutcomeState.FAILED,
    ReleaseState.RELEASED: OutcomeState.DONE,
    ReleaseState.NOT_TRIED: OutcomeState.STOPPED,
}


def _release(plan: ReleasePlan, held: HeldPartition, outcome: Outcome) -> Told:
    result = next((r for r in outcome.releases if r.partition == held.partition), None)
    state = outcome.state if result is None else _RELEASE_ENDS.get(result.state, outcome.state)
    error = None if state is OutcomeState.DONE else (result and result.detail) or _error(outcome)
    released = OwnershipReleased(
        state=state,
        group=plan.group,
        partition=held.partition,
        owner=held.owner,
        was_renewing=held.is_renewing,
        takeover=forecast_of(held.takeover),
        error=error,
    )
    subject = Subject(group=plan.group, partition=held.partition, owner=held.owner)

    return ACTION_RELEASE, subject, released


_MOVED = {ChangeState.WRITTEN, ChangeState.REMOVED}
_LEFT = {ChangeState.CHANGED, ChangeState.HELD, ChangeState.FAILED, ChangeState.NOT_TRIED}


def _moved(plan: CheckpointPlan, outcome: Outcome) -> Told:
    moved = CheckpointsMoved(
        state=outcome.state,
        group=plan.group,
        strategy=type(plan.strategy).__name__,
        partitions=_ended(outcome, _MOVED),
        left=_ended(outcome, _LEFT),
        overwritten=_ended(outcome, {ChangeState.OVERWRITTEN}),
        backup=outcome.backup,
        error=_error(outcome),
    )

    return ACTION_CHECKPOINT, Subject(group=plan.group), moved


def _ended(outcome: Outcome, states: set[ChangeState]) -> tuple[str, ...]:
    found = (each.change.partition for each in outcome.changes if each.state in states)

    return tuple(dict.fromkeys(found))


def _owned(target: SignalTarget) -> tuple[str, ...]:
    return tuple(f"{owned.group}/{owned.partition}" for owned in target.owns)


def _error(outcome: Outcome) -> str | None:
    if outcome.refusal is not None:
        return outcome.error or outcome.refusal.reason.value

    return outcome.error


def _new_pid(outcome: Outcome) -> str | None:
    return None if outcome.new_pid is None else str(outcome.new_pid)
