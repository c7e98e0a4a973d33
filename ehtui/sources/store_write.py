"""Carrying out a `Write`: the one way that ehtui changes a checkpoint store."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ehtui.sources.layouts.base import Write
    from ehtui.wire.blobs import BlobAccount


async def apply_write(account: BlobAccount, write: Write) -> str:
    """Write on its condition; the new ETag.

    Raises:
        ProblemError: CONFLICT where the blob changed meanwhile or somebody holds its lease.
    """
    if write.body is None:
        return await account.set_metadata(
            write.container, write.name, write.metadata, if_match=write.if_match
        )

    return await account.upload(
        write.container,
        write.name,
        write.body,
        write.metadata,
        if_match=write.if_match,
        if_absent=write.if_match is None,
    )
