"""Writes a plan for checkpoints: backup first, every blob on its ETag, read back, then watched."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.actions.checkpoint_backups import (
    BackupFile,
    KeptBlob,
    default_backup_folder,
    read_backup,
)
from ehtui.actions.store_writer import (
    UNKNOWN_END,
    StoreWriter,
    WritesStoppedError,
    let_finish,
    standing_in,
)
from ehtui.domain.actions.checkpoint_plan import (
    Change,
    ChangeResult,
    ChangeState,
    CheckpointPlan,
    Standing,
    Undo,
    WriteKind,
)
from ehtui.domain.actions.checkpoints import refusal_of
from ehtui.domain.actions.outcomes import Outcome, OutcomeState, Refusal, RefusalReason
from ehtui.domain.problems import ProblemError
from ehtui.domain.text import safe
from ehtui.sources.layouts import FORMATS
from ehtui.sources.layouts.base import StoredBlob, UnreadableError, Write
from ehtui.sources.layouts.modern import new_checkpoint
from ehtui.sources.store_writer import ChangedError, HeldError, OvertakenError, is_held

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.sources.layouts.base import Format

AT_ONCE = 8
LOOK_EVERY_S = 1.0
_DONE = frozenset({ChangeState.WRITTEN, ChangeState.REMOVED, ChangeState.UNWRITTEN})
_FAILED = frozenset({ChangeState.FAILED, ChangeState.NOT_TRIED})


@dataclass
class CheckpointHand:
    """What an executor moves checkpoints with."""

    store: StoreWriter
    clock: Callable[[], float]
    folder: Path = field(default_factory=default_backup_folder)

    async def carry_out(self, plan: CheckpointPlan) -> Outcome:
        """Write what the plan says; what it does not write it says why.

        Raises:
            WritesStoppedError: Cancelled on the way; it tells what was written by then.
        """
        refusal = refusal_of(plan)

        if refusal is not None:
            return Outcome(plan, OutcomeState.REFUSED, self.clock(), refusal)

        try:
            kept_before = await asyncio.to_thread(kept_by, plan)
        except (OSError, ValueError) as error:
            refusal = Refusal(RefusalReason.NO_BACKUP, "", safe(str(error)))
            return Outcome(plan, OutcomeState.REFUSED, self.clock(), refusal)

        run = _Run(plan, self.store, kept_before)

        try:
            await run.look()
        except asyncio.CancelledError:
            raise self._stopped(run, None) from None

        if not run.to_write:
            return self._ended(run, None)

        at = self.clock()

        try:
            backup = await asyncio.to_thread(BackupFile.begin, self.folder, plan, run.to_write, at)
        except OSError as error:
            told = safe(error.strerror or str(error))
            refusal = Refusal(RefusalReason.NOT_BACKED_UP, str(self.folder), told)
            return Outcome(plan, OutcomeState.REFUSED, self.clock(), refusal)

        try:
            await run.write(backup)
        except asyncio.CancelledError:
            raise self._stopped(run, backup.path) from None
        finally:
            backup.close()

        with suppress(asyncio.CancelledError):  # who waits no more: all is written by then
            await run.watch()

        return self._ended(run, backup.path)

    def _stopped(self, run: _Run, backup: Path | None) -> WritesStoppedError:
        undo = f" To undo: ehtui checkpoint undo {backup}" if backup is not None else ""
        told = f"Interrupted halfway.{undo}"

        return WritesStoppedError(
            replace(self._ended(run, backup), state=OutcomeState.STOPPED, error=told)
        )

    def _ended(self, run: _Run, backup: Path | None) -> Outcome:
        results = run.in_order()
        states = {result.state for result in results}
        state = OutcomeState.DONE

        if states & _FAILED:
            state = OutcomeState.FAILED
        elif states - _DONE:
            state = OutcomeState.REFUSED

        return Outcome(
            run.plan,
            state,
            self.clock(),
            changes=results,
            backup=str(backup) if backup is not None else None,
            watched_s=run.watched_s,
        )


async def run(
    plan: CheckpointPlan, store: StoreWriter | None, clock: Callable[[], float]
) -> Outcome:
    """Write what the plan says.

    Raises:
        WritesStoppedError: Cancelled on the way; it tells what was written by then.
    """
    if store is None:
        refusal = Refusal(RefusalReason.NO_STORE, plan.group)
        return Outcome(plan, OutcomeState.REFUSED, clock(), refusal)

    return await CheckpointHand(store, clock).carry_out(plan)


async def objections(plan: CheckpointPlan, store: StoreWriter) -> list[ChangeResult]:
    """The changes that would not be made now, and why: what stands there is looked at alone."""
    run = _Run(plan, store, {})
    await run.look()

    return [result for result in run.in_order() if result.change in run.results]


def kept_by(plan: CheckpointPlan) -> dict[tuple[str, str], KeptBlob]:
    """What the backup that is undone kept, by blob.

    Raises:
        OSError, ValueError: As `read_backup`.
    """
    if not isinstance(plan.strategy, Undo):
        return {}

    blobs = read_backup(plan.strategy.backup).blobs

    return {(kept.blob.container, kept.blob.item.name): kept for kept in blobs}


@dataclass
class _Run:
    """One plan while it is done."""

    plan: CheckpointPlan
    store: StoreWriter
    kept: dict[tuple[str, str], KeptBlob]
    to_write: list[tuple[Change, StoredBlob | None]] = field(default_factory=list)
    results: dict[Change, ChangeResult] = field(default_factory=dict)
    watched_s: float | None = None  # so long afterwards all that is written was looked at again
    _begun: set[Change] = field(default_factory=set)
    _is_broken: bool = False  # the store fails, or somebody cancels: nothing more is begun

    def in_order(self) -> tuple[ChangeResult, ...]:
        """Of every change, in the plan's order."""
        return tuple(
            self.results.get(change) or ChangeResult(change, _untold(change))
            for change in self.plan.changes
        )

    async def look(self) -> None:
        """Read each blob once more: what changed since the plan is left out before any write."""
        blobs = await self._read(self.plan.writes)

        for change, blob in zip(self.plan.writes, blobs, strict=True):
            if isinstance(blob, ProblemError):
                self._ends(change, ChangeState.FAILED, blob.problem.summary)
            elif (blob.item.etag if blob is not None else None) != change.etag:
                self._ends(change, ChangeState.CHANGED, found=_standing(change, blob))
            elif blob is not None and is_held(blob):
                self._ends(change, ChangeState.HELD)
            else:
                self.to_write.append((change, blob))

    async def write(self, backup: BackupFile) -> None:
        """Write all, a few at once; after a failure of the store no other is begun.

        Raises:
            asyncio.CancelledError: On the way; nothing is under way any more by then.
        """
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(change: Change, blob: StoredBlob | None) -> None:
            async with gate:
                if not self._is_broken:
                    self._begun.add(change)
                    await self._write(change, blob, backup)

        async def all_of_it() -> None:
            await asyncio.gather(*(one(change, blob) for change, blob in self.to_write))

        work = asyncio.ensure_future(all_of_it())

        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            self._is_broken = True  # what is under way ends first: else nobody would know of it
            await let_finish(work)

            for change in self._begun - self.results.keys():
                self._ends(change, ChangeState.FAILED, UNKNOWN_END)

            raise

    async def _write(self, change: Change, blob: StoredBlob | None, backup: BackupFile) -> None:
        try:
            stored = await self._written(change, blob)
            self._check(change, stored)
            await self._note(change, stored.item.etag if stored is not None else None, backup)
        except OvertakenError as error:
            found = _standing(change, error.found)
            is_as_meant = found is not None and found == change.after
            state = ChangeState.WRITTEN if is_as_meant else ChangeState.OVERWRITTEN
            self._ends(change, state, found=found)
            await self._note(change, error.etag, backup)
        except ChangedError as error:
            self._ends(change, ChangeState.CHANGED, found=_standing(change, error.found))
        except HeldError:
            self._ends(change, ChangeState.HELD)
        except UnreadableError as error:
            self._ends(change, ChangeState.FAILED, str(error))
        except ProblemError as error:
            self._is_broken = True
            self._ends(change, ChangeState.FAILED, error.problem.summary)

    async def _note(self, change: Change, etag: str | None, backup: BackupFile) -> None:
        try:
            await asyncio.to_thread(backup.wrote, change, etag)
        except OSError as error:
            detail = f"not noted in the backup: {error.strerror or error}"
            self.results[change] = replace_detail(self.results[change], detail)

    async def _written(self, change: Change, blob: StoredBlob | None) -> StoredBlob | None:
        if change.kind is WriteKind.REMOVE and blob is not None:
            await self.store.remove(change.container, change.name, blob.item.etag)
            return None

        return await self.store.write(self._write_of(change, blob))

    def _write_of(self, change: Change, blob: StoredBlob | None) -> Write:
        if change.layout is None:
            raise UnreadableError("nobody knows its form")

        form = FORMATS[change.layout]

        if change.kind is WriteKind.RESTORE:
            return self._write_back(change, blob, form)

        after = change.after

        if after is None or after.sequence is None:
            raise UnreadableError("where it is to stand is not known")

        if blob is None:
            return new_checkpoint(change.container, change.name, after.sequence, after.offset)

        return form.write_checkpoint(blob, after.sequence, after.offset)

    def _write_back(self, change: Change, blob: StoredBlob | None, form: Format) -> Write:
        kept = self.kept.get((change.container, change.name))

        if kept is None:
            raise UnreadableError("the backup does not have it any more")

        if blob is None:
            metadata, body = dict(kept.blob.item.metadata), kept.blob.body or b""
            return Write(change.container, change.name, metadata, body, None)

        return form.write_back(blob, kept.blob)

    def _check(self, change: Change, stored: StoredBlob | None) -> None:
        """What was read back is what was meant."""
        if stored is None:
            self._ends(change, ChangeState.REMOVED)
            return

        found = _standing(change, stored)

        if found == change.after:
            self._ends(change, ChangeState.WRITTEN, found=found)
        else:
            self._ends(change, ChangeState.FAILED, "what was read back differs", found)

    async def watch(self) -> None:
        """Whether a live owner writes over it, as it may at its next checkpoint."""
        now = asyncio.get_running_loop().time
        began = now()
        left = self.plan.recheck_s if self.plan.owners else 0.0

        while left > 0 and (written := self._standing_written()):
            await asyncio.sleep(min(LOOK_EVERY_S, left))
            passed = now() - began
            blobs = await self._read(written)

            for change, blob in zip(written, blobs, strict=True):
                if isinstance(blob, ProblemError):
                    return  # what cannot be watched is not told

                found = _standing(change, blob)

                if found != change.after:
                    self._ends(change, ChangeState.OVERWRITTEN, found=found)

            self.watched_s = passed  # when this look began: of many, the last are read later
            left = self.plan.recheck_s - (now() - began)

    async def _read(self, changes: Sequence[Change]) -> list[StoredBlob | ProblemError | None]:
        """Their blobs as they are now, a few at once; the problem where one cannot be read."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(change: Change) -> StoredBlob | ProblemError | None:
            async with gate:
                try:
                    return await self.store.read(change.container, change.name)
                except ProblemError as problem:
                    return problem

        return await asyncio.gather(*map(one, changes))

    def _standing_written(self) -> list[Change]:
        return [c for c, r in self.results.items() if r.state is ChangeState.WRITTEN]

    def _ends(
        self, change: Change, state: ChangeState, detail: str = "", found: Standing | None = None
    ) -> None:
        self.results[change] = ChangeResult(change, state, safe(detail), found)


def replace_detail(result: ChangeResult, detail: str) -> ChangeResult:
    """The same result with a remark."""
    return ChangeResult(result.change, result.state, safe(detail), result.found)


def _untold(change: Change) -> ChangeState:
    return ChangeState.NOT_TRIED if change.is_written else ChangeState.UNWRITTEN


def _standing(change: Change, blob: StoredBlob | None) -> Standing | None:
    if blob is None or change.layout is None:
        return None

    try:
        return standing_in(blob, change.layout)
    except UnreadableError:
        return None
