"""Slow is not dead: a path of long round trips connects, a side that keeps silent is given up."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ehtui.config.secret import Secret
from ehtui.config.settings import CheckpointStoreSettings
from ehtui.domain.problems import ProblemError, ProblemKind
from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sources.store import StoreSource
from ehtui.wire import storage_client
from ehtui.wire.amqp.frames import EMPTY_FRAME
from ehtui.wire.dialling import OPEN_S
from ehtui.wire.kept_link import REPLY_S, KeptLink
from tests.wire.certificates import self_signed
from tests.wire.delaying import far_away
from tests.wire.hubs import access_to
from tests.wire.peer import Peer, serving

ROUND_TRIP_S, LIMIT_S = 0.2, 0.8  # as 2 s are to a limit of 8 s


def test_hub_and_store_have_the_same_limits() -> None:
    assert OPEN_S == REPLY_S == 8.0
    assert storage_client.READ_TIMEOUT_S == storage_client.CONNECT_TIMEOUT_S == 8.0


@pytest.mark.parametrize("tls", [False, True])
async def test_a_link_opens_over_many_slow_round_trips(tls: bool, tmp_path: Path) -> None:
    chain, context = self_signed(tmp_path)
    roots = ssl.create_default_context(cafile=chain)

    async with (
        serving(Peer(), context if tls else None) as peer,
        far_away(peer.port, ROUND_TRIP_S) as port,
    ):
        access = access_to(port, tls=tls)
        link = KeptLink(access, open_s=LIMIT_S, reply_s=LIMIT_S, roots=lambda: roots)
        began = time.monotonic()
        reading = await link.read(["0", "1"], describe=True)
        took_s = time.monotonic() - began
        await link.close()

    assert len(reading.samples) == 2
    assert took_s > LIMIT_S  # altogether longer than any of its steps may take


async def test_a_side_that_only_keeps_the_connection_alive_is_given_up() -> None:
    peer = Peer()

    async def murmur() -> None:
        while True:
            await asyncio.sleep(LIMIT_S / 20)

            for served in peer.live:
                served.writer.write(EMPTY_FRAME)

    async with serving(peer):
        link = KeptLink(access_to(peer.port), open_s=LIMIT_S, reply_s=LIMIT_S / 4)
        await link.read(["0"], describe=False)
        peer.is_frozen = True
        murmuring = asyncio.create_task(murmur())

        with pytest.raises(ProblemError) as caught:
            await link.read(["0"], describe=False)

        murmuring.cancel()
        await link.close()

    assert caught.value.problem.kind is ProblemKind.TIMEOUT


@asynccontextmanager
async def stored() -> AsyncIterator[BlobEndpoint]:
    blobs = BlobEndpoint()
    blobs.create_container("checkpoints")
    await blobs.start()

    try:
        yield blobs
    finally:
        await blobs.stop()


def source_at(blobs: BlobEndpoint, port: int) -> StoreSource:
    text = blobs.connection_string.replace(f":{blobs.port}/", f":{port}/")
    settings = CheckpointStoreSettings(Secret(text), containers=("checkpoints",))
    return StoreSource(settings, namespace="127.0.0.1", hub="hub")


async def test_a_store_far_away_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage_client, "READ_TIMEOUT_S", LIMIT_S)
    monkeypatch.setattr(storage_client, "CONNECT_TIMEOUT_S", LIMIT_S)

    async with stored() as blobs, far_away(blobs.port, ROUND_TRIP_S) as port:
        source = source_at(blobs, port)
        update = await source.read()
        listing = update.listing
        await source.close()

    assert listing.asked_at is not None
    assert listing.read_at - listing.asked_at >= ROUND_TRIP_S


async def test_a_store_that_hangs_is_asked_once_and_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Asked again at once, it would count as healthy for two limits."""
    monkeypatch.setattr(storage_client, "READ_TIMEOUT_S", LIMIT_S / 4)

    async with stored() as blobs:
        source = source_at(blobs, blobs.port)
        await source.read()
        before = blobs.statistics().requests
        blobs.faults.is_frozen = True

        with pytest.raises(ProblemError) as caught:
            await source.read()

        assert blobs.statistics().requests == before + 1
        blobs.faults.is_frozen = False
        await source.read()  # the next one is as good as ever
        await source.close()

    assert caught.value.problem.kind is ProblemKind.TIMEOUT
