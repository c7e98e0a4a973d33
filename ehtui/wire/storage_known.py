"""The fast path of List Blobs: what stands in a reply as it stood in the last one is not parsed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ehtui.wire.storage_xml import (
    ListingParser,
    MalformedListingError,
    check_content,
    parse_listing,
)

if TYPE_CHECKING:
    from ehtui.wire.blobs import BlobItem

BEGINNING, SEAM = b"<Blob><Name", b"</Blob><Blob>"  # no service writes space between
FEW = 3
PIECES_A_SLICE = 1_000  # about 1 ms of hashing, then other tasks and threads have their turn


class KnownBlobs:
    """The blobs of one listing, by their own bytes, until the next listing of the same prefix.

    What is new is parsed within the reply's own first and last blob, as a shorter document. Where
    that does not give just the blobs asked for, the whole reply is parsed, as by `parse_listing`.
    """

    def __init__(self) -> None:
        self._last: dict[bytes, BlobItem] = {}
        self._now: dict[bytes, BlobItem] = {}

    def begin(self) -> None:
        """A listing begins: what is left of one that was given up is forgotten."""
        self._now = {}

    async def parse(self, content: bytes) -> ListingParser:
        """Parse the next page; the one without a marker is the listing's last.

        Raises:
            MalformedListingError: It is not a List Blobs document.
        """
        check_content(content)
        pieces = content.split(SEAM)
        await asyncio.sleep(0)
        parsed = await self._patched(pieces) if _is_plain(content, pieces) else None

        if parsed is None:
            parsed = await parse_listing(content)

        if not parsed.marker:
            self._last, self._now = self._now, {}

        return parsed

    async def _patched(self, pieces: list[bytes]) -> ListingParser | None:
        """The page with what is known filled in; None where it cannot be told apart."""
        head, *between, tail = pieces
        new: list[bytes] = []

        for start in range(0, len(between), PIECES_A_SLICE):
            some = between[start : start + PIECES_A_SLICE]
            new += [piece for piece in some if piece not in self._last]
            await asyncio.sleep(0)

        try:
            parsed = await parse_listing(SEAM.join((head, *new, tail)))
        except MalformedListingError:
            return None

        if len(parsed.blobs) != len(new) + 2:
            return None

        first, *made, last = parsed.blobs
        fresh = dict(zip(new, made, strict=True))
        found = [self._last.get(piece) or fresh[piece] for piece in between]
        parsed.blobs = [first, *found, last]
        self._now.update(zip(between, found, strict=True))

        return parsed


def _is_plain(content: bytes, pieces: list[bytes]) -> bool:
    """Whether each piece is a blob at least, with nothing that could hide a seam."""
    head, *others = pieces

    return (
        len(pieces) >= FEW
        and BEGINNING in head
        and all(piece.startswith(b"<Name") for piece in others)
        and b"<!" not in content
    )
