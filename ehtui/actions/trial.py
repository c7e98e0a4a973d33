"""Dry runs: what a plan would meet if it were done now. Looks, and touches nothing.

No intent is audited, for nothing is intended; whether the audit log could be written is looked at.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.actions import releasing
from ehtui.actions.process_control import NOT_DONE, OTHER_TARGET, Named, ProcessControl, refusal_of
from ehtui.actions.targets import SupervisorChangedError
from ehtui.domain.actions.checkpoint_plan import CheckpointPlan
from ehtui.domain.actions.checkpoints import refusal_of as refusal_of_checkpoints
from ehtui.domain.actions.outcomes import (
    Outcome,
    OutcomeState,
    PartialOutcome,
    Refusal,
    RefusalReason,
    TargetResult,
    TargetState,
)
from ehtui.domain.actions.plans import (
    Plan,
    RestartPlan,
    RollingPlan,
    SignalPlan,
    StartPlan,
    SupervisedPlan,
)
from ehtui.domain.actions.release_plan import ReleasePlan
from ehtui.domain.problems import ProblemError
from ehtui.domain.text import safe
from ehtui.domain.world.restarts import NOT_REHEARSED

if TYPE_CHECKING:
    from ehtui.actions.store_writer import StoreWriter
    from ehtui.domain.world.process import ProcessId


async def try_out(
    plan: Plan, at: float, hands: ProcessControl, store: StoreWriter | None = None
) -> Outcome:
    """What would become of a plan, with why it would be refused or fail where it would."""
    outcome = Outcome(plan, OutcomeState.DRY_RUN, at)

    if isinstance(plan, ReleasePlan):
        return await releasing.try_out(plan, store, at)

    if isinstance(plan, CheckpointPlan):
        return await _checkpoints(plan, outcome, store)

    try:
        return await _tried(plan, outcome, hands)
    except (*NOT_DONE, SupervisorChangedError) as error:
        return replace(outcome, refusal=refusal_of(error, _subject(plan)))
    except OSError as error:  # a program, folder or log file that cannot be opened
        return replace(outcome, error=safe(str(error)))


async def _tried(plan: Plan, outcome: Outcome, hands: ProcessControl) -> Outcome:
    match plan:
        case SignalPlan():
            processes = (target.process for target in plan.targets)
            results = [await _looked_at(process, hands) for process in processes]
            refusals = [result.refusal for result in results if result.refusal is not None]
            return replace(
                outcome, refusal=refusals[0] if refusals else None, results=tuple(results)
            )
        case RollingPlan():
            ends = [await try_out(each, outcome.at, hands) for each in plan.restarts]
            first = next((each for each in ends if each.refusal or each.error), outcome)
            parts = tuple(PartialOutcome(each) for each in ends)
            return replace(outcome, refusal=first.refusal, error=first.error, parts=parts)
        case SupervisedPlan():
            process, supervisor = plan.target.process, plan.supervisor
            await asyncio.to_thread(hands.check_supervisor, process, supervisor)
        case RestartPlan():
            return replace(outcome, refusal=await _restart(plan, hands))
        case StartPlan(again=None):
            await asyncio.to_thread(hands.prepare, plan)
        case StartPlan(again=process) if process is not None:
            named: Named = {"consumer_name": plan.consumer, "group": plan.group}
            prepared = await asyncio.to_thread(hands.prepare_again, process, plan.log_path, named)
            await asyncio.to_thread(prepared.release)
        case CheckpointPlan():
            return replace(outcome, refusal=refusal_of_checkpoints(plan))
        case _:
            pass

    return outcome


async def _checkpoints(
    plan: CheckpointPlan, outcome: Outcome, store: StoreWriter | None
) -> Outcome:
    """Whether each blob is still the one that the plan saw, and nobody holds its lease."""
    if store is None:
        return replace(outcome, refusal=Refusal(RefusalReason.NO_STORE, plan.group))

    if (refusal := refusal_of_checkpoints(plan)) is not None:
        return replace(outcome, refusal=refusal)

    changed = []

    try:
        for change in plan.writes:
            blob = await store.read(change.container, change.name)

            if (blob.item.etag if blob is not None else None) != change.etag:
                changed.append(f"P{change.partition}")
    except ProblemError as problem:
        return replace(outcome, error=problem.problem.summary)

    if not changed:
        return outcome

    more = f"and {len(changed) - 1} more" if len(changed) > 1 else ""

    return replace(outcome, refusal=Refusal(RefusalReason.CHANGED, changed[0], more))


async def _looked_at(process: ProcessId, hands: ProcessControl) -> TargetResult:
    try:
        await asyncio.to_thread(hands.check, process)
    except OTHER_TARGET as error:
        refusal = refusal_of(error, str(process.pid))
        return TargetResult(process, TargetState.REFUSED, refusal=refusal)

    return TargetResult(process, TargetState.CHECKED)


async def _restart(plan: RestartPlan, hands: ProcessControl) -> Refusal | None:
    process = plan.target.process
    named: Named = {"consumer_name": plan.consumer, "group": plan.group}
    prepared = await asyncio.to_thread(hands.prepare_restart, process, plan.log_path, named)
    await asyncio.to_thread(prepared.release)

    if plan.rehearsal != NOT_REHEARSED and not plan.rehearsal.holds(prepared.rehearsal):
        return Refusal(RefusalReason.REHEARSAL_CHANGED, str(process.pid))

    return None


def _subject(plan: Plan) -> str:
    again = plan.again if isinstance(plan, StartPlan) else None
    process = again or next((target.process for target in plan.targets), None)

    return str(process.pid) if process is not None else plan.kind
