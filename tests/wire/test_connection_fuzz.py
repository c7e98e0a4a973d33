"""Whatever bytes arrive, a connection ends in order: nothing escapes into the loop."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from ehtui.wire.amqp.frames import AMQP_HEADER, SASL_HEADER, encode_frame, encode_transfer
from ehtui.wire.amqp.messages import Reply, encode_reply
from ehtui.wire.amqp.performatives import (
    Accepted,
    AmqpError,
    Attach,
    Begin,
    Close,
    Detach,
    Disposition,
    Error,
    Flow,
    Open,
    SaslMechanisms,
    SaslOutcome,
    Source,
    Target,
)
from ehtui.wire.amqp_client import Connection
from ehtui.wire.requests import EncodedRequest, RequestLink


class Sink(asyncio.Transport):
    """Takes everything and keeps what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    @override
    def write(self, data: Any) -> None:
        self.written += bytes(data)

    @override
    def abort(self) -> None:
        """Nothing to end."""


def signing_in() -> bytes:
    return (
        SASL_HEADER
        + encode_frame(0, SaslMechanisms(("ANONYMOUS",)))
        + encode_frame(0, SaslOutcome(0))
    )


def greeting() -> bytes:
    return (
        AMQP_HEADER
        + encode_frame(0, Open("peer", None, 65536))
        + encode_frame(1, Begin(0, 1, 100, 100))
    )


def stream(names: list[str]) -> bytes:
    """What a server says in a good session; link names are the client's."""
    source, target = Source("$management"), Target("$management")
    receiver, sender = names
    reply = Reply(None, {"status-code": 200}, {"partition": "0", "n": 5})
    return b"".join(
        (
            encode_frame(1, Attach(receiver, 5, False, 0, 0, source, target, 0)),
            encode_frame(1, Attach(sender, 6, True, 0, 0, source, target)),
            encode_frame(1, Flow(0, 100, 1, 100, 6, 0, 100)),
            encode_frame(1, Disposition(True, 0, 0, True, Accepted())),
            encode_transfer(1, 5, 0, encode_reply(reply), 65536),
            encode_frame(1, Detach(5, True, Error("amqp:link:detach-forced", "idle"))),
            encode_frame(0, Close(Error("amqp:connection:forced"))),
        )
    )


async def survive(mutate: Any, chunks: int) -> None:
    faults: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
    connection, sink = Connection(), Sink()
    connection.connection_made(sink)
    connection.data_received(signing_in() + greeting())
    link = RequestLink(connection, "$management", 0, lambda: 0.0)
    attaching = asyncio.create_task(link.attach())
    await asyncio.sleep(0)
    data = mutate(stream(list(connection.session._asked)))
    exchange = asyncio.create_task(link.exchange([EncodedRequest({"name": "hub"})]))
    await asyncio.sleep(0)

    for start in range(0, len(data), chunks):
        connection.data_received(data[start : start + chunks])

    connection.connection_lost(None)
    results = await asyncio.gather(attaching, exchange, return_exceptions=True)
    assert connection.error is not None
    assert all(r is None or isinstance(r, AmqpError | list) for r in results), results
    assert not faults


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_flipped_bytes_and_odd_cuts_end_the_connection_in_order(data: st.DataObject) -> None:
    length = len(stream(["r" * 36, "s" * 36]))
    flips = data.draw(
        st.lists(st.tuples(st.integers(0, length - 1), st.integers(0, 255)), max_size=6)
    )
    cut = data.draw(st.integers(0, length))

    def mutate(good: bytes) -> bytes:
        changed = bytearray(good)

        for position, value in flips:
            changed[position] = value

        return bytes(changed[: cut or None])

    asyncio.run(survive(mutate, data.draw(st.integers(1, 400))))


async def greet(data: bytes, chunks: int) -> None:
    connection = Connection()
    connection.connection_made(Sink())

    for start in range(0, len(data), chunks):
        connection.data_received(data[start : start + chunks])

    connection.connection_lost(None)
    assert connection.error is not None
    assert connection.begun.done()


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_so_do_flipped_bytes_of_a_greeting(data: st.DataObject) -> None:
    good = bytearray(signing_in() + greeting())
    positions = st.integers(0, len(good) - 1)

    for position, value in data.draw(
        st.lists(st.tuples(positions, st.integers(0, 255)), max_size=6)
    ):
        good[position] = value

    asyncio.run(greet(bytes(good), data.draw(st.integers(1, 400))))


@settings(max_examples=100, deadline=None)
@given(noise=st.binary(max_size=600))
def test_noise_ends_the_connection_in_order(noise: bytes) -> None:
    asyncio.run(survive(lambda _: noise, 64))
