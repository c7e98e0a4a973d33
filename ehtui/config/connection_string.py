"""Connection strings of Event Hubs and Storage, taken apart.

Rules are those of azure-eventhub 5.15 and azure-storage-blob 12 (`_parse_conn_str`,
`parse_connection_str`): keys ignore case, values may contain `=`, order does not matter.
"""

from __future__ import annotations

import base64
import binascii
import re
from contextlib import suppress
from urllib.parse import urlsplit

from ehtui.config.addresses import (
    AZURITE_ACCOUNT,
    account_of,
    cleaned,
    has_gap,
    split_address,
    without_standard_port,
)
from ehtui.config.errors import ConfigError
from ehtui.config.secret import Secret, masked
from ehtui.domain.text import safe
from ehtui.domain.values import Value

AMQPS_PORT = 5671
AMQP_PORT = 5672
# Of Azurite's documented account, the same everywhere: no secret.
AZURITE_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)


_ENDPOINT = re.compile(r"(^|[;\W])endpoint\s*=\s*(sb|amqps?|https)://")
_WITHOUT_KEY = re.compile(r"endpoint\s*=\s*\w+://[\w.-]+\.servicebus\.[^;]*;\s*entitypath\s*=")


class HubAddress(Value, frozen=True):
    """Where a namespace is and how to get in: a key, a ready signature, or neither: Entra ID."""

    namespace: str  # authority of the endpoint, with the port where it is one of its own
    host: str
    port: int
    use_tls: bool  # False with UseDevelopmentEmulator=true, in any case
    key_name: str | None = None
    key: Secret | None = None
    signature: Secret | None = None  # "SharedAccessSignature sr=…"
    entity_path: str | None = None
    consumer_group: str | None = None  # .NET Aspire names it there

    @property
    def uses_identity(self) -> bool:
        """Whether it holds neither key nor signature, as .NET Aspire writes it."""
        return self.key is None and self.signature is None

    def for_sdk(self) -> Secret:
        """The same as the SDK reads it: its own scheme, no foreign port, no foreign part."""
        parts = [f"Endpoint=sb://{self.namespace}/"]

        if self.key is not None:
            parts += [
                f"SharedAccessKeyName={self.key_name}",
                f"SharedAccessKey={self.key.reveal()}",
            ]
        elif self.signature is not None:
            parts.append(f"SharedAccessSignature={self.signature.reveal()}")

        parts += [f"EntityPath={self.entity_path}"] if self.entity_path else []
        parts += [] if self.use_tls else ["UseDevelopmentEmulator=true"]

        return Secret(";".join(parts))


class StorageConnection(Value, frozen=True):
    """How to reach an account's blobs: a key to sign with, or a shared access signature."""

    account: str | None
    blob_endpoint: str  # without a trailing slash
    key: Secret | None = None
    signature: Secret | None = None  # query string, without "?"


def parse_event_hub(text: str, *, key: str = "eventhub.connection_string") -> HubAddress:
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

    authority, host = _authority(endpoint, text, key)
    _refuse_iot_hub(host, parts, text, key)
    key_name, secret = parts.get("sharedaccesskeyname"), parts.get("sharedaccesskey")
    signature = parts.get("sharedaccesssignature")

    if not signature and not _means_identity(endpoint, parts):
        if not key_name:
            raise _missing("SharedAccessKeyName", text, key)

        if not secret:
            raise _missing("SharedAccessKey", text, key)

    use_tls = parts.get("usedevelopmentemulator", "").lower() != "true"
    port = urlsplit(f"//{authority}").port

    return HubAddress(
        namespace=authority,
        host=host,
        port=port or (AMQPS_PORT if use_tls else AMQP_PORT),
        use_tls=use_tls,
        key_name=key_name if secret else None,
        key=Secret(secret) if secret and key_name else None,
        signature=Secret(signature) if signature else None,
        entity_path=parts.get("entitypath") or None,
        consumer_group=parts.get("consumergroup") or None,
    )


def address_of_namespace(text: str) -> HubAddress:
    """A namespace as `HubAddress`, for Entra ID.

    Raises:
        ConfigError: It is none.
    """
    authority = text.partition("//")[2].rstrip("/") or text

    try:
        split = urlsplit(f"//{authority}")
        host, port = split.hostname, split.port or AMQPS_PORT
    except ValueError:
        host, port = None, AMQPS_PORT

    if not host:
        raise ConfigError(
            f"{safe(text)!r} is not a namespace.",
            "It looks like <namespace>.servicebus.windows.net",
        )

    return HubAddress(namespace=authority, host=host, port=port, use_tls=True)


def _means_identity(endpoint: str, parts: dict[str, str]) -> bool:
    """Whether nothing of a key is there on purpose: half a string is only an endpoint."""
    has_key = any(part.startswith("sharedaccess") for part in parts)
    is_whole = endpoint.lower().startswith("https://") or "entitypath" in parts
    return is_whole and not has_key


def _refuse_iot_hub(host: str, parts: dict[str, str], text: str, key: str) -> None:
    if ".azure-devices." in f"{host}." or "deviceid" in parts:
        raise ConfigError(
            f"{key} is a connection string of an IoT Hub, which speaks for its devices: "
            f"{masked(text)}",
            "Copy the Event Hub-compatible endpoint: IoT Hub, Built-in endpoints. It looks like "
            "Endpoint=sb://NAME.servicebus.windows.net/;…;EntityPath=…",
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
            "accountname": AZURITE_ACCOUNT,
            "accountkey": AZURITE_KEY,
            "blobendpoint": f"{host}:10000/{AZURITE_ACCOUNT}",
        }

    if looks_like_event_hub(text):
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
    has_key = _ENDPOINT.search(lowered) and "sharedaccess" in lowered
    return bool(has_key or _WITHOUT_KEY.search(lowered))


def looks_like_storage(text: str) -> bool:
    """Whether a value has the shape of a Storage connection string."""
    lowered = text.lower()
    has_account = "accountname=" in lowered or "blobendpoint=" in lowered
    has_access = "accountkey=" in lowered or "sharedaccesssignature=" in lowered

    return (has_account and has_access) or "usedevelopmentstorage=true" in lowered


def _parts(text: str, key: str, *, example: str) -> dict[str, str]:
    text = cleaned(text)

    if not text:
        raise ConfigError(f"{key} is empty.", f"It looks like {example}")

    parts: dict[str, str] = {}

    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, separator, value = part.partition("=")

        if not separator:
            raise ConfigError(
                f"{key} is not a connection string: a part of it has no '=': {masked(text)}",
                f"It looks like {example}",
            )

        parts[name.strip().lower()] = value.strip()

    return parts


def _missing(part: str, text: str, key: str) -> ConfigError:
    return ConfigError(
        f"{key} has no {part}: {masked(text)}",
        "Copy the whole connection string again; a ';' in a shell needs quotes around the value.",
    )


def _authority(endpoint: str, text: str, key: str) -> tuple[str, str]:
    """The namespace as clients use it, and its host."""
    url = endpoint if "://" in endpoint else f"sb://{endpoint}"

    with suppress(ValueError):
        split = urlsplit(url)
        _ = split.port  # raises where it is no number

        if split.hostname and not split.username and not has_gap(split.netloc):
            return without_standard_port(split.netloc), split.hostname

    raise ConfigError(
        f"{key} has a malformed Endpoint: {masked(text)}",
        "It looks like Endpoint=sb://NAMESPACE.servicebus.windows.net/",
    )


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
