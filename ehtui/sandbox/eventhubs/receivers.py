"""Who reads a partition of a group, and who must give way: owner levels and the limit of five."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ehtui.sandbox.eventhubs import errors
from ehtui.sandbox.eventhubs.errors import ServiceError

NO_NAME = "nil"  # what the service prints for a receiver without a name


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
                raise errors.owner_level_too_low(
                    new.name, new.level, holder.name, holder.level, new.tracker
                )

            for other in tuple(present):
                present.remove(other)
                other.disconnect(
                    errors.stolen(
                        (new.name, new.level), (other.name, other.level), "", other.tracker
                    )
                )

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
            raise errors.owner_level_needed(holder.level, new.tracker)

        if len(present) >= self.limit:
            raise errors.too_many_receivers(self.limit, [r.name for r in present], new.tracker)
