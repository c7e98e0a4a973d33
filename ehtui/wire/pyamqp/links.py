"""Our ends of a sending and of a receiving link: credit, deliveries in pieces, dispositions."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from typing_extensions import override

from ehtui.wire.amqp.frames import encode_frame, encode_transfer
from ehtui.wire.amqp.performatives import (
    Accepted,
    Attach,
    Disposition,
    Flow,
    Rejected,
    Source,
    Target,
    Transfer,
)
from ehtui.wire.pyamqp.connection import CHANNEL, WRAP, AmqpError, Connection, LinkEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SENDER, RECEIVER = False, True
CREDIT = 5000  # deliveries that may be on their way to us
MESSAGE_BYTES = 256 * 1024  # the description of a hub with 1,024 partitions takes 7 KiB


class _End(LinkEnd):
    """What both directions share."""

    def __init__(
        self,
        connection: Connection,
        node: str,
        handle: int,
        on_lost: Callable[[AmqpError], None],
    ) -> None:
        self.name = str(uuid4())
        self.attached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._connection = connection
        self._node = node
        self._handle = handle
        self._on_lost = on_lost

    @override
    def on_attach(self, attach: Attach) -> None:
        # A refusal is an attach without source and target, then a detach that says why.
        if attach.source is not None and attach.target is not None and not self.attached.done():
            self.attached.set_result(None)

    @override
    def on_flow(self, flow: Flow) -> bool:
        """Only a sender cares."""
        return False

    @override
    def on_transfer(self, transfer: Transfer) -> bool:
        """Only a receiver cares."""
        return False

    @override
    def on_disposition(self, disposition: Disposition) -> bool:
        """Only a sender cares."""
        return False

    @override
    def on_end(self, error: AmqpError) -> None:
        if not self.attached.done():
            self.attached.set_exception(error)
            self.attached.exception()  # its waiter may be gone already

        self._on_lost(error)


class Sender(_End):
    """Sends messages as credit allows; keeps what must wait."""

    def __init__(
        self,
        connection: Connection,
        node: str,
        handle: int,
        on_rejected: Callable[[UUID, AmqpError], None],
        on_lost: Callable[[AmqpError], None],
    ) -> None:
        super().__init__(connection, node, handle, on_lost)
        self._on_rejected = on_rejected
        self._credit = 0
        self._delivery_count = 0
        self._queue: deque[tuple[UUID, bytes]] = deque()
        self._sent: dict[int, UUID] = {}

    def attach(self) -> None:
        """Ask for the link; `attached` tells how it went."""
        source, target = Source(self._node), Target(self._node)
        request = Attach(
            name=self.name,
            handle=self._handle,
            is_receiver=SENDER,
            sender_settles=0,
            receiver_settles=0,
            source=source,
            target=target,
        )
        self._connection.attach(self, request._replace(initial_delivery_count=0))

    def send(self, messages: Iterable[tuple[UUID, bytes]]) -> None:
        """Send messages in order, each known by an id of the caller's.

        Raises:
            AmqpError: The connection has ended.
        """
        self._queue.extend(messages)
        self._pump()

    def prepare(self, count: int) -> None:
        """Ask for credit while it is quiet, if `count` more messages could not go at once.

        What was settled is credit again at once, but Microsoft's own library says so only after
        every two thirds of it (`AmqpLinkSettings.FlowThreshold` in github.com/Azure/azure-amqp).

        Raises:
            AmqpError: The connection has ended.
        """
        if self._credit < count:
            self._connection.ask(self._handle, self._delivery_count, self._credit)

    def forget(self) -> None:
        """Nobody waits for anything that was sent."""
        self._queue.clear()
        self._sent.clear()

    @override
    def on_flow(self, flow: Flow) -> bool:
        if flow.handle is not None and flow.link_credit is not None:
            self._credit = (flow.delivery_count or 0) + flow.link_credit - self._delivery_count

        return self._pump()

    @override
    def on_disposition(self, disposition: Disposition) -> bool:
        if not disposition.is_receiver:
            return False

        settled = self._settled_by(disposition)

        for number in settled:
            message = self._sent.pop(number)

            if isinstance(disposition.state, Rejected):
                error = disposition.state.error
                self._on_rejected(
                    message,
                    AmqpError(error.condition, error.description)
                    if error
                    else AmqpError("rejected"),
                )

        return bool(settled)

    def _settled_by(self, disposition: Disposition) -> list[int]:
        """What of ours is among four billion deliveries at most; their numbers may wrap."""
        first = disposition.first
        last = first if disposition.last is None else disposition.last

        if first == last:
            return [first] if first in self._sent else []

        span = (last - first) % WRAP
        return [number for number in self._sent if (number - first) % WRAP <= span]

    def _pump(self) -> bool:
        """Send what may go; whether anything did."""
        frames, limit = [], self._connection.peer_frame_bytes

        while self._queue and self._credit > 0 and self._connection.can_send:
            message, payload = self._queue.popleft()
            number = self._connection.next_delivery_id()
            self._credit -= 1
            self._delivery_count += 1
            self._sent[number] = message
            frames.append(
                encode_transfer(CHANNEL, self._handle, number, payload, limit, settled=False)
            )

        if frames:
            self._connection.write(b"".join(frames))

        return bool(frames)


class Receiver(_End):
    """Joins the pieces of deliveries, settles them and keeps the sender in credit."""

    def __init__(
        self,
        connection: Connection,
        node: str,
        handle: int,
        on_message: Callable[[bytes], None],
        on_lost: Callable[[AmqpError], None],
    ) -> None:
        super().__init__(connection, node, handle, on_lost)
        self._on_message = on_message
        self._credit = 0
        self._delivery_count = 0
        self._first: Transfer | None = None  # of the delivery that is not complete yet
        self._pieces: list[bytes] = []
        self._bytes = 0

    def attach(self) -> None:
        """Ask for the link; `attached` tells how it went."""
        source, target = Source(self._node), Target(self._node)
        request = Attach(
            name=self.name,
            handle=self._handle,
            is_receiver=RECEIVER,
            sender_settles=0,
            receiver_settles=0,
            source=source,
            target=target,
        )
        self._connection.attach(self, request)

    @override
    def on_attach(self, attach: Attach) -> None:
        super().on_attach(attach)
        self._delivery_count = attach.initial_delivery_count or 0
        self._grant()

    @override
    def on_transfer(self, transfer: Transfer) -> bool:
        first = self._first = self._first or transfer
        self._bytes += len(transfer.payload)

        if self._bytes > MESSAGE_BYTES:
            raise AmqpError("amqp:link:message-size-exceeded", f"more than {MESSAGE_BYTES} bytes")

        if transfer.payload:
            self._pieces.append(transfer.payload)

        if transfer.more and not transfer.aborted:
            return bool(transfer.payload)

        payload, self._pieces = b"".join(self._pieces), []
        self._first, self._bytes = None, 0
        self._delivery_count += 1
        self._credit -= 1

        if self._credit < CREDIT // 2:
            self._grant()

        if transfer.aborted:
            return False

        number = first.delivery_id

        if not transfer.settled and number is not None:
            settled = Disposition(RECEIVER, number, number, settled=True, state=Accepted())
            self._connection.write(encode_frame(CHANNEL, settled))

        self._on_message(payload)
        return True

    def _grant(self) -> None:
        self._credit = CREDIT
        self._connection.grant(self._handle, self._delivery_count, CREDIT)
