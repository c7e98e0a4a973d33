"""Receiver links of partitions on one connection: attached, given credit, told of their end.

Never with an owner level: nobody is shut out by somebody who only looks.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING
from uuid import uuid4

from typing_extensions import override

from ehtui.wire.amqp.links import Attached, Delivered, Oversized, ReceivingLink, Room
from ehtui.wire.amqp.performatives import Accepted, AmqpError, Attach, Source, Target
from ehtui.wire.amqp.session import Ended, Event
from ehtui.wire.amqp.values import Symbol
from ehtui.wire.amqp_client import CONNECTION_LOST, Connection, LinkOwner, as_exception
from ehtui.wire.positions import selector_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.domain.world.events import Position

FILTER = "apache.org:selector-filter:string"
MESSAGE_BYTES = 21 << 20  # 20 MB where a hub takes large messages, and what the service adds
PIECES_BYTES = 64 << 20  # of messages that are not complete, of all links of a connection
FIRST_HANDLE = 4  # below are those of `$cbs` and `$management`
MOST_HANDLES = 256  # the service's handle-max is 255 (facts.md §8)
MOST_RECEIVERS = MOST_HANDLES - FIRST_HANDLE - 8  # some are free for single look-ups
_NEVER = 1 << 62
_RECEIVER_NAME = Symbol("com.microsoft:receiver-name")


class PieceRoom(Room):
    """What messages that are not complete may take."""

    def __init__(self) -> None:
        self.held_bytes = 0

    @override
    def has_room(self, more_bytes: int) -> bool:
        """Whether so much more may be held; a message that is alone always may."""
        return self.held_bytes + more_bytes <= PIECES_BYTES


class Receiver:
    """One receiver link. What arrives goes to `on_message`, its end to `on_end`, once."""

    def __init__(self, link: ReceivingLink, on_message: Callable[[bytes], None]) -> None:
        self.link = link
        self.on_message = on_message
        self.attached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.error: AmqpError | None = None  # why it ended
        self.on_end: Callable[[], None] = lambda: None
        self.on_left_out: Callable[[], None] = lambda: None
        self.left_out = 0  # messages beyond every limit
        self.is_too_large = False  # it ended as there was no room for its messages

    @property
    def credit(self) -> int:
        """How many messages may still come."""
        return self.link.credit

    def grant(self, credit: int) -> None:
        """Let so many come."""
        if self.error is None and self.link.is_open:
            self.link.credit = credit
            self.link.grant()

    def end(self, error: AmqpError) -> None:
        """It is over."""
        if self.error is None:
            self.error = error

            if not self.attached.done():
                self.attached.set_exception(error)
                self.attached.exception()  # its waiter may be gone already

            self.on_end()


class Receivers(LinkOwner):
    """All receiver links of a connection."""

    def __init__(
        self, connection: Connection, group_path: str, first_handle: int = FIRST_HANDLE
    ) -> None:
        self._connection = connection
        self._group_path = group_path
        self._receivers: dict[ReceivingLink, Receiver] = {}
        self._room = PieceRoom()
        self._first_handle = self._next_handle = first_handle
        connection.owners.append(self)

    @property
    def held_bytes(self) -> int:
        """Of messages that are not complete."""
        return self._room.held_bytes

    def attach(
        self, partition: str, position: Position, credit: int, on_message: Callable[[bytes], None]
    ) -> Receiver:
        """Ask for a link; await its `attached`, which raises AmqpError where it is refused.

        Raises:
            AmqpError: The connection has ended.
        """
        link = ReceivingLink(self._connection.session, str(uuid4()), self._free_handle())
        link.set_up(credit=credit, tell_after=_NEVER, most_bytes=MESSAGE_BYTES, room=self._room)
        receiver = self._receivers[link] = Receiver(link, on_message)
        address = f"{self._group_path}/Partitions/{partition}"
        asked = Attach(
            name=link.name,
            handle=link.handle,
            is_receiver=True,
            sender_settles=0,
            receiver_settles=0,
            source=Source(address, {FILTER: selector_of(position)}),
            target=Target(f"ehtui-{link.name}"),
            max_message_bytes=MESSAGE_BYTES,
            # So that others who meet the limit of readers see who is one of them.
            properties={_RECEIVER_NAME: f"ehtui@{socket.gethostname()}"[:64]},
        )
        self._connection.session.attach(link, asked)
        self._connection.flush()

        return receiver

    def detach(self, receiver: Receiver) -> None:
        """Let go of a link; its `on_end` is not called."""
        self._receivers.pop(receiver.link, None)
        receiver.link.detach()

    @override
    def take(self, event: Event) -> bool:
        match event:
            case Delivered(link, first, payload) if (receiver := self._of(link)) is not None:
                link.session.settle(first, Accepted())
                link.credit = max(link.credit - 1, 0)
                receiver.on_message(payload)
            case Attached(link, attach) if (receiver := self._of(link)) is not None:
                # Or it was refused: then a detach says why.
                if attach.source is not None and not receiver.attached.done():
                    receiver.attached.set_result(None)
            case Oversized(link) if (receiver := self._of(link)) is not None:
                self._oversized(receiver, event)
            case Ended(ReceivingLink() as link, error) if (receiver := self._of(link)) is not None:
                del self._receivers[link]
                lost = AmqpError(CONNECTION_LOST, "the link was detached")
                receiver.end(as_exception(error, lost))
            case _:
                return False

        return True

    def _oversized(self, receiver: Receiver, event: Oversized) -> None:
        if event.is_too_large:
            receiver.link.credit = max(receiver.link.credit - 1, 0)
            receiver.left_out += 1
            receiver.on_left_out()
            return

        # Large messages of many partitions at once: this one comes again, when there is room.
        self.detach(receiver)
        receiver.is_too_large = True
        receiver.end(AmqpError(CONNECTION_LOST, "too many large messages at once"))

    def _of(self, link: object) -> Receiver | None:
        return self._receivers.get(link) if isinstance(link, ReceivingLink) else None

    @override
    def on_lost(self, error: AmqpError) -> None:
        receivers, self._receivers = list(self._receivers.values()), {}

        for receiver in receivers:
            receiver.end(error)

    def _free_handle(self) -> int:
        used = {link.handle for link in self._receivers}

        for _ in range(MOST_HANDLES):
            handle = self._next_handle
            self._next_handle = handle + 1 if handle + 1 < MOST_HANDLES else self._first_handle

            if handle not in used:
                return handle

        raise AmqpError(
            "amqp:resource-limit-exceeded", "more receivers than a session has room for"
        )
