"""One setting as it was found: its value, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class Layer(IntEnum):
    """Where a value comes from; the lowest number wins."""

    FLAG = 0
    PROCESS = 1  # --pid: what a running consumer uses
    ENVIRONMENT = 2
    DOTENV = 3
    YAML = 4
    CONVENTION = 5  # names of Azure Functions and .NET Aspire, where nothing else is said


@dataclass(frozen=True, slots=True)
class Value:
    """A value, and in words where it was found: "EVENTHUB_NAME in .env"."""

    value: str = field(repr=False)  # may be a secret
    origin: str
    layer: Layer


Values = Mapping[str, Value]

ENVIRONMENT_NAMES = {
    "eventhub.connection_string": "EVENTHUB_CONNECTION_STRING",
    "eventhub.name": "EVENTHUB_NAME",
    "eventhub.namespace": "EVENTHUB_NAMESPACE",
    "eventhub.consumer_group": "EVENTHUB_CONSUMER_GROUP",
    "checkpoint_store.connection_string": "AZURE_STORAGE_CONNECTION_STRING",
    "checkpoint_store.account_url": "AZURE_STORAGE_ACCOUNT_URL",
    "checkpoint_store.containers": "CHECKPOINT_CONTAINER",
    "read_only": "EHTUI_READ_ONLY",
}


def values_of(variables: Mapping[str, str], where: str, layer: Layer) -> dict[str, Value]:
    """The documented variables among `variables`, by key; `where` completes "NAME in …"."""
    return {
        key: Value(variables[name], f"{name} in {where}", layer)
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
