"""What a sandbox is made of, what its servers answer when they are ready, and where to connect."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Self

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_GROUP = "$Default"
PEEK_GROUP = "ehtui-peek"  # every hub of a sandbox has it, so that events can be looked at
OPTIONS = "EHTUI_SANDBOX_OPTIONS"  # the variable that a server of a sandbox finds its own in


LOOPBACK = "127.0.0.1"


def is_loopback(host: str) -> bool:
    """Whether only this host gets there. A name is not: whoever answers for it decides."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def reachable(host: str) -> str:
    """The address to connect to, of one that is listened on: a wildcard is reached on loopback."""
    try:
        return LOOPBACK if ip_address(host).is_unspecified else host
    except ValueError:
        return host


class Line:
    """A value that the sandbox's processes hand each other as one line of JSON."""

    __slots__ = ()

    def to_json(self) -> str:
        """One line."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, line: str | bytes) -> Self:
        """The other way round."""
        return msgspec.json.decode(line, type=cls)


class HubOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A hub to serve; `retention` has the fields of `eventhubs.Retention`."""

    name: str
    partitions: int = 4
    groups: tuple[str, ...] = ()  # beside $Default
    retention: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class ServerOptions(Line):
    """What to serve. A port of 0 is chosen by the system, a key that is None made at random."""

    hub: str = "meetings"
    partitions: int = 4
    groups: tuple[str, ...] = (DEFAULT_GROUP,)
    container: str = "checkpoints"
    host: str = "127.0.0.1"
    port: int = 0  # of Event Hubs
    tls: bool = False
    websocket_port: int | None = None  # also listened on, for AMQP over WebSockets
    only_websockets: bool = False  # no plain AMQP: as behind a network that lets only 443 out
    backlog: int = 0  # events that are there already, unevenly over partitions and minutes
    more_hubs: tuple[HubOptions, ...] = ()
    retention: dict[str, Any] = field(default_factory=dict)
    key: str | None = field(default=None, repr=False)  # of Event Hubs
    account: str = "ehtui"
    storage_key: str | None = field(default=None, repr=False)  # base64
    storage_port: int = 0
    control_port: int = 0
    control_token: str | None = field(default=None, repr=False)

    @property
    def control_host(self) -> str:
        """Where the control port listens: its levers are for this host, whoever uses the rest."""
        return self.host if is_loopback(self.host) else LOOPBACK

    @property
    def hubs(self) -> tuple[HubOptions, ...]:
        """All of them; connection strings name the first."""
        return HubOptions(self.hub, self.partitions, self.groups, self.retention), *self.more_hubs


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
            environment.get("EVENTHUB_CONSUMER_GROUP", DEFAULT_GROUP),
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


@dataclass(frozen=True, slots=True)
class Ready(Line):
    """Where the servers listen."""

    connections: Connections
    control_url: str | None = None
    control_token: str | None = field(default=None, repr=False)  # what changes there need
    certificate: str | None = None  # a file with the authority to trust, where TLS is on

    @property
    def environment(self) -> dict[str, str]:
        """The lines of a consumer's `.env`."""
        trust = {"SSL_CERT_FILE": self.certificate} if self.certificate else {}
        return self.connections.environment | trust

    @property
    def control_environment(self) -> dict[str, str]:
        """Where tests reach the control port, and what changes there need."""
        return {
            "EHTUI_SANDBOX_CONTROL_URL": self.control_url or "",
            "EHTUI_SANDBOX_CONTROL_TOKEN": self.control_token or "",
        }


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
