"""The state of a namespace: hubs, groups, partitions, receivers. No IO; time comes from a clock."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ehtui.sandbox.eventhubs import errors
from ehtui.sandbox.eventhubs.deliveries import Deliveries, Reading
from ehtui.sandbox.eventhubs.errors import ServiceError
from ehtui.sandbox.eventhubs.events import Incoming, new_event
from ehtui.sandbox.eventhubs.partition_log import PartitionLog, Retention, Room, partition_for_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DEFAULT_GROUP = "$Default"
# What the largest tiers of the service have, and the names it takes.
MOST_HUBS, MOST_PARTITIONS, MOST_GROUPS = 100, 1024, 1000
MOST_PARTITIONS_OF_ALL = 8192  # each costs a listing and a look every second
_HUB = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,254}[A-Za-z0-9])?")
_GROUP = re.compile(r"\$Default|[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,48}[A-Za-z0-9_])?", re.IGNORECASE)
ROOT_KEY = "RootManageSharedAccessKey"
NO_NAME = "nil"  # what the service prints for a receiver without a name
RIGHTS = frozenset({"Listen", "Send", "Manage"})


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A shared access policy of the namespace."""

    name: str
    value: str = field(repr=False)
    rights: frozenset[str] = RIGHTS


@dataclass(eq=False, slots=True)
class Receiver:
    """One attached receiver. `level` is its owner level (epoch), None without."""

    group: str
    partition: str
    name: str
    level: int | None
    tracker: str
    disconnect: Callable[[ServiceError], None]


@dataclass(slots=True)
class Receivers:
    """The receivers of a hub."""

    limit: int = 5
    _all: dict[str, dict[str, list[Receiver]]] = field(default_factory=dict)  # partition, group

    def admit(self, new: Receiver) -> None:
        """Let a receiver in; those of the same or a lower owner level lose their links.

        Raises:
            ServiceError: One with a higher level holds the partition, or there are too many.
        """
        present = self._all.get(new.partition, {}).get(new.group.lower(), [])
        holder = next((r for r in present if r.level is not None), None)

        if new.level is None:
            self._check_without_level(new, holder, present)
        else:
            if holder and holder.level is not None and holder.level > new.level:
                raise errors.owner_level_too_low(new.tracker, new=new, holder=holder)

            for other in tuple(present):
                present.remove(other)
                facts = {"new": new, "old": other, "level": other.level or 0}
                other.disconnect(errors.stolen(other.tracker, **facts))

        # A receiver that was disconnected has left, and its list may be gone.
        groups = self._all.setdefault(new.partition, {})
        groups.setdefault(new.group.lower(), []).append(new)

    def leave(self, receiver: Receiver) -> None:
        """A receiver went."""
        groups = self._all.get(receiver.partition, {})
        present = groups.get(receiver.group.lower(), [])

        if receiver in present:
            present.remove(receiver)

        if not present:
            groups.pop(receiver.group.lower(), None)

    def describe(self, partition: str) -> list[dict[str, Any]]:
        """The receivers of a partition, as plain values."""
        return [
            {
                "group": r.group,
                "name": None if r.name == NO_NAME else r.name,
                "owner_level": r.level,
            }
            for present in self._all.get(partition, {}).values()
            for r in present
        ]

    def _check_without_level(
        self, new: Receiver, holder: Receiver | None, present: list[Receiver]
    ) -> None:
        if holder and holder.level is not None:
            raise errors.owner_level_needed(new.tracker, level=holder.level)

        if len(present) >= self.limit:
            names = ", ".join(r.name for r in present)
            raise errors.too_many_receivers(new.tracker, limit=self.limit, names=names)


@dataclass(slots=True)
class Hub:
    """An event hub. Names of hubs and groups ignore case."""

    name: str
    created_at: float
    retention: Retention
    partitions: list[PartitionLog] = field(default_factory=list)
    groups: dict[str, str] = field(default_factory=dict)  # lower case → as created
    receivers: Receivers = field(default_factory=Receivers)
    is_deleted: bool = False
    georeplication_factor: int = 1  # what it says of itself; nothing is replicated
    # By partition and group (lower case), the furthest event that anybody of it was sent.
    reached: dict[tuple[str, str], int] = field(default_factory=dict)
    _turn: int = -1

    def partition(self, partition_id: str) -> PartitionLog | None:
        """The partition with that id."""
        return next((p for p in self.partitions if p.id == partition_id), None)

    def has_group(self, group: str) -> bool:
        """Whether that consumer group exists."""
        return group.lower() in self.groups

    def choose(self, key: bytes | None) -> PartitionLog:
        """The partition for an event: by its key, or the next in turn."""
        if key is not None:
            return self.partitions[partition_for_key(key, len(self.partitions))]

        self._turn = (self._turn + 1) % len(self.partitions)
        return self.partitions[self._turn]


class Namespace:
    """A namespace with its hubs. Methods raise KeyError for what does not exist."""

    def __init__(
        self,
        name: str = "sandbox.servicebus.windows.net",
        *,
        keys: Iterable[AccessKey] = (),
        clock: Callable[[], float] = time.time,
        max_message_bytes: int = 1024 * 1024,
        receivers_per_partition: int = 5,
        max_retained_bytes: int = 256 << 20,
    ) -> None:
        self.name = name
        self.keys = {key.name: key for key in keys}
        self.keys.setdefault(ROOT_KEY, AccessKey(ROOT_KEY, secrets.token_urlsafe(32) + "="))
        self.clock = clock
        self.max_message_bytes = max_message_bytes
        self.receivers_per_partition = receivers_per_partition
        self.deliveries = Deliveries()
        self._hubs: dict[str, Hub] = {}
        self._room = Room(max_retained_bytes)

    @property
    def retained_bytes(self) -> int:
        """What the events of all partitions take."""
        return self._room.used_bytes

    @property
    def hubs(self) -> tuple[Hub, ...]:
        """All hubs, in order of creation."""
        return tuple(self._hubs.values())

    def find(self, name: str) -> Hub | None:
        """The hub of that name."""
        return self._hubs.get(name.lower())

    def hub(self, name: str) -> Hub:
        """The hub of that name, which must exist."""
        return self._hubs[name.lower()]

    def create_hub(
        self,
        name: str,
        partitions: int = 4,
        groups: Iterable[str] = (),
        retention: Retention | None = None,
    ) -> Hub:
        """Create a hub; `$Default` always exists. One of that name is replaced.

        Raises ValueError where the service would not have it, or it has too many already.
        """
        groups = tuple(groups)
        check_hub(name, partitions, groups)

        if name.lower() in self._hubs:
            self.delete_hub(name)

        if len(self._hubs) >= MOST_HUBS:
            raise ValueError(f"there are {MOST_HUBS} hubs already")

        self._check_total(partitions)
        hub = Hub(name, self.clock(), retention or Retention())
        hub.receivers.limit = self.receivers_per_partition
        self._hubs[name.lower()] = hub
        self.set_partition_count(name, partitions)

        for group in (DEFAULT_GROUP, *groups):
            self.create_group(name, group)

        return hub

    def delete_hub(self, name: str) -> None:
        """Delete a hub: its links are detached."""
        hub = self._hubs.pop(name.lower())
        hub.is_deleted = True
        hub.groups.clear()

        for log in hub.partitions:
            log.forget()

        self._wake(hub)

    def create_group(self, hub: str, group: str) -> None:
        """Create a consumer group; one that exists stays. ValueError: it cannot be one."""
        groups = self.hub(hub).groups

        if not _GROUP.fullmatch(group):
            raise ValueError(f"{group[:60]!r} is no name of a consumer group")

        if group.lower() not in groups and len(groups) >= MOST_GROUPS:
            raise ValueError(f"{hub} has {MOST_GROUPS} consumer groups already")

        groups.setdefault(group.lower(), group)

    def delete_group(self, hub: str, group: str) -> None:
        """Delete a consumer group: its receivers are detached."""
        owner = self.hub(hub)
        del owner.groups[group.lower()]
        self._wake(owner)

    def set_partition_count(self, hub: str, count: int) -> None:
        """Grow a hub to `count` partitions; as in the service they can only be added."""
        owner = self.hub(hub)

        if type(count) is not int or count < max(len(owner.partitions), 1):
            raise ValueError(f"{hub} has {len(owner.partitions)} partitions; none can be removed")

        if count > MOST_PARTITIONS:
            raise ValueError(f"a hub has no more than {MOST_PARTITIONS} partitions")

        self._check_total(count - len(owner.partitions))

        for number in range(len(owner.partitions), count):
            log = PartitionLog(str(number), owner.retention, self._room)
            owner.partitions.append(log)
            self._room.logs.append(log)

    def set_replication(self, hub: str, factor: int) -> None:
        """Let a hub say that it is replicated over so many regions."""
        self.hub(hub).georeplication_factor = factor

    def set_retention(self, hub: str, retention: Retention) -> None:
        """Change what the hub's partitions keep, at once."""
        owner = self.hub(hub)
        owner.retention = retention

        for log in owner.partitions:
            log.retention = retention
            log.expire(self.clock())

    def append(
        self,
        hub: str,
        partition: str | None,
        bodies: Iterable[bytes | str | Incoming],
        properties: Mapping[str, Any] | None = None,
        at: float | None = None,
    ) -> list[int]:
        """Write events as if a producer had sent them; returns their sequence numbers.

        Without a partition each goes to the next in turn. `at` is the enqueued time.
        """
        owner, now = self.hub(hub), self.clock() if at is None else at
        numbers = []

        for body in bodies:
            event = body if isinstance(body, Incoming) else new_event(body, properties)
            log = owner.choose(None) if partition is None else self.log(hub, partition)
            numbers.append(log.append([event], now))

        return numbers

    def began(
        self, hub: Hub, receiver: Receiver, log: PartitionLog, start: int, *, client: str
    ) -> Reading:
        """The page of a receiver that attached, in the log of deliveries."""
        return self.deliveries.begun(
            hub=hub.name,
            hub_created_at=hub.created_at,
            group=receiver.group,
            partition=receiver.partition,
            client=client,
            name=None if receiver.name == NO_NAME else receiver.name,
            level=receiver.level,
            at=self.clock(),
            start=start,
            begin=log.begin_sequence,
            everybody=hub.reached,
        )

    def log(self, hub: str, partition: str) -> PartitionLog:
        """A partition's log, which must exist."""
        log = self.hub(hub).partition(partition)

        if log is None:
            raise KeyError(partition)

        return log

    def trim(self, hub: str, partition: str, before_sequence: int) -> None:
        """Remove events older than `before_sequence`."""
        self.log(hub, partition).trim(before_sequence)

    def expire(self) -> None:
        """Let retention act, as the endpoint does once a second."""
        now = self.clock()

        for hub in self._hubs.values():
            for log in hub.partitions:
                log.expire(now)

    def state(self) -> dict[str, Any]:
        """Everything a test or a person wants to see of it, as plain values."""
        return {"namespace": self.name, "hubs": [_hub_state(hub) for hub in self.hubs]}

    def _check_total(self, more: int) -> None:
        if len(self._room.logs) + more > MOST_PARTITIONS_OF_ALL:
            raise ValueError(f"all hubs together have no more than {MOST_PARTITIONS_OF_ALL}")

    def _wake(self, hub: Hub) -> None:
        for log in hub.partitions:
            log.notify()


def check_hub(name: str, partitions: int, groups: tuple[str, ...]) -> None:
    """Check what is about to be created. ValueError: it cannot be a hub."""
    if not _HUB.fullmatch(name):
        raise ValueError(f"{name[:60]!r} is no name of a hub")

    if type(partitions) is not int or not 1 <= partitions <= MOST_PARTITIONS:
        raise ValueError(f"a hub has 1 to {MOST_PARTITIONS} partitions")

    wrong = next((group for group in groups if not _GROUP.fullmatch(group)), None)

    if wrong is not None or len(groups) >= MOST_GROUPS:
        raise ValueError(f"{str(wrong)[:60]!r} is no name of a consumer group, or one too many")


def _hub_state(hub: Hub) -> dict[str, Any]:
    return {
        "name": hub.name,
        "created_at": hub.created_at,
        "groups": list(hub.groups.values()),
        "partitions": [
            {
                "id": log.id,
                "begin_sequence": log.begin_sequence,
                "last_sequence": log.last_sequence,
                "last_offset": str(log.last_offset),
                "last_enqueued_at": log.last.enqueued_ms / 1000 if log.last else None,
                "is_empty": log.is_empty,
                "receivers": hub.receivers.describe(log.id),
            }
            for log in hub.partitions
        ],
    }
