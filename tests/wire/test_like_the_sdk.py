"""No live namespace answers these tests, so the kept link must say what the SDK's client says.

Both talk to the same scripted peer, and what they sent is compared frame by frame.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from azure.eventhub.aio import EventHubConsumerClient

from ehtui.wire.amqp.performatives import Attach, Begin, Open, SaslInit, Transfer
from ehtui.wire.kept_link import KeptLink
from tests.wire.hubs import access_to
from tests.wire.peer import Peer, serving

T = TypeVar("T")


async def by_the_sdk(port: int) -> None:
    text = access_to(port).connection_string.reveal()

    async with EventHubConsumerClient.from_connection_string(text, "$Default") as client:
        await client.get_partition_properties("1")


async def by_the_kept_link(port: int) -> None:
    link = KeptLink(access_to(port))
    await link.read(["1"], describe=False)
    await link.close()


async def seen_from(client: Callable[[int], Awaitable[None]], port: int = 0) -> Peer:
    async with serving(Peer(port=port)) as peer:
        await client(peer.port)

    return peer


async def both() -> tuple[Peer, Peer]:
    theirs = await seen_from(by_the_sdk)
    return theirs, await seen_from(by_the_kept_link, theirs.port)


def of(peer: Peer, kind: type[T]) -> list[T]:
    return [body for body in peer.frames if isinstance(body, kind)]


async def test_the_same_frames_in_the_same_order() -> None:
    def order(peer: Peer) -> list[object]:
        return [
            (body.source, body.is_receiver) if isinstance(body, Attach) else type(body)
            for body in peer.frames
            if isinstance(body, SaslInit | Open | Begin | Attach | Transfer)
        ]

    theirs, ours = await both()
    assert order(ours) == order(theirs)


async def test_the_same_opening() -> None:
    theirs, ours = await both()

    assert of(ours, SaslInit) == of(theirs, SaslInit)
    [our_open], [their_open] = of(ours, Open), of(theirs, Open)
    assert our_open._replace(container_id="") == their_open._replace(container_id="")
    assert of(ours, Begin) == of(theirs, Begin)


async def test_the_same_links() -> None:
    def links(peer: Peer) -> list[Attach]:
        return [attach._replace(name="", handle=0) for attach in of(peer, Attach)]

    theirs, ours = await both()
    assert links(ours) == links(theirs)


async def test_the_same_token_to_the_byte() -> None:
    def anonymous(payload: bytes) -> bytes:
        payload = re.sub(rb"\x98.{16}", b"<message id>", payload, flags=re.DOTALL)
        payload = re.sub(rb"\x83.{8}", b"<moment>", payload, flags=re.DOTALL)
        payload = re.sub(rb"sig=[^&]*&se=\d+", b"<signature>", payload)
        # A signature's length depends on how many of its characters are percent-encoded.
        return re.sub(rb".(?=SharedAccessSignature)", b"<length>", payload, flags=re.DOTALL)

    theirs, ours = await both()
    assert anonymous(ours.payloads[0]) == anonymous(theirs.payloads[0])


async def test_the_same_read() -> None:
    def asked(peer: Peer) -> dict[str, Any]:
        [request] = peer.requests
        assert request.properties["security_token"].startswith("SharedAccessSignature sr=")
        return {**request.properties, "security_token": ""}

    theirs, ours = await both()
    assert asked(ours) == asked(theirs)
    assert len(ours.payloads[1]) == pytest.approx(len(theirs.payloads[1]), abs=8)
