"""A storage account: where it is and how to get in, and what it gives. Loads no Azure by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import urlsplit

from msgspec.structs import replace

from ehtui.config.addresses import AZURITE_ACCOUNT, account_of, is_path_style, split_address
from ehtui.config.connection_string import AZURITE_KEY, parse_storage
from ehtui.config.errors import ConfigError
from ehtui.config.networks import Proxy, proxy_of
from ehtui.config.secret import Secret
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.text import safe
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.config.settings import CheckpointStoreSettings

CONNECTION_STRING_KEY = "checkpoint_store.connection_string (AZURE_STORAGE_CONNECTION_STRING)"
ACCOUNT_URL_KEY = "checkpoint_store.account_url (AZURE_STORAGE_ACCOUNT_URL)"


class StorageAddress(Value, frozen=True):
    """A blob endpoint and one way in: an account key, a SAS, or (neither) an Entra ID token."""

    endpoint: str  # no trailing slash, no query; ends with the account where that is in the path
    account: str
    setting: str  # the configuration key that it came from
    key: Secret | None = None
    sas: Secret | None = None
    container: str | None = None  # the one that a container's SAS URL names
    proxy: Proxy | None = None
    ca_file: tuple[str, ...] = ()  # roots beside the machine's own

    @property
    def host(self) -> str:
        """Host and port, for messages."""
        return urlsplit(self.endpoint).netloc


def address_of(settings: CheckpointStoreSettings) -> StorageAddress:
    """The address that the settings name.

    Raises:
        ProblemError: Nothing is configured, or it cannot be understood (MALFORMED).
    """
    if settings.connection_string:
        return _reached(parse_connection_string(settings.connection_string), settings)

    if settings.account_url:
        return _reached(parse_account_url(settings.account_url), settings)

    raise _malformed(
        "No checkpoint store is configured.",
        f"Set {CONNECTION_STRING_KEY} or {ACCOUNT_URL_KEY}.",
    )


def _reached(address: StorageAddress, settings: CheckpointStoreSettings) -> StorageAddress:
    """The same with how it is reached, which was checked as it was found."""
    given = settings.proxy
    proxy = proxy_of(given.reveal(), "checkpoint_store.proxy") if given else None
    return replace(address, proxy=proxy, ca_file=settings.ca_file)


def parse_connection_string(secret: Secret) -> StorageAddress:
    """Read a storage connection string, the emulator's shorthand included.

    Raises:
        ProblemError: It is malformed (MALFORMED); no secret of it is repeated.
    """
    try:
        parts = parse_storage(secret.reveal(), key=CONNECTION_STRING_KEY)
    except ConfigError as error:
        raise _malformed(error.summary, error.advice) from None

    return StorageAddress(
        parts.blob_endpoint,
        parts.account or "",
        CONNECTION_STRING_KEY,
        key=parts.key,
        sas=parts.signature,
    )


def parse_account_url(secret: Secret) -> StorageAddress:
    """Read an account URL, with or without a SAS, or the SAS URL of one container.

    Raises:
        ProblemError: It is malformed (MALFORMED).
    """
    text = secret.reveal().strip()
    url = split_address(text if "://" in text else f"https://{text}")

    if url is None:
        shown = text.partition("?")[0].rpartition("@")[2]  # no SAS, no user and password
        raise _malformed(
            f"The blob endpoint in {ACCOUNT_URL_KEY} is not an http(s) address: "
            f"'{safe(shown)[:120]}'.",
            "It looks like https://ACCOUNT.blob.core.windows.net.",
        )

    parts = [part for part in url.path.split("/") if part]
    own = parts[:1] if is_path_style(url) else []
    account = account_of(url) or ""
    is_azurite = account == AZURITE_ACCOUNT and not url.query

    return StorageAddress(
        "/".join([f"{url.scheme}://{url.netloc}", *own]),
        account,
        ACCOUNT_URL_KEY,
        key=Secret(AZURITE_KEY) if is_azurite else None,
        sas=Secret(url.query) if url.query else None,
        container=next(iter(parts[len(own) :]), None),
    )


def _malformed(summary: str, advice: str) -> ProblemError:
    return ProblemError(Problem(ProblemKind.MALFORMED, summary, advice))


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

    async def delete(self, container: str, name: str, *, if_match: str) -> None:
        """Delete a blob, only at that ETag."""

    async def close(self) -> None:
        """Let go of connections; never raises."""
