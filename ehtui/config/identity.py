"""By which identity hub and store know whoever acts: by name, never by secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.config.errors import ConfigError
from ehtui.domain.text import safe

if TYPE_CHECKING:
    from ehtui.config.settings import CheckpointStoreSettings, EventHubSettings, Settings

_ENTRA = "Entra ID"


def identity_of(settings: Settings) -> str:
    """`hub: key RootManageSharedAccessKey; store: account key`; empty parts are left out."""
    parts = {"hub": _hub(settings.eventhub), "store": _store(settings.checkpoint_store)}

    return "; ".join(f"{name}: {known}" for name, known in parts.items() if known)


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
