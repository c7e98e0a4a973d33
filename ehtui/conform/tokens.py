"""Beliefs of tokens: what `$cbs` takes and refuses, and what happens when one runs out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus
from uuid import UUID, uuid4

from ehtui.conform.checks import Source, Theme
from ehtui.conform.needs import Need, NotHereError
from ehtui.conform.peer import IDLE_LIMIT_S, Peer, told
from ehtui.conform.world import put_token
from ehtui.wire.amqp.frames import encode_transfer
from ehtui.wire.amqp.messages import Reply, Request, decode_reply, encode_request
from ehtui.wire.amqp.performatives import Begin, Detach, Disposition, Frame, Transfer

if TYPE_CHECKING:
    from ehtui.conform.world import World

TOKENS = Theme("token")
_EXPIRES_IN_S, _SEEN_TO_EXPIRE_S = 3, 100.0


async def _signed(world: World, *, audience: str | None = None, life_s: float = 600.0) -> str:
    """A token of the hub's key, for something else where that is given."""
    resource = audience or world.access.audience
    at = time.time() + life_s - 3600  # the key signs for an hour
    return (await world.key.token(resource, at)).text.reveal()


async def _put(world: World, token: str, audience: str | None = None, **kind: str) -> Reply:
    async with world.opened() as peer:
        return await peer.request(
            "$cbs", put_token(audience or world.access.audience, token, **kind)
        )


def _answer(reply: Reply) -> str:
    given = reply.properties
    condition = given.get("error-condition")
    said = f"{given.get('status-code')}: {given.get('status-description')}"
    return f"{said} [{condition}]" if condition else said


@TOKENS.believe("accepted", "A right token", "202: Accepted", Source.REPORTS, Need.KEY)
async def _accepted(world: World) -> str:
    return _answer(await _put(world, await _signed(world)))


@TOKENS.believe(
    "expired",
    "An expired token",
    "401: ExpiredToken: The token is expired. Expiration time: '2023-05-21 23:58:30Z'."
    " [com.microsoft:auth-failed]",
    Source.REPORTS,
    Need.KEY,
    pattern=r"401: ExpiredToken: The token is expired\. Expiration time:"
    r" '\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ'\..*\[com\.microsoft:auth-failed\]",
)
async def _expired(world: World) -> str:
    return _answer(await _put(world, await _signed(world, life_s=-600.0)))


@TOKENS.believe(
    "signature",
    "A token with a wrong signature",
    "401: InvalidSignature: The token has an invalid signature. [com.microsoft:auth-failed]",
    Source.REPORTS,
    Need.KEY,
    pattern=r"401: InvalidSignature: The token has an invalid signature\..*"
    r"\[com\.microsoft:auth-failed\]",
)
async def _signature(world: World) -> str:
    head, _, tail = (await _signed(world)).partition("&sig=")
    wrong = quote_plus("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    return _answer(await _put(world, f"{head}&sig={wrong}&{tail.partition('&')[2]}"))


@TOKENS.believe(
    "audience",
    "A token for another hub",
    "401: InvalidAudience: …",
    Source.CHOICE,
    Need.KEY,
    pattern=r"401: InvalidAudience.*",
)
async def _audience(world: World) -> str:
    other = f"sb://{world.access.namespace}/ehtui-conform-other"
    return _answer(await _put(world, await _signed(world, audience=other)))


@TOKENS.believe(
    "malformed",
    "A text that is no token",
    "401: MalformedToken: …",
    Source.CHOICE,
    pattern=r"401: MalformedToken.*",
)
async def _malformed(world: World) -> str:
    return _answer(await _put(world, "no token"))


@TOKENS.believe(
    "kind",
    "A token of an unknown kind",
    "401: UnsupportedToken: …",
    Source.CHOICE,
    pattern=r"401: UnsupportedToken.*",
)
async def _kind(world: World) -> str:
    return _answer(await _put(world, "x", kind="ehtui:conform"))


@TOKENS.believe(
    "unknown-hub",
    "A token for a hub that there is not",
    "404: The messaging entity '…' could not be found. … [amqp:not-found]",
    Source.REPORTS,
    Need.KEY,
    pattern=r"404: The messaging entity '.*' could not be found\..*\[amqp:not-found\]",
)
async def _unknown_hub(world: World) -> str:
    other = f"sb://{world.access.namespace}/ehtui-conform-no-such-hub"
    return _answer(await _put(world, await _signed(world, audience=other), other))


@TOKENS.believe(
    "operation",
    "Another operation than put-token is a rejected message",
    "rejected: amqp:not-allowed: Invalid command '…'.",
    Source.CHOICE,
    pattern=r"rejected: amqp:not-allowed: Invalid command '.*",
)
async def _operation(world: World) -> str:
    async with world.opened() as peer:
        link = await peer.sender("$cbs")
        await peer.credit(link.handle)
        asked = Request("1", None, {"operation": "ehtui-conform", "name": world.access.audience})
        peer.transfer(link.handle, encode_request(asked))
        return await peer.settled()


@TOKENS.believe(
    "order",
    "The disposition of a request comes before its reply",
    "disposition, transfer",
    Source.REPORTS,
)
async def _order(world: World) -> str:
    async with world.opened() as peer:
        link = await peer.receiver("$cbs")
        peer.grant(link.handle, 1, link.initial_delivery_count or 0)
        sender = await peer.sender("$cbs")
        await peer.credit(sender.handle)
        peer.transfer(sender.handle, encode_request(put_token(world.access.audience, "no token")))
        kinds = [await peer.expect(Disposition, Transfer) for _ in range(2)]
        return ", ".join(type(kind).__name__.lower() for kind in kinds)


@TOKENS.believe(
    "largest", "Largest message that $cbs says it takes", str(2**64 - 1), Source.REPORTS
)
async def _largest(world: World) -> str:
    async with world.opened() as peer:
        return str((await peer.sender("$cbs")).max_message_bytes)


@TOKENS.believe(
    "correlation", "A reply repeats the request's id with its type", "UUID, str, int", Source.SDK
)
async def _correlation(world: World) -> str:
    ids: list[Any] = [uuid4(), "text", 7]
    found = []

    async with world.opened() as peer:
        for given in ids:
            asked = put_token(world.access.audience, "no token")
            reply = await peer.request("$cbs", Request(given, None, asked.properties, asked.value))
            same = reply.correlation_id == given
            found.append(
                type(reply.correlation_id).__name__ if same else repr(reply.correlation_id)
            )

    return ", ".join("UUID" if name == UUID.__name__ else name for name in found)


@TOKENS.believe(
    "no-token-listen",
    "A receiver without a token",
    "amqp:unauthorized-access: Unauthorized access. 'Listen' claim(s) are required to perform this"
    " operation. Resource: '…'.",
    Source.REPORTS,
    pattern=r"amqp:unauthorized-access: Unauthorized access\. 'Listen' claim\(s\) are required to"
    r" perform this operation\. Resource: '.*",
)
async def _no_token_listen(world: World) -> str:
    address = f"{world.access.hub}/ConsumerGroups/$Default/Partitions/{world.partition}"

    async with world.opened() as peer:
        return await peer.refusal(peer.asked(address))


@TOKENS.believe(
    "no-token-send",
    "A sender without a token",
    "amqp:unauthorized-access: Unauthorized access. 'Send' claim(s) are required to perform this"
    " operation. Resource: '…'.",
    Source.REPORTS,
    pattern=r"amqp:unauthorized-access: Unauthorized access\. 'Send' claim\(s\) are required to"
    r" perform this operation\. Resource: '.*",
)
async def _no_token_send(world: World) -> str:
    async with world.opened() as peer:
        return await peer.refusal(peer.asked(world.access.hub, is_receiver=False))


@TOKENS.believe(
    "runs-out",
    "The link of a token that ran out",
    "amqp:link:detach-forced: Unauthorized access. 'Listen' claim(s) are required …",
    Source.REPORTS,
    Need.KEY | Need.GROUP,
    pattern=r"amqp:link:detach-forced: Unauthorized access\. 'Listen' claim\(s\) are required.*",
    limit_s=_SEEN_TO_EXPIRE_S + 20,
)
async def _runs_out(world: World) -> str:
    async with world.opened() as peer:
        audience = world.access.audience
        token = await _signed(world, life_s=_EXPIRES_IN_S)
        reply = await peer.request("$cbs", put_token(audience, token))

        if reply.properties.get("status-code") not in (200, 202):
            raise NotHereError("a token that lives for seconds is not taken")

        link = await peer.receiver(world.receiving, "amqp.annotation.x-opt-offset > '@latest'")
        peer.grant(link.handle, 1, link.initial_delivery_count or 0)
        return told(await _detach_of(peer, link.handle))


async def _detach_of(peer: Peer, handle: int) -> Detach:
    while True:
        detach = await peer.expect(Detach, within_s=_SEEN_TO_EXPIRE_S)

        if detach.handle == handle:
            return detach


@TOKENS.believe(
    "elsewhere", "A reply finds the response link of another session", "yes", Source.REPORTS
)
async def _elsewhere(world: World) -> str:
    async with world.opened() as peer:
        link = await peer.receiver("$cbs")
        peer.grant(link.handle, 10, link.initial_delivery_count or 0)
        peer.send(Begin(None, 0, 5000, 5000), channel=1)
        await peer.expect(Begin)
        asked = peer.asked("$cbs", is_receiver=False)
        peer.send(asked, channel=1)
        await peer.credit(asked.handle)
        body = encode_request(put_token(world.access.audience, "no token"))
        peer.write(encode_transfer(1, asked.handle, 0, body, 65536, settled=False))

        while True:
            item = await peer.next()

            if isinstance(item, Frame) and isinstance(item.body, Transfer):
                decode_reply(item.body.payload)
                return "yes" if item.channel == 0 else f"it came on channel {item.channel}"


@TOKENS.believe(
    "idle",
    "A link for tokens never idles out",
    "it stays",
    Source.CHOICE,
    Need.SLOW,
    limit_s=IDLE_LIMIT_S,
)
async def _idle(world: World) -> str:
    async with world.opened() as peer:
        return await peer.idles((await peer.sender("$cbs")).handle)
