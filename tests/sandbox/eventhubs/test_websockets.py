"""AMQP over WebSockets on the sandbox's port, and what is no such thing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace
from ehtui.wire.amqp.frames import SASL_HEADER
from ehtui.wire.websocket import WebSocket
from tests.waiting import wait_for

ASKED = WebSocket(is_client=True).hello("localhost")


@asynccontextmanager
async def listening(*, only_websockets: bool = False) -> AsyncIterator[EventHubsEndpoint]:
    namespace = Namespace()
    namespace.create_hub("hub", 1)

    async with EventHubsEndpoint(namespace, only_websockets=only_websockets) as endpoint:
        yield endpoint


async def answer_to(endpoint: EventHubsEndpoint, *pieces: bytes) -> bytes:
    """All that is said to these bytes, until the endpoint hangs up."""
    reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)

    for piece in pieces:
        writer.write(piece)
        await writer.drain()

    said = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return said


@pytest.mark.parametrize(
    "asked",
    [
        ASKED.replace(b"$servicebus", b"$other"),
        ASKED.replace(b"Upgrade: websocket", b"Upgrade: h2c"),
        ASKED.replace(b"AMQPWSB10", b"chat"),
        ASKED.replace(b"Version: 13", b"Version: 8"),
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000,
        b"G" * 100_000,
    ],
    ids=range(6),  # each run asks with a key of its own
)
async def test_a_request_for_something_else_is_refused(asked: bytes) -> None:
    async with listening() as endpoint:
        assert (await answer_to(endpoint, asked)).startswith(b"HTTP/1.1 4")
        await wait_for(lambda: endpoint.statistics().connections_open == 0)


@pytest.mark.parametrize(
    "frames",
    [
        b"\x82\x05hello",  # not masked, as a client must
        b"\x81\x85abcdhello",
        b"\x89\xfe\x01\x00abcd" + bytes(256),
        b"\x82\xff" + b"\xff" * 8 + b"abcd",
        b"\x88\x80abcd",
    ],
)
async def test_frames_that_make_no_sense_end_the_connection_once(frames: bytes) -> None:
    async with listening() as endpoint:
        reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
        writer.write(ASKED)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
        writer.write(frames)

        with suppress(ConnectionError):
            await asyncio.wait_for(reader.read(), 10)

        writer.close()
        await wait_for(lambda: endpoint.statistics().connections_open == 0)
        assert endpoint.statistics().connections_opened == 1


async def test_every_cut_of_what_a_client_says_is_understood() -> None:
    async with listening() as endpoint:
        reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)

        client = WebSocket(is_client=True)

        for byte in client.hello("localhost"):
            writer.write(bytes((byte,)))
            await writer.drain()

        while not client.is_open:
            list(client.receive(await asyncio.wait_for(reader.read(100), 10)))

        for byte in client.encode(SASL_HEADER):
            writer.write(bytes((byte,)))
            await writer.drain()

        heard = b""

        while len(heard) < len(SASL_HEADER):
            heard += b"".join(client.receive(await asyncio.wait_for(reader.read(100), 10)))

        writer.close()

    assert heard.startswith(SASL_HEADER)


async def test_where_only_websockets_are_let_through_amqp_is_answered_as_by_https() -> None:
    async with listening(only_websockets=True) as endpoint:
        assert (await answer_to(endpoint, SASL_HEADER)).startswith(b"HTTP/1.1 400")
