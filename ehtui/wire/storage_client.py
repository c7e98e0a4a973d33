"""Blob storage over HTTP: httpcore carries, signing and the XML are ours.

Only a source loads this, on the monitor's loop. Azure's libraries are loaded for Entra ID alone.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections import defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode
from uuid import uuid4

from ehtui.domain.problems import ProblemError
from ehtui.wire.storage import BlobBody, BlobPage
from ehtui.wire.storage_errors import (
    Refused,
    malformed_reply,
    problem_of_exception,
    problem_of_reply,
    retry_after_s,
    token_in_the_clear,
)
from ehtui.wire.storage_http import Reply, StorageHttp, TooMuchError
from ehtui.wire.storage_limits import BODY_BYTES, MOST_CONTAINERS, Listings
from ehtui.wire.storage_listing import (
    KnownBlobs,
    MalformedListingError,
    epoch_of,
    error_code,
    parse_containers,
    parse_listing,
)
from ehtui.wire.storage_signing import EntraTokens, TokenSource, sign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ehtui.wire.storage import StorageAddress

_LOG = logging.getLogger(__name__)
API_VERSION = "2021-12-02"  # the first ones that can list any blob name; old emulators know it
CONNECT_TIMEOUT_S = 8.0  # TCP and TLS
READ_TIMEOUT_S = 8.0  # of silence, before a reply or within it
SKEW_THAT_MATTERS_S = 300.0
PAGE_SIZE = "5000"


class HttpBlobAccount:
    """A `BlobAccount` at an address. Connections are kept between calls."""

    def __init__(
        self,
        address: StorageAddress,
        *,
        clock: Callable[[], float] = time.time,
        credential: TokenSource | None = None,
        ca_file: str | None = None,
    ) -> None:
        self._address = address
        self._clock = clock
        self._skew_s = 0.0  # server minus local
        self._known: defaultdict[tuple[str, str], KnownBlobs] = defaultdict(KnownBlobs)
        self._listings = Listings()
        needs_token = credential is not None or not (address.key or address.sas)
        self._tokens = EntraTokens(credential, address.proxy) if needs_token else None
        self._http = StorageHttp(
            address.endpoint,
            ca_files=(ca_file,) if ca_file else address.ca_file,
            proxy=address.proxy,
            connect_s=CONNECT_TIMEOUT_S,
            silence_s=READ_TIMEOUT_S,
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
        """Turn whatever kept us from an answer into a problem of the account."""
        try:
            yield
        except (MalformedListingError, TooMuchError) as error:
            raise ProblemError(malformed_reply(self._address, container, str(error))) from None
        except ProblemError:
            raise
        except Exception as error:
            problem = problem_of_exception(self._address, error)

            if problem is None:
                raise

            raise ProblemError(problem) from None

    async def get_blob(self, container: str, name: str) -> BlobBody | None:
        """See `BlobAccount`."""
        response = await self._send(
            "GET", container, name, absent={"BlobNotFound"}, most_bytes=BODY_BYTES
        )
        is_there = response.status == HTTPStatus.OK
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

    async def delete(self, container: str, name: str, *, if_match: str) -> None:
        """See `BlobAccount`."""
        await self._send("DELETE", container, name, headers=_condition(if_match))

    async def close(self) -> None:
        """See `BlobAccount`."""
        with contextlib.suppress(Exception):
            await self._http.close()

        if self._tokens is not None:
            with contextlib.suppress(Exception):
                await self._tokens.close()

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
        most_bytes: int | None = None,
    ) -> Reply:
        """One request; a reply that is neither a success nor in `absent` is a ProblemError."""
        url = self._url(container, name, query or {})
        # Without the signature that a URL may have.
        asked_for = "/".join(filter(None, (container, name))) or "the account"
        general = {"x-ms-version": API_VERSION, "User-Agent": "ehtui", **(headers or {})}

        if method == "PUT":
            general["Content-Length"] = str(len(body or b""))

        async def exchange() -> Reply:
            asked = general | {"x-ms-client-request-id": str(uuid4())}

            began = time.monotonic()

            with self._explained(container):
                authorised = await self._authorised(method, url, asked)
                reply = await self._http.ask(method, url, authorised, body, most_bytes=most_bytes)

            took_s = time.monotonic() - began
            _LOG.debug("%s %s: %d in %.3f s", method, asked_for, reply.status, took_s)
            return reply

        response = await exchange()

        # A host whose clock is far off signs what the service takes for expired: sign again.
        if self._learn_skew(response) and response.status == HTTPStatus.FORBIDDEN:
            response = await exchange()

        if response.status < HTTPStatus.MULTIPLE_CHOICES:
            return response

        code = response.headers.get("x-ms-error-code") or error_code(response.content)

        if absent and code in absent:
            return response

        raise ProblemError(problem_of_reply(self._address, container, _refused(response, code)))

    def _url(self, container: str | None, name: str | None, query: Mapping[str, str]) -> str:
        path = "".join(f"/{quote(part, safe='/')}" for part in (container, name) if part)
        signature = self._address.sas
        given = [urlencode(query)] + ([signature.reveal()] if signature else [])
        asked = "&".join(filter(None, given))

        return f"{self._address.endpoint}{path or '/'}" + (f"?{asked}" if asked else "")

    async def _authorised(
        self, method: str, url: str, headers: Mapping[str, str]
    ) -> Mapping[str, str]:
        key = self._address.key

        if key is not None:
            now = self._clock() + self._skew_s
            return sign(self._address.account, key, method, url, headers, now)

        if self._tokens is None:
            return headers

        if not url.startswith("https:"):
            raise ProblemError(token_in_the_clear(self._address))

        return {**headers, "Authorization": await self._tokens.header(self._clock())}

    def _learn_skew(self, response: Reply) -> bool:
        """Whether the local clock turns out to be so wrong that signing anew is worth it."""
        server_time = _server_time(response)

        if server_time is None:
            return False

        before, self._skew_s = self._skew_s, server_time - self._clock()
        return self._address.key is not None and abs(self._skew_s - before) > SKEW_THAT_MATTERS_S


def _server_time(response: Reply) -> float | None:
    return epoch_of(response.headers.get("date") or "")


def _refused(response: Reply, code: str) -> Refused:
    server_time = _server_time(response)
    wait_s = retry_after_s(response.headers.get("retry-after"), server_time)
    return Refused(response.status, code, wait_s, server_time)


def _etag(response: Reply) -> str:
    return (response.headers.get("etag") or "").strip('"')


def _metadata_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    return {f"x-ms-meta-{key}": value for key, value in metadata.items()}


def _condition(if_match: str | None, *, if_absent: bool = False) -> dict[str, str]:
    if if_match is not None:
        return {"If-Match": f'"{if_match}"'}

    return {"If-None-Match": "*"} if if_absent else {}
