"""Request and reply over a pair of links, many requests on their way at once."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from ehtui.wire.amqp.messages import Reply, Request, decode_reply, encode_request
from ehtui.wire.pyamqp.connection import AmqpError, Connection
from ehtui.wire.pyamqp.links import Receiver, Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

MOST_STRAYS = 1000  # a request that was rejected may be answered too; anything more is no service
_PLACEHOLDER = UUID(int=0xE47D1_0000_0000_0000_0000_0000_0000)


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
        self.replies: list[tuple[Reply, float] | AmqpError | None] = [None] * size
        self.missing = size
        self.done = asyncio.get_running_loop().create_future()

    def put(self, index: int, reply: tuple[Reply, float] | AmqpError) -> None:
        self.replies[index] = reply
        self.missing -= 1

        if not self.missing and not self.done.done():
            self.done.set_result(None)

    def fail(self, error: AmqpError) -> None:
        if not self.done.done():
            self.done.set_exception(error)


class RequestLink:
    """A sending and a receiving link to one node, such as `$management`."""

    def __init__(
        self, connection: Connection, node: str, handle: int, clock: Callable[[], float]
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._receiver = Receiver(connection, node, handle, self._on_message, self._on_lost)
        self._sender = Sender(connection, node, handle + 1, self._answer, self._on_lost)
        self._ids = count(uuid4().int)
        self._waiting: dict[UUID, tuple[_Batch, int]] = {}
        self._strays = 0

    async def attach(self) -> None:
        """Attach both links.

        Raises:
            AmqpError: The node refused, or the connection ended.
        """
        self._receiver.attach()
        self._sender.attach()
        await asyncio.gather(self._receiver.attached, self._sender.attached)

    async def exchange(
        self,
        requests: Sequence[EncodedRequest],
        limit: AbstractAsyncContextManager[None] | None = None,
    ) -> list[tuple[Reply, float] | AmqpError | None]:
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
            self._sender.send([(k, r.stamped(k)) for k, r in zip(ids, requests, strict=True)])

            async with limit or nullcontext():
                await batch.done
        except TimeoutError:
            if batch.missing == len(requests):
                raise
        finally:
            for key in ids:
                self._waiting.pop(key, None)

            if not self._waiting:
                self._sender.forget()

        self._sender.prepare(len(requests))
        return batch.replies

    def _on_message(self, payload: bytes) -> None:
        try:
            reply = decode_reply(payload)
        except ValueError as error:
            self._on_lost(AmqpError("amqp:decode-error", str(error), is_misfit=True))
            return

        self._answer(reply.correlation_id, (reply, self._clock()))

    def _answer(self, message_id: object, reply: tuple[Reply, float] | AmqpError) -> None:
        waiting = self._waiting.pop(message_id, None) if isinstance(message_id, UUID) else None

        if waiting is not None:
            batch, index = waiting
            batch.put(index, reply)
            return

        self._strays += 1

        if self._strays > MOST_STRAYS:
            self._on_lost(AmqpError("amqp:not-allowed", "replies that nobody asked for"))

    def _on_lost(self, error: AmqpError) -> None:
        for batch in {id(batch): batch for batch, _ in self._waiting.values()}.values():
            batch.fail(error)

        self._connection.abort(error)
