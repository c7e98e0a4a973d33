"""Settings of a hub on loopback, for tests."""

from __future__ import annotations

from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings
from ehtui.wire.credentials import HubAccess, access_of

KEY = "c2VjcmV0LWtleQ=="


def settings_of(port: int, *, tls: bool = False, hub: str = "hub") -> EventHubSettings:
    text = (
        f"Endpoint=sb://127.0.0.1:{port}/;SharedAccessKeyName=reader;SharedAccessKey={KEY};"
        f"EntityPath={hub}"
    )
    return EventHubSettings(
        connection_string=Secret(text if tls else f"{text};UseDevelopmentEmulator=true")
    )


def access_to(port: int, *, tls: bool = False) -> HubAccess:
    return access_of(settings_of(port, tls=tls))
