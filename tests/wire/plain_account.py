"""The plain way of `storage_client`: the same account through azure-storage-blob's own clients.

Slower (facts.md §7), but nothing in it is ours: tests hold both to the same answers.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.storage.blob.aio import BlobPrefix, BlobServiceClient

from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.world.hub import known_moment
from ehtui.wire.storage import BlobBody, BlobItem, BlobPage
from ehtui.wire.storage_client import CONNECT_TIMEOUT_S, READ_TIMEOUT_S
from ehtui.wire.storage_errors import (
    Refused,
    malformed_reply,
    problem_of_reply,
)
from ehtui.wire.storage_limits import MOST_CONTAINERS, Listings
from ehtui.wire.storage_listing import epoch_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from azure.core.credentials_async import AsyncTokenCredential

    from ehtui.wire.storage import StorageAddress


class PlainBlobAccount:
    """A `BlobAccount` that leaves everything to the SDK."""

    def __init__(
        self,
        address: StorageAddress,
        *,
        clock: Callable[[], float] = time.time,
        credential: AsyncTokenCredential | None = None,
    ) -> None:
        self._address = address
        self._clock = clock
        secret = address.key or address.sas
        self._service = BlobServiceClient(
            address.endpoint,
            credential=secret.reveal() if secret else credential,
            retry_total=0,  # its first pause is 15 s: the poller is quicker
            connection_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
        )
        self._listings = Listings()

    async def list_page(
        self,
        container: str,
        *,
        prefix: str = "",
        marker: str = "",
        delimiter: str = "",
        metadata: bool = True,
    ) -> BlobPage:
        """See `BlobAccount`."""
        client = self._service.get_container_client(container)
        dates: list[tuple[str, float]] = []
        options: dict[str, Any] = {
            "name_starts_with": prefix or None,
            "include": ["metadata"] if metadata else None,
            "results_per_page": 5000,
            "raw_response_hook": lambda reply: dates.append(
                (reply.http_response.headers.get("Date", ""), self._clock())
            ),
        }
        found = (
            client.walk_blobs(delimiter=delimiter, **options)
            if delimiter
            else client.list_blobs(**options)
        )
        pages = found.by_page(continuation_token=marker or None)
        page = BlobPage([], [], "", None, self._clock())

        async with self._explained(container):
            self._listings.begin((container, prefix, delimiter), marker)

            async for entry in await anext(pages):
                if isinstance(entry, BlobPrefix):
                    page.folders.append(entry.name)
                else:
                    page.blobs.append(_item(entry))

            page = page._replace(marker=getattr(pages, "continuation_token", None) or "")
            self._listings.took((container, prefix, delimiter), 0, page.marker)

        if dates:
            page = page._replace(server_time=epoch_of(dates[-1][0]), read_at=dates[-1][1])

        return page

    async def list_containers(self) -> list[str]:
        """See `BlobAccount`."""
        async with self._explained(None):
            names: list[str] = []

            async for container in self._service.list_containers():
                names.append(container.name)

                if len(names) > MOST_CONTAINERS:
                    raise ValueError(f"it has more than {MOST_CONTAINERS} containers")

            return names

    async def get_blob(self, container: str, name: str) -> BlobBody | None:
        """See `BlobAccount`."""
        body: BlobBody | None = None

        async with self._explained(container):
            try:
                client = self._service.get_blob_client(container, name)
                download = await client.download_blob()
                body = BlobBody(await download.readall(), _bare(download.properties.etag))
            except ResourceNotFoundError as error:
                if _code(error) != "BlobNotFound":
                    raise

        return body

    async def set_metadata(
        self, container: str, name: str, metadata: Mapping[str, str], *, if_match: str | None = None
    ) -> str:
        """See `BlobAccount`."""
        client = self._service.get_blob_client(container, name)

        async with self._explained(container):
            reply = await client.set_blob_metadata(dict(metadata), **_condition(if_match))

        return _bare(str(reply["etag"]))

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
        """See `BlobAccount`."""
        client = self._service.get_blob_client(container, name)

        async with self._explained(container):
            reply = await client.upload_blob(
                body, metadata=dict(metadata), overwrite=not if_absent, **_condition(if_match)
            )

        return _bare(str(reply["etag"]))

    async def delete(self, container: str, name: str, *, if_match: str) -> None:
        """See `BlobAccount`."""
        client = self._service.get_blob_client(container, name)

        async with self._explained(container):
            await client.delete_blob(**_condition(if_match))

    async def close(self) -> None:
        """See `BlobAccount`."""
        with contextlib.suppress(Exception):
            await self._service.close()

    @contextlib.asynccontextmanager
    async def _explained(self, container: str | None) -> AsyncIterator[None]:
        """Turn the SDK's errors into sentences."""
        try:
            yield
        except HttpResponseError as error:
            refused = Refused(error.status_code or 0, _code(error))
            raise ProblemError(problem_of_reply(self._address, container, refused)) from None
        except AzureError as error:
            unreachable = Problem(ProblemKind.UNREACHABLE, str(error), "")
            raise ProblemError(unreachable) from None
        except ValueError as error:  # a reply that is too much, or that the SDK does not understand
            raise ProblemError(malformed_reply(self._address, container, str(error))) from None


def _item(entry: Any) -> BlobItem:
    return BlobItem(
        name=entry.name,
        etag=_bare(entry.etag),
        last_modified=known_moment(entry.last_modified.timestamp())
        if entry.last_modified
        else None,
        lease_state=entry.lease.state,
        # A released owner is None here and "" on the wire.
        metadata={key: value or "" for key, value in (entry.metadata or {}).items()},
        size=entry.size,
    )


def _code(error: HttpResponseError) -> str:
    """The storage error code; the SDK adds the attribute as it parses the reply."""
    return str(getattr(error, "error_code", None) or "")


def _bare(etag: str | None) -> str:
    return (etag or "").strip('"')


def _condition(if_match: str | None) -> dict[str, Any]:
    if if_match is None:
        return {}

    return {"etag": f'"{if_match}"', "match_condition": MatchConditions.IfNotModified}
