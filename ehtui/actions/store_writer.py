"""What an executor writes a checkpoint store with, and what is raised instead of a write."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from ehtui.domain.actions.checkpoint_plan import Standing
from ehtui.domain.world.store import Layout
from ehtui.sources.layouts import FORMATS

if TYPE_CHECKING:
    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.domain.world.store import StoreListing
    from ehtui.sources.layouts.base import StoredBlob, Write


LET_FINISH_S = 3.0  # for writes that are under way when somebody cancels
UNKNOWN_END = "interrupted: whether it was written is not known"


class WritesStoppedError(asyncio.CancelledError):
    """Somebody cancelled it; what was written by then stays."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.error or "Interrupted halfway.")
        self.outcome = outcome


async def let_finish(work: asyncio.Future[None]) -> bool:
    """Whether what is under way came to its end, now that somebody cancels; else it is ended."""
    with suppress(asyncio.CancelledError):
        await asyncio.wait({work}, timeout=LET_FINISH_S)

    work.cancel()

    return work.done() and not work.cancelled() and work.exception() is None


class StoreWriter(Protocol):
    """Writes single blobs, always on a condition, and reads them back.

    Every call may raise `ProblemError`; those that write also `sources.store_writer`'s
    `ChangedError` (the condition does not hold), `HeldError` (a host holds the blob's lease) and
    `OvertakenError` (it was written, and somebody else wrote over it at once).
    """

    async def listing(self) -> StoreListing:
        """Everything of this hub, as it is now."""

    async def read(self, container: str, name: str) -> StoredBlob | None:
        """One blob as it is now, with metadata, ETag, lease state and body; None: there is none."""

    async def write(self, write: Write) -> StoredBlob:
        """Write, and read back what stands there then."""

    async def remove(self, container: str, name: str, if_match: str) -> None:
        """Delete a blob that still has that ETag."""

    async def close(self) -> None:
        """Let go of connections; never raises, ends within a second."""


def standing_in(blob: StoredBlob, layout: Layout) -> Standing | None:
    """Where the checkpoint in a blob stands; None where there is none.

    Raises:
        UnreadableError: What is there is broken.
    """
    sequence, offset = FORMATS[layout].stands_at(blob)

    # A host that has a lease and no checkpoint yet leaves a meaningless 0 as the number.
    if offset is None and (sequence is None or layout is not Layout.MODERN):
        return None

    return Standing(sequence, offset)
