"""A hub: what it is called, what it says of itself (facts.md §4), and where reading may begin.

On a geo-replicated hub the offset in a partition's properties is no start position (facts.md §8).
Whoever writes a checkpoint asks here, and cannot mistake one for the other.

Stores hold the name that each client was given: Python with the port of its Endpoint, JavaScript
without (facts.md §7); a container's own name, an alias, a private address.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ehtui.domain.values import Value


class PartitionSample(Value, frozen=True):
    """One `$management` READ of a partition."""

    partition: str
    begin_sequence: int  # first retained event; meaningless when empty
    last_sequence: int  # -1 when never written
    last_offset: str  # opaque: never parsed, compared or subtracted
    last_enqueued_at: float | None
    is_empty: bool
    sampled_at: float  # local receipt
    asked_at: float | None = None  # local; None: not noted

    @property
    def first_at(self) -> float:
        """When it can have been true at the earliest: as it was asked for."""
        return self.sampled_at if self.asked_at is None else self.asked_at

    @property
    def moment(self) -> float:
        """When it was true, as near as a round trip tells: half-way."""
        asked_at, at = self.asked_at, self.sampled_at
        return at if asked_at is None else (asked_at + at) / 2


class HubDescription(Value, frozen=True):
    """One `$management` READ of the hub."""

    namespace: str  # fully qualified, with the port where the endpoint names one
    name: str
    created_at: float | None
    partition_ids: tuple[str, ...]  # natural order
    georeplication_factor: int | None = None  # regions; None: the service does not say

    @property
    def is_geo_replicated(self) -> bool | None:
        """Whether offsets are of more than one region; None is unknown."""
        return None if self.georeplication_factor is None else self.georeplication_factor > 1


_INTEGER = re.compile(r"-?\d+", re.ASCII)


class StartPosition(Value, frozen=True):
    """An offset that a client may be given to read on behind it."""

    offset: str


class NoStartPosition(Value, frozen=True):
    """There is none to be had from these properties; `why` is a code."""

    why: str  # geo-replicated, opaque-offset (of a hub that does not say whether it is), empty


Position = StartPosition | NoStartPosition


def end_of(hub: HubDescription, sample: PartitionSample) -> Position:
    """Where reading goes on behind the last event of a partition."""
    if sample.last_sequence < 0:
        return NoStartPosition("empty")

    if hub.is_geo_replicated:
        return NoStartPosition("geo-replicated")

    # Before geo-replication every offset was an integer: anything else is of a hub that has it.
    if hub.is_geo_replicated is None and not is_integer(sample.last_offset):
        return NoStartPosition("opaque-offset")

    return StartPosition(sample.last_offset)


def is_integer(offset: str) -> bool:
    """Whether an offset has the form that all had before geo-replication."""
    return bool(_INTEGER.fullmatch(offset))


# The doors of one service: AMQP over TLS, over WebSockets, and the emulator's plain AMQP.
STANDARD_PORTS = frozenset({"5671", "5672", "443"})
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_CLOUD = ".servicebus."  # a name of its own, whatever the port


class Host(NamedTuple):
    """A namespace's name, taken apart."""

    name: str  # lower case, IPv6 without brackets
    port: str | None


class Names(Value, frozen=True):
    """What the namespace that is looked at is called: as configured, and by accepted names."""

    own: str
    aliases: tuple[str, ...] = ()

    def cover(self, name: str) -> bool:
        """Whether a record under `name` is of this namespace."""
        return _cover(self, name)

    def may_cover(self, name: str) -> bool:
        """Whether `name` may be another name of this namespace, for all that can be seen.

        Another port of the same machine is another namespace: two emulators, side by side.
        """
        return not self.cover(name) and _may_be(self.own, name)

    def rule_out(self, name: str) -> bool:
        """Whether a client that was given `name` is taken to be of another namespace.

        Two names of the cloud are two namespaces until one is accepted as an alias.
        """
        if self.cover(name):
            return False

        is_cloud = _is_cloud(host_of(self.own)) and _is_cloud(host_of(name))
        return is_cloud or not self.may_cover(name)


@lru_cache(maxsize=512)  # a store holds few names, each in thousands of records
def host_of(name: str) -> Host:
    """A name as it is compared: without case, the port apart."""
    host, colon, port = name.strip().lower().rpartition(":")

    # Of a bare IPv6 address the last group is no port.
    if not colon or not port.isdecimal() or (":" in host and not host.endswith("]")):
        host, port = name.strip().lower(), ""

    return Host(host.removeprefix("[").removesuffix("]"), port or None)


def port_of(name: str) -> str:
    """The port as it is written, with its colon; empty where none is."""
    port = host_of(name).port

    return f":{port}" if port else ""


@lru_cache(maxsize=2048)
def _cover(names: Names, name: str) -> bool:
    own, found = host_of(names.own), host_of(name)

    return _is_same(own, found) or any(
        _means(host_of(alias), own, found) for alias in names.aliases
    )


def _is_same(wanted: Host, found: Host) -> bool:
    if wanted.name != found.name:
        return False

    # JavaScript writes no port: it may mean any.
    return found.port is None or _is_cloud(found) or _ports_agree(wanted.port, found.port)


def _ports_agree(wanted: str | None, found: str) -> bool:
    return found in STANDARD_PORTS if wanted in STANDARD_PORTS | {None} else found == wanted


def _means(alias: Host, own: Host, found: Host) -> bool:
    """An alias without a port has, on this machine, the configured one; elsewhere it may be any."""
    if alias.port is None and alias.name not in _THIS_MACHINE:
        return alias.name == found.name

    return _is_same(Host(alias.name, alias.port or own.port), found)


def _is_cloud(host: Host) -> bool:
    return _CLOUD in host.name


@lru_cache(maxsize=2048)
def _may_be(own_name: str, other_name: str) -> bool:
    own, other = host_of(own_name), host_of(other_name)
    is_one_machine = own.name == other.name or {own.name, other.name} <= _THIS_MACHINE

    return not is_one_machine or other.port is None or _ports_agree(own.port, other.port)


def is_this_machine(name: str) -> bool:
    """Whether it is a loopback name: `localhost`, `127.0.0.1` and `[::1]` are one machine."""
    return host_of(name).name in _THIS_MACHINE


def looks_like_host(name: str) -> bool:
    """Whether a text is a host's name beyond doubt: with a dot, a port, or of this machine."""
    host = host_of(name)

    return "." in host.name or ":" in name or is_this_machine(name)


LATEST_MOMENT = 32_503_680_000.0  # the year 3000, which every calendar function can still tell
INT64 = range(-(2**63), 2**63)


def known_moment(at: float | None) -> float | None:
    """UTC seconds since the epoch, or None where no clock of a service or host can mean that.

    Also None: not a number, before 1970 (services write the year 1 where nothing ever happened).
    """
    return at if at is not None and 0.0 < at < LATEST_MOMENT else None


def known_integer(value: object) -> int | None:
    """A 64-bit integer, as sequence numbers are; None for everything else, booleans included."""
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    return value if is_integer and value in INT64 else None  # type: ignore[return-value]
