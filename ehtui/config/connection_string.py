"""Connection strings of Event Hubs and Storage, taken apart.

Rules are those of azure-eventhub 5.15 and azure-storage-blob 12 (`_parse_conn_str`,
`parse_connection_str`): keys ignore case, values may contain `=`, order does not matter.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import urlsplit

from ehtui.config.addresses import account_of, has_gap, split_address
from ehtui.config.errors import ConfigError
from ehtui.config.masking import masked
from ehtui.config.secret import Secret

AMQPS_PORT = 5671
AMQP_PORT = 5672
# Azurite's documented account, the same everywhere: no secret.
_AZURITE_ACCOUNT = "devstoreaccount1"
_AZURITE_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)


@dataclass(frozen=True, slots=True)
class EventHubConnection:
    """How to reach a namespace: a key to sign with, or a ready signature."""

    namespace: str  # authority of the endpoint: fully qualified, with the port where it names one
    host: str
    port: int
    use_tls: bool  # False with UseDevelopmentEmulator=true
    key_name: str | None = None
    key: Secret | None = None
    signature: Secret | None = None  # "SharedAccessSignature sr=…"
    entity_path: str | None = None


@dataclass(frozen=True, slots=True)
class StorageConnection:
    """How to reach an account's blobs: a key to sign with, or a shared access signature."""

    account: str | None
    blob_endpoint: str  # without a trailing slash
    key: Secret | None = None
    signature: Secret | None = None  # query string, without "?"


def parse_event_hub(text: str, *, key: str = "eventhub.connection_string") -> EventHubConnection:
    """The parts of an Event Hubs connection string; `key` names the setting in errors.

    Raises:
        ConfigError: A part is missing or malformed; the value is shown masked.
    """
    parts = _parts(text, key, example="Endpoint=sb://NAMESPACE.servicebus.windows.net/;…")
    endpoint = parts.get("endpoint") or parts.get("hostname")

    if not endpoint and looks_like_storage(text):
        raise ConfigError(
            f"{key} holds a connection string of a storage account: {masked(text)}",
            "Copy it from the namespace: Shared access policies.",
        )

    if not endpoint:
        raise _missing("Endpoint", text, key)

    authority, host, port = _authority(endpoint, text, key)
    key_name, secret = parts.get("sharedaccesskeyname"), parts.get("sharedaccesskey")
    signature = parts.get("sharedaccesssignature")

    if not signature and not key_name:
        raise _missing("SharedAccessKeyName", text, key)

    if not signature and not secret:
        raise _missing("SharedAccessKey", text, key)

    use_tls = (
        parts.get("usedevelopmentemulator") != "true"
    )  # exactly that, as azure-eventhub has it

    return EventHubConnection(
        namespace=authority,
        host=host,
        port=port or (AMQPS_PORT if use_tls else AMQP_PORT),
        use_tls=use_tls,
        key_name=key_name if secret else None,
        key=Secret(secret) if secret and key_name else None,
        signature=Secret(signature) if signature else None,
        entity_path=parts.get("entitypath") or None,
    )


def parse_storage(
    text: str, *, key: str = "checkpoint_store.connection_string"
) -> StorageConnection:
    """The parts of a Storage connection string; `key` names the setting in errors.

    Raises:
        ConfigError: A part is missing or malformed; the value is shown masked.
    """
    parts = _parts(text, key, example="DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…")

    if parts.get("usedevelopmentstorage", "").lower() == "true":
        host = parts.get("developmentstorageproxyuri", "http://127.0.0.1").rstrip("/")
        parts = {
            "accountname": _AZURITE_ACCOUNT,
            "accountkey": _AZURITE_KEY,
            "blobendpoint": f"{host}:10000/{_AZURITE_ACCOUNT}",
        }

    if parts.get("endpoint", "").startswith("sb://"):
        raise ConfigError(
            f"{key} holds an Event Hubs connection string, not one of a storage account: "
            f"{masked(text)}",
            "Copy it from the storage account: Security + networking, Access keys.",
        )

    account, signature = parts.get("accountname"), parts.get("sharedaccesssignature")
    secret = parts.get("accountkey")

    if not account and not parts.get("blobendpoint"):
        raise _missing("AccountName", text, key)

    if not secret and not signature:
        raise _missing("AccountKey", text, key)

    if secret:
        _check_base64(secret, key)

    address = split_address(_blob_endpoint(parts))

    if address is None:
        raise ConfigError(
            f"{key} does not lead to an http address: {masked(text)}",
            "Check its BlobEndpoint, or its AccountName and EndpointSuffix.",
        )

    return StorageConnection(
        account=account or account_of(address),
        blob_endpoint=f"{address.scheme}://{address.netloc}{address.path.rstrip('/')}",
        key=Secret(secret) if secret else None,
        signature=Secret(signature.lstrip("?")) if signature and not secret else None,
    )


def looks_like_event_hub(text: str) -> bool:
    """Whether a value has the shape of an Event Hubs (or Service Bus) connection string."""
    lowered = text.lower()

    return "endpoint=sb://" in lowered and "sharedaccess" in lowered


def looks_like_storage(text: str) -> bool:
    """Whether a value has the shape of a Storage connection string."""
    lowered = text.lower()
    has_account = "accountname=" in lowered or "blobendpoint=" in lowered
    has_access = "accountkey=" in lowered or "sharedaccesssignature=" in lowered

    return (has_account and has_access) or "usedevelopmentstorage=true" in lowered


def _parts(text: str, key: str, *, example: str) -> dict[str, str]:
    text = text.strip()

    if not text:
        raise ConfigError(f"{key} is empty.", f"It looks like {example}")

    if text[0] in "\"'":
        raise ConfigError(
            f"{key} begins with a quote, which became part of the value: {masked(text)}",
            "Remove the quotes where it is set.",
        )

    parts: dict[str, str] = {}

    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, separator, value = part.partition("=")

        if not separator:
            raise ConfigError(
                f"{key} is no connection string: a part of it has no '=': {masked(text)}",
                f"It looks like {example}",
            )

        parts[name.strip().lower()] = value.strip()

    return parts


def _missing(part: str, text: str, key: str) -> ConfigError:
    return ConfigError(
        f"{key} has no {part}: {masked(text)}",
        "Copy the whole connection string again; a ';' in a shell needs quotes around the value.",
    )


def _authority(endpoint: str, text: str, key: str) -> tuple[str, str, int | None]:
    url = endpoint if "://" in endpoint else f"sb://{endpoint}"
    malformed = ConfigError(
        f"{key} has a malformed Endpoint: {masked(text)}",
        "It looks like Endpoint=sb://NAMESPACE.servicebus.windows.net/",
    )

    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        raise malformed from None

    if not split.hostname or split.username or has_gap(split.netloc):
        raise malformed

    return split.netloc, split.hostname, port


def _check_base64(secret: str, key: str) -> None:
    try:
        base64.b64decode(secret, validate=True)
    except (binascii.Error, ValueError):
        raise ConfigError(
            f"{key} has an AccountKey that is not base64 (masked, {len(secret)} characters).",
            "Copy the key again from the storage account: Access keys.",
        ) from None


def _blob_endpoint(parts: dict[str, str]) -> str:
    if endpoint := parts.get("blobendpoint"):
        return endpoint

    scheme = parts.get("defaultendpointsprotocol") or "https"
    suffix = parts.get("endpointsuffix") or "core.windows.net"

    return f"{scheme}://{parts['accountname']}.blob.{suffix}"
