"""Request and reply over a pair of links, many requests on their way at once."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import nullcontext
from itertools import count, islice
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
from ehtui.wire.amqp.session import Ended, Event, Flowed
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

    from ehtui.wire.amqp.links import Link

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


class _Pair:
    """A sending and a receiving link; `handle` is the receiver's, and the next one the sender's."""

    def __init__(self, connection: Connection, handle: int) -> None:
        session = self._session = connection.session
        self.receiver = ReceivingLink(session, str(uuid4()), handle)
        self.receiver.set_up(credit=CREDIT, tell_after=CREDIT // 2, most_bytes=MESSAGE_BYTES)
        self.sender = SendingLink(session, str(uuid4()), handle + 1)
        self.unattached = 2
        self.is_credit_asked_for = True  # an attach is answered with credit too

    def has(self, link: Link | None) -> bool:
        """Whether that is one of the two."""
        return link is self.receiver or link is self.sender

    def ask(self, node: str) -> None:
        """Ask for both links."""
        for link in (self.receiver, self.sender):
            is_receiver = link is self.receiver
            asked = Attach(
                name=link.name,
                handle=link.handle,
                is_receiver=is_receiver,
                sender_settles=0,
                receiver_settles=0,
                source=Source(node),
                target=Target(node),
                initial_delivery_count=None if is_receiver else 0,
            )
            self._session.attach(link, asked)

    def detach(self) -> None:
        """End both."""
        self.receiver.detach()
        self.sender.detach()


class RequestLink(LinkOwner):
    """Links to one node, such as `$management`: request and reply.

    Many requests are on their way at once; what there is no credit for waits. Up to `most_pairs`
    pairs of links are attached once a round needs their credit, and kept. Which of them a reply
    comes on does not matter. Their handles follow `handle`, two a pair.
    """

    def __init__(
        self,
        connection: Connection,
        node: str,
        handle: int,
        clock: Callable[[], float],
        most_pairs: int = 1,
    ) -> None:
        self._connection = connection
        self._node = node
        self._handle = handle
        self._clock = clock
        self._first = _Pair(connection, handle)
        self._pairs = [self._first]
        self._most_pairs = most_pairs
        self._granted = 0  # the most credit that a link was given at once
        self._attached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue: deque[tuple[UUID, bytes]] = deque()
        self._ids = count(uuid4().int)
        self._waiting: dict[UUID, tuple[_Batch, int]] = {}
        self._strays = 0

    @property
    def is_widening(self) -> bool:
        """Whether the other side has yet to answer for a further pair."""
        return any(pair.unattached for pair in self._pairs[1:])

    async def attach(self) -> None:
        """Attach the first pair.

        Raises:
            AmqpError: The node refused, or the connection ended.
        """
        self._connection.owners.append(self)
        self._first.ask(self._node)
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
            self._widen()
            self._connection.flush()

            async with limit or nullcontext():
                await batch.done
        except TimeoutError:
            if batch.missing == len(requests):
                raise

            self._narrow()
        finally:
            for key in ids:
                self._waiting.pop(key, None)

            if not self._waiting:
                self._queue.clear()

                for pair in self._pairs:
                    pair.sender.unsettled.clear()

        self._prepare(len(requests))
        return batch.replies

    def _prepare(self, count: int) -> None:
        """Ask for credit while it is quiet, if `count` more messages could not go at once.

        What was settled is credit again at once, but Microsoft's own library says so only after
        every two thirds of it (`AmqpLinkSettings.FlowThreshold` in github.com/Azure/azure-amqp).
        """
        if sum(pair.sender.credit for pair in self._pairs) >= count:
            return

        for pair in self._pairs:
            if not pair.unattached and pair.sender.credit < min(count, self._granted):
                pair.is_credit_asked_for = True
                pair.sender.session.flow(pair.sender, echo=True)

        self._connection.flush()

    def _pump(self) -> bool:
        """Send what may go; whether anything did."""
        before = len(self._queue)

        for pair in self._pairs:
            while self._queue and not pair.unattached and pair.sender.can_send:
                message_id, payload = self._queue.popleft()
                pair.sender.send(payload, tag=(self, message_id))

        return len(self._queue) < before

    def _widen(self) -> None:
        """Ask for as many further pairs as what waits needs, where it is credit that it waits for.

        Where credit was asked for already, that is waited for.
        """
        if not self._granted or any(pair.sender.credit for pair in self._pairs):
            return

        awaited = sum(pair.is_credit_asked_for for pair in self._pairs)
        lacking = -(-len(self._queue) // self._granted) - awaited
        more = max(min(lacking, self._most_pairs - len(self._pairs)), 0)
        taken = {pair.receiver.handle for pair in self._pairs}
        free = (handle for handle in count(self._handle, 2) if handle not in taken)

        for handle in islice(free, more):
            pair = _Pair(self._connection, handle)
            self._pairs.append(pair)
            pair.ask(self._node)

    def _narrow(self) -> None:
        """Go on with the first pair alone: what was sent on others is perhaps never answered."""
        for pair in self._pairs[1:]:
            self._refused(pair)

    def _refused(self, pair: _Pair) -> None:
        """Let go of a further pair, and ask for no more than those that stand."""
        self._drop(pair)
        self._most_pairs = len(self._pairs)

    def _drop(self, pair: _Pair) -> None:
        self._pairs.remove(pair)
        pair.detach()

    def _pair_of(self, link: Link | Any) -> _Pair | None:
        return next((pair for pair in self._pairs if pair.has(link)), None)

    @override
    def take(self, event: Event) -> bool:
        match event:
            case Settled(tags, state) if tags[0][0] is self:
                self._settled(tags, state)
                return True
            case Flowed(_, None):
                return self._pump()
            case Delivered(link) | Flowed(_, link) | Attached(link) | Ended(link):
                pair = self._pair_of(link)
                return pair is not None and self._take(event, pair)
            case _:
                return False

    def _take(self, event: Event, pair: _Pair) -> bool:
        match event:
            case Delivered(link, first, payload):
                link.session.settle(first, Accepted())
                self._received(payload)
            case Flowed(_, link) if link is pair.sender:
                self._granted = max(self._granted, pair.sender.credit)
                pair.is_credit_asked_for = False
                has_sent = self._pump()
                self._widen()
                return has_sent
            case Attached(_, attach):
                self._attached_one(pair, attach)
            case Ended() if pair is not self._first:
                return self._ended(pair)
            case _:
                return False

        return True

    def _settled(self, tags: list[Any], state: Accepted | Rejected | None) -> None:
        if isinstance(state, Rejected):
            rejected = as_exception(state.error, AmqpError("rejected"))

            for _, message_id in tags:
                self._answer(message_id, rejected)

    def _attached_one(self, pair: _Pair, attach: Attach) -> None:
        """Or it was refused: then a detach says why."""
        if attach.source is not None and attach.target is not None:
            pair.unattached -= 1

            if not self._first.unattached and not self._attached.done():
                self._attached.set_result(None)

            if not pair.unattached:
                self._pump()
        elif pair is not self._first:
            self._refused(pair)

    def _ended(self, pair: _Pair) -> bool:
        """Whether a further pair's end may be lived with: nothing that was sent is lost by it."""
        if pair.unattached:
            self._refused(pair)
            return True

        if self._waiting:
            return False

        self._drop(pair)
        return True

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
