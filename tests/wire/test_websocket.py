"""Both sides of a WebSocket without a socket: one stream, however it is cut, and refusals."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.wire.websocket import WebSocket, WebSocketError


def greeted() -> tuple[WebSocket, WebSocket]:
    client, server = WebSocket(is_client=True), WebSocket(is_client=False)
    assert list(server.receive(client.hello("hub.example"))) == []
    assert list(client.receive(server.replies.pop())) == []
    assert client.is_open
    assert server.is_open

    return client, server


def cut(data: bytes, at: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(place % (len(data) + 1) for place in at)})
    return [data[begin:end] for begin, end in pairwise(places)]


@given(st.lists(st.binary(max_size=3000), max_size=5), st.lists(st.integers(0, 20_000)))
def test_a_stream_arrives_whole_however_it_is_cut(said: list[bytes], at: list[int]) -> None:
    for is_answer in (False, True):
        client, server = greeted()
        speaker, listener = (server, client) if is_answer else (client, server)
        frames = b"".join(map(speaker.encode, said))
        heard = b"".join(b"".join(listener.receive(piece)) for piece in cut(frames, at))
        assert heard == b"".join(said)


def test_the_answer_may_bring_the_beginning_of_the_stream() -> None:
    client, server = WebSocket(is_client=True), WebSocket(is_client=False)
    list(server.receive(client.hello("hub.example")))
    answer = server.replies.pop() + server.encode(b"AMQP")

    assert list(client.receive(answer)) == [b"AMQP"]


@given(st.lists(st.integers(0, 400)), st.sampled_from([b"\r\n", b"\n"]))
def test_the_request_may_bring_the_beginning_of_the_stream(at: list[int], line_end: bytes) -> None:
    client, twin = greeted()[0], WebSocket(is_client=True)
    server = WebSocket(is_client=False)
    hello = twin.hello("hub.example").replace(b"\r\n", line_end)
    early = hello + client.encode(b"AMQP") + client.encode(b"and more")
    pieces = cut(early, at)
    heard = b"".join(b"".join(server.receive(piece)) for piece in pieces)

    assert heard == b"AMQPand more"
    assert b"".join(server.replies).startswith(b"HTTP/1.1 101 ")


def test_the_end_is_answered_once() -> None:
    client, server = greeted()
    list(server.receive(client.closing()))
    assert server.is_over
    assert len(server.replies) == 1
    assert server.encode(b"more") == b""
    assert list(server.receive(b"\x82\x85abcdhello")) == []


@pytest.mark.parametrize(
    "request_",
    [
        b"POST /$servicebus/websocket HTTP/1.1\r\nHost: x\r\n\r\n",
        (
            b"GET /elsewhere HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: YWJjZGVmZ2hpamtsbW5vcA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ),
        (
            b"GET /$servicebus/websocket HTTP/1.1\r\nHost: \xff\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ),
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 10_000,
        b"\x00\xff" * 20_000,
        b"GET /$servicebus/websocket HTTP/1.1\r\n\r\n",
    ],
)
def test_whatever_else_is_asked_of_a_server_is_refused_as_http(request_: bytes) -> None:
    server = WebSocket(is_client=False)

    with suppress(WebSocketError):
        assert list(server.receive(request_)) == []

    assert not server.is_open
    assert server.is_over
    assert server.replies[0].startswith(b"HTTP/1.1 4")


@given(st.binary(max_size=400))
def test_whatever_follows_the_greeting_is_a_stream_an_end_or_an_error(data: bytes) -> None:
    client, server = greeted()

    for side in (client, server):
        with suppress(WebSocketError):
            list(side.receive(data))
