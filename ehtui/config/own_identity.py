"""Whether the user's own Entra ID token may go where a process of `--pid` says.

A process's keys and signatures go to its own endpoint, beside which they stand. Where it has none,
ehtui signs in as the user who runs it, and whoever gets that token can do what that user can. So
it goes to Azure itself only, which gives tokens to nobody, and the user is told; or to an endpoint
that the user names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ehtui.config.errors import ConfigError
from ehtui.config.origins import Layer
from ehtui.domain.text import safe

if TYPE_CHECKING:
    from ehtui.config.origins import Value, Values
    from ehtui.config.settings import Settings

_LABELS = r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+"
_HUBS = re.compile(
    _LABELS + r"servicebus\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)(?::\d+)?"
)
_STORES = re.compile(
    _LABELS
    + r"blob\.(?:core\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)|storage\.azure\.net)"
    r"(?::\d+)?"
)


def own_identity_notes(settings: Settings, values: Values) -> list[str]:
    """What to tell of tokens of the user's own that go to endpoints which the process named.

    Raises:
        ConfigError: Such an endpoint is not Azure's.
    """
    hub, store = settings.eventhub, settings.checkpoint_store
    notes = []

    if hub.namespace and not hub.connection_string:
        host = hub.namespace.lower()
        namespace = values.get("eventhub.namespace")
        named = _named(namespace, values.get("eventhub.connection_string"))
        flag = _host_of_flag(namespace)
        notes += _judged(named, flag, host, is_azure=bool(_HUBS.fullmatch(host)), way="--namespace")

    if store.account_url and not store.connection_string:
        url = urlsplit(store.account_url.reveal())
        address = values.get("checkpoint_store.account_url")
        is_azure = url.scheme == "https" and bool(_STORES.fullmatch(url.netloc.lower()))

        if not url.query:  # else it is a signature of the process's own
            host = f"{url.scheme}://{url.netloc}"
            notes += _judged(_named(address), None, host, is_azure=is_azure, way="--account-url")

    return notes


def _named(*values: Value | None) -> Value | None:
    """The one of these that decides, where the process said it."""
    nearest = min(filter(None, values), key=lambda value: value.layer, default=None)
    return nearest if nearest is not None and nearest.layer is Layer.PROCESS else None


def _host_of_flag(namespace: Value | None) -> str | None:
    is_flag = namespace is not None and namespace.layer is Layer.FLAG
    return namespace.value.lower() if namespace is not None and is_flag else None


def _judged(
    named: Value | None, flag: str | None, host: str, *, is_azure: bool, way: str
) -> list[str]:
    if named is None or flag == host:
        return []

    if not is_azure:
        raise ConfigError(
            f"{named.origin.named} names {safe(host)} without a key, and that is not Azure: your "
            "own Entra ID token is not sent there.",
            f"If you trust it, name it yourself: {way} {safe(host)}",
        )

    return [f"signing in to {safe(host)} as you, with your own Entra ID: the process shows no key"]
