"""Folds an update into what is known: the one way in which it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from ehtui.domain import timeline
from ehtui.domain.consumers.roles import idle_consumers, judge_consumers
from ehtui.domain.findings.gather import gather, tell_changes
from ehtui.domain.folds.actions import advance_takeovers, fold_action
from ehtui.domain.folds.builder import SnapshotBuilder
from ehtui.domain.folds.group import forecasted, linked, rejudged, remember_lags
from ehtui.domain.folds.host import fold_logs, fold_processes, forget_host
from ehtui.domain.folds.hub import fold_hub, fold_unread
from ehtui.domain.folds.ledger import count_costs
from ehtui.domain.folds.owners import closer_looks
from ehtui.domain.folds.sends import advance_sends, fold_send_goes_on
from ehtui.domain.folds.store import fold_groups, fold_store
from ehtui.domain.snapshot import Snapshot, SourceState, SourceStatus, Subject
from ehtui.domain.state import State
from ehtui.domain.updates import (
    ActionDone,
    AttentionSet,
    GroupsListed,
    HostClockSet,
    HubRead,
    LogsRead,
    PaceSet,
    ProcessesRead,
    SendGoesOn,
    SourceFailed,
    SourceOff,
    StoreRead,
    Tick,
    Told,
    UnreadSeen,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ehtui.domain.policy import Policy
    from ehtui.domain.updates import Update


Read = HubRead | StoreRead | ProcessesRead | LogsRead


def start(policy: Policy, at: float, sources: Iterable[str]) -> State:
    """What is known before anything was read; `sources` are the names of those that will be."""
    states = tuple(SourceState(name) for name in sources)
    return State(Snapshot(taken_at=at, policy=policy, sources=states))


def reduce(state: State, update: Update) -> State:
    """`state` with `update` folded in. Pure: the same two give the same third."""
    builder = SnapshotBuilder(state, _local_time(update))

    if isinstance(update, Read):
        fold_success(builder, update)

    _FOLDS[type(update)](builder, update)
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
        count_costs(builder)
        remember_lags(builder)

    if isinstance(update, StoreRead | Tick):
        builder.closer_looks = closer_looks(builder)

    advance_takeovers(builder)
    advance_sends(builder)
    builder.findings = gather(builder)
    tell_changes(builder)
    return builder.freeze()


def _local_time(update: Update) -> float:
    return update.outcome.at if isinstance(update, ActionDone) else update.at


def _set_pace(builder: SnapshotBuilder, update: PaceSet) -> None:
    builder.policy = builder.policy.read_every(update.every_s)


def _set_attention(builder: SnapshotBuilder, update: AttentionSet) -> None:
    builder.policy = replace(
        builder.policy, hub_interval_s=update.hub_s, store_interval_s=update.store_s
    )

    if not update.reads_host:
        forget_host(builder)


def _pass_time(builder: SnapshotBuilder, _: Tick) -> None:
    """Judge again what time alone changes."""
    context = builder.context()

    for key, group in builder.groups.items():
        builder.groups[key] = rejudged(builder, group, set(), context)


def fold_success(builder: SnapshotBuilder, update: Read) -> None:
    """A source answered."""
    before = builder.source(update.source)
    if before is not None and before.status is SourceStatus.FAILED:
        down_s = update.at - before.failing_since if before.failing_since is not None else None
        builder.tell(
            timeline.SOURCE_RECOVERED,
            builder.now,
            Subject(source=update.source),
            timeline.SourceBack(down_s),
        )

    builder.failures = {k: v for k, v in builder.failures.items() if k != update.source}
    # A source may answer and still give less than it could; it says so itself.
    limitation = update.limitation if isinstance(update, HubRead) else None
    route = update.route if isinstance(update, HubRead) else None
    state = SourceState(
        update.source, SourceStatus.OK, update.at, update.duration_s, limitation, route=route
    )
    _put(builder, state)


def fold_failure(builder: SnapshotBuilder, update: SourceFailed) -> None:
    """A read failed: what was known stays."""
    before = builder.source(update.source) or SourceState(update.source)
    is_news = before.status is not SourceStatus.FAILED or before.problem is None
    is_news = is_news or before.problem is None or before.problem.kind is not update.problem.kind

    if is_news:
        problem = update.problem
        builder.tell(
            timeline.SOURCE_FAILED,
            builder.now,
            Subject(source=update.source),
            timeline.SourceDown(problem.kind, problem.summary, problem.advice),
        )

    failures = builder.failures.get(update.source, 0) + 1
    builder.failures = {**builder.failures, update.source: failures}
    _put(
        builder,
        replace(
            before,
            status=SourceStatus.FAILED,
            problem=update.problem,
            failing_since=before.failing_since if failures > 1 else update.at,
            retry_at=update.retry_at,
        ),
    )


def fold_off(builder: SnapshotBuilder, update: SourceOff) -> None:
    """A source is not configured."""
    _put(builder, SourceState(update.source, SourceStatus.OFF, problem=update.problem))


def fold_host_clock(builder: SnapshotBuilder, update: HostClockSet) -> None:
    """This host's clock was set; nothing that is known of the hub changes by it."""
    by_s = update.ahead_s - builder.clocks.host_ahead_s
    builder.clocks = replace(builder.clocks, host_ahead_s=update.ahead_s)
    builder.tell(timeline.CLOCK_SET, builder.now, Subject(), timeline.ClockSet(by_s))


def _put(builder: SnapshotBuilder, state: SourceState) -> None:
    if any(s.name == state.name for s in builder.sources):
        builder.sources = tuple(state if s.name == state.name else s for s in builder.sources)
    else:
        builder.sources = (*builder.sources, state)


_FOLDS: Mapping[type[Told], Callable[[SnapshotBuilder, Any], None]] = {
    HubRead: fold_hub,
    StoreRead: fold_store,
    ProcessesRead: fold_processes,
    LogsRead: fold_logs,
    SourceFailed: fold_failure,
    SourceOff: fold_off,
    ActionDone: fold_action,
    SendGoesOn: fold_send_goes_on,
    UnreadSeen: fold_unread,
    HostClockSet: fold_host_clock,
    GroupsListed: fold_groups,
    PaceSet: _set_pace,
    AttentionSet: _set_attention,
    Tick: _pass_time,
}
