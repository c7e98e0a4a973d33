"""A client that does exactly what a test says, frame by frame."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from ehtui.sandbox.eventhubs import AccessKey, EventHubsEndpoint
from ehtui.sandbox.eventhubs.addresses import FILTER
from ehtui.sandbox.eventhubs.signing_in import SAS_TYPE
from ehtui.wire.amqp.frames import AMQP_HEADER, SASL_HEADER, FrameReader, encode_frame
from ehtui.wire.amqp.messages import (
    Reply,
    Request,
    decode_reply,
    encode_event,
    encode_request,
)
from ehtui.wire.amqp.performatives import (
    Attach,
    Begin,
    Detach,
    Disposition,
    Flow,
    Frame,
    Open,
    Performative,
    SaslInit,
    SaslOutcome,
    Source,
    Target,
    Transfer,
)
from tests.bodies import decode_body
from tests.sandbox.eventhubs.signing import sign

Body = TypeVar("Body", bound=Performative)
ENDLESS = 2_000_000_000


class AmqpClient:
    """One connection with one session on channel 0."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.inbox: list[bytes | Frame] = []
        self.empty_frames = 0
        self.handles = 0
        self.deliveries = 0
        self._frames = FrameReader(1 << 20)

    def send(self, body: Performative, channel: int = 0) -> None:
        self.writer.write(encode_frame(channel, body))

    async def next(self) -> bytes | Frame | None:
        """The next header or frame; None at the end of the stream."""
        while not self.inbox:
            data = await asyncio.wait_for(self.reader.read(65536), 5)

            if not data:
                return None

            for item in self._frames.feed(data):
                if isinstance(item, Frame) and item.body is None:
                    self.empty_frames += 1
                else:
                    self.inbox.append(item)

        return self.inbox.pop(0)

    async def expect(self, kind: type[Body]) -> Body:
        """The next frame of this kind; others are passed over."""
        while True:
            item = await self.next()
            assert item is not None, f"closed before {kind.__name__}"

            if isinstance(item, Frame) and isinstance(item.body, kind):
                return item.body

    async def sasl(self, mechanism: str = "ANONYMOUS", response: bytes = b"") -> int:
        self.writer.write(SASL_HEADER)
        assert await self.next() == SASL_HEADER
        self.send(SaslInit(mechanism, response, "localhost"))
        return (await self.expect(SaslOutcome)).code

    async def open(self, **fields: Any) -> Open:
        self.writer.write(AMQP_HEADER)
        self.send(Open("test", "localhost", **fields))
        self.send(Begin(None, 0, ENDLESS, ENDLESS))
        reply = await self.expect(Open)
        await self.expect(Begin)
        return reply

    async def attach(self, attach: Attach) -> Attach | Detach:
        """Our attach's answer, or the detach that refuses it."""
        self.send(attach)
        reply = await self.expect(Attach)

        if reply.source is None and reply.target is None:
            return await self.expect(Detach)

        return reply

    def handle(self) -> int:
        self.handles += 1
        return self.handles

    async def receiver(
        self,
        address: str,
        selector: str | None = None,
        *,
        credit: int = 100,
        properties: Mapping[str, Any] | None = None,
        wants: tuple[str, ...] = (),
    ) -> Attach | Detach:
        handle = self.handle()
        source = Source(address, {FILTER: selector} if selector else None)
        reply = await self.attach(
            Attach(
                f"r{handle}",
                handle,
                is_receiver=True,
                source=source,
                target=Target("me"),
                properties=properties,
                desired_capabilities=wants,
            )
        )

        if isinstance(reply, Attach):
            self.grant(handle, credit)

        return reply

    def grant(self, handle: int, credit: int, count: int = 0, *, drain: bool = False) -> None:
        self.send(Flow(0, ENDLESS, 0, ENDLESS, handle, count, credit, drain=drain))

    async def sender(self, address: str) -> Attach | Detach:
        handle = self.handle()
        reply = await self.attach(
            Attach(
                f"s{handle}",
                handle,
                is_receiver=False,
                source=Source("me"),
                target=Target(address),
                initial_delivery_count=0,
            )
        )

        if isinstance(reply, Attach):
            await self.expect(Flow)

        return reply

    def transfer(self, handle: int, payload: bytes, message_format: int = 0) -> int:
        number = self.deliveries
        self.deliveries += 1
        self.send(Transfer(handle, number, b"t", message_format, False, False, False, payload))
        return number

    async def publish(self, address: str, *bodies: str) -> Disposition:
        """Send events on a new link; the last one's disposition."""
        reply = await self.sender(address)
        assert isinstance(reply, Attach), reply

        numbers = [self.transfer(reply.handle, encode_event(b.encode())) for b in bodies]

        while True:
            disposition = await self.expect(Disposition)

            if (disposition.last or disposition.first) >= max(numbers):
                return disposition

    async def bodies(self, count: int) -> list[str]:
        """The bodies of the next deliveries."""
        return [decode_body((await self.expect(Transfer)).payload).decode() for _ in range(count)]

    async def request(self, node: str, request: Request) -> Reply:
        """One request on a new pair of links."""
        receiver = await self.receiver(node)
        sender = await self.sender(node)
        assert isinstance(receiver, Attach)
        assert isinstance(sender, Attach)
        self.transfer(sender.handle, encode_request(request))
        reply = decode_reply((await self.expect(Transfer)).payload)
        assert reply.correlation_id in (request.message_id, str(request.message_id).encode())
        return reply

    async def put_token(self, audience: str, token: str, kind: str = SAS_TYPE) -> Reply:
        properties = {"operation": "put-token", "type": kind, "name": audience}
        return await self.request("$cbs", Request("id-1", None, properties, token))

    async def closed(self) -> bool:
        """Whether the endpoint cuts the connection, whatever it says before."""
        try:
            while await self.next() is not None:
                pass
        except ConnectionError:
            pass

        return True

    async def close(self) -> None:
        self.writer.transport.abort()


@asynccontextmanager
async def connected(endpoint: EventHubsEndpoint) -> AsyncIterator[AmqpClient]:
    """A bare TCP connection."""
    client = AmqpClient(*await asyncio.open_connection(endpoint.host, endpoint.port))

    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def signed_in(
    endpoint: EventHubsEndpoint, hub: str = "hub", key: AccessKey | None = None
) -> AsyncIterator[AmqpClient]:
    """A connection with a session and a token for the hub."""
    now = endpoint.namespace.clock()
    audience = f"sb://{endpoint.host}:{endpoint.port}/{hub}"
    key = key or next(iter(endpoint.namespace.keys.values()))

    async with connected(endpoint) as client:
        assert await client.sasl() == 0
        await client.open()
        reply = await client.put_token(audience, sign(audience, key, now + 3600))
        assert reply.properties["status-code"] == 202
        yield client
