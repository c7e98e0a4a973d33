"""Beliefs of senders: what is taken, what is rejected, and what the service makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.conform.checks import Source, Theme
from ehtui.conform.needs import Need, NotHereError
from ehtui.conform.peer import IDLE_LIMIT_S, told
from ehtui.conform.world import EVENT
from ehtui.wire.amqp.messages import (
    BATCH_FORMAT,
    DATA,
    MESSAGE_ANNOTATIONS,
    encode_event,
    encode_section,
)
from ehtui.wire.amqp.performatives import Close, Detach, Disposition, End, Frame
from ehtui.wire.amqp.values import Symbol, encode

if TYPE_CHECKING:
    from ehtui.conform.peer import Peer
    from ehtui.conform.world import World
    from ehtui.wire.amqp.performatives import Performative

SENDING = Theme("send")
_KEY, _HASH = b"ehtui-conform", -7344  # what the .NET and JavaScript SDKs make of that key
_OVERHEAD_BYTES = 56


@SENDING.believe("credit", "Credit for a sender", "1000", Source.CHOICE, Need.SEND)
async def _credit(world: World) -> str:
    async with world.signed_in() as peer:
        return str(await peer.credit((await peer.sender(world.sending)).handle))


@SENDING.believe(
    "largest",
    "Largest message that a link announces",
    "1048576",
    Source.DOCS,
    Need.SEND,
)
async def _largest(world: World) -> str:
    async with world.signed_in() as peer:
        return str((await peer.sender(world.sending)).max_message_bytes)


@SENDING.believe(
    "properties",
    "An attach with properties is answered with properties",
    "yes",
    Source.SDK,
    Need.SEND,
)
async def _properties(world: World) -> str:
    """Python's 5.11.0 does not attach without."""
    async with world.signed_in() as peer:
        given = {Symbol("com.microsoft:timeout"): 60_000}
        link = await peer.sender(world.sending, properties=given)
        return "no" if link.properties is None else "yes"


@SENDING.believe("accepted", "An event that is taken", "accepted", Source.SDK, Need.SEND)
async def _accepted(world: World) -> str:
    async with world.signed_in() as peer:
        return (await world.publish(peer))[0]


@SENDING.believe(
    "too-large",
    "An event over the link's limit is rejected, and the link stays",
    "rejected: amqp:link:message-size-exceeded: The received message (delivery-id:0, size:…"
    " bytes) exceeds the limit (… bytes) currently allowed on the link. Then accepted",
    Source.REPORTS,
    Need.SEND,
    pattern=r"rejected: amqp:link:message-size-exceeded: The received message \(delivery-id:\d+,"
    r" size:\d+ bytes\) exceeds the limit \(\d+ bytes\) currently allowed on the link\..*"
    r" Then accepted",
    limit_s=120.0,
)
async def _too_large(world: World) -> str:
    async with world.signed_in() as peer:
        link = await peer.sender(world.sending)
        await peer.credit(link.handle)
        most = link.max_message_bytes or 0

        if not 0 < most <= 32 << 20:
            raise NotHereError(f"the link announces {most} bytes")

        peer.transfer(link.handle, b"\0" * (most + 1024))
        found = await _end_of(peer)

        if found.startswith("detached"):
            return found

        peer.transfer(link.handle, encode_event(EVENT))
        world.sent += 1
        return f"{found} Then {await peer.settled()}"


async def _end_of(peer: Peer) -> str:
    end = await peer.expect(Disposition, Detach)
    return told(end.state) if isinstance(end, Disposition) else f"detached: {_words(end)}"


@SENDING.believe(
    "junk",
    "Bytes that are no message are rejected, and the link stays",
    "rejected: amqp:decode-error; then accepted",
    Source.CHOICE,
    Need.SEND,
    pattern=r"rejected: amqp:decode-error.*; then accepted",
)
async def _junk(world: World) -> str:
    async with world.signed_in() as peer:
        ends = await world.publish(peer, b"\xff\xff", encode_event(EVENT))
        return "; then ".join(ends)


@SENDING.believe("batch", "A batch of three is three events", "3 more", Source.SDK, Need.SEND)
async def _batch(world: World) -> str:
    before = await world.state_of(world.partition)

    async with world.signed_in() as peer:
        link = await peer.sender(world.sending)
        await peer.credit(link.handle)
        batch = encode_section(DATA, encode(encode_event(EVENT))) * 3
        peer.transfer(link.handle, batch, BATCH_FORMAT)
        world.sent += 3
        end = await peer.settled()

    after = await world.state_of(world.partition)
    name = "last_enqueued_sequence_number"
    return f"{after[name] - before[name]} more" if end == "accepted" else end


@SENDING.believe(
    "offset",
    "An offset grows by the event's size and 56",
    "0 bytes beside that",
    Source.CHOICE,
    Need.SEND,
)
async def _offset(world: World) -> str:
    payload = encode_event(EVENT)

    async with world.signed_in() as peer:
        await world.publish(peer, payload)
        before = await world.state_of(world.partition)
        await world.publish(peer, payload)
        after = await world.state_of(world.partition)

    name = "last_enqueued_sequence_number"

    if after[name] != before[name] + 1:
        raise NotHereError("somebody else writes to the partition")

    offsets = [str(state["last_enqueued_offset"]) for state in (before, after)]

    if not all(offset.isdecimal() for offset in offsets):
        return "offsets are no numbers"

    grown = int(offsets[1]) - int(offsets[0])
    return f"{grown - len(payload) - _OVERHEAD_BYTES} bytes beside that"


@SENDING.believe(
    "key", "A key's partition is the .NET and JavaScript SDKs'", "that one", Source.SDK, Need.SEND
)
async def _key(world: World) -> str:
    key = {Symbol("x-opt-partition-key"): _KEY.decode()}
    payload = encode_section(MESSAGE_ANNOTATIONS, encode(key)) + encode_event(EVENT)
    expected = world.partitions[abs(_HASH) % len(world.partitions)]
    name = "last_enqueued_sequence_number"
    before = {p: (await world.state_of(p))[name] for p in world.partitions[:32]}

    if expected not in before:
        raise NotHereError("the hub has more than 32 partitions")

    async with world.signed_in() as peer:
        await world.publish(peer, payload, to=world.access.hub)

    after = {p: (await world.state_of(p))[name] for p in before}
    grown = [p for p in before if after[p] > before[p]]
    return "that one" if grown == [expected] else f"{grown}, and not {expected}"


@SENDING.believe(
    "publisher", "A publisher's address takes events", "accepted", Source.DOCS, Need.SEND
)
async def _publisher(world: World) -> str:
    async with world.signed_in() as peer:
        to = f"{world.access.hub}/Publishers/ehtui-conform"
        return (await world.publish(peer, to=to))[0]


@SENDING.believe(
    "unknown-partition",
    "A sender to a partition that there is not",
    "com.microsoft:argument-out-of-range: The specified partition is invalid for an EventHub"
    " partition sender or receiver. …",
    Source.REPORTS,
    Need.SEND,
    pattern=r"com\.microsoft:argument-out-of-range: The specified partition is invalid for an"
    r" EventHub partition sender or receiver.*",
)
async def _unknown_partition(world: World) -> str:
    async with world.signed_in() as peer:
        to = f"{world.access.hub}/Partitions/9999"
        return await peer.refusal(peer.asked(to, is_receiver=False))


@SENDING.believe(
    "unknown-hub",
    "A sender to a hub that there is not",
    "amqp:not-found: The messaging entity '…' could not be found. …",
    Source.REPORTS,
    Need.SEND,
    pattern=r"amqp:not-found: The messaging entity '.*' could not be found\..*",
)
async def _unknown_hub(world: World) -> str:
    async with world.signed_in() as peer:
        return await peer.refusal(peer.asked("ehtui-conform-no-such-hub", is_receiver=False))


@SENDING.believe(
    "handle",
    "A handle that is in use ends the session",
    "amqp:session:handle-in-use",
    Source.SPEC,
    Need.SEND,
    pattern=r"amqp:session:handle-in-use.*",
)
async def _handle(world: World) -> str:
    async with world.signed_in() as peer:
        link = await peer.sender(world.sending)
        again = peer.asked(world.sending, is_receiver=False)._replace(handle=link.handle)
        peer.send(again)

        while True:
            item = await peer.next()
            body = item.body if isinstance(item, Frame) else None

            if item is None or isinstance(body, End | Close | Detach):
                return "cut" if body is None else _words(body)


@SENDING.believe(
    "idle",
    "A sender that sends nothing is detached after half an hour",
    "amqp:link:detach-forced: The link '…' is force detached. Code: ServerError. Details:"
    " AmqpEventHubPublisher.IdleTimerExpired: Idle timeout: 00:30:00.",
    Source.REPORTS,
    Need.SEND | Need.SLOW,
    pattern=r"amqp:link:detach-forced: The link '.*' is force detached\. Code: ServerError\."
    r" Details: AmqpEventHubPublisher\.IdleTimerExpired.*",
    limit_s=IDLE_LIMIT_S,
)
async def _idle(world: World) -> str:
    async with world.signed_in() as peer:
        return await peer.idles((await peer.sender(world.sending)).handle)


def _words(end: Performative) -> str:
    return told(end) if isinstance(end, Detach | End | Close) else "something else"
