"""Settings as they were found, and which hub and which store, where several speak of them.

Layers decide first: what is nearer to the command line wins. Within one layer an explicit name
wins over `EntityPath`, as in azure-eventhub, and two different namespaces are an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from msgspec import Struct, field
from msgspec.structs import replace
from typing_extensions import override

from ehtui.config.addresses import (
    account_url_of,
    aliases_of,
    cleaned,
    containers_of,
    group_of,
    groups_of,
    hub_name_of,
    namespace_of,
)
from ehtui.config.connection_string import HubAddress, parse_event_hub, parse_storage
from ehtui.config.errors import ConfigError
from ehtui.config.secret import Secret
from ehtui.config.settings import CheckpointStoreSettings, EventHubSettings

if TYPE_CHECKING:
    from ehtui.config.settings import NamelessLayout


class Layer(IntEnum):
    """What kind of place a value comes from; the lowest number wins."""

    FLAG = 0
    PROCESS = 1  # --pid: what a running consumer uses
    PROFILE = 2  # the chosen profile's own keys in a file
    PROFILE_DOTENV = 3  # and its `env_file`
    ENVIRONMENT = 4
    DOTENV = 5
    YAML = 6
    CONVENTION = 7  # names of Azure Functions and .NET Aspire, where nothing else is said


_OF_A_FILE = frozenset({Layer.PROFILE, Layer.YAML})


class Part(StrEnum):
    """What of another setting's value it is, as a sentence says it."""

    ENTITY_PATH = "EntityPath of {}"
    CONSUMER_GROUP = "ConsumerGroup of {}"
    ENDPOINT = "the Endpoint of {}, without a key"
    URL_PATH = "the path of {}"


class Origin(Struct, frozen=True):
    """Where a value stands: `name` is a flag, a variable or a key, `place` what sets it."""

    kind: Layer
    name: str
    place: str = ""  # completes "NAME in …"
    pid: int | None = None  # of the process whose place that is
    part: Part | None = None

    @property
    def named(self) -> str:
        """By name and place, for sentences."""
        if self.kind in _OF_A_FILE:
            told = f"{self.name} ({self.place})"
        else:
            told = f"{self.name} in {self.place}" if self.place else self.name

        told = told if self.pid is None else f"{told} (process {self.pid})"
        return self.part.format(told) if self.part else told

    @override
    def __str__(self) -> str:
        """As it stands beside its key: a file's key needs no name there."""
        return self.place if self.kind in _OF_A_FILE and not self.part else self.named

    def only(self, part: Part) -> Origin:
        """The origin of what `part` of that value says."""
        return replace(self, part=part)


class Value(Struct, frozen=True):
    """A value, and where it was found."""

    value: str  # may be a secret
    origin: Origin

    @override
    def __repr__(self) -> str:
        return f"Value(…, {self.origin!r})"

    @override
    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("origin", self.origin)]

    @property
    def layer(self) -> Layer:
        """How near to the command line it is."""
        return self.origin.kind


Values = Mapping[str, Value]

ENVIRONMENT_NAMES = {
    "eventhub.connection_string": "EVENTHUB_CONNECTION_STRING",
    "eventhub.name": "EVENTHUB_NAME",
    "eventhub.namespace": "EVENTHUB_NAMESPACE",
    "eventhub.consumer_group": "EVENTHUB_CONSUMER_GROUP",
    "eventhub.transport": "EVENTHUB_TRANSPORT",
    "eventhub.endpoint": "EVENTHUB_CUSTOM_ENDPOINT_ADDRESS",
    "eventhub.peek_group": "EVENTHUB_PEEK_GROUP",
    "checkpoint_store.connection_string": "AZURE_STORAGE_CONNECTION_STRING",
    "checkpoint_store.account_url": "AZURE_STORAGE_ACCOUNT_URL",
    "checkpoint_store.containers": "CHECKPOINT_CONTAINER",
    "read_only": "EHTUI_READ_ONLY",
    "ui.lang": "EHTUI_LANG",
}


def values_of(variables: Mapping[str, str], place: str, layer: Layer) -> dict[str, Value]:
    """The documented variables among `variables`, by key."""
    return {
        key: Value(variables[name], Origin(layer, name, place))
        for key, name in ENVIRONMENT_NAMES.items()
        if name in variables
    }


def merged(*layers: Values) -> dict[str, Value]:
    """One value a key. Empty is unset, except for a consumer group, where it is a mistake."""
    chosen: dict[str, Value] = {}

    for values in layers:
        for key, value in values.items():
            is_given = value.value.strip() or key == "eventhub.consumer_group"

            if is_given and (key not in chosen or value.layer < chosen[key].layer):
                chosen[key] = value

    return chosen


_ASPIRE_BLOB = re.compile(
    r"Endpoint=(?P<endpoint>https?://[^;]+)(?:;ContainerName=(?P<container>[^;]+))?;*$",
    re.IGNORECASE,
)


class Provenance(Struct):
    """What is told of how settings were chosen: origins by key, and notes."""

    origins: dict[str, Origin] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def took(self, section: str, **values: Value | None) -> None:
        """Remember where the values of a section's keys came from, as far as there are any."""
        self.origins |= {f"{section}.{key}": v.origin for key, v in values.items() if v}


def event_hub(values: Values, told: Provenance, *, production: bool) -> EventHubSettings:
    """The hub's settings, checked.

    Raises:
        ConfigError: A value is malformed, or two of one layer contradict each other.
    """
    secret, address, namespace = _way_in(values, told)
    name = _hub_name(values.get("eventhub.name"), secret, address, told)
    group = _group(values.get("eventhub.consumer_group"), secret, address)
    peek, aliases = values.get("eventhub.peek_group"), values.get("eventhub.aliases")
    more = values.get("eventhub.groups")
    told.took("eventhub", aliases=aliases, peek_group=peek, consumer_group=group, groups=more)

    if secret and address and address.uses_identity:
        told.origins["eventhub.namespace"] = secret.origin.only(Part.ENDPOINT)
        namespace, secret = address.namespace, None
    elif secret:
        told.took("eventhub", connection_string=secret)
    elif namespace:
        told.took("eventhub", namespace=values.get("eventhub.namespace"))

    return EventHubSettings(
        connection_string=Secret(cleaned(secret.value)) if secret else None,
        namespace=namespace,
        name=name,
        aliases=aliases_of(aliases.value, aliases.origin.named) if aliases else (),
        consumer_group=group_of(group.value, group.origin.named) if group else "$Default",
        groups=groups_of(more.value, more.origin.named) if more else (),
        peek_group=group_of(peek.value, peek.origin.named) if peek else None,
        production=production,
    )


def _way_in(values: Values, told: Provenance) -> tuple[Value | None, HubAddress | None, str | None]:
    """Connection string, where it leads, and namespace: of the last and the first only one."""
    secret, host = values.get("eventhub.connection_string"), values.get("eventhub.namespace")
    address = parse_event_hub(secret.value, key=secret.origin.named) if secret else None
    namespace = namespace_of(host.value, host.origin.named) if host else None

    if not (secret and address and host and namespace):
        return secret, address, namespace

    if _same_host(address.namespace, namespace):
        return secret, address, None

    if secret.layer == host.layer:
        raise ConfigError(
            f"{host.origin.named} says {namespace}, but {secret.origin.named} leads to "
            f"{address.namespace}.",
            "Remove one of them: a connection string needs no namespace beside it.",
        )

    if host.layer < secret.layer:
        told.notes.append(
            f"{secret.origin.named} is not used: {host.origin.named} names another namespace"
        )
        return None, None, namespace

    told.notes.append(f"{host.origin.named} is not used: {secret.origin.named} leads elsewhere")
    return secret, address, None


def _group(group: Value | None, secret: Value | None, address: HubAddress | None) -> Value | None:
    """The consumer group: set by itself, or named by the connection string as .NET Aspire does."""
    named = address.consumer_group if address else None

    if secret is None or not named or (group is not None and group.layer <= secret.layer):
        return group

    return Value(named, secret.origin.only(Part.CONSUMER_GROUP))


def _hub_name(
    name: Value | None, secret: Value | None, address: HubAddress | None, told: Provenance
) -> str | None:
    checked = hub_name_of(name.value, name.origin.named) if name else None
    path = address.entity_path if address else None

    if secret and path:
        origin = secret.origin.only(Part.ENTITY_PATH)

        if name is None or secret.layer < name.layer:
            if name and checked and checked.lower() != path.lower():
                told.notes.append(
                    f"{name.origin.named} ({checked}) is not used: {origin.named} wins"
                )

            told.origins["eventhub.name"] = origin
            return hub_name_of(path, origin.named)

        if checked and checked.lower() != path.lower():
            told.notes.append(
                f"{name.origin.named} wins over {origin.named} ({path}), as in the Python SDK; "
                "a key of that one hub will not open another"
            )

    if name:
        told.origins["eventhub.name"] = name.origin

    return checked


def checkpoint_store(values: Values, told: Provenance) -> CheckpointStoreSettings:
    """The store's settings, checked; none at all is no error.

    Raises:
        ConfigError: A value is malformed, or two of one layer contradict each other.
    """
    secret = values.get("checkpoint_store.connection_string")
    address = _as_address(values.get("checkpoint_store.account_url"))
    endpoint = (
        parse_storage(secret.value, key=secret.origin.named).blob_endpoint if secret else None
    )
    url = account_url_of(address.value, address.origin.named) if address else None

    if secret and address and url and endpoint:
        secret, address = _one_account(secret, endpoint, address, url.url.reveal(), told)
        url = url if address else None

    layout = values.get("checkpoint_store.layout")
    told.took("checkpoint_store", connection_string=secret, account_url=address, layout=layout)
    containers = _containers(values, address, url.container if url else None, told)

    if containers and not secret and not url:
        told.notes.append(
            "a container is named, but no storage account: set AZURE_STORAGE_CONNECTION_STRING "
            "or AZURE_STORAGE_ACCOUNT_URL"
        )

    return CheckpointStoreSettings(
        connection_string=Secret(cleaned(secret.value)) if secret else None,
        account_url=url.url if url else None,
        containers=containers,
        # Only a file can say it, and was checked as it was read.
        layout=cast("NamelessLayout", layout.value) if layout else None,
    )


def _containers(
    values: Values, address: Value | None, in_path: str | None, told: Provenance
) -> tuple[str, ...]:
    """Those that are named, or the one in the account's address."""
    key = "checkpoint_store.containers"

    if named := values.get(key):
        told.took("checkpoint_store", containers=named)
        return containers_of(named.value, named.origin.named)

    if address is None or in_path is None:
        return ()

    origin = told.origins[key] = address.origin.only(Part.URL_PATH)
    return containers_of(in_path, origin.named[0].upper() + origin.named[1:])


def _as_address(value: Value | None) -> Value | None:
    """.NET Aspire writes `Endpoint=https://…;ContainerName=…` for a container with Entra ID."""
    match = _ASPIRE_BLOB.match(cleaned(value.value)) if value else None

    if value is None or match is None:
        return value

    steps = [match["endpoint"].rstrip("/"), *([match["container"]] if match["container"] else [])]

    return Value("/".join(steps), value.origin)


def _one_account(
    secret: Value, endpoint: str, address: Value, url: str, told: Provenance
) -> tuple[Value | None, Value | None]:
    """Of two ways to an account one is enough; of two accounts the nearer one."""
    is_same = _same_host(urlsplit(endpoint).netloc, urlsplit(url).netloc)

    if secret.layer == address.layer and not is_same:
        raise ConfigError(
            f"{address.origin.named} and {secret.origin.named} lead to different storage accounts.",
            "Remove one of them.",
        )

    if address.layer < secret.layer:
        told.notes.append(f"{secret.origin.named} is not used: {address.origin.named} is nearer")
        return None, address

    return secret, None


def _same_host(one: str, other: str) -> bool:
    return one.lower() == other.lower()
