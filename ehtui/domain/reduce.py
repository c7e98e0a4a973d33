"""Folds an update into what is known: the one way in which it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from ehtui.domain.closer_looks import closer_looks
from ehtui.domain.consumers import idle_consumers, judge_consumers
from ehtui.domain.draft import Draft
from ehtui.domain.findings.gather import gather, tell_changes
from ehtui.domain.folds.actions import fold_action
from ehtui.domain.folds.host import fold_processes
from ehtui.domain.folds.hub import fold_hub
from ehtui.domain.folds.laps import advance_laps
from ehtui.domain.folds.logs import fold_logs
from ehtui.domain.folds.sources import fold_failure, fold_host_clock, fold_off, fold_success
from ehtui.domain.folds.store import fold_store
from ehtui.domain.groups import forecasted, linked, rejudged
from ehtui.domain.memory import State
from ehtui.domain.snapshot import Snapshot, SourceState
from ehtui.domain.updates import (
    ActionDone,
    HostClockSet,
    HubRead,
    LogsRead,
    ProcessesRead,
    SourceFailed,
    SourceOff,
    StoreRead,
    Tick,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.domain.policy import Policy
    from ehtui.domain.updates import Update


def start(policy: Policy, at: float, sources: Iterable[str]) -> State:
    """What is known before anything was read; `sources` are the names of those that will be."""
    states = tuple(SourceState(name) for name in sources)
    return State(Snapshot(taken_at=at, policy=policy, sources=states))


def reduce(state: State, update: Update) -> State:
    """`state` with `update` folded in. Pure: the same two give the same third."""
    draft = Draft(state, _local_time(update))
    _fold(draft, update)
    judge_consumers(draft)

    for key, group in draft.groups.items():
        after = linked(group, draft.host.links)
        draft.groups[key] = forecasted(
            after,
            standbys=len(idle_consumers(draft, key)),
            now=draft.looked_at,
            policy=draft.policy.lease_of(key),
            skew_s=draft.clocks.skew_s,
        )

    if isinstance(update, StoreRead | Tick):
        draft.closer_looks = closer_looks(draft)

    advance_laps(draft)
    draft.findings = gather(draft)
    tell_changes(draft)
    return draft.freeze()


def _local_time(update: Update) -> float:
    return update.outcome.at if isinstance(update, ActionDone) else update.at


def _fold(draft: Draft, update: Update) -> None:  # noqa: C901 - one branch a kind of update
    match update:
        case HubRead():
            fold_success(draft, update)
            fold_hub(draft, update)
        case StoreRead():
            fold_success(draft, update)
            fold_store(draft, update)
        case ProcessesRead():
            fold_success(draft, update)
            fold_processes(draft, update)
        case LogsRead():
            fold_success(draft, update)
            fold_logs(draft, update)
        case SourceFailed():
            fold_failure(draft, update)
        case SourceOff():
            fold_off(draft, update)
        case ActionDone():
            fold_action(draft, update)
        case HostClockSet():
            fold_host_clock(draft, update)
        case Tick():
            _pass_time(draft)
        case _:
            assert_never(update)


def _pass_time(draft: Draft) -> None:
    """Judge again what time alone changes."""
    moment = draft.moment()

    for key, group in draft.groups.items():
        draft.groups[key] = rejudged(draft, group, set(), moment)
