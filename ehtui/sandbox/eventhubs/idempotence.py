"""Idempotent producers: who publishes under which id, and what of theirs is there already.

A producer's id, epoch and last number travel in its link's properties, each event's number in an
annotation (@azure/event-hubs, eventHubSender.js; Azure.Messaging.EventHubs, AmqpProperty.cs).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ehtui.sandbox.eventhubs import errors
from ehtui.sandbox.eventhubs.errors import ServiceError
from ehtui.wire.amqp.values import Long, Short, Symbol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.sandbox.eventhubs.events import Incoming
    from ehtui.wire.amqp.performatives import Attach

CAPABILITY = "com.microsoft:idempotent-producer"
_ID, _EPOCH = "com.microsoft:producer-id", "com.microsoft:producer-epoch"
_SEQUENCE = "com.microsoft:producer-sequence-number"
_WRAP = 1 << 31  # numbers are ints, and begin anew at 0
_MOST = 1000  # producers that a partition remembers


@dataclass(slots=True)
class Publishing:
    """One producer, as its partition knows it. `sequence` is the last that was taken."""

    id: int
    epoch: int
    sequence: int
    disconnect: Callable[[ServiceError], None] | None = None  # its link's, while there is one

    def answer(self, reply: Attach) -> Attach:
        """The same attach, which says what is known of the producer."""
        told = {
            Symbol(_ID): Long(self.id),
            Symbol(_EPOCH): Short(self.epoch),
            Symbol(_SEQUENCE): self.sequence,
        }
        offered = (*reply.offered_capabilities, CAPABILITY)
        return reply._replace(offered_capabilities=offered, properties=told)

    def left(self, disconnect: Callable[[ServiceError], None]) -> None:
        """Its link is gone, unless it is another one by now."""
        if self.disconnect == disconnect:
            self.disconnect = None

    def takes(self, events: Sequence[Incoming], tracker: str) -> bool:
        """Whether these are next. Those that are there already are taken and not written again.

        Raises:
            ServiceError: They leave a gap, or have no number.
        """
        first = next((e.published for e in events if e.published is not None), None)
        expected = (self.sequence + 1) % _WRAP

        if first is None:
            raise errors.number_needed(tracker)

        if first == expected:
            self.sequence = (first + len(events) - 1) % _WRAP
            return True

        # In the half of the numbers behind us, and nothing of them ahead.
        if (self.sequence - (first + len(events) - 1)) % _WRAP < _WRAP // 2:
            return False

        raise errors.out_of_order(tracker, given=first, expected=expected)


@dataclass(slots=True)
class Publishers:
    """The idempotent producers of a partition; who has not published for longest is forgotten."""

    _known: dict[int, Publishing] = field(default_factory=dict)

    def admit(
        self, attach: Attach, disconnect: Callable[[ServiceError], None], tracker: str
    ) -> Publishing | None:
        """Let a producer in: a new one, or one that comes back; an older link of it ends.

        None is one that does not ask to be idempotent.

        Raises:
            ServiceError: It has a newer epoch by now.
        """
        if CAPABILITY not in attach.desired_capabilities:
            return None

        given = attach.properties or {}
        wanted = (given.get(_ID), given.get(_EPOCH), given.get(_SEQUENCE))
        number, epoch, sequence = (v if isinstance(v, int) and v >= 0 else None for v in wanted)
        known = self._known.pop(number, None) if number is not None else None

        if known is None:
            number = secrets.randbits(40) if number is None else number
            known = Publishing(number, epoch or 0, sequence or 0)
        elif epoch is not None and epoch < known.epoch:
            self._known[known.id] = known
            raise errors.publisher_stolen(tracker, epoch=epoch, newer=known.epoch)
        else:
            if known.disconnect is not None:
                facts = {"epoch": known.epoch, "newer": known.epoch if epoch is None else epoch}
                known.disconnect(errors.publisher_stolen(tracker, **facts))

            if epoch is not None and epoch > known.epoch:
                known = Publishing(known.id, epoch, sequence or 0)

        known.disconnect = disconnect
        self._known[known.id] = known  # the newest

        while len(self._known) > _MOST:
            del self._known[next(iter(self._known))]

        return known
