"""What a sandbox is made of, and what its servers answer when they are ready."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from ehtui.sandbox.connections import Connections

DEFAULT_GROUP = "$Default"


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What to serve. A port of 0 is chosen by the system."""

    hub: str = "meetings"
    partitions: int = 4
    groups: tuple[str, ...] = (DEFAULT_GROUP,)
    container: str = "checkpoints"
    host: str = "127.0.0.1"
    port: int = 0  # of Event Hubs
    tls: bool = False
    backlog: int = 0  # events that are there already, unevenly over partitions and minutes

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Self:
        """The other way round."""
        fields: dict[str, Any] = json.loads(line)

        return cls(**{**fields, "groups": tuple(fields["groups"])})


@dataclass(frozen=True, slots=True)
class Ready:
    """Where the servers listen."""

    connections: Connections
    control_url: str | None = None
    control_token: str | None = field(default=None, repr=False)  # what changes there need
    certificate: str | None = None  # a file with the authority to trust, where TLS is on

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Self:
        """The other way round."""
        fields: dict[str, Any] = json.loads(line)

        return cls(**{**fields, "connections": Connections(**fields["connections"])})


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast consumers are: leases that lapse in seconds, so that a takeover can be watched."""

    interval_s: float = 2.0  # between two rounds of balancing
    expiry_s: float = 12.0  # of a lease
    work_s: float = 0.03  # per event
    checkpoint_s: float = 1.0

    @property
    def arguments(self) -> tuple[str, ...]:
        """As on a consumer's command line."""
        return (
            f"--interval={self.interval_s}",
            f"--expiry={self.expiry_s}",
            f"--work={self.work_s}",
            f"--checkpoint={self.checkpoint_s}",
        )
