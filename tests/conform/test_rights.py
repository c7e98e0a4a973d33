"""What is allowed here and not there is not asked; numbers that the service gives; the trace."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from azure.storage.blob import ContainerSasPermissions, generate_container_sas
from typing_extensions import override

from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings
from ehtui.conform.checks import State, run
from ehtui.conform.peer import Peer
from ehtui.conform.store import Store
from ehtui.conform.suite import CHECKS
from ehtui.conform.world import World
from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sandbox.eventhubs import AccessKey, EventHubsEndpoint
from ehtui.wire.amqp.frames import encode_frame, encode_transfer
from ehtui.wire.amqp.performatives import (
    Attach,
    Begin,
    Detach,
    Flow,
    Frame,
    Transfer,
)
from ehtui.wire.credentials import access_of
from ehtui.wire.storage import parse_account_url, parse_connection_string


async def test_a_key_without_the_right_to_send_is_asked_nothing_of_the_kind(
    endpoint: EventHubsEndpoint,
) -> None:
    key = AccessKey("reader", "c2VjcmV0", frozenset({"Listen"}))
    endpoint.namespace.keys[key.name] = key
    text = endpoint.connection_string("hub", key.name)
    world = World(access_of(EventHubSettings(connection_string=Secret(text))), "own", may_send=True)
    await world.look_around()
    results = [await run(c, world) for c in CHECKS if c.id.startswith(("send", "publish", "own"))]
    told = {r.found for r in results if r.check.id.startswith(("send.acc", "publish"))}

    assert told == {"the key 'reader' has no right to send"}
    assert {r.state for r in results} == {State.AS_BELIEVED, State.NOT_ASKED}
    assert world.sent == 0


async def test_a_store_that_may_only_be_read_is_asked_nothing_that_writes(
    blobs: BlobEndpoint, world: World
) -> None:
    account = parse_connection_string(Secret(blobs.connection_string))
    assert account.key is not None
    signature = generate_container_sas(
        account.account,
        "checkpoints",
        account_key=account.key.reveal(),
        permission=ContainerSasPermissions(read=True, list=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
    sas = f"{account.endpoint}?{signature}"
    world.store = Store(parse_account_url(Secret(sas)), "checkpoints", "ehtui-conform-test/")
    await world.try_store()
    results = [await run(check, world) for check in CHECKS if check.id.startswith("store")]

    assert await world.store.close() == []
    assert {r.state for r in results} == {State.NOT_ASKED}
    assert "the store does not let it write (403 AuthorizationPermissionMismatch)" in {
        r.found for r in results
    }


async def test_what_may_be_written_to_is_asked(world: World) -> None:
    await world.try_store()

    assert not world.refused


class Wire(asyncio.Transport):
    """Keeps nothing."""

    @override
    def write(self, data: object) -> None:
        """Nobody hears it."""


def test_links_have_our_numbers_whatever_the_service_calls_them() -> None:
    peer = Peer()
    peer.connection_made(Wire())
    asked = peer.asked("hub")
    other = peer.asked("hub")
    theirs = [a._replace(is_receiver=False, handle=7 + n) for n, a in enumerate((other, asked))]

    for data in (
        encode_frame(3, Begin(0, 1, 100, 100)),
        *(encode_frame(3, attach) for attach in theirs),
        encode_transfer(3, 8, 0, b"x", 65536),
        encode_frame(3, Flow(0, 100, 1, 100, 7, 0, 100)),
        encode_frame(3, Detach(8, closed=True)),
    ):
        peer.data_received(data)

    frames = [item for item in peer.inbox if isinstance(item, Frame)]
    assert {frame.channel for frame in frames} == {0}
    assert [
        (type(f.body), f.body.handle)
        for f in frames
        if isinstance(f.body, Attach | Transfer | Flow | Detach)
    ] == [
        (Attach, other.handle),
        (Attach, asked.handle),
        (Transfer, asked.handle),
        (Flow, other.handle),
        (Detach, asked.handle),
    ]


async def test_a_flow_of_the_session_or_of_another_link_is_no_credit() -> None:
    peer = Peer()
    peer.connection_made(Wire())

    for handle, credit in ((None, None), (4, 9), (5, 100)):
        peer.data_received(encode_frame(0, Flow(0, 100, 1, 100, handle, 0, credit)))

    assert await peer.credit(5) == 100


async def test_its_own_frames_are_traced_without_tokens(
    endpoint: EventHubsEndpoint, tmp_path: Path
) -> None:
    path = tmp_path / "trace"
    settings = EventHubSettings(
        connection_string=Secret(endpoint.connection_string("hub")), trace_wire=str(path)
    )
    world = World(access_of(settings), "own")
    await world.look_around()
    checks = ("token.expired", "open.plain-right", "management.pairs")
    results = [await run(check, world) for check in CHECKS if check.id in checks]
    text = path.read_text()

    assert {result.state for result in results} == {State.AS_BELIEVED}
    assert "container_id='ehtui-conform'" in text
    assert "ehtui-conform-replies-7" in text
    assert "ExpiredToken" in text
    assert "ended: closed" in text
    assert "SharedAccessSignature" not in text
    assert world.key.key.reveal() not in text
