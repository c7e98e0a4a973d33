"""A client that says exactly what a check wants, frame by frame."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

from typing_extensions import override

from ehtui.conform.needs import SilentError
from ehtui.wire.amqp.frames import (
    AMQP_HEADER,
    EMPTY_FRAME,
    SASL_HEADER,
    FrameReader,
    encode_frame,
    encode_transfer,
)
from ehtui.wire.amqp.messages import Reply, Request, decode_reply, encode_request
from ehtui.wire.amqp.performatives import (
    Accepted,
    AmqpError,
    Attach,
    Begin,
    Close,
    Detach,
    Disposition,
    End,
    Flow,
    Frame,
    FrameError,
    Open,
    Performative,
    Rejected,
    SaslInit,
    SaslMechanisms,
    SaslOutcome,
    Source,
    Target,
    Transfer,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.wire.trace import ConnectionTrace

SELECTOR = "apache.org:selector-filter:string"
PATIENCE_S = 8.0
IDLE_S = 1800.0 + 120.0  # longer than the service lets a link idle
IDLE_LIMIT_S = IDLE_S + 60.0
KEEP_ALIVE_S = 30.0
_AFTERTHOUGHT_S = 2.0
WINDOW = 5000
_FRAME_BYTES = 1 << 20
_REFUSED = (Detach, End, Close)
Body = TypeVar("Body", bound=Performative)


class Peer(asyncio.Protocol):
    """One connection, with a session on channel 0 once it is open.

    The service numbers sessions and links as it likes; frames in the inbox have our numbers.
    """

    def __init__(self, trace: ConnectionTrace | None = None) -> None:
        self._trace = trace
        self._names: dict[str, int] = {}  # our handles, by link
        self._channels: dict[int, int] = {}  # ours, by theirs
        self._links: dict[tuple[int, int], int] = {}  # our handle, by their channel and handle
        self.inbox: deque[bytes | Frame] = deque()
        self.empty_frames = 0
        self.is_closed = False
        self.next_incoming = 0
        self.handles = 0
        self.deliveries = 0
        self.begun: Begin | None = None
        self.opened: Open | None = None
        self._frames = FrameReader(_FRAME_BYTES)
        self._news = asyncio.Event()
        self._error: FrameError | None = None
        self._transport: asyncio.Transport | None = None

    # Called by the loop.

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        if self._trace is not None:
            self._trace.received(data)

        try:
            for item in self._frames.feed(data):
                if isinstance(item, Frame) and item.body is None:
                    self.empty_frames += 1
                else:
                    self.inbox.append(self._numbered(item) if isinstance(item, Frame) else item)

                if isinstance(item, Frame) and isinstance(item.body, Transfer):
                    self.next_incoming += 1
        except FrameError as error:
            self._error = error

        self._news.set()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._trace is not None:
            self._trace.ended(str(exc or "closed"))

        self.is_closed = True
        self._news.set()

    # What checks use.

    def write(self, data: bytes) -> None:
        """Send these bytes as they are."""
        if self._transport is not None:
            if self._trace is not None:
                self._trace.sent(data)

            self._transport.write(data)

    def send(self, body: Performative, channel: int = 0) -> None:
        """Send a frame."""
        self.write(encode_frame(channel, body))

    def abort(self) -> None:
        """Cut the connection."""
        if self._transport is not None:
            self._transport.abort()

    async def next(self, within_s: float = PATIENCE_S) -> bytes | Frame | None:
        """The next header or frame; None at the end of the stream.

        Raises:
            SilentError: Nothing came.
            FrameError: Something came that is no frame.
        """
        try:
            async with asyncio.timeout(within_s):
                while not self.inbox:
                    if self._error is not None:
                        raise self._error

                    if self.is_closed:
                        return None

                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise SilentError(f"nothing came within {within_s:g} s") from None

        return self.inbox.popleft()

    async def hears_empty(self, within_s: float) -> bool:
        """Whether a frame comes that only keeps the connection alive."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not (self.empty_frames or self.is_closed):
                    self._news.clear()
                    await self._news.wait()

        return self.empty_frames > 0

    async def expect(self, *kinds: type[Body], within_s: float = PATIENCE_S) -> Body:
        """The next frame of one of these kinds; others are passed over.

        Raises:
            AmqpError: The other side closed first, with its reason.
        """
        while True:
            item = await self.next(within_s)

            if item is None:
                raise AmqpError("closed", "the connection was cut without a word")

            body = item.body if isinstance(item, Frame) else None

            if isinstance(body, kinds):
                return body

            if isinstance(body, Close | End) and body.error is not None:
                raise AmqpError(body.error.condition, body.error.description)

    async def sasl(self, mechanism: str = "ANONYMOUS", response: bytes = b"") -> str:
        """Sign in; the outcome's code, or how the connection ended."""
        self.write(SASL_HEADER)
        await self.expect(SaslMechanisms)
        self.send(SaslInit(mechanism, response, "localhost"))
        return str((await self.expect(SaslOutcome)).code)

    async def open(self, host: str, **fields: Any) -> None:
        """Open the connection and begin its session."""
        self.write(AMQP_HEADER)
        self.send(Open("ehtui-conform", host, **fields))
        self.send(Begin(None, 0, WINDOW, WINDOW))
        self.opened = await self.expect(Open)
        self.begun = await self.expect(Begin)
        self.next_incoming = self.begun.next_outgoing_id

    async def attach(self, attach: Attach) -> Attach | Detach:
        """Our attach's answer, or the detach that refuses it."""
        self.send(attach)
        reply = await self.expect(Attach, Detach, End)

        if isinstance(reply, Attach):
            is_refused = (reply.source if attach.is_receiver else reply.target) is None
            return await self.expect(Detach) if is_refused else reply

        if isinstance(reply, Detach):
            return reply

        error = reply.error if isinstance(reply, End) else None
        raise AmqpError(*(error or ("ended", None)))

    def asked(
        self,
        address: str,
        selector: str | None = None,
        *,
        is_receiver: bool = True,
        target: str | None = None,
        properties: Mapping[Any, Any] | None = None,
        wants: tuple[str, ...] = (),
    ) -> Attach:
        """An attach with the next free handle."""
        self.handles += 1
        name = f"ehtui-conform-{id(self):x}-{self.handles}"
        self._names[name] = self.handles
        source = Source(address, {SELECTOR: selector} if selector else None)
        return Attach(
            name,
            self.handles,
            is_receiver=is_receiver,
            source=source if is_receiver else Source("ehtui"),
            target=Target(target or "ehtui") if is_receiver else Target(address),
            initial_delivery_count=None if is_receiver else 0,
            desired_capabilities=wants,
            properties=properties,
        )

    async def receiver(self, address: str, selector: str | None = None, **more: Any) -> Attach:
        """A link that receives, without credit.

        Raises:
            AmqpError: It was refused.
        """
        return _agreed(await self.attach(self.asked(address, selector, **more)))

    async def sender(self, address: str, **more: Any) -> Attach:
        """A link that sends, as soon as it has `credit`."""
        return _agreed(await self.attach(self.asked(address, is_receiver=False, **more)))

    async def credit(self, handle: int) -> int:
        """What the link is given next; flows of the session and of other links are passed over."""
        while (flow := await self.expect(Flow)).handle != handle:
            pass

        return flow.link_credit or 0

    def grant(
        self, handle: int, credit: int, count: int = 0, *, window: int = WINDOW, drain: bool = False
    ) -> None:
        """Give credit."""
        self.send(Flow(self.next_incoming, window, 0, WINDOW, handle, count, credit, drain=drain))

    def transfer(
        self, handle: int, payload: bytes, message_format: int = 0, frame_bytes: int = 65536
    ) -> int:
        """Send a message, in as many frames as that takes; its number."""
        number = self.deliveries
        self.deliveries += 1
        self.write(
            encode_transfer(0, handle, number, payload, frame_bytes, message_format, settled=False)
        )
        return number

    def _numbered(self, frame: Frame) -> Frame:
        """The frame with our channel and our handle in it."""
        channel, body = frame

        if isinstance(body, Begin) and body.remote_channel is not None:
            self._channels[channel] = body.remote_channel
        elif isinstance(body, Attach) and body.name in self._names:
            self._links[channel, body.handle] = self._names[body.name]

        ours = self._channels.get(channel, channel)

        if isinstance(body, Attach | Detach | Flow | Transfer) and body.handle is not None:
            handle = self._links.get((channel, body.handle), body.handle)
            return Frame(ours, body._replace(handle=handle))

        return Frame(ours, body)

    async def message(self, within_s: float = PATIENCE_S) -> Message:
        """The next message that arrives, whole; taken where it wants to be."""
        first = last = await self.expect(Transfer, within_s=within_s)
        payload = first.payload

        while last.more:
            last = await self.expect(Transfer, within_s=within_s)
            payload += last.payload

        if not first.settled and first.delivery_id is not None:
            number = first.delivery_id
            self.send(
                Disposition(
                    is_receiver=True, first=number, last=number, settled=True, state=Accepted()
                )
            )

        return Message(first, payload)

    async def settled(self) -> str:
        """How the next of our deliveries ended."""
        return told((await self.expect(Disposition)).state)

    async def refusal(self, attach: Attach) -> str:
        """What an attach is refused with."""
        reply = await self.attach(attach)

        if isinstance(reply, Attach):
            try:  # some are attached first and detached at once
                reply = await self.expect(Detach, within_s=_AFTERTHOUGHT_S)
            except SilentError:
                return "attached"

        return told(reply)

    async def idles(self, handle: int) -> str:
        """What becomes of a link on which nothing moves, on a connection that is kept alive."""
        clock = asyncio.get_running_loop().time
        end = clock() + IDLE_S

        while clock() < end:
            self.write(EMPTY_FRAME)

            with suppress(SilentError):
                detach = await self.expect(Detach, within_s=min(KEEP_ALIVE_S, IDLE_S))

                if detach.handle == handle:
                    return told(detach)

        return "it stays"

    async def request(self, node: str, request: Request) -> Reply:
        """One request on links of its own, and its reply."""
        return decode_reply(await self.encoded_reply(node, request))

    async def encoded_reply(self, node: str, request: Request) -> bytes:
        """The same, as the reply came."""
        receiver = await self.receiver(node)
        self.grant(receiver.handle, 10, receiver.initial_delivery_count or 0)
        sender = await self.sender(node)
        await self.credit(sender.handle)
        self.transfer(sender.handle, encode_request(request))
        return (await self.message()).payload


class Message:
    """A message as it came, and its first frame."""

    def __init__(self, first: Transfer, payload: bytes) -> None:
        self.first = first
        self.payload = payload


def told(what: Accepted | Rejected | Detach | End | Close | None) -> str:
    """An end in words: the condition, and the text behind it."""
    if isinstance(what, Accepted):
        return "accepted"

    error = what.error if what is not None else None
    kind = "rejected: " if isinstance(what, Rejected) else ""
    return f"{kind}{error.condition}: {error.description or ''}" if error else f"{kind}no reason"


def _agreed(reply: Attach | Detach) -> Attach:
    if isinstance(reply, Detach):
        raise AmqpError(*(reply.error or ("refused", None)))

    return reply
