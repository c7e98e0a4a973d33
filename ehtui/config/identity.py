"""Which hub and which store, where several settings speak of them.

Layers decide first: what is nearer to the command line wins. Within one layer an explicit name
wins over `EntityPath`, as in azure-eventhub, and two different namespaces are an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ehtui.config.connection_string import EventHubConnection, parse_event_hub, parse_storage
from ehtui.config.endpoints import (
    account_url_of,
    aliases_of,
    containers_of,
    group_of,
    hub_name_of,
    namespace_of,
)
from ehtui.config.errors import ConfigError
from ehtui.config.pasted import cleaned
from ehtui.config.secret import Secret
from ehtui.config.settings import CheckpointStoreSettings, EventHubSettings
from ehtui.config.values import Value

if TYPE_CHECKING:
    from ehtui.config.values import Values


_ASPIRE_BLOB = re.compile(
    r"Endpoint=(?P<endpoint>https?://[^;]+)(?:;ContainerName=(?P<container>[^;]+))?;*$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Account:
    """What is told of how settings were chosen: origins by key, and notes."""

    origins: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def took(self, key: str, value: Value) -> None:
        """Remember where a key's value came from."""
        # In a listing the key stands beside it already.
        is_named_by_key = value.origin.startswith(f"{key} (")
        self.origins[key] = value.origin[len(key) + 2 : -1] if is_named_by_key else value.origin


def event_hub(values: Values, account: Account, *, production: bool) -> EventHubSettings:
    """The hub's settings, checked.

    Raises:
        ConfigError: A value is malformed, or two of one layer contradict each other.
    """
    secret, host = values.get("eventhub.connection_string"), values.get("eventhub.namespace")
    connection = parse_event_hub(secret.value, key=secret.origin) if secret else None
    namespace = namespace_of(host.value, host.origin) if host else None

    if secret and connection and host and namespace:
        if not _same_host(connection.namespace, namespace):
            secret, connection, host, namespace = _nearer(
                secret, connection, host, namespace, account
            )
        else:
            host = namespace = None

    name = _hub_name(values.get("eventhub.name"), secret, connection, account)
    group = _group(values.get("eventhub.consumer_group"), secret, connection)

    peek = values.get("eventhub.peek_group")
    aliases = values.get("eventhub.aliases")
    taken = {
        "eventhub.connection_string": secret,
        "eventhub.namespace": host,
        "eventhub.aliases": aliases,
        "eventhub.consumer_group": group,
        "eventhub.peek_group": peek,
    }

    if secret and connection and connection.uses_identity:
        del taken["eventhub.connection_string"]
        account.origins["eventhub.namespace"] = f"the Endpoint of {secret.origin}, without a key"
        namespace, secret = connection.namespace, None

    for key, value in taken.items():
        if value:
            account.took(key, value)

    return EventHubSettings(
        connection_string=Secret(cleaned(secret.value)) if secret else None,
        namespace=namespace,
        name=name,
        aliases=aliases_of(aliases.value, aliases.origin) if aliases else (),
        consumer_group=group_of(group.value, group.origin) if group else "$Default",
        peek_group=group_of(peek.value, peek.origin) if peek else None,
        production=production,
    )


def _group(
    group: Value | None, secret: Value | None, connection: EventHubConnection | None
) -> Value | None:
    """The consumer group: set by itself, or named by the connection string as .NET Aspire does."""
    named = connection.consumer_group if connection else None

    if secret is None or not named or (group is not None and group.layer <= secret.layer):
        return group

    return Value(named, f"ConsumerGroup of {secret.origin}", secret.layer)


def _nearer(
    secret: Value, connection: EventHubConnection, host: Value, namespace: str, account: Account
) -> tuple[Value | None, EventHubConnection | None, Value | None, str | None]:
    """Of a connection string and another namespace, the one nearer to the command line."""
    if secret.layer == host.layer:
        raise ConfigError(
            f"{host.origin} says {namespace}, but {secret.origin} leads to {connection.namespace}.",
            "Remove one of them: a connection string needs no namespace beside it.",
        )

    if host.layer < secret.layer:
        account.notes.append(f"{secret.origin} is not used: {host.origin} names another namespace")

        return None, None, host, namespace

    account.notes.append(f"{host.origin} is not used: {secret.origin} leads elsewhere")

    return secret, connection, None, None


def _hub_name(
    name: Value | None,
    secret: Value | None,
    connection: EventHubConnection | None,
    account: Account,
) -> str | None:
    checked = hub_name_of(name.value, name.origin) if name else None
    path = connection.entity_path if connection else None

    if secret and path:
        origin = f"EntityPath of {secret.origin}"

        if name is None or secret.layer < name.layer:
            if name and checked and checked.lower() != path.lower():
                account.notes.append(f"{name.origin} ({checked}) is not used: {origin} wins")

            account.origins["eventhub.name"] = origin

            return hub_name_of(path, origin)

        if checked and checked.lower() != path.lower():
            account.notes.append(
                f"{name.origin} wins over {origin} ({path}), as in the Python SDK; "
                "a key of that one hub will not open another"
            )

    if name:
        account.took("eventhub.name", name)

    return checked


def checkpoint_store(values: Values, account: Account) -> CheckpointStoreSettings:
    """The store's settings, checked; none at all is no error.

    Raises:
        ConfigError: A value is malformed, or two of one layer contradict each other.
    """
    secret = values.get("checkpoint_store.connection_string")
    address = _as_address(values.get("checkpoint_store.account_url"))
    named = values.get("checkpoint_store.containers")
    endpoint = parse_storage(secret.value, key=secret.origin).blob_endpoint if secret else None
    url = account_url_of(address.value, address.origin) if address else None

    if secret and address and url and endpoint:
        secret, address = _one_account(secret, endpoint, address, url.url.reveal(), account)
        url = url if address else None

    if secret:
        account.took("checkpoint_store.connection_string", secret)

    if address:
        account.took("checkpoint_store.account_url", address)

    containers = containers_of(named.value, named.origin) if named else ()

    if named:
        account.took("checkpoint_store.containers", named)
    elif address and url and url.container:
        account.origins["checkpoint_store.containers"] = f"the path of {address.origin}"
        containers = containers_of(url.container, f"The path of {address.origin}")

    if containers and not secret and not url:
        account.notes.append(
            "a container is named, but no storage account: set AZURE_STORAGE_CONNECTION_STRING "
            "or AZURE_STORAGE_ACCOUNT_URL"
        )

    layout = values.get("checkpoint_store.layout")

    if layout:
        account.took("checkpoint_store.layout", layout)

    return CheckpointStoreSettings(
        connection_string=Secret(cleaned(secret.value)) if secret else None,
        account_url=url.url if url else None,
        containers=containers,
        layout=layout.value if layout else None,
    )


def _as_address(value: Value | None) -> Value | None:
    """.NET Aspire writes `Endpoint=https://…;ContainerName=…` for a container with Entra ID."""
    match = _ASPIRE_BLOB.match(cleaned(value.value)) if value else None

    if value is None or match is None:
        return value

    steps = [match["endpoint"].rstrip("/"), *([match["container"]] if match["container"] else [])]

    return Value("/".join(steps), value.origin, value.layer)


def _one_account(
    secret: Value, endpoint: str, address: Value, url: str, account: Account
) -> tuple[Value | None, Value | None]:
    """Of two ways to an account one is enough; of two accounts the nearer one."""
    is_same = _same_host(urlsplit(endpoint).netloc, urlsplit(url).netloc)

    if secret.layer == address.layer and not is_same:
        raise ConfigError(
            f"{address.origin} and {secret.origin} lead to different storage accounts.",
            "Remove one of them.",
        )

    if address.layer < secret.layer:
        account.notes.append(f"{secret.origin} is not used: {address.origin} is nearer")

        return None, address

    return secret, None


def _same_host(one: str, other: str) -> bool:
    return one.lower() == other.lower()
