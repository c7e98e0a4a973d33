"""How each source does: successes, failures, recoveries."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ehtui.domain import timeline
from ehtui.domain.snapshot import SourceState, SourceStatus, Subject
from ehtui.domain.updates import HubRead

if TYPE_CHECKING:
    from ehtui.domain.folds.builder import SnapshotBuilder
    from ehtui.domain.updates import (
        HostClockSet,
        LogsRead,
        ProcessesRead,
        SourceFailed,
        SourceOff,
        StoreRead,
    )

    Read = HubRead | StoreRead | ProcessesRead | LogsRead


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
    state = SourceState(update.source, SourceStatus.OK, update.at, update.duration_s, limitation)
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
    builder.clocks = builder.clocks._replace(host_ahead_s=update.ahead_s)
    builder.tell(timeline.CLOCK_SET, builder.now, Subject(), timeline.ClockSet(by_s))


def _put(builder: SnapshotBuilder, state: SourceState) -> None:
    if any(s.name == state.name for s in builder.sources):
        builder.sources = tuple(state if s.name == state.name else s for s in builder.sources)
    else:
        builder.sources = (*builder.sources, state)
