"""Writes single records of a checkpoint store: on a condition, read back, told apart from races."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.sources.layouts.base import StoredBlob
from ehtui.sources.layouts.lease_json import MOST_BYTES
from ehtui.sources.store import StoreSource, apply_write

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from ehtui.domain.world.store import StoreListing
    from ehtui.sources.layouts.base import Write
    from ehtui.wire.storage import BlobAccount

CLOSE_S = 0.8
_HELD = frozenset({"leased", "breaking"})
_WRITER = (
    "Grant the identity the role 'Storage Blob Data Contributor' on the container, or use a SAS "
    "that may write (sp=rlcwd)."
)


class ChangedError(Exception):
    """The blob is not what it was when it was looked at: nothing was written."""

    def __init__(self, found: StoredBlob | None) -> None:
        super().__init__("it was changed meanwhile" if found else "it is gone")
        self.found = found


class OvertakenError(Exception):
    """It was written, and by the time it was read back somebody else had written over it."""

    def __init__(self, etag: str | None, found: StoredBlob | None) -> None:
        super().__init__("it was written over at once" if found else "it was deleted at once")
        self.etag = etag  # of the write that was done
        self.found = found


class HeldError(Exception):
    """A host holds the blob's lease: the service lets nobody else write it."""


def is_held(blob: StoredBlob) -> bool:
    """Whether a blob's lease keeps everybody else from writing it."""
    return blob.item.lease_state in _HELD


class RecordWriter:
    """A `StoreWriter` of one store; opens its own connection at the first use."""

    def __init__(self, source: StoreSource) -> None:
        self._source = source
        self._opening = asyncio.Lock()

    async def listing(self) -> StoreListing:
        """Everything of this hub, as it is now."""
        async with self._opening:
            return (await self._source.read()).listing

    async def read(self, container: str, name: str) -> StoredBlob | None:
        """One blob with its body; None: there is none.

        Raises:
            ProblemError: It cannot be read.
        """
        account = await self._account()
        page = await account.list_page(container, prefix=name)
        item = next((each for each in page.blobs if each.name == name), None)

        if item is None:
            return None

        if not item.size or item.size > MOST_BYTES:
            return StoredBlob(container, item, b"" if item.size == 0 else None)

        body = await account.get_blob(container, name)

        if body is None or body.etag != item.etag:  # written between the two
            return await self.read(container, name)

        return StoredBlob(container, item, body.content)

    async def write(self, write: Write) -> StoredBlob:
        """Write, and read back.

        Raises:
            ChangedError: The condition does not hold: nothing was written.
            OvertakenError: It was written, and does not stand there any more.
            HeldError: A host holds its lease.
            ProblemError: It could not be written, or what stands there afterwards is not known.
        """
        account = await self._account()
        attempt = apply_write(account, write)
        etag = await self._tried(attempt, write.container, write, write.if_match)
        stored = await self.read(write.container, write.name)

        # Metadata of another ETag is somebody else's, who was as quick as that.
        if stored is None or stored.item.etag != etag:
            raise OvertakenError(etag, stored)

        return stored

    async def remove(self, container: str, name: str, if_match: str) -> None:
        """Delete a blob that still has that ETag.

        Raises:
            ChangedError: It has another one.
            HeldError: A host holds its lease.
            ProblemError: It could not be deleted.
        """
        account = await self._account()
        attempt = account.delete(container, name, if_match=if_match)
        await self._tried(attempt, container, name, if_match)

    async def close(self) -> None:
        """Let go of connections; never raises."""
        with suppress(Exception):
            await asyncio.wait_for(self._source.close(), CLOSE_S)

    async def _account(self) -> BlobAccount:
        async with self._opening:
            return await self._source.connected()

    async def _tried(
        self,
        attempt: Coroutine[object, object, str | None],
        container: str,
        meant: Write | str,
        if_match: str | None,
    ) -> str | None:
        """The new ETag; None of what is deleted."""
        name = meant if isinstance(meant, str) else meant.name

        try:
            return await attempt
        except ProblemError as error:
            if error.problem.kind is ProblemKind.FORBIDDEN:
                raise ProblemError(_may_not_write(error.problem)) from None

            if error.problem.kind not in {ProblemKind.CONFLICT, ProblemKind.NOT_FOUND}:
                raise

            refused = error

        found = await self.read(container, name)

        # The reply to the first of two tries was lost.
        if stands(found, meant):
            return found.item.etag if found is not None else None

        if found is not None and is_held(found):
            raise HeldError

        # The condition holds: something else forbids it, as a policy or a snapshot does.
        if (found.item.etag if found is not None else None) == if_match:
            raise refused

        raise ChangedError(found)


def stands(found: StoredBlob | None, meant: Write | str) -> bool:
    """Whether a blob is as somebody meant it to be: as written, or gone."""
    if found is None or isinstance(meant, str):
        return found is None and isinstance(meant, str)

    has = {key.lower(): value for key, value in found.item.metadata.items()}
    wanted = {key.lower(): value for key, value in meant.metadata.items()}

    return has == wanted and (meant.body is None or meant.body == found.body)


def _may_not_write(problem: Problem) -> Problem:
    summary = problem.summary.replace("list or read", "write")

    return replace(problem, summary=summary, advice=_WRITER)
