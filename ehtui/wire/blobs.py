"""What a blob account gives: plain values, and the seam that sources and tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class BlobItem(NamedTuple):
    """One blob of a listing."""

    name: str
    etag: str  # without quotes
    last_modified: float | None  # server time, 1 s resolution
    lease_state: str | None  # "leased", "available", "expired", "broken", "breaking"
    metadata: Mapping[str, str]  # keys as stored; an empty value is ""
    size: int | None = None


class BlobPage(NamedTuple):
    """One reply to List Blobs: at most 5,000 entries, in order of name."""

    blobs: list[BlobItem]
    folders: list[str]  # with a delimiter: common beginnings that end with it
    marker: str  # where the next page begins; "" at the end
    server_time: float | None  # the reply's Date header
    read_at: float  # local time when that header arrived


class BlobBody(NamedTuple):
    """A blob's content at one ETag."""

    content: bytes
    etag: str


class BlobAccount(Protocol):
    """Blob storage as a monitor needs it. Every failure is a `ProblemError`."""

    async def list_page(
        self,
        container: str,
        *,
        prefix: str = "",
        marker: str = "",
        delimiter: str = "",
        metadata: bool = True,
    ) -> BlobPage:
        """One page of a container."""

    async def list_containers(self) -> list[str]:
        """Names of all containers of the account."""

    async def get_blob(self, container: str, name: str) -> BlobBody | None:
        """A blob's content; None where it has gone."""

    async def set_metadata(
        self, container: str, name: str, metadata: Mapping[str, str], *, if_match: str | None = None
    ) -> str:
        """Replace a blob's metadata, only at that ETag where one is given; the new ETag."""

    async def upload(
        self,
        container: str,
        name: str,
        body: bytes,
        metadata: Mapping[str, str],
        *,
        if_match: str | None = None,
        if_absent: bool = False,
    ) -> str:
        """Write a whole blob, on a condition where one is given; the new ETag."""

    async def close(self) -> None:
        """Let go of connections; never raises."""
