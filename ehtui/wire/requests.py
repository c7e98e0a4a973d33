"""Request and reply over a pair of links, many requests on their way at once."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import nullcontext
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from typing_extensions import override

from ehtui.wire.amqp.connection import NOT_ALLOWED
from ehtui.wire.amqp.links import (
    Attached,
    Delivered,
    ReceivingLink,
    SendingLink,
    Settled,
)
from ehtui.wire.amqp.messages import Reply, Request, decode_reply, encode_request
from ehtui.wire.amqp.performatives import Accepted, AmqpError, Attach, Rejected, Source, Target
from ehtui.wire.amqp.session import Event, Flowed
from ehtui.wire.amqp_client import (
    MESSAGE_BYTES,
    Connection,
    LinkOwner,
    Misunderstood,
    as_exception,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

CREDIT = 5000  # replies that may be on their way to us
MOST_STRAYS = 1000  # a request that was rejected may be answered too; anything more is no service
_PLACEHOLDER = UUID(int=0xE47D1_0000_0000_0000_0000_0000_0000)

Answer = tuple[Reply, float] | AmqpError


class EncodedRequest:
    """A request, encoded once: every sending only stamps a fresh message id into its bytes."""

    __slots__ = ("_head", "_tail")

    def __init__(self, properties: Mapping[str, Any], value: Any = None) -> None:
        encoded = encode_request(Request(_PLACEHOLDER, None, properties, value))
        self._head, _, self._tail = encoded.partition(_PLACEHOLDER.bytes)

    def stamped(self, message_id: UUID) -> bytes:
        """The message with this id."""
        return self._head + message_id.bytes + self._tail


class _Batch:
    """Replies that one caller waits for."""

    def __init__(self, size: int) -> None:
        self.replies: list[Answer | None] = [None] * size
        self.missing = size
        self.done = asyncio.get_running_loop().create_future()

    def put(self, index: int, reply: Answer) -> None:
        self.replies[index] = reply
        self.missing -= 1

        if not self.missing and not self.done.done():
            self.done.set_result(None)

    def fail(self, error: AmqpError) -> None:
        if not self.done.done():
            self.done.set_exception(error)


class RequestLink(LinkOwner):
    """A sending and a receiving link to one node, such as `$management`: request and reply.

    Many requests are on their way at once; what there is no credit for waits.
    """

    def __init__(
        self, connection: Connection, node: str, handle: int, clock: Callable[[], float]
    ) -> None:
        self._connection = connection
        self._node = node
        self._clock = clock
        session = connection.session
        self._receiver = ReceivingLink(session, str(uuid4()), handle)
        self._receiver.set_up(credit=CREDIT, tell_after=CREDIT // 2, most_bytes=MESSAGE_BYTES)
        self._sender = SendingLink(session, str(uuid4()), handle + 1)
        self._attached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._unattached = 2
        self._queue: deque[tuple[UUID, bytes]] = deque()
        self._ids = count(uuid4().int)
        self._waiting: dict[UUID, tuple[_Batch, int]] = {}
        self._strays = 0

    async def attach(self) -> None:
        """Attach both links.

        Raises:
            AmqpError: The node refused, or the connection ended.
        """
        self._connection.owners.append(self)

        for link in (self._receiver, self._sender):
            is_receiver = link is self._receiver
            asked = Attach(
                name=link.name,
                handle=link.handle,
                is_receiver=is_receiver,
                sender_settles=0,
                receiver_settles=0,
                source=Source(self._node),
                target=Target(self._node),
                initial_delivery_count=None if is_receiver else 0,
            )
            self._connection.session.attach(link, asked)

        self._connection.flush()
        await self._attached

    async def exchange(
        self,
        requests: Sequence[EncodedRequest],
        limit: AbstractAsyncContextManager[None] | None = None,
    ) -> list[Answer | None]:
        """Send all requests at once and wait for every reply, in the order of the requests.

        Each comes with its moment of receipt, or is the error that this one was rejected with; None
        where it was not answered within `limit` while others were.

        Raises:
            AmqpError: The links or the connection ended before the last reply.
            TimeoutError: Nothing was answered within `limit`.
        """
        if not requests:
            return []

        batch = _Batch(len(requests))
        ids = [UUID(int=next(self._ids) % (1 << 128)) for _ in requests]
        self._waiting.update((key, (batch, index)) for index, key in enumerate(ids))

        try:
            self._queue.extend((k, r.stamped(k)) for k, r in zip(ids, requests, strict=True))
            self._pump()
            self._connection.flush()

            async with limit or nullcontext():
                await batch.done
        except TimeoutError:
            if batch.missing == len(requests):
                raise
        finally:
            for key in ids:
                self._waiting.pop(key, None)

            if not self._waiting:
                self._queue.clear()
                self._sender.unsettled.clear()

        self._prepare(len(requests))
        return batch.replies

    def _prepare(self, count: int) -> None:
        """Ask for credit while it is quiet, if `count` more messages could not go at once.

        What was settled is credit again at once, but Microsoft's own library says so only after
        every two thirds of it (`AmqpLinkSettings.FlowThreshold` in github.com/Azure/azure-amqp).
        """
        if self._sender.credit < count:
            self._sender.session.flow(self._sender, echo=True)
            self._connection.flush()

    def _pump(self) -> bool:
        """Send what may go; whether anything did."""
        before = len(self._queue)

        while self._queue and self._sender.can_send:
            message_id, payload = self._queue.popleft()
            self._sender.send(payload, tag=(self, message_id))

        return len(self._queue) < before

    @override
    def take(self, event: Event) -> bool:
        match event:
            case Delivered(link, first, payload) if link is self._receiver:
                link.session.settle(first, Accepted())
                self._received(payload)
            case Flowed(_, link) if link is self._sender or link is None:
                return self._pump()
            case Settled(tags, state) if tags[0][0] is self:
                if isinstance(state, Rejected):
                    rejected = as_exception(state.error, AmqpError("rejected"))

                    for _, message_id in tags:
                        self._answer(message_id, rejected)
            case Attached(link, attach) if link in (self._receiver, self._sender):
                self._attached_one(attach)
            case _:
                return False

        return True

    def _attached_one(self, attach: Attach) -> None:
        """Or it was refused: then a detach says why."""
        if attach.source is not None and attach.target is not None:
            self._unattached -= 1

            if not self._unattached and not self._attached.done():
                self._attached.set_result(None)

    def _received(self, payload: bytes) -> None:
        try:
            reply = decode_reply(payload)
        except ValueError as error:
            raise Misunderstood("amqp:decode-error", str(error)) from None

        self._answer(reply.correlation_id, (reply, self._clock()))

    def _answer(self, message_id: object, reply: Answer) -> None:
        waiting = self._waiting.pop(message_id, None) if isinstance(message_id, UUID) else None

        if waiting is not None:
            batch, index = waiting
            batch.put(index, reply)
            return

        self._strays += 1

        if self._strays > MOST_STRAYS:
            raise AmqpError(NOT_ALLOWED, "replies that nobody asked for")

    @override
    def on_lost(self, error: AmqpError) -> None:
        if not self._attached.done():
            self._attached.set_exception(error)
            self._attached.exception()  # its waiter may be gone already

        for batch in {id(batch): batch for batch, _ in self._waiting.values()}.values():
            batch.fail(error)
