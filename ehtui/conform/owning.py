"""Beliefs of owner levels: who is let in, and who is disconnected by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ehtui.conform.checks import Source, Theme
from ehtui.conform.needs import Need, SilentError
from ehtui.conform.peer import told
from ehtui.wire.amqp.performatives import Detach
from ehtui.wire.amqp.values import Long, Symbol

if TYPE_CHECKING:
    from ehtui.conform.world import World

OWNING = Theme("own")
_GROUP = Need.GROUP
_LATEST = "amqp.annotation.x-opt-offset > '@latest'"
_LEVEL, _NAME = Symbol("com.microsoft:epoch"), Symbol("com.microsoft:receiver-name")
_READERS = 5


async def _first_of(world: World, first: int | None, second: int | None) -> str:
    """How it ends for a receiver with one owner level when another comes."""
    async with world.signed_in() as old, world.signed_in() as new:
        await old.receiver(world.receiving, _LATEST, properties=_as("first", first))
        new.send(new.asked(world.receiving, _LATEST, properties=_as("second", second)))

        try:
            return told(await old.expect(Detach))
        except SilentError:
            return "it stays"


async def _second_of(world: World, first: int | None, second: int | None) -> str:
    """How it ends for the other one."""
    async with world.signed_in() as old, world.signed_in() as new:
        await old.receiver(world.receiving, _LATEST, properties=_as("first", first))
        return await new.refusal(
            new.asked(world.receiving, _LATEST, properties=_as("second", second))
        )


def _as(name: str, level: int | None) -> dict[Symbol, Any]:
    return {_NAME: name} | ({} if level is None else {_LEVEL: Long(level)})


_STOLEN = (
    r"amqp:link:stolen: New receiver 'second' with higher epoch of '2' is created hence current"
    r" receiver 'first' with epoch '{}' is getting disconnected\. If you are recreating the"
    r" receiver, make sure a higher epoch is used\..*"
)


@OWNING.believe(
    "higher",
    "A higher owner level takes the partition",
    "amqp:link:stolen: New receiver 'second' with higher epoch of '2' is created hence current"
    " receiver 'first' with epoch '1' is getting disconnected. …",
    Source.REPORTS,
    _GROUP,
    pattern=_STOLEN.format(1),
)
async def _higher(world: World) -> str:
    return await _first_of(world, 1, 2)


@OWNING.believe(
    "same",
    "The same owner level takes the partition too",
    "amqp:link:stolen: New receiver 'second' with higher epoch of '2' is created hence current"
    " receiver 'first' with epoch '2' is getting disconnected. …",
    Source.REPORTS,
    _GROUP,
    pattern=_STOLEN.format(2),
)
async def _same(world: World) -> str:
    return await _first_of(world, 2, 2)


@OWNING.believe(
    "without",
    "An owner level disconnects receivers without one",
    "amqp:link:stolen: New receiver 'second' with higher epoch of '2' is created hence current"
    " receiver 'first' with epoch '0' is getting disconnected. …",
    Source.REPORTS,
    _GROUP,
    pattern=_STOLEN.format("(0|-1)"),
)
async def _without(world: World) -> str:
    return await _first_of(world, None, 2)


@OWNING.believe(
    "lower",
    "A lower owner level is refused",
    "amqp:link:stolen: Receiver 'first' with a higher epoch '2' already exists. Receiver 'second'"
    " with epoch 1 cannot be created. …",
    Source.REPORTS,
    _GROUP,
    pattern=r"amqp:link:stolen: Receiver 'first' with a higher epoch '2' already exists\. Receiver"
    r" 'second' with epoch 1 cannot be created\. Make sure you are creating receiver with"
    r" increasing epoch value.*",
)
async def _lower(world: World) -> str:
    return await _second_of(world, 2, 1)


@OWNING.believe(
    "needed",
    "Without an owner level while there is one",
    "amqp:link:stolen: At least one receiver for the endpoint is created with epoch of '2', and so"
    " non-epoch receiver is not allowed. …",
    Source.REPORTS,
    _GROUP,
    pattern=r"amqp:link:stolen: At least one receiver for the endpoint is created with epoch of"
    r" '2', and so non-epoch receiver is not allowed\. Either reconnect with a higher epoch, or"
    r" make sure all epoch receivers are closed or disconnected\..*",
)
async def _needed(world: World) -> str:
    return await _second_of(world, 2, None)


@OWNING.believe(
    "left", "An owner that left leaves the partition", "attached", Source.REPORTS, _GROUP
)
async def _left(world: World) -> str:
    async with world.signed_in() as old:
        link = await old.receiver(world.receiving, _LATEST, properties=_as("first", 9))
        old.send(Detach(link.handle, closed=True))
        await old.expect(Detach)

        async with world.signed_in() as new:
            await new.receiver(world.receiving, _LATEST, properties=_as("second", None))

        return "attached"


@OWNING.believe(
    "sixth",
    "A sixth reader of one group",
    "amqp:resource-limit-exceeded: Exceeded the maximum number of allowed receivers per partition"
    " in a consumer group which is 5. List of connected receivers - first, …",
    Source.REPORTS,
    _GROUP,
    pattern=r"amqp:resource-limit-exceeded: Exceeded the maximum number of allowed receivers per"
    r" partition in a consumer group which is 5\. List of connected receivers - first, first.*",
)
async def _sixth(world: World) -> str:
    async with world.signed_in() as peer:
        for _ in range(_READERS):
            await peer.receiver(world.receiving, _LATEST, properties=_as("first", None))

        return await peer.refusal(peer.asked(world.receiving, _LATEST))
