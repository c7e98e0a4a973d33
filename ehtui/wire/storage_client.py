"""Blob storage over HTTP: azure-core's pipeline carries, retries and authorises; the XML is ours.

Only `ehtui.wire.storage` loads this, on the monitor's loop: it imports Azure.
"""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from azure.core import AsyncPipelineClient
from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    HeadersPolicy,
    RequestIdPolicy,
    UserAgentPolicy,
)
from azure.core.rest import AsyncHttpResponse, HttpRequest

from ehtui.domain.problems import ProblemError
from ehtui.wire.storage import BlobBody, BlobPage
from ehtui.wire.storage_errors import (
    Refused,
    malformed_reply,
    problem_of_exception,
    problem_of_reply,
    retry_after_s,
)
from ehtui.wire.storage_listing import (
    KnownBlobs,
    MalformedListingError,
    epoch_of,
    error_code,
    parse_containers,
    parse_listing,
)
from ehtui.wire.storage_transport import (
    BODY_BYTES,
    MOST_CONTAINERS,
    BoundedTransport,
    KeySigner,
    Listings,
    Retry,
    TooMuchError,
    goes_by_proxy,
    replies_of_at_most,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from azure.core.credentials_async import AsyncTokenCredential

    from ehtui.wire.storage import StorageAddress

API_VERSION = "2021-12-02"  # the first ones that can list any blob name; old emulators know it
SCOPE = "https://storage.azure.com/.default"
CONNECT_TIMEOUT_S = 8.0  # TCP and TLS
READ_TIMEOUT_S = 8.0  # of silence, before a reply or within it
BLOCK_BYTES = 64 * 1024
SKEW_THAT_MATTERS_S = 300.0
PAGE_SIZE = "5000"


class HttpBlobAccount:
    """A `BlobAccount` at an address. Connections are kept between calls."""

    def __init__(
        self,
        address: StorageAddress,
        *,
        clock: Callable[[], float] = time.time,
        credential: AsyncTokenCredential | None = None,
        ca_file: str | None = None,
    ) -> None:
        self._address = address
        self._clock = clock
        self._signer = KeySigner(address.account, address.key) if address.key else None
        self._skew_s = 0.0  # server minus local
        self._known: defaultdict[tuple[str, str], KnownBlobs] = defaultdict(KnownBlobs)
        self._listings = Listings()
        self._credential = credential
        self._owns_credential = False

        if not (address.key or address.sas or credential):
            # Only Entra ID needs it, and it is slow to load.
            from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415

            self._credential = DefaultAzureCredential()
            self._owns_credential = True

        transport = BoundedTransport(
            connection_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            connection_data_block_size=BLOCK_BYTES,
            connection_verify=ca_file or True,
            # Else every request also asks a thread for ~/.netrc.
            use_env_settings=goes_by_proxy(address.endpoint),
        )
        self._client: AsyncPipelineClient[HttpRequest, AsyncHttpResponse] = AsyncPipelineClient(
            address.endpoint, policies=self._policies(), transport=transport
        )

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
        query = {"restype": "container", "comp": "list", "maxresults": PAGE_SIZE}
        query |= {"include": "metadata"} if metadata else {}
        optional = {"prefix": prefix, "marker": marker, "delimiter": delimiter}
        query |= {name: value for name, value in optional.items() if value}
        listing = (container, prefix, delimiter)
        known = self._known[container, prefix] if metadata and not delimiter else None

        if known and not marker:
            known.begin()

        with self._explained(container):
            self._listings.begin(listing, marker)
            response = await self._send("GET", container, query=query)
            read_at = self._clock()
            content = response.content
            parsed = await (known.parse(content) if known else parse_listing(content))
            # What is listed without metadata is not kept.
            self._listings.took(listing, len(content) if known else 0, parsed.marker)

        server_time = _server_time(response)
        return BlobPage(parsed.blobs, parsed.folders, parsed.marker, server_time, read_at)

    async def list_containers(self) -> list[str]:
        """See `BlobAccount`."""
        names: list[str] = []
        marker = ""

        while True:
            query = {"comp": "list"} | ({"marker": marker} if marker else {})

            with self._explained(None):
                self._listings.begin((), marker)
                response = await self._send("GET", None, query=query)
                page, marker = parse_containers(response.content)
                names += page
                self._listings.took((), len(response.content), marker)

                if len(names) > MOST_CONTAINERS:
                    raise TooMuchError(f"it has more than {MOST_CONTAINERS} containers")

            if not marker:
                return names

    @contextlib.contextmanager
    def _explained(self, container: str | None) -> Iterator[None]:
        """Turn what cannot be understood, or is too much, into a problem of the account."""
        try:
            yield
        except (MalformedListingError, TooMuchError) as error:
            raise ProblemError(malformed_reply(self._address, container, str(error))) from None

    async def get_blob(self, container: str, name: str) -> BlobBody | None:
        """See `BlobAccount`."""
        with replies_of_at_most(BODY_BYTES):
            response = await self._send("GET", container, name, absent={"BlobNotFound"})

        is_there = response.status_code == HTTPStatus.OK
        return BlobBody(response.content, _etag(response)) if is_there else None

    async def set_metadata(
        self, container: str, name: str, metadata: Mapping[str, str], *, if_match: str | None = None
    ) -> str:
        """See `BlobAccount`."""
        headers = _metadata_headers(metadata) | _condition(if_match)
        query = {"comp": "metadata"}
        return _etag(await self._send("PUT", container, name, query=query, headers=headers))

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
        headers = _metadata_headers(metadata) | _condition(if_match, if_absent=if_absent)
        headers |= {"x-ms-blob-type": "BlockBlob", "Content-Type": "application/octet-stream"}
        return _etag(await self._send("PUT", container, name, headers=headers, body=body))

    async def close(self) -> None:
        """See `BlobAccount`."""
        with contextlib.suppress(Exception):
            await self._client.close()

        if self._owns_credential and self._credential is not None:
            with contextlib.suppress(Exception):
                await self._credential.close()

    def _policies(self) -> list[object]:
        # A busy or failing service is the poller's business: it backs off and says so.
        retry = Retry(
            retry_total=2, retry_connect=1, retry_read=1, retry_status=0, retry_backoff_factor=0.2
        )
        token = self._credential and AsyncBearerTokenCredentialPolicy(self._credential, SCOPE)
        return [
            RequestIdPolicy(),
            HeadersPolicy({"x-ms-version": API_VERSION}),
            UserAgentPolicy(sdk_moniker="ehtui"),
            retry,
            *([token] if token else []),
        ]

    async def _send(
        self,
        method: str,
        container: str | None,
        name: str | None = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        absent: set[str] | None = None,
    ) -> AsyncHttpResponse:
        """One request; a reply that is neither a success nor in `absent` is a ProblemError."""

        async def exchange() -> AsyncHttpResponse:
            url = self._url(container, name, query or {}, write=method == "PUT")
            request = HttpRequest(method, url, headers=dict(headers or {}), content=body)

            try:
                with self._explained(container):
                    return await self._client.send_request(request)
            except AzureError as error:
                raise ProblemError(problem_of_exception(self._address, error)) from None

        response = await exchange()

        # A host whose clock is far off signs what the service takes for expired: sign again.
        if self._learn_skew(response) and response.status_code == HTTPStatus.FORBIDDEN:
            response = await exchange()

        if response.status_code < HTTPStatus.MULTIPLE_CHOICES:
            return response

        code = response.headers.get("x-ms-error-code") or error_code(response.content)

        if absent and code in absent:
            return response

        raise ProblemError(problem_of_reply(self._address, container, _refused(response, code)))

    def _url(
        self, container: str | None, name: str | None, query: Mapping[str, str], *, write: bool
    ) -> str:
        path = "".join(f"/{quote(part, safe='/')}" for part in (container, name) if part)
        signature = self._address.sas

        if self._signer is not None:
            now = self._clock() + self._skew_s
            signature = self._signer.sas(container, server_now=now, write=write)

        given = [urlencode(query)] + ([signature.reveal()] if signature else [])
        return f"{self._address.endpoint}{path or '/'}?{'&'.join(filter(None, given))}"

    def _learn_skew(self, response: AsyncHttpResponse) -> bool:
        """Whether the local clock turns out to be so wrong that a SAS of ours is worth remaking."""
        server_time = _server_time(response)

        if server_time is None:
            return False

        before, self._skew_s = self._skew_s, server_time - self._clock()
        return self._signer is not None and abs(self._skew_s - before) > SKEW_THAT_MATTERS_S


def _server_time(response: AsyncHttpResponse) -> float | None:
    return epoch_of(response.headers.get("Date") or "")


def _refused(response: AsyncHttpResponse, code: str) -> Refused:
    server_time = _server_time(response)
    wait_s = retry_after_s(response.headers.get("Retry-After"), server_time)
    return Refused(response.status_code, code, wait_s, server_time)


def _etag(response: AsyncHttpResponse) -> str:
    return (response.headers.get("ETag") or "").strip('"')


def _metadata_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    return {f"x-ms-meta-{key}": value for key, value in metadata.items()}


def _condition(if_match: str | None, *, if_absent: bool = False) -> dict[str, str]:
    if if_match is not None:
        return {"If-Match": f'"{if_match}"'}

    return {"If-None-Match": "*"} if if_absent else {}
