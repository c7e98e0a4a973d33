"""What a link asks for: its address, and where a receiver starts (facts.md §4).

Clients write paths or whole URLs; the authority never matters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

CBS = "$cbs"
MANAGEMENT = "$management"
FILTER = "apache.org:selector-filter:string"
_SELECTOR = re.compile(
    r"amqp\.annotation\.(?P<what>x-opt-[a-z-]+)\s*(?P<operator>>=?)\s*'(?P<value>[^']*)'"
)
_AUTHORITY = re.compile(r"^[^/?#]*")
_LATEST = "@latest"
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
    """The path of an address or audience, without scheme and authority, whatever text it is."""
    # urlsplit refuses what a client may well write, such as a bracket in the host.
    _, is_url, rest = address.partition("://")
    path = re.split(r"[?#]", _AUTHORITY.sub("", rest), maxsplit=1)[0]
    return (path if is_url else address).strip("/")


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


class By(StrEnum):
    """What a position counts by; the values are how the service calls them."""

    OFFSET = "offset"
    SEQUENCE = "sequence number"
    TIME = "enqueued time"


_BY = {
    "x-opt-offset": By.OFFSET,
    "x-opt-sequence-number": By.SEQUENCE,
    "x-opt-enqueued-time": By.TIME,
    "x-opt-enqueuedtimeutc": By.TIME,
}


@dataclass(frozen=True, slots=True)
class Position:
    """Events after `value` (or from it, where inclusive). None means after the last event."""

    by: By = By.OFFSET
    value: int | None = -1  # TIME: milliseconds since the epoch
    is_inclusive: bool = False


EARLIEST = Position()
LATEST = Position(value=None)


def parse_selector(text: str) -> Position:
    """Read a selector such as `amqp.annotation.x-opt-offset > '-1'`.

    Raises:
        ValueError: It is none.
    """
    match = _SELECTOR.fullmatch(text.strip())

    if not match or match["what"] not in _BY:
        raise ValueError(f"no position: {text}")

    if match["value"] == _LATEST:
        return LATEST

    return Position(_BY[match["what"]], int(match["value"]), match["operator"] == ">=")
