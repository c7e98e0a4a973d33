"""Beliefs of connections: greeting, signing in, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.conform.checks import Source, Theme
from ehtui.conform.needs import Need
from ehtui.conform.peer import told
from ehtui.wire.amqp.frames import AMQP_HEADER, SASL_HEADER
from ehtui.wire.amqp.performatives import (
    Close,
    SaslMechanisms,
)

if TYPE_CHECKING:
    from ehtui.conform.world import World

OPENING = Theme("open")
_WRONG = b"\0ehtui-conform\0wrong"
_SECOND_S = 1.0
_IDLE_S = 270.0


@OPENING.believe(
    "mechanisms", "SASL mechanisms offered", "ANONYMOUS, EXTERNAL, MSSBCBS, PLAIN", Source.REPORTS
)
async def _mechanisms(world: World) -> str:
    async with world.connected() as peer:
        peer.write(SASL_HEADER)
        return ", ".join(sorted((await peer.expect(SaslMechanisms)).mechanisms))


@OPENING.believe("anonymous", "ANONYMOUS signs in, whatever it says", "outcome 0", Source.SDK)
async def _anonymous(world: World) -> str:
    async with world.connected() as peer:
        return f"outcome {await peer.sasl('ANONYMOUS', b'whoever')}"


@OPENING.believe("mssbcbs", "MSSBCBS signs in without a token", "outcome 0", Source.SDK)
async def _mssbcbs(world: World) -> str:
    async with world.connected() as peer:
        return f"outcome {await peer.sasl('MSSBCBS')}"


@OPENING.believe("plain", "PLAIN with a wrong key is refused", "outcome 1", Source.CHOICE)
async def _plain(world: World) -> str:
    async with world.connected() as peer:
        return f"outcome {await peer.sasl('PLAIN', _WRONG)}"


@OPENING.believe(
    "plain-right",
    "PLAIN with the key's name and value is let in",
    "outcome 0",
    Source.DOCS,
    Need.KEY,
)
async def _plain_right(world: World) -> str:
    async with world.connected() as peer:
        parts = ("", world.key.name, world.key.key.reveal())
        return f"outcome {await peer.sasl('PLAIN', chr(0).join(parts).encode())}"


@OPENING.believe(
    "other-protocol",
    "A header of another protocol is answered with AMQP's own, and the end",
    "an AMQP header, then the end",
    Source.SPEC,
)
async def _other_protocol(world: World) -> str:
    async with world.connected() as peer:
        peer.write(b"AMQP\x07\x07\x07\x07")
        first, then = await peer.next(), await peer.next()
        header = "an AMQP header" if first in (SASL_HEADER, AMQP_HEADER) else repr(first)
        return f"{header}, then {'the end' if then is None else repr(then)}"


async def _of_open(world: World, field: str) -> str:
    async with world.opened() as peer:
        return str(getattr(peer.opened, field))


@OPENING.believe("frame", "Largest frame", "65536", Source.REPORTS)
async def _frame(world: World) -> str:
    return await _of_open(world, "max_frame_bytes")


@OPENING.believe("channels", "Highest channel", "4999", Source.REPORTS)
async def _channels(world: World) -> str:
    return await _of_open(world, "channel_max")


@OPENING.believe("idle", "Idle time-out, in ms", "240000", Source.REPORTS)
async def _idle(world: World) -> str:
    return await _of_open(world, "idle_timeout_ms")


async def _of_begin(world: World, field: str) -> str:
    async with world.opened() as peer:
        return str(getattr(peer.begun, field))


@OPENING.believe("handles", "Highest link handle of a session", "255", Source.REPORTS)
async def _handles(world: World) -> str:
    return await _of_begin(world, "handle_max")


@OPENING.believe("window", "Incoming window of a session", "5000", Source.REPORTS)
async def _window(world: World) -> str:
    return await _of_begin(world, "incoming_window")


@OPENING.believe(
    "outgoing-window", "Outgoing window of a session repeats the client's", "5000", Source.REPORTS
)
async def _outgoing_window(world: World) -> str:
    return await _of_begin(world, "outgoing_window")


@OPENING.believe("outgoing-id", "First number of a transfer", "1", Source.REPORTS)
async def _outgoing_id(world: World) -> str:
    return await _of_begin(world, "next_outgoing_id")


@OPENING.believe(
    "empty-frames",
    "A client that announces an idle time-out hears of the service",
    "yes",
    Source.SPEC,
)
async def _empty_frames(world: World) -> str:
    async with world.opened(idle_timeout_ms=2000) as peer:
        return "yes" if await peer.hears_empty(2 * _SECOND_S) else "no"


@OPENING.believe(
    "silence",
    "A client that stays silent is closed after the time-out",
    "amqp:connection:forced: The connection was inactive for more than the allowed 240000"
    " milliseconds and is closed by container '…'.",
    Source.REPORTS,
    Need.SLOW,
    pattern=r"amqp:connection:forced: The connection was inactive for more than the allowed"
    r" \d+ milliseconds and is closed by container '.*",
    limit_s=_IDLE_S + 60,
)
async def _silence(world: World) -> str:
    async with world.signed_in() as peer:
        return told(await peer.expect(Close, within_s=_IDLE_S))
