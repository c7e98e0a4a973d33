"""Where a storage account is and how to get in, from what users configure. Loads no Azure."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from ehtui.config.secret import Secret
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.text import safe

if TYPE_CHECKING:
    from ehtui.config.settings import CheckpointStoreSettings

CONNECTION_STRING_KEY = "checkpoint_store.connection_string (AZURE_STORAGE_CONNECTION_STRING)"
ACCOUNT_URL_KEY = "checkpoint_store.account_url (AZURE_STORAGE_ACCOUNT_URL)"
_EMULATOR_ACCOUNT = "devstoreaccount1"
# The emulator's account and key are public and the same everywhere.
_EMULATOR_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
_WEB_PORTS = {None, 80, 443}


@dataclass(frozen=True, slots=True)
class StorageAddress:
    """A blob endpoint and one way in: an account key, a SAS, or (neither) an Entra ID token."""

    endpoint: str  # no trailing slash, no query; ends with the account where that is in the path
    account: str
    setting: str  # the configuration key that it came from
    key: Secret | None = None
    sas: Secret | None = None
    container: str | None = None  # the one that a container's SAS URL names

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
        return parse_connection_string(settings.connection_string)

    if settings.account_url:
        return parse_account_url(settings.account_url)

    raise _malformed(
        "No checkpoint store is configured.",
        f"Set {CONNECTION_STRING_KEY} or {ACCOUNT_URL_KEY}.",
    )


def parse_connection_string(secret: Secret) -> StorageAddress:
    """Read a storage connection string, the emulator's shorthand included.

    Raises:
        ProblemError: It is malformed (MALFORMED); no value of it is repeated.
    """
    fields = _fields(secret.reveal())

    if fields.get("usedevelopmentstorage", "").lower() == "true":
        proxy = fields.get("developmentstorageproxyuri", "http://127.0.0.1").rstrip("/")

        return StorageAddress(
            f"{proxy}:10000/{_EMULATOR_ACCOUNT}",
            _EMULATOR_ACCOUNT,
            CONNECTION_STRING_KEY,
            key=Secret(_EMULATOR_KEY),
        )

    if fields.get("endpoint", "").lower().startswith("sb://"):
        raise _malformed(
            f"{CONNECTION_STRING_KEY} holds an Event Hubs connection string, not a storage one.",
            "Copy the storage account's connection string: it has AccountName= and AccountKey=.",
        )

    account = fields.get("accountname", "")
    url = _split(_blob_endpoint(fields, account), CONNECTION_STRING_KEY)
    key, sas = fields.get("accountkey"), fields.get("sharedaccesssignature")

    if not (key or sas):
        raise _malformed(
            f"{CONNECTION_STRING_KEY} has neither AccountKey= nor SharedAccessSignature=.",
            "Copy the whole connection string again; a shell cuts it at ';' unless it is quoted.",
        )

    if key and not _is_base64(key):
        raise _malformed(
            f"AccountKey= in {CONNECTION_STRING_KEY} is not base64: it is cut short or mistyped.",
            "Copy the storage account's connection string again.",
        )

    return StorageAddress(
        f"{url.scheme}://{url.netloc}{url.path.rstrip('/')}",
        account or _account_of(url),
        CONNECTION_STRING_KEY,
        key=Secret(key) if key else None,
        sas=Secret(sas.lstrip("?")) if sas and not key else None,
    )


def parse_account_url(secret: Secret) -> StorageAddress:
    """Read an account URL, with or without a SAS, or the SAS URL of one container.

    Raises:
        ProblemError: It is malformed (MALFORMED).
    """
    text = secret.reveal().strip()
    url = _split(text if "://" in text else f"https://{text}", ACCOUNT_URL_KEY)
    parts = [part for part in url.path.split("/") if part]
    own = parts[:1] if _has_account_in_path(url) else []
    rest = parts[len(own) :]

    return StorageAddress(
        "/".join([f"{url.scheme}://{url.netloc}", *own]),
        own[0] if own else _account_of(url),
        ACCOUNT_URL_KEY,
        sas=Secret(url.query) if url.query else None,
        container=rest[0] if rest else None,
    )


def _fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}

    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        name, equals, value = part.partition("=")

        if not equals or not name.strip():
            raise _malformed(
                f"{CONNECTION_STRING_KEY} is malformed: a part of it has no '='.",
                "It is a list of NAME=VALUE joined by ';', as the portal shows under Access keys.",
            )

        fields[name.strip().lower()] = value.strip()

    return fields


def _blob_endpoint(fields: dict[str, str], account: str) -> str:
    if endpoint := fields.get("blobendpoint"):
        return endpoint

    if not account:
        raise _malformed(
            f"{CONNECTION_STRING_KEY} has neither AccountName= nor BlobEndpoint=.",
            "Copy the whole connection string again; a shell cuts it at ';' unless it is quoted.",
        )

    protocol = fields.get("defaultendpointsprotocol", "https")
    suffix = fields.get("endpointsuffix", "core.windows.net")

    return f"{protocol}://{account}.blob.{suffix}"


def _split(text: str, setting: str) -> SplitResult:
    try:
        url = urlsplit(text)
        is_valid = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:
        is_valid = False
        url = urlsplit("")

    if not is_valid or "@" in url.netloc:
        shown = text.partition("?")[0].rpartition("@")[2]  # no SAS, no user and password
        raise _malformed(
            f"The blob endpoint in {setting} is not an http(s) address: '{safe(shown)[:120]}'.",
            "It looks like https://ACCOUNT.blob.core.windows.net.",
        )

    return url


def _has_account_in_path(url: SplitResult) -> bool:
    """Emulators and endpoints by address carry the account in the path, not in the host name."""
    host = url.hostname or ""

    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or url.port not in _WEB_PORTS

    return True


def _account_of(url: SplitResult) -> str:
    if _has_account_in_path(url):
        return url.path.strip("/").split("/")[0]

    return (url.hostname or "").split(".")[0]


def _is_base64(key: str) -> bool:
    try:
        return bool(base64.b64decode(key, validate=True))
    except (binascii.Error, ValueError):
        return False


def _malformed(summary: str, advice: str) -> ProblemError:
    return ProblemError(Problem(ProblemKind.MALFORMED, summary, advice))
