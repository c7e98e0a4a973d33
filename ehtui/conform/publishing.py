"""Beliefs of idempotent producers: how they are numbered, and what of theirs is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ehtui.conform.checks import Source, Theme
from ehtui.conform.needs import Need, NotHereError, SilentError
from ehtui.conform.peer import told
from ehtui.conform.world import EVENT
from ehtui.wire.amqp.messages import (
    BATCH_FORMAT,
    DATA,
    MESSAGE_ANNOTATIONS,
    encode_event,
    encode_section,
)
from ehtui.wire.amqp.performatives import Detach
from ehtui.wire.amqp.values import Long, Short, Symbol, encode

if TYPE_CHECKING:
    from ehtui.conform.peer import Peer
    from ehtui.conform.world import World
    from ehtui.wire.amqp.performatives import Attach

PUBLISHING = Theme("publish")
_CAPABILITY = "com.microsoft:idempotent-producer"
_ID, _EPOCH = Symbol("com.microsoft:producer-id"), Symbol("com.microsoft:producer-epoch")
_SEQUENCE = Symbol("com.microsoft:producer-sequence-number")
_NEW: dict[Symbol, Any] = {_ID: None, _EPOCH: None, _SEQUENCE: None}
_LAST = "last_enqueued_sequence_number"


async def _producer(world: World, peer: Peer, given: dict[Symbol, Any]) -> Attach:
    """Its link, with the credit taken."""
    link = await peer.sender(world.sending, wants=(_CAPABILITY,), properties=given)
    await peer.credit(link.handle)

    if _CAPABILITY not in link.offered_capabilities:
        raise NotHereError("idempotent producers are not offered here")

    return link


async def _publish(world: World, peer: Peer, link: Attach, number: int) -> str:
    notes = encode_section(MESSAGE_ANNOTATIONS, encode({_SEQUENCE: number}))
    batch = encode_section(DATA, encode(notes + encode_event(EVENT)))
    peer.transfer(link.handle, batch, BATCH_FORMAT)
    world.sent += 1
    return await peer.settled()


@PUBLISHING.believe(
    "numbers", "A new producer's epoch and last number", "an id, 0, 0", Source.SDK, Need.SEND
)
async def _numbers(world: World) -> str:
    async with world.signed_in() as peer:
        given = dict((await _producer(world, peer, _NEW)).properties or {})
        number = "an id" if isinstance(given.get(_ID), int) else "no id"
        return f"{number}, {given.get(_EPOCH)}, {given.get(_SEQUENCE)}"


@PUBLISHING.believe(
    "twice", "What is published twice", "accepted, accepted, 1 more", Source.DOCS, Need.SEND
)
async def _twice(world: World) -> str:
    before = await world.state_of(world.partition)

    async with world.signed_in() as peer:
        link = await _producer(world, peer, _NEW)
        ends = [await _publish(world, peer, link, 1) for _ in range(2)]

    more = (await world.state_of(world.partition))[_LAST] - before[_LAST]
    return ", ".join([*ends, f"{more} more"])


@PUBLISHING.believe(
    "gap",
    "A number that leaves a gap",
    "rejected: com.microsoft:out-of-order-sequence: …",
    Source.CHOICE,
    Need.SEND,
    pattern=r"rejected: com\.microsoft:out-of-order-sequence.*",
)
async def _gap(world: World) -> str:
    async with world.signed_in() as peer:
        return await _publish(world, peer, await _producer(world, peer, _NEW), 7)


@PUBLISHING.believe(
    "newer",
    "A newer epoch ends the older one's link",
    "com.microsoft:producer-epoch-stolen: …",
    Source.SDK,
    Need.SEND,
    pattern=r"com\.microsoft:producer-epoch-stolen.*",
)
async def _newer(world: World) -> str:
    return await _first_of(world, epoch=1)


@PUBLISHING.believe(
    "same",
    "A second link with the same epoch ends the first",
    "com.microsoft:producer-epoch-stolen: …",
    Source.CHOICE,
    Need.SEND,
    pattern=r"com\.microsoft:producer-epoch-stolen.*",
)
async def _same(world: World) -> str:
    return await _first_of(world, epoch=0)


async def _first_of(world: World, epoch: int) -> str:
    """How it ends for a producer when another link of it comes with that epoch."""
    async with world.signed_in() as old, world.signed_in() as new:
        number = dict((await _producer(world, old, _NEW)).properties or {}).get(_ID)
        await _producer(world, new, {_ID: Long(number or 0), _EPOCH: Short(epoch), _SEQUENCE: 0})

        try:
            return told(await old.expect(Detach))
        except SilentError:
            return "it stays"


@PUBLISHING.believe(
    "older",
    "An older epoch is refused",
    "com.microsoft:producer-epoch-stolen: …",
    Source.CHOICE,
    Need.SEND,
    pattern=r"com\.microsoft:producer-epoch-stolen.*",
)
async def _older(world: World) -> str:
    async with world.signed_in() as old, world.signed_in() as new:
        number = dict((await _producer(world, old, _NEW)).properties or {}).get(_ID)
        given = {_ID: Long(number or 0), _EPOCH: Short(2), _SEQUENCE: 0}
        await _producer(world, new, given)
        asked = new.asked(
            world.sending,
            is_receiver=False,
            wants=(_CAPABILITY,),
            properties={**given, _EPOCH: Short(1)},
        )
        return await new.refusal(asked)
