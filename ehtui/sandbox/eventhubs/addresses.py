"""What a link's address names. Clients write paths or whole URLs; the authority never matters."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

CBS = "$cbs"
MANAGEMENT = "$management"
_GROUPS, _PARTITIONS, _PUBLISHERS = "consumergroups", "partitions", "publishers"


@dataclass(frozen=True, slots=True)
class Address:
    """A hub, and what of it."""

    hub: str
    group: str | None = None
    partition: str | None = None
    publisher: str | None = None

    @property
    def path(self) -> str:
        """The path that tokens are checked against: lower case."""
        parts = [self.hub]

        if self.group is not None:
            parts += [_GROUPS, self.group]

        if self.publisher is not None:
            parts += [_PUBLISHERS, self.publisher]

        if self.partition is not None:
            parts += [_PARTITIONS, self.partition]

        return "/".join(parts).lower()

    def resource(self, namespace: str) -> str:
        """How error texts name it."""
        return f"sb://{namespace}/{self.path}"

    def tracker(self, namespace: str) -> str:
        """How SystemTracker names it."""
        partition = "" if self.partition is None else f"~{self.partition}"
        group = "" if self.group is None else f"|{self.group.lower()}"
        return f"{namespace}:eventhub:{self.hub.lower()}{partition}{group}"


def path_of(address: str) -> str:
    """The path of an address or audience, without scheme and authority."""
    return (urlsplit(address).path if "://" in address else address).strip("/")


def parse_address(address: str) -> Address:
    """Read an address such as `hub/ConsumerGroups/$Default/Partitions/0`.

    Raises:
        ValueError: It is none.
    """
    hub, *rest = path_of(address).split("/")
    names = {_GROUPS: "group", _PARTITIONS: "partition", _PUBLISHERS: "publisher"}
    pairs = list(zip(rest[::2], rest[1::2], strict=False))
    found = {names[word.lower()]: value for word, value in pairs if word.lower() in names}

    if not hub or 2 * len(found) != len(rest):
        raise ValueError(f"no address: {address}")

    return Address(hub, **found)
