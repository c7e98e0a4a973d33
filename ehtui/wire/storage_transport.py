"""How a storage account is asked: signed, again where it was cut off; and how much it may say.

No more than the largest honest reply or listing.

Loads aiohttp and Azure: only with a client.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import aiohttp
from azure.core.exceptions import ServiceRequestTimeoutError, ServiceResponseTimeoutError
from azure.core.pipeline.policies import AsyncRetryPolicy
from azure.core.pipeline.transport import AioHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.storage.blob import (
    AccountSasPermissions,
    ContainerSasPermissions,
    ResourceTypes,
    generate_account_sas,
    generate_container_sas,
)
from typing_extensions import override

from ehtui.config.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MEGABYTE = 1 << 20
PAGE_BYTES = 32 * MEGABYTE  # a page has 5,000 blobs, each about 1 kB of XML
LISTING_BYTES = 128 * MEGABYTE  # of all pages of one listing
ACCOUNT_BYTES = 256 * MEGABYTE  # of all listings of an account that are kept
MOST_PAGES = 1000
MOST_CONTAINERS = 5000
BODY_BYTES = MEGABYTE  # of one blob: leases have some hundred bytes, and more than 64 KiB is none
LONGEST_MARKER = 8192
LIFETIME_S = 3600.0
REFRESH_BEFORE_S = 900.0

_most_bytes: ContextVar[int | None] = ContextVar("most_bytes", default=None)


class TooMuchError(ValueError):
    """A reply, or a listing, beyond what an honest service sends; says what of it."""


@contextmanager
def replies_of_at_most(most_bytes: int) -> Iterator[None]:
    """Within it, replies to this task's requests are cut off beyond so many bytes."""
    token = _most_bytes.set(most_bytes)

    try:
        yield
    finally:
        _most_bytes.reset(token)


class _Counted:
    """A reply's content that ends the connection and raises once it is more than it may be."""

    def __init__(
        self, content: aiohttp.StreamReader, most_bytes: int, close: Callable[[], None]
    ) -> None:
        self._content = content
        self._left = self._most = most_bytes
        self._close = close

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)

    async def read(self, n: int = -1) -> bytes:
        if n >= 0:
            return self._counted(await self._content.read(n))

        pieces = []

        while piece := self._counted(await self._content.readany()):
            pieces.append(piece)

        return b"".join(pieces)

    def _counted(self, piece: bytes) -> bytes:
        self._left -= len(piece)

        if self._left < 0:
            self._close()
            raise TooMuchError(f"it is larger than {self._most // MEGABYTE} MB")

        return piece


class _BoundedResponse(aiohttp.ClientResponse):
    """Asks for nothing compressed, and takes nothing compressed: 400 kB of it can be 1.4 GB."""

    @override
    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        await super().start(connection)
        encoding = self.headers.get("Content-Encoding", "identity").strip().lower()
        most_bytes = _most_bytes.get() or PAGE_BYTES

        if encoding not in {"", "identity"}:
            raise TooMuchError("it is compressed, which nobody asked for")

        if (self.content_length or 0) > most_bytes and self.method != "HEAD":
            raise TooMuchError(f"it is larger than {most_bytes // MEGABYTE} MB")

        self.content = _Counted(self.content, most_bytes, self.close)  # type: ignore[assignment]
        return self


class BoundedTransport(AioHttpTransport):  # type: ignore[misc]  # its module exports lazily
    """azure-core's transport with replies that have a limit: `TooMuchError` beyond."""

    session: aiohttp.ClientSession | None

    @override
    async def open(self) -> None:
        if self.session is None and not self._has_been_opened:
            self.session = aiohttp.ClientSession(
                trust_env=self._use_env_settings,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                headers={"Accept-Encoding": "identity"},
                response_class=_BoundedResponse,
            )

        await super().open()


Listing = tuple[str, ...]


class Listings:
    """Follows the listings of an account page by page, and ends those that never end."""

    def __init__(self) -> None:
        self._markers: dict[Listing, set[str]] = {}  # of listings that go on
        self._bytes: dict[Listing, int] = {}  # of each as far as it went, last time or now

    def begin(self, listing: Listing, marker: str) -> None:
        """A page is about to be asked for; without a marker a listing begins anew.

        Raises:
            TooMuchError: It has had too many pages.
        """
        if not marker:
            self._markers[listing] = set()
            self._bytes[listing] = 0

        if len(self._markers.setdefault(listing, set())) >= MOST_PAGES:
            raise TooMuchError(f"the listing has more than {MOST_PAGES} pages")

    def took(self, listing: Listing, size_bytes: int, next_marker: str) -> None:
        """A page came.

        Raises:
            TooMuchError: Its marker was there before, or all pages together are too large.
        """
        size_bytes += self._bytes.pop(listing, 0)

        if size_bytes > LISTING_BYTES:
            raise TooMuchError(f"the listing is larger than {LISTING_BYTES // MEGABYTE} MB")

        if size_bytes + sum(self._bytes.values()) > ACCOUNT_BYTES:
            most = ACCOUNT_BYTES // MEGABYTE
            raise TooMuchError(f"all listings of the account are larger than {most} MB")

        self._bytes[listing] = size_bytes
        markers = self._markers.setdefault(listing, set())

        if not next_marker:
            del self._markers[listing]
            return

        if next_marker in markers:
            raise TooMuchError("the listing goes in a circle: a marker came twice")

        if len(next_marker) > LONGEST_MARKER:
            raise TooMuchError("a marker is longer than any")

        markers.add(next_marker)


class Retry(AsyncRetryPolicy[HttpRequest, AsyncHttpResponse]):
    """Tries again what was cut off, and never what was not answered: that took long already."""

    @override
    def increment(
        self, settings: dict[str, Any], response: Any = None, error: Exception | None = None
    ) -> bool:
        if isinstance(error, ServiceRequestTimeoutError | ServiceResponseTimeoutError):
            return False

        return super().increment(settings, response, error)


def goes_by_proxy(endpoint: str) -> bool:
    """Whether the environment names a proxy for it; never for this host's own sandbox."""
    host = urlsplit(endpoint).hostname or ""

    try:
        is_local = ip_address(host).is_loopback
    except ValueError:
        is_local = host == "localhost"

    return bool(getproxies()) and not is_local


class KeySigner:
    """Makes SAS that last an hour, and a new one a quarter of an hour before the end.

    azure-storage-blob's public functions sign.
    """

    def __init__(self, account: str, key: Secret) -> None:
        self._account = account
        self._key = key
        self._kept: dict[tuple[str | None, bool], tuple[float, Secret]] = {}

    def sas(self, container: str | None, *, server_now: float, write: bool = False) -> Secret:
        """A SAS that may read and list a container, or list an account's containers (None).

        It only may write where that is asked for. `server_now` is the server's clock, so that a
        host whose clock is wrong still signs something valid.
        """
        ends_at, kept = self._kept.get((container, write), (0.0, None))

        if kept is not None and REFRESH_BEFORE_S < ends_at - server_now <= LIFETIME_S:
            return kept

        expiry = datetime.fromtimestamp(server_now, UTC) + timedelta(seconds=LIFETIME_S)
        name, key = self._account, self._key.reveal()

        if container is None:
            may = AccountSasPermissions(list=True)
            text = generate_account_sas(name, key, ResourceTypes(service=True), may, expiry)
        else:
            permission = ContainerSasPermissions(read=True, list=True, write=write, create=write)
            text = generate_container_sas(
                name, container, key, permission=permission, expiry=expiry
            )

        made = Secret(text)
        self._kept[container, write] = (server_now + LIFETIME_S, made)
        return made
