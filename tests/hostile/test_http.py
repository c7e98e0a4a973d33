"""HTTP clients that mean harm, byte by byte: they are let go, and the others are served."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator

import pytest

from ehtui.sandbox.http import HttpLimits, HttpServer, Request, Response
from tests.hostile.measuring import MEGABYTE
from tests.waiting import wait_for


async def echo(request: Request) -> Response | None:
    if request.path == "/large":
        return Response(200, body=bytes(20 * MEGABYTE))

    return Response(200, {"X-Bytes": str(len(request.body))})


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    limits = HttpLimits(
        connections=4, body_bytes=MEGABYTE, bodies_bytes=2 * MEGABYTE, idle_s=0.2, body_s=0.2
    )
    server = HttpServer(echo, limits=limits)
    await server.start()
    yield server
    await server.stop()


async def talk(server: HttpServer, *parts: bytes) -> bytes:
    """What comes back until the server closes, or has nothing more to say."""
    reader, writer = await asyncio.open_connection(server.host, server.port)

    try:
        for part in parts:
            writer.write(part)
            await writer.drain()

        return await asyncio.wait_for(reader.read(), 5)
    except ConnectionError:
        return b""
    finally:
        writer.transport.abort()


async def is_served(server: HttpServer) -> bool:
    return (await talk(server, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")).startswith(
        b"HTTP/1.1 200"
    )


MALFORMED = {
    "two lengths": b"PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunks": b"PUT / HTTP/1.1\r\nContent-Length: 1\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks in gzip": b"PUT / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunks twice": b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked"
    b"\r\n\r\n0\r\n\r\n",
    "a length with a sign": b"PUT / HTTP/1.1\r\nContent-Length: +1\r\n\r\na",
    "a length with a line": b"PUT / HTTP/1.1\r\nContent-Length: 1_0\r\n\r\n0123456789",
    "a length of 5,000 digits": b"PUT / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
    "a chunk of 5,000 digits": b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"9" * 5000
    + b"\r\n",
    "a chunk without an end": b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabcd\r\n",
    "a line without an end": b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"x" * 100_000,
    "a chunk below zero": b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
    "trailers without an end": b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    + b"a: b\r\n" * 1000,
    "a thousand headers": b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 1000 + b"\r\n",
    "a name with a blank": b"GET / HTTP/1.1\r\nContent-Length : 1\r\n\r\na",
    "a folded line": b"GET / HTTP/1.1\r\na: b\r\n c: d\r\n\r\n",
    "another protocol": b"GET / HTTP/9.9\r\n\r\n",
    "a body that never comes": b"PUT / HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc",
    "a head that never ends": b"GET / HTTP/1.1\r\na: b\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("wire", MALFORMED.values(), ids=MALFORMED)
async def test_what_is_no_request_ends_the_connection(server: HttpServer, wire: bytes) -> None:
    assert b"HTTP/1.1 2" not in await talk(server, wire)
    assert await is_served(server)


@pytest.mark.parametrize(
    "wire",
    [
        b"PUT / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n",
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        + (b"10000\r\n" + bytes(0x10000) + b"\r\n") * 20,
    ],
)
async def test_a_body_too_large_is_refused_before_it_is_read(
    server: HttpServer, wire: bytes
) -> None:
    assert (await talk(server, wire)).startswith(b"HTTP/1.1 413") or len(wire) > MEGABYTE
    assert await is_served(server)


async def test_bodies_of_everybody_together_have_a_limit(server: HttpServer) -> None:
    head = b"PUT / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n"
    server.limits.body_s = 5.0
    held = [await asyncio.open_connection(server.host, server.port) for _ in range(2)]

    for _, writer in held:
        writer.write(head + bytes(1000))

    await wait_for(lambda: server.held_bytes == 2_000_000)
    assert (await talk(server, head)).startswith(b"HTTP/1.1 503")

    for _, writer in held:
        writer.transport.abort()

    await wait_for(lambda: server.held_bytes == 0)


async def test_connections_have_a_limit(server: HttpServer) -> None:
    server.limits.idle_s = 5.0
    held = [await asyncio.open_connection(server.host, server.port) for _ in range(4)]
    await wait_for(lambda: server.traffic.connections_open == 4)
    reader, writer = await asyncio.open_connection(server.host, server.port)

    with pytest.raises((ConnectionError, AssertionError)):
        assert await asyncio.wait_for(reader.read(), 5)

    writer.close()

    for _, writer in held:
        writer.transport.abort()

    await wait_for(lambda: server.traffic.connections_open == 0)
    assert await is_served(server)


async def test_whoever_drips_a_head_is_let_go(server: HttpServer) -> None:
    reader, writer = await asyncio.open_connection(server.host, server.port)
    ended = asyncio.create_task(reader.read())

    async with asyncio.timeout(10):
        while not ended.done():
            writer.write(b"x")
            await asyncio.sleep(0.01)

    writer.transport.abort()
    await asyncio.gather(ended, return_exceptions=True)
    assert await is_served(server)


async def test_a_reply_that_nobody_takes_is_not_copied_for_each(server: HttpServer) -> None:
    """Three clients ask for 20 MB, and read none of it."""
    server.limits.body_s = 5.0
    tracemalloc.start()
    clients = [await asyncio.open_connection(server.host, server.port) for _ in range(3)]
    before = tracemalloc.get_traced_memory()[0]

    for _, writer in clients:
        writer.write(b"GET /large HTTP/1.1\r\n\r\n")

    await wait_for(lambda: server.traffic.requests == 3)
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()

    for _, writer in clients:
        writer.transport.abort()

    assert held < 70 * MEGABYTE  # the handler's three bodies, and little more


async def test_and_it_is_given_up_in_time(server: HttpServer) -> None:
    _, writer = await asyncio.open_connection(server.host, server.port, limit=1024)
    writer.write(b"GET /large HTTP/1.1\r\n\r\n")
    await wait_for(lambda: server.traffic.requests == 1)
    await wait_for(lambda: server.traffic.connections_open == 0)
    writer.transport.abort()


def test_a_thousand_parameters_are_cut() -> None:
    request = Request("GET", "/?" + "&".join(f"a{n}=1" for n in range(20_000)), ())

    assert len(request.query) <= 100
