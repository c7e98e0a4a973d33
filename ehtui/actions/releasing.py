"""Gives ownerships up: each blob as the plan saw it, written in its own format, and read back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.actions.release_plan import ReleaseResult, ReleaseState
from ehtui.domain.problems import ProblemError
from ehtui.domain.text import safe
from ehtui.sources.layouts import FORMATS
from ehtui.sources.layouts.base import StoredBlob, UnreadableError
from ehtui.sources.store_writer import ChangedError, HeldError, is_held

if TYPE_CHECKING:
    from ehtui.actions.store_writer import StoreWriter
    from ehtui.domain.actions.release_plan import HeldPartition, ReleasePlan
    from ehtui.domain.world.store import Ownership


async def release(
    plan: ReleasePlan, writer: StoreWriter, *, dry_run: bool = False
) -> tuple[ReleaseResult, ...]:
    """Do it one after the other; one that is refused keeps none of the others back.

    In a dry run everything but the write is done: `RELEASED` is what it would be by then.

    Raises:
        ProblemError: The store cannot be listed: nothing was written.
    """
    listed = (await writer.listing()).ownerships
    results = []

    for held in plan.held:
        state, detail = ReleaseState.RELEASED, ""

        try:
            await _release(plan, held, listed, writer, dry_run=dry_run)
        except ChangedError as error:
            state, detail = ReleaseState.CHANGED, str(error)
        except HeldError:
            state = ReleaseState.HELD
        except UnreadableError as error:
            state, detail = ReleaseState.FAILED, safe(str(error))
        except ProblemError as error:
            state, detail = ReleaseState.FAILED, error.problem.summary

        results.append(ReleaseResult(held.partition, held.owner, state, detail))

    return tuple(results)


async def _release(
    plan: ReleasePlan,
    held: HeldPartition,
    listed: tuple[Ownership, ...],
    writer: StoreWriter,
    *,
    dry_run: bool,
) -> None:
    """One of them.

    Raises:
        ChangedError: It is not what the plan saw.
        HeldError: A host holds its blob lease.
        UnreadableError: What is in it cannot be changed, or was not changed as it was meant.
        ProblemError: It could not be read or written.
    """
    record = next((each for each in listed if _is_meant(each, plan, held)), None)

    if record is None:
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


def _is_meant(record: Ownership, plan: ReleasePlan, held: HeldPartition) -> bool:
    return (
        record.blob.name == held.blob
        and record.partition == held.partition
        and record.group.lower() == plan.group.lower()
    )


def _still_names(stored: StoredBlob, owner: str) -> bool:
    """Whether an owner's id stands anywhere in what was read back."""
    values = [*stored.item.metadata.values(), (stored.body or b"").decode(errors="replace")]

    return any(owner in value for value in values)
