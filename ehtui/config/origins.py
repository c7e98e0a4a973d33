"""One setting as it was found: its value, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum

from typing_extensions import override


class Layer(IntEnum):
    """What kind of place a value comes from; the lowest number wins."""

    FLAG = 0
    PROCESS = 1  # --pid: what a running consumer uses
    ENVIRONMENT = 2
    DOTENV = 3
    YAML = 4
    CONVENTION = 5  # names of Azure Functions and .NET Aspire, where nothing else is said


class Part(StrEnum):
    """What of another setting's value it is, as a sentence says it."""

    ENTITY_PATH = "EntityPath of {}"
    CONSUMER_GROUP = "ConsumerGroup of {}"
    ENDPOINT = "the Endpoint of {}, without a key"
    URL_PATH = "the path of {}"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value stands: `name` is a flag, a variable or a key, `place` what sets it."""

    kind: Layer
    name: str
    place: str = ""  # completes "NAME in …"
    pid: int | None = None  # of the process whose place that is
    part: Part | None = None

    @property
    def named(self) -> str:
        """By name and place, for sentences."""
        if self.kind is Layer.YAML:
            told = f"{self.name} ({self.place})"
        else:
            told = f"{self.name} in {self.place}" if self.place else self.name

        told = told if self.pid is None else f"{told} (process {self.pid})"
        return self.part.format(told) if self.part else told

    @override
    def __str__(self) -> str:
        """As it stands beside its key: a file's key needs no name there."""
        return self.place if self.kind is Layer.YAML and not self.part else self.named

    def only(self, part: Part) -> Origin:
        """The origin of what `part` of that value says."""
        return replace(self, part=part)


@dataclass(frozen=True, slots=True)
class Value:
    """A value, and where it was found."""

    value: str = field(repr=False)  # may be a secret
    origin: Origin

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
    "checkpoint_store.connection_string": "AZURE_STORAGE_CONNECTION_STRING",
    "checkpoint_store.account_url": "AZURE_STORAGE_ACCOUNT_URL",
    "checkpoint_store.containers": "CHECKPOINT_CONTAINER",
    "read_only": "EHTUI_READ_ONLY",
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
