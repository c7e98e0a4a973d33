"""Folds an update into what is known: the one way in which it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from ehtui.domain.consumers.roles import idle_consumers, judge_consumers
from ehtui.domain.findings.gather import gather, tell_changes
from ehtui.domain.folds.actions import fold_action
from ehtui.domain.folds.builder import SnapshotBuilder
from ehtui.domain.folds.group import forecasted, linked, rejudged, remember_lags
from ehtui.domain.folds.hub import fold_hub
from ehtui.domain.folds.logs import fold_logs
from ehtui.domain.folds.processes import fold_processes
from ehtui.domain.folds.sources import fold_failure, fold_host_clock, fold_off, fold_success
from ehtui.domain.folds.store import fold_store
from ehtui.domain.leases.renewals import closer_looks
from ehtui.domain.ownership.measured_takeovers import advance_takeovers
from ehtui.domain.snapshot import Snapshot, SourceState
from ehtui.domain.state import State
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
    builder = SnapshotBuilder(state, _local_time(update))
    _fold(builder, update)
    judge_consumers(builder)

    for key, group in builder.groups.items():
        after = linked(group, builder.host.links)
        builder.groups[key] = forecasted(
            after,
            standbys=len(idle_consumers(builder, key)),
            now=builder.looked_at,
            policy=builder.policy.lease_of(key),
            skew_s=builder.clocks.skew_s,
        )

    if isinstance(update, HubRead | StoreRead):
        remember_lags(builder)

    if isinstance(update, StoreRead | Tick):
        builder.closer_looks = closer_looks(builder)

    advance_takeovers(builder)
    builder.findings = gather(builder)
    tell_changes(builder)
    return builder.freeze()


def _local_time(update: Update) -> float:
    return update.outcome.at if isinstance(update, ActionDone) else update.at


def _fold(builder: SnapshotBuilder, update: Update) -> None:  # noqa: C901 - one branch a kind of update
    match update:
        case HubRead():
            fold_success(builder, update)
            fold_hub(builder, update)
        case StoreRead():
            fold_success(builder, update)
            fold_store(builder, update)
        case ProcessesRead():
            fold_success(builder, update)
            fold_processes(builder, update)
        case LogsRead():
            fold_success(builder, update)
            fold_logs(builder, update)
        case SourceFailed():
            fold_failure(builder, update)
        case SourceOff():
            fold_off(builder, update)
        case ActionDone():
            fold_action(builder, update)
        case HostClockSet():
            fold_host_clock(builder, update)
        case Tick():
            _pass_time(builder)
        case _:
            assert_never(update)


def _pass_time(builder: SnapshotBuilder) -> None:
    """Judge again what time alone changes."""
    context = builder.context()

    for key, group in builder.groups.items():
        builder.groups[key] = rejudged(builder, group, set(), context)
