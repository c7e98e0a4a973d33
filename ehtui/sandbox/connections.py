"""How a process of the sandbox, and a consumer of anybody, is told where to connect."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Connections:
    """The five values of a consumer's `.env`."""

    eventhub: str  # connection strings hold keys: never printed but by `ehtui sandbox`
    hub: str
    group: str
    storage: str
    container: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """The values among environment variables; KeyError names one that is missing."""
        return cls(
            environment["EVENTHUB_CONNECTION_STRING"],
            environment["EVENTHUB_NAME"],
            environment.get("EVENTHUB_CONSUMER_GROUP", "$Default"),
            environment["AZURE_STORAGE_CONNECTION_STRING"],
            environment["CHECKPOINT_CONTAINER"],
        )

    def renamed(self, host: str, address: str) -> Connections:
        """The same for somebody who knows the namespace's host by another name."""
        endpoint = self.eventhub.replace(f"Endpoint=sb://{host}", f"Endpoint=sb://{address}", 1)

        return replace(self, eventhub=endpoint)

    @property
    def environment(self) -> dict[str, str]:
        """The values as environment variables."""
        return {
            "EVENTHUB_CONNECTION_STRING": self.eventhub,
            "EVENTHUB_NAME": self.hub,
            "EVENTHUB_CONSUMER_GROUP": self.group,
            "AZURE_STORAGE_CONNECTION_STRING": self.storage,
            "CHECKPOINT_CONTAINER": self.container,
        }
