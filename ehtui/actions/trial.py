"""Dry runs: what a plan would meet if it were done now. Looks, and touches nothing.

No intent is audited, for nothing is intended; whether the audit log could be written is looked at.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.actions import checkpoint_writes, releasing
from ehtui.actions.checkpoint_backups import default_backup_folder, obstacle
from ehtui.actions.process_control import NOT_DONE, OTHER_TARGET, Named, ProcessControl, refusal_of
from ehtui.actions.targets import SupervisorChangedError
from ehtui.domain.actions.checkpoint_plan import ChangeState, CheckpointPlan
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
from ehtui.domain.text import safe
from ehtui.domain.world.restarts import NOT_REHEARSED

if TYPE_CHECKING:
    from ehtui.actions.store_writer import StoreWriter
    from ehtui.domain.world.process import ProcessId


_LEFT = {
    ChangeState.CHANGED: RefusalReason.CHANGED,
    ChangeState.HELD: RefusalReason.BLOB_LEASED,
}


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
    """Whether every blob could be written now, and what stands there be kept before."""
    if store is None:
        return replace(outcome, refusal=Refusal(RefusalReason.NO_STORE, plan.group))

    if (refusal := refusal_of_checkpoints(plan)) is not None:
        return replace(outcome, refusal=refusal)

    try:
        await asyncio.to_thread(checkpoint_writes.kept_by, plan)
    except (OSError, ValueError) as error:
        return replace(outcome, refusal=Refusal(RefusalReason.NO_BACKUP, "", safe(str(error))))

    left = await checkpoint_writes.objections(plan, store)
    failed = next((each for each in left if each.state is ChangeState.FAILED), None)

    if failed is not None:
        return replace(outcome, error=failed.detail)

    if left:
        more = f"and {len(left) - 1} more" if len(left) > 1 else ""
        partition = f"P{left[0].change.partition}"
        return replace(outcome, refusal=Refusal(_LEFT[left[0].state], partition, more))

    return replace(outcome, refusal=await asyncio.to_thread(_not_kept))


def _not_kept() -> Refusal | None:
    folder = default_backup_folder()
    fault = obstacle(folder)

    return Refusal(RefusalReason.NOT_BACKED_UP, str(folder), safe(fault)) if fault else None


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
