"""Which hub and store are meant, and as whom they know whoever acts: by name, never by secret."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ehtui.config.connection_string import parse_storage
from ehtui.config.errors import ConfigError
from ehtui.domain.actions.base import Place
from ehtui.domain.text import safe

if TYPE_CHECKING:
    from ehtui.config.settings import CheckpointStoreSettings, EventHubSettings, Settings

_ENTRA = "Entra ID"


def identity_of(settings: Settings) -> str:
    """`hub: key RootManageSharedAccessKey; store: account key`; empty parts are left out."""
    parts = {"hub": _hub(settings.eventhub), "store": _store(settings.checkpoint_store)}

    return "; ".join(f"{name}: {known}" for name, known in parts.items() if known)


def place_of(settings: Settings) -> Place | None:
    """Which hub and store these settings lead to; None where they lead to no hub."""
    eventhub = settings.eventhub

    try:
        address = eventhub.address
    except ConfigError:
        return None

    if address is None:
        return None

    return Place(
        namespace=address.namespace,
        hub=eventhub.name or "",
        endpoint=eventhub.endpoint or "",
        store=_account(settings.checkpoint_store),
        containers=settings.checkpoint_store.containers,
        is_production=eventhub.production,
    )


def _account(store: CheckpointStoreSettings) -> str:
    if store.connection_string:
        with suppress(ConfigError):
            return parse_storage(store.connection_string.reveal()).blob_endpoint

    return store.account_url.reveal().partition("?")[0] if store.account_url else ""


def _hub(eventhub: EventHubSettings) -> str:
    try:
        address = eventhub.address
    except ConfigError:
        return ""

    if address is None:
        return ""

    if address.key is not None:
        return f"key {safe(address.key_name or '')}".rstrip()

    return "shared access signature" if address.signature is not None else _ENTRA


def _store(store: CheckpointStoreSettings) -> str:
    if store.connection_string:
        is_signed = "sharedaccesssignature=" in store.connection_string.reveal().lower()
        return "shared access signature" if is_signed else "account key"

    if not store.account_url:
        return ""

    return "shared access signature" if "sig=" in store.account_url.reveal() else _ENTRA
