"""Beliefs of `$management`: what a hub and a partition say of themselves, and refusals."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from ehtui.config.secret import Secret
from ehtui.conform.checks import Source, Theme
from ehtui.conform.needs import Need, NotHereError
from ehtui.conform.peer import IDLE_LIMIT_S
from ehtui.conform.world import HUB_TYPE
from ehtui.wire.amqp.messages import Request, decode_reply, encode_request
from ehtui.wire.amqp.performatives import AmqpError
from ehtui.wire.credentials import SharedSignature
from ehtui.wire.group_listing import NoGroupsError, listed_groups

if TYPE_CHECKING:
    from ehtui.conform.world import World

MANAGEMENT = Theme("management")
_MANY = 50
_PAIRS = 8  # what the kept link attaches at the most
# By their constructors (AMQP 1.0, part 1).
_TYPES = {0x83: "timestamp", 0x71: "int", 0x54: "int", 0x81: "long", 0x55: "long", 0xA1: "string"}
_TYPES |= {0xB1: "string", 0x41: "boolean", 0x42: "boolean", 0x56: "boolean", 0x40: "null"}
_NO_RIGHT = {401, 403}
_NEVER_MS = -62135596800000  # 0001-01-01


async def _ask(world: World, request: Request) -> tuple[dict[str, Any], Any]:
    async with world.signed_in() as peer:
        reply = await peer.request("$management", request)
        return dict(reply.properties), reply.value


async def _refused(world: World, request: Request) -> str:
    given, _ = await _ask(world, request)
    condition = given.get("error-condition")
    said = f"{given.get('status-code')}: {given.get('status-description')}"
    return f"{said} [{condition}]" if condition else said


@MANAGEMENT.believe(
    "hub-fields",
    "What a hub tells",
    "created_at, georeplication_factor, name, partition_count, partition_ids, type",
    Source.SDK,
)
async def _hub_fields(world: World) -> str:
    return ", ".join(sorted((await _ask(world, world.read()))[1]))


async def _types(world: World, request: Request, names: tuple[str, ...]) -> str:
    """The AMQP types on the wire: a value that was read has lost them."""
    async with world.signed_in() as peer:
        encoded = await peer.encoded_reply("$management", request)

    found = []

    for name in names:
        _, there, rest = encoded.partition(name.encode())
        found.append(f"{name} {_TYPES.get(rest[0], hex(rest[0])) if there and rest else 'none'}")

    return ", ".join(found)


@MANAGEMENT.believe(
    "hub-types",
    "Types of what a hub tells",
    "created_at timestamp, partition_count int, georeplication_factor int",
    Source.SDK,
)
async def _hub_types(world: World) -> str:
    names = ("created_at", "partition_count", "georeplication_factor")
    return await _types(world, world.read(), names)


@MANAGEMENT.believe("factor", "georeplication_factor without replication", "1", Source.CHOICE)
async def _factor(world: World) -> str:
    return str((await _ask(world, world.read()))[1].get("georeplication_factor"))


@MANAGEMENT.believe(
    "partition-fields",
    "What a partition tells",
    "begin_sequence_number, is_partition_empty, last_enqueued_offset,"
    " last_enqueued_sequence_number, last_enqueued_time_utc, name, partition, type",
    Source.SDK,
)
async def _partition_fields(world: World) -> str:
    return ", ".join(sorted((await _ask(world, world.read(world.partition)))[1]))


@MANAGEMENT.believe(
    "partition-types",
    "Types of what a partition tells",
    "begin_sequence_number long, last_enqueued_sequence_number long, last_enqueued_offset string,"
    " last_enqueued_time_utc timestamp, is_partition_empty boolean",
    Source.SDK,
)
async def _partition_types(world: World) -> str:
    names = (
        "begin_sequence_number",
        "last_enqueued_sequence_number",
        "last_enqueued_offset",
        "last_enqueued_time_utc",
        "is_partition_empty",
    )
    return await _types(world, world.read(world.partition), names)


@MANAGEMENT.believe("status", "Status of a read", "200 OK", Source.SDK)
async def _status(world: World) -> str:
    given, _ = await _ask(world, world.read())
    return f"{given.get('status-code')} {given.get('status-description')}"


@MANAGEMENT.believe(
    "never-written",
    "A partition that was never written",
    "last -1, offset -1, time 0001-01-01, begin 0, empty True",
    Source.CHOICE,
    Need.EMPTY,
)
async def _never_written(world: World) -> str:
    value = await world.state_of(str(world.empty_partition))
    at = value["last_enqueued_time_utc"]
    return (
        f"last {value['last_enqueued_sequence_number']}, offset {value['last_enqueued_offset']},"
        f" time {'0001-01-01' if at == _NEVER_MS else at}, begin {value['begin_sequence_number']},"
        f" empty {value['is_partition_empty']}"
    )


@MANAGEMENT.believe(
    "unknown-hub",
    "A read of a hub that there is not",
    "404: The messaging entity '…' could not be found. … [amqp:not-found]",
    Source.CHOICE,
    pattern=r"404: The messaging entity '.*' could not be found\..*\[amqp:not-found\]",
)
async def _unknown_hub(world: World) -> str:
    return await _refused(world, world.read(name="ehtui-conform-no-such-hub"))


@MANAGEMENT.believe(
    "unknown-partition",
    "A read of a partition that there is not",
    "400: The specified partition is invalid for an EventHub partition sender or receiver. …"
    " [com.microsoft:argument-out-of-range]",
    Source.CHOICE,
    pattern=r"400: The specified partition is invalid for an EventHub partition sender or receiver"
    r".*\[com\.microsoft:argument-out-of-range\]",
)
async def _unknown_partition(world: World) -> str:
    return await _refused(world, world.read("9999"))


async def _rejection(world: World, request: Request) -> str:
    async with world.signed_in() as peer:
        link = await peer.sender("$management")
        await peer.credit(link.handle)
        peer.transfer(link.handle, encode_request(request))
        return await peer.settled()


@MANAGEMENT.believe(
    "operation",
    "An operation that there is not is a rejected message",
    "rejected: amqp:not-allowed: Invalid command '…'.",
    Source.CHOICE,
    pattern=r"rejected: amqp:not-allowed: Invalid command '.*",
)
async def _operation(world: World) -> str:
    return await _rejection(world, world.read(operation="EHTUI"))


@MANAGEMENT.believe(
    "type",
    "A read of a type that there is not",
    "400: Invalid command '…'. [amqp:not-allowed]",
    Source.CHOICE,
    pattern=r"400: Invalid command '.*\[amqp:not-allowed\]",
)
async def _type(world: World) -> str:
    return await _refused(world, world.read(type="com.microsoft:ehtui"))


@MANAGEMENT.believe(
    "no-token",
    "A read on a connection without a token",
    "401: Unauthorized access. 'Listen' claim(s) are required … [amqp:unauthorized-access]",
    Source.CHOICE,
    pattern=r"401: Unauthorized access\. 'Listen' claim\(s\) are required.*"
    r"\[amqp:unauthorized-access\]",
)
async def _no_token(world: World) -> str:
    async with world.opened() as peer:
        given = (await peer.request("$management", world.read())).properties
        condition = given.get("error-condition")
        return f"{given.get('status-code')}: {given.get('status-description')} [{condition}]"


@MANAGEMENT.believe(
    "security-token",
    "A read without a security_token among its properties is answered",
    "200",
    Source.CHOICE,
)
async def _security_token(world: World) -> str:
    return str((await _ask(world, world.read()))[0].get("status-code"))


@MANAGEMENT.believe(
    "case", "Names ignore case, and the reply has the hub's own", "its own", Source.DOCS
)
async def _case(world: World) -> str:
    own = (await _ask(world, world.read()))[1]["name"]
    other = world.access.hub.swapcase()

    if other == world.access.hub:
        raise NotHereError("the hub's name has no letters")

    value = (await _ask(world, world.read(name=other)))[1]
    return "refused" if not value else "its own" if value["name"] == own else "as it was asked"


@MANAGEMENT.believe("credit", "Credit for requests", "100", Source.CHOICE)
async def _credit(world: World) -> str:
    async with world.signed_in() as peer:
        return str(await peer.credit((await peer.sender("$management")).handle))


@MANAGEMENT.believe(
    "many",
    f"{_MANY} reads at once are all answered, in their order",
    "all, in order",
    Source.CHOICE,
)
async def _many(world: World) -> str:
    async with world.signed_in() as peer:
        link = await peer.receiver("$management")
        peer.grant(link.handle, 2 * _MANY, link.initial_delivery_count or 0)
        sender = await peer.sender("$management")
        credit = await peer.credit(sender.handle)
        count = min(_MANY, credit)

        for number in range(count):
            asked = Request(f"m{number}", None, {**world.read().properties, "type": HUB_TYPE})
            peer.transfer(sender.handle, encode_request(asked))

        ids = [
            str(decode_reply((await peer.message()).payload).correlation_id) for _ in range(count)
        ]

    expected = [f"m{number}" for number in range(count)]
    if ids == expected:
        return "all, in order" if count == _MANY else f"{count}, which is all the credit, in order"

    return "all, in another order" if sorted(ids) == sorted(expected) else "some twice, some never"


async def _over_pairs(world: World, *, named: bool) -> tuple[int, list[tuple[int, int]]]:
    """Pairs of links at once on one session, and a read over each.

    How many pairs were attached, and of each reply the pair that was asked and the one it came on.
    """
    async with world.signed_in() as peer:
        receivers: dict[int, int] = {}
        senders: list[int] = []

        for number in range(_PAIRS):
            target = f"ehtui-conform-replies-{number}" if named else None

            try:
                receiver = await peer.receiver("$management", target=target)
                sender = await peer.sender("$management")
                await peer.credit(sender.handle)
                senders.append(sender.handle)
            except AmqpError:
                return len(senders), []

            receivers[receiver.handle] = number
            peer.grant(receiver.handle, 2 * _PAIRS, receiver.initial_delivery_count or 0)

        for number, handle in enumerate(senders):
            reply_to = f"ehtui-conform-replies-{number}" if named else None
            asked = Request(f"p{number}", reply_to, world.read().properties)
            peer.transfer(handle, encode_request(asked))

        came = [await peer.message() for _ in senders]

    return len(senders), [
        (int(str(decode_reply(m.payload).correlation_id)[1:]), receivers[m.first.handle])
        for m in came
    ]


@MANAGEMENT.believe(
    "pairs",
    f"Reads over {_PAIRS} pairs of links at once, each reply asked to its own link",
    f"{_PAIRS} attached, {_PAIRS} replies, each on its own link",
    Source.CHOICE,
)
async def _pairs(world: World) -> str:
    attached, replies = await _over_pairs(world, named=True)
    elsewhere = sum(asked != came for asked, came in replies)
    where = f"{elsewhere} elsewhere" if elsewhere else "each on its own link"
    return f"{attached} attached, {len(set(replies))} replies, {where}"


@MANAGEMENT.believe(
    "pairs-unnamed",
    "The same where no request says where its reply is to go, as ehtui asks",
    f"{_PAIRS} attached, {_PAIRS} replies",
    Source.CHOICE,
)
async def _pairs_unnamed(world: World) -> str:
    attached, replies = await _over_pairs(world, named=False)
    return f"{attached} attached, {len({asked for asked, _ in replies})} replies"


@MANAGEMENT.believe(
    "idle",
    "A link for requests on which none comes is detached after half an hour",
    "amqp:link:detach-forced: The link '…' is force detached. …",
    Source.CHOICE,
    Need.SLOW,
    pattern=r"amqp:link:detach-forced: The link '.*' is force detached.*",
    limit_s=IDLE_LIMIT_S,
)
async def _idle(world: World) -> str:
    async with world.signed_in() as peer:
        return await peer.idles((await peer.sender("$management")).handle)


@MANAGEMENT.believe(
    "groups",
    "Which groups there are, over HTTPS with and without a token",
    "200 with $Default, 401",
    Source.DOCS,
)
async def _groups(world: World) -> str:
    without = replace(world.access, credential=SharedSignature(Secret("")))

    try:
        listed = await listed_groups(world.access, time.time())
    except NoGroupsError as error:
        if error.status in _NO_RIGHT:
            told = f"{world.access.credential.label} has no right to manage"
            raise NotHereError(told) from None

        if error.status is None:
            raise NotHereError(f"nothing there lists groups: {error}") from None

        return str(error.status)

    has_default = "$default" in {name.lower() for name in listed}
    found = f"200 with{'' if has_default else 'out'} $Default"

    try:
        await listed_groups(without, time.time())
    except NoGroupsError as error:
        return f"{found}, {error.status}"

    return f"{found}, 200"
