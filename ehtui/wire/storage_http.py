"""One request to a storage account and its whole reply: pooled, bounded, never unpacked.

Loads httpcore: only with a client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import httpcore

from ehtui.wire.roots import trusted_roots

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Mapping

    from ehtui.config.networks import Proxy

MEGABYTE = 1 << 20
PAGE_BYTES = 32 * MEGABYTE  # a page has 5,000 blobs, each about 1 kB of XML
MOST_CONNECTIONS = 10
IDLE_S = 60.0  # a poller comes back sooner; Azure hangs up later


class TooMuchError(ValueError):
    """A reply, or a listing, beyond what an honest service sends; says what of it."""


class Reply(NamedTuple):
    """What was answered, whatever its status."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    content: bytes


class StorageHttp:
    """HTTP to one endpoint. Connections are kept between requests; redirects are not followed."""

    def __init__(
        self,
        endpoint: str,
        *,
        ca_files: tuple[str, ...],
        connect_s: float,
        silence_s: float,
        proxy: Proxy | None = None,
    ):
        self._silence = {"connect": connect_s, "read": silence_s, "write": silence_s}
        self._is_tls = urlsplit(endpoint).scheme == "https"
        self._ca_files = ca_files
        self._proxy = proxy
        self._pool: httpcore.AsyncConnectionPool | None = None

    async def ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        most_bytes: int | None = None,
    ) -> Reply:
        """The whole reply. What was cut off is tried once more where that can do no harm.

        What was not answered in time is not: that took long already.

        Raises:
            TooMuchError: It is larger than `most_bytes` (None: than any page), or compressed.
            httpcore.TimeoutException: Nothing was heard for too long.
            httpcore.NetworkError: No connection, or it broke twice.
            httpcore.ProtocolError: What answers does not speak HTTP, or hung up early.
        """
        sent = {**headers, "Accept-Encoding": "identity"}
        parts = urlsplit(url)
        # Taken apart here: httpcore would spell the path anew, and the path is signed.
        target = httpcore.URL(
            scheme=parts.scheme,
            host=parts.hostname or "",
            port=parts.port,
            target=f"{parts.path}?{parts.query}" if parts.query else parts.path,
        )
        request = httpcore.Request(
            method,
            target,
            headers=[("Host", parts.netloc), *sent.items()],
            content=body,
            extensions={"timeout": {**self._silence, "pool": self._silence["connect"]}},
        )

        try:
            return await self._ask(request, most_bytes or PAGE_BYTES)
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            # Of a write that was begun nobody knows whether it was done.
            if method != "GET" and not isinstance(error, httpcore.ConnectError):
                raise

        return await self._ask(request, most_bytes or PAGE_BYTES)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._pool is not None:
            await self._pool.aclose()
            self._pool = None

    async def _ask(self, request: httpcore.Request, most_bytes: int) -> Reply:
        if self._pool is None:
            self._pool = self._opened()

        response = await self._pool.handle_async_request(request)

        try:
            headers = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in response.headers
            }
            content = await _content_of(response, headers, most_bytes)
        finally:
            await response.aclose()

        return Reply(response.status, headers, content)

    def _opened(self) -> httpcore.AsyncConnectionPool:
        # 40 ms, which plain HTTP need not pay.
        tls = trusted_roots(*self._ca_files) if self._is_tls else None
        proxy = self._proxy

        if proxy is None:
            return httpcore.AsyncConnectionPool(
                tls, max_connections=MOST_CONNECTIONS, keepalive_expiry=IDLE_S
            )

        password = proxy.password.reveal() if proxy.password else ""

        return httpcore.AsyncHTTPProxy(
            proxy.url.reveal(),
            proxy_auth=(proxy.user.reveal(), password) if proxy.user else None,
            ssl_context=tls,
            proxy_ssl_context=(tls or trusted_roots()) if proxy.uses_tls else None,
            max_connections=MOST_CONNECTIONS,
            keepalive_expiry=IDLE_S,
        )


async def _content_of(
    response: httpcore.Response, headers: Mapping[str, str], most_bytes: int
) -> bytes:
    # 400 kB of a compressed reply can be 1.4 GB.
    if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise TooMuchError("it is compressed, which nobody asked for")

    too_much = TooMuchError(f"it is larger than {most_bytes // MEGABYTE} MB")
    told = headers.get("content-length", "")

    if told.isdecimal() and int(told[:20]) > most_bytes:
        raise too_much

    pieces, size = [], 0
    stream: AsyncIterable[bytes] = response.stream  # type: ignore[assignment]  # of an async pool

    async for piece in stream:
        pieces.append(piece)
        size += len(piece)

        if size > most_bytes:
            raise too_much

    return b"".join(pieces)
