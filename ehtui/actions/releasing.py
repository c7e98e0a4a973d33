"""Gives ownerships up: each blob as the plan saw it, written in its own format, and read back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ehtui.actions.store_writer import UNKNOWN_END, WritesStoppedError, let_finish
from ehtui.domain.actions.outcomes import Outcome, OutcomeState, Refusal, RefusalReason
from ehtui.domain.actions.release_plan import ReleaseResult, ReleaseState
from ehtui.domain.problems import ProblemError
from ehtui.domain.text import safe
from ehtui.sources.layouts import FORMATS
from ehtui.sources.layouts.base import StoredBlob, UnreadableError
from ehtui.sources.store_writer import ChangedError, HeldError, OvertakenError, is_held

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ehtui.actions.store_writer import StoreWriter
    from ehtui.domain.actions.release_plan import HeldPartition, ReleasePlan
    from ehtui.domain.world.store import Ownership, StoreListing, UnreadableBlob


_REASONS = {
    ReleaseState.CHANGED: RefusalReason.CHANGED,
    ReleaseState.HELD: RefusalReason.BLOB_LEASED,
}


async def run(plan: ReleasePlan, store: StoreWriter | None, clock: Callable[[], float]) -> Outcome:
    """Give them up, and how that ended, partition by partition.

    Raises:
        WritesStoppedError: Cancelled on the way; it tells what was released by then.
    """
    if store is None:
        return _not_begun(plan, OutcomeState.REFUSED, clock())

    results: list[ReleaseResult] = []

    try:
        await _release_all(plan, store, results)
    except ProblemError as problem:
        return Outcome(plan, OutcomeState.FAILED, clock(), error=problem.problem.summary)
    except asyncio.CancelledError:
        rest = (
            ReleaseResult(each.partition, each.owner, ReleaseState.NOT_TRIED)
            for each in plan.held[len(results) :]
        )
        ended = Outcome(plan, OutcomeState.STOPPED, clock(), releases=(*results, *rest))
        raise WritesStoppedError(ended) from None

    refusal, error = _objection(results)
    state = OutcomeState.DONE

    if error is not None:
        state = OutcomeState.FAILED
    elif refusal is not None:
        state = OutcomeState.REFUSED

    return Outcome(plan, state, clock(), refusal, error, releases=tuple(results))


async def try_out(plan: ReleasePlan, store: StoreWriter | None, at: float) -> Outcome:
    """Everything but the writes."""
    if store is None:
        return _not_begun(plan, OutcomeState.DRY_RUN, at)

    results: list[ReleaseResult] = []

    try:
        await _release_all(plan, store, results, dry_run=True)
        refusal, error = _objection(results)
    except ProblemError as problem:
        refusal, error = None, problem.problem.summary

    return Outcome(plan, OutcomeState.DRY_RUN, at, refusal, error)


def _not_begun(plan: ReleasePlan, state: OutcomeState, at: float) -> Outcome:
    return Outcome(plan, state, at, Refusal(RefusalReason.NO_STORE, plan.group))


def _objection(
    results: Sequence[ReleaseResult],
) -> tuple[Refusal | None, str | None]:
    """Why not all of it was done: what failed goes before what was refused."""
    failed = [each for each in results if each.state is ReleaseState.FAILED]
    refused = [each for each in results if each.state in _REASONS]
    error = "; ".join(f"{each.partition}: {each.detail}" for each in failed) or None

    if not refused:
        return None, error

    first = refused[0]
    others = len(refused) - 1
    more = f"and {others} more" if others else ""

    return Refusal(_REASONS[first.state], f"P{first.partition}", more), error


async def _release_all(
    plan: ReleasePlan, writer: StoreWriter, results: list[ReleaseResult], *, dry_run: bool = False
) -> None:
    """Do it one after the other; one that is refused keeps none of the others back.

    In a dry run everything but the write is done: `RELEASED` is what it would be by then.

    Raises:
        ProblemError: The store cannot be listed: nothing was written.
        asyncio.CancelledError: On the way; the one that was under way is among the results.
    """
    listed = await writer.listing()

    async def one(held: HeldPartition) -> None:
        results.append(await _tried(plan, held, listed, writer, dry_run=dry_run))

    for held in plan.held:
        work = asyncio.ensure_future(one(held))

        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            if not await let_finish(work):
                unknown = ReleaseState.FAILED
                results.append(ReleaseResult(held.partition, held.owner, unknown, UNKNOWN_END))

            raise


async def _tried(
    plan: ReleasePlan,
    held: HeldPartition,
    listed: StoreListing,
    writer: StoreWriter,
    *,
    dry_run: bool,
) -> ReleaseResult:
    """One of them, and how that ended."""
    state, detail = ReleaseState.RELEASED, ""

    try:
        await _release(plan, held, listed, writer, dry_run=dry_run)
    except OvertakenError as error:
        detail = _taken(error, held)
    except ChangedError as error:
        state, detail = ReleaseState.CHANGED, str(error)
    except HeldError:
        state = ReleaseState.HELD
    except UnreadableError as error:
        state, detail = ReleaseState.FAILED, safe(str(error))
    except ProblemError as error:
        state, detail = ReleaseState.FAILED, error.problem.summary

    return ReleaseResult(held.partition, held.owner, state, detail)


async def _release(
    plan: ReleasePlan,
    held: HeldPartition,
    listed: StoreListing,
    writer: StoreWriter,
    *,
    dry_run: bool,
) -> None:
    """One of them.

    Raises:
        ChangedError: It is not what the plan saw.
        OvertakenError: It was released, and somebody wrote it before it was read back.
        HeldError: A host holds its blob lease.
        UnreadableError: What is in it cannot be changed, or was not changed as it was meant.
        ProblemError: It could not be read or written.
    """
    record = next((each for each in listed.ownerships if _is_meant(each, plan, held)), None)

    if record is None:
        unread = next((each for each in listed.unreadable if _hides(each, held)), None)

        if unread is not None:
            raise UnreadableError(f"{unread.container}/{unread.name}: {unread.reason}")

        raise ChangedError(None)

    blob = await writer.read(record.blob.container, record.blob.name)

    if blob is None or blob.item.etag != held.etag or record.owner != held.owner:
        raise ChangedError(blob)

    if is_held(blob):
        raise HeldError

    known = FORMATS[record.layout]
    write = known.write_release(blob)

    if dry_run:
        return

    stored = await writer.write(write)

    if _still_names(stored, held.owner):
        raise UnreadableError("it was written, and still names its owner")


def _taken(error: OvertakenError, held: HeldPartition) -> str:
    if error.found is None:
        return "and its record was deleted at once"

    is_back = _still_names(error.found, held.owner)

    return "and its owner took it back at once" if is_back else "and taken at once"


def _is_meant(record: Ownership, plan: ReleasePlan, held: HeldPartition) -> bool:
    return (
        record.blob.name == held.blob
        and record.partition == held.partition
        and record.group.lower() == plan.group.lower()
    )


def _hides(unread: UnreadableBlob, held: HeldPartition) -> bool:
    """Whether what could not be read may be what is looked for: a container, or the very blob."""
    return unread.kind is None or unread.name == held.blob


def _still_names(stored: StoredBlob, owner: str) -> bool:
    """Whether an owner's id stands anywhere in what was read back."""
    values = [*stored.item.metadata.values(), (stored.body or b"").decode(errors="replace")]

    return any(owner in value for value in values)
