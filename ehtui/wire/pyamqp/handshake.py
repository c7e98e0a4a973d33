"""Opening a connection as the SDKs do: TCP, TLS, anonymous SASL, open and begin."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from ehtui.wire.amqp.frames import AMQP_HEADER, SASL_HEADER, encode_frame
from ehtui.wire.amqp.performatives import Begin, Open, SaslInit, SaslMechanisms, SaslOutcome
from ehtui.wire.pyamqp.connection import CHANNEL, MAX_FRAME_BYTES, WINDOW, AmqpError, Connection

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

T = TypeVar("T")

CHANNEL_MAX = 65535
NEXT_ADDRESS_S = 0.25  # a dead IPv6 route must not cost the whole time for connecting
MECHANISM = "ANONYMOUS"  # the token that counts comes later, on `$cbs`


async def open_connection(
    host: str,
    port: int,
    tls: ssl.SSLContext | None,
    on_sign_of_life: Callable[[], None] = lambda: None,
) -> Connection:
    """Connect and begin a session; `on_sign_of_life` is called whenever the other side says more.

    Raises:
        OSError: Name resolution, TCP or TLS failed.
        AmqpError: The other side refused, or does not speak AMQP.
    """
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(
        lambda: Connection(on_sign_of_life),
        host,
        port,
        ssl=tls,
        happy_eyeballs_delay=NEXT_ADDRESS_S,
    )

    try:
        await _authenticate(connection, host)
        await _begin(connection, host)
    except BaseException:
        connection.abort()
        raise

    return connection


async def _authenticate(connection: Connection, host: str) -> None:
    connection.write(SASL_HEADER)
    await _expect_header(connection, SASL_HEADER)
    offered = (await _expect(connection, SaslMechanisms)).mechanisms

    if MECHANISM not in offered:
        raise AmqpError("amqp:not-allowed", f"{MECHANISM} is not among {', '.join(offered)}")

    connection.write(encode_frame(CHANNEL, SaslInit(MECHANISM, b"", host)))
    outcome = await _expect(connection, SaslOutcome)

    if outcome.code != 0:
        raise AmqpError("amqp:unauthorized-access", f"SASL outcome {outcome.code}")


async def _begin(connection: Connection, host: str) -> None:
    greeting = Open(str(uuid4()), host, MAX_FRAME_BYTES, CHANNEL_MAX)
    connection.write(
        AMQP_HEADER
        + encode_frame(CHANNEL, greeting)
        + encode_frame(CHANNEL, Begin(None, 0, WINDOW, WINDOW))
    )
    await _expect_header(connection, AMQP_HEADER)
    opened = await _expect(connection, Open)
    connection.begin(opened, await _expect(connection, Begin))


async def _expect_header(connection: Connection, header: bytes) -> None:
    if (found := await connection.greeting()) != header:
        raise AmqpError("amqp:framing-error", f"expected a protocol header, not {found!r}")


async def _expect(connection: Connection, kind: type[T]) -> T:
    found = await connection.greeting()

    if not isinstance(found, kind):
        raise AmqpError("amqp:framing-error", f"expected {kind.__name__}, not {found!r}")

    return found
