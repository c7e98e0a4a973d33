"""Fresh looks at hub and store before something is done; on the monitor's own loop."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from ehtui.actions import checkpoint_finding as finding
from ehtui.actions.checkpoint_owners import owners_in
from ehtui.domain.actions.checkpoint_plan import CheckpointPlan
from ehtui.domain.actions.checkpoints import judged_by
from ehtui.domain.actions.signal import reforecast
from ehtui.domain.problems import ProblemError
from ehtui.domain.snapshot import SourceStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.actions.executor import Executor
    from ehtui.actions.store_writer import StoreWriter
    from ehtui.domain.actions.checkpoints import CheckpointRequest
    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.domain.actions.plans import Plan, SinglePlan
    from ehtui.domain.snapshot import Snapshot
    from ehtui.domain.world.events import EventLookup
    from ehtui.monitor import Monitor

# Nothing is written without it, so that it may take longer than a look before a signal.
LOOK_WITHIN_S = 10.0
LOOK_AT_OWNERS_WITHIN_S = 1.5  # before a signal: it does not wait for a store that is slow


async def rehearsed(
    request: CheckpointRequest,
    monitor: Monitor,
    store: StoreWriter | None,
    lookup: EventLookup | None,
    clock: Callable[[], float],
) -> CheckpointRequest:
    """The same request with what was found, by a hub and a store as they are now."""
    since = clock()
    await asyncio.gather(
        monitor.look_again("store", LOOK_WITHIN_S), _sampled(monitor, request.partitions, since)
    )

    return await finding.rehearsed(request, store, lookup, monitor.snapshot, since)


async def _sampled(monitor: Monitor, partitions: tuple[str, ...], since: float) -> None:
    """Every partition once: one look at a large hub may leave some out."""
    left: int | None = None

    with suppress(TimeoutError):  # those that are left out are told as such
        async with asyncio.timeout(LOOK_WITHIN_S):
            while await monitor.look_again("hub", LOOK_WITHIN_S):
                before, left = left, _left(monitor.snapshot, partitions, since)
                is_of_use = before is None or left < before

                if not left or not is_of_use or not _is_read(monitor.snapshot, "hub"):
                    return


def _left(snapshot: Snapshot, partitions: tuple[str, ...], since: float) -> int:
    wanted = [each for each in snapshot.partitions if not partitions or each.id in partitions]

    return sum(each.sample is None or each.sample.first_at < since for each in wanted)


async def judged_again(
    plan: CheckpointPlan, monitor: Monitor, store: StoreWriter | None
) -> CheckpointPlan:
    """The plan with who owns partitions just before the writes, if that could be read."""
    is_read = await monitor.look_again("store", LOOK_WITHIN_S)
    snapshot = monitor.snapshot

    if store is None or not is_read or not _is_read(snapshot, "store"):
        return judged_by(plan, snapshot, plan.owners, is_read=False)

    try:
        async with asyncio.timeout(LOOK_WITHIN_S):
            listing = await store.listing()
    except (ProblemError, TimeoutError):
        return judged_by(plan, snapshot, plan.owners, is_read=False)

    return judged_by(plan, snapshot, owners_in(listing, snapshot, plan.group))


async def once_more(
    plan: SinglePlan, monitor: Monitor, store: StoreWriter | None, clock: Callable[[], float]
) -> SinglePlan:
    """The plan as of now: owners renew while somebody reads a confirmation."""
    if isinstance(plan, CheckpointPlan):
        return await judged_again(plan, monitor, store)

    if plan.targets:
        await monitor.look_again("store", LOOK_AT_OWNERS_WITHIN_S)

    return reforecast(plan, monitor.snapshot, clock())


async def tried(plan: Plan, monitor: Monitor, executor: Executor) -> Outcome:
    """A dry run; of a move of checkpoints by who owns partitions now."""
    if isinstance(plan, CheckpointPlan):
        plan = await judged_again(plan, monitor, executor.store)

    return await executor.try_out(plan)


def _is_read(snapshot: Snapshot, source: str) -> bool:
    """Whether the last read of a source brought something."""
    return any(s.name == source and s.status is SourceStatus.OK for s in snapshot.sources)
