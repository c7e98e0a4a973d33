"""The small HTTP server, byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from ehtui.sandbox.http import CHUNK_BYTES, HttpServer, Request, Response


async def echo(request: Request) -> Response | None:
    if request.path == "/silent":
        return None

    return Response(
        200,
        {"X-Path": ascii(request.path), "X-Query": str(request.query)},
        request.body,
        is_chunked="chunked" in request.query,
    )


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    server = HttpServer(echo)
    await server.start()
    yield server
    await server.stop()


async def talk(server: HttpServer, *parts: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(server.host, server.port)

    try:
        for part in parts:
            writer.write(part)
            await writer.drain()

        writer.write_eof()

        return await asyncio.wait_for(reader.read(), 5)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_one_connection_serves_many_requests(server: HttpServer) -> None:
    reply = await talk(server, b"GET /a HTTP/1.1\r\n\r\nGET /%ED%95%9C?q=a+b HTTP/1.1\r\n\r\n")

    assert reply.count(b"HTTP/1.1 200 OK") == 2
    assert b"X-Path: '/\\ud55c'\r\nX-Query: {'q': 'a b'}" in reply
    assert server.traffic.connections_opened == 1
    assert server.traffic.requests == 2


async def test_a_client_may_want_the_connection_closed(server: HttpServer) -> None:
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")

    assert b"200 OK" in await asyncio.wait_for(reader.read(), 5)  # ends: the server closed
    writer.close()


async def test_a_body_comes_plain_or_in_chunks(server: HttpServer) -> None:
    plain = await talk(server, b"PUT / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhel", b"lo")
    chunked = await talk(
        server,
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: x\r\n\r\n",
    )

    assert plain.endswith(b"Content-Length: 5\r\n\r\nhello")
    assert chunked == plain


async def test_a_client_may_ask_before_it_sends(server: HttpServer) -> None:
    head = b"PUT / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"

    assert (await talk(server, head, b"hi")).startswith(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200"
    )


async def test_a_reply_is_cut_into_chunks(server: HttpServer) -> None:
    body = b"x" * (CHUNK_BYTES + 1)
    head = b"PUT /?chunked=1 HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body)
    reply = await talk(server, head, body)

    assert b"Transfer-Encoding: chunked" in reply
    assert b"Content-Length" not in reply
    assert reply.endswith(b"\r\n1\r\nx\r\n0\r\n\r\n")


async def test_a_reply_to_head_has_no_body(server: HttpServer) -> None:
    reply = await talk(server, b"HEAD / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi")

    assert reply.endswith(b"Content-Length: 2\r\n\r\n")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"PUT / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000,
        b"GET / HTTP/1.1\r\n",
        b"GET /silent HTTP/1.1\r\n\r\n",
    ],
)
async def test_what_is_no_request_gets_no_reply(server: HttpServer, request_bytes: bytes) -> None:
    assert await talk(server, request_bytes) == b""
    assert b"200 OK" in await talk(server, b"GET / HTTP/1.1\r\n\r\n")


async def test_stopping_closes_connections_that_are_open(server: HttpServer) -> None:
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    await server.stop()

    with contextlib.suppress(ConnectionError):
        await asyncio.wait_for(reader.read(), 5)  # ends, with a reset or without

    writer.close()
    assert server.traffic.connections_open == 0
