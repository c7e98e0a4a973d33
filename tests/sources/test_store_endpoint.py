"""End to end: what the real checkpoint store wrote is read, and what ehtui writes it reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore
from blockbuster import blockbuster_ctx
from msgspec.structs import replace

from ehtui.config.secret import Secret
from ehtui.config.settings import CheckpointStoreSettings
from ehtui.domain.problems import ProblemError, ProblemKind
from ehtui.domain.world.store import Checkpoint, Ownership
from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sources import store_container
from ehtui.sources.layouts import FORMATS, MODERN, read_blob
from ehtui.sources.layouts.base import Role, StoredBlob
from ehtui.sources.layouts.modern import new_checkpoint, sibling_name
from ehtui.sources.store import StoreSource, apply_write
from ehtui.wire import storage_listing
from ehtui.wire.storage import BlobItem, parse_connection_string
from ehtui.wire.storage_client import HttpBlobAccount

HUB = ("127.0.0.2:5672", "Meetings", "$Default")


@asynccontextmanager
async def stage() -> AsyncIterator[tuple[BlobEndpoint, BlobCheckpointStore, StoreSource]]:
    blobs = BlobEndpoint()
    blobs.create_container("checkpoints")
    await blobs.start()
    store = BlobCheckpointStore.from_connection_string(blobs.connection_string, "checkpoints")
    settings = CheckpointStoreSettings(Secret(blobs.connection_string), containers=("checkpoints",))
    source = StoreSource(settings, namespace="127.0.0.2", hub="meetings")

    try:
        yield blobs, store, source
    finally:
        await source.close()
        await store.close()
        await blobs.stop()


async def claim(store: BlobCheckpointStore, owner: str, *partitions: str) -> None:
    namespace, hub, group = HUB
    held = {o["partition_id"]: o["etag"] for o in await store.list_ownership(*HUB)}
    await store.claim_ownership(
        {
            "fully_qualified_namespace": namespace,
            "eventhub_name": hub,
            "consumer_group": group,
            "partition_id": partition,
            "owner_id": owner,
            "etag": held.get(partition),
        }
        for partition in partitions
    )


async def checkpoint(store: BlobCheckpointStore, partition: str, sequence: int) -> None:
    namespace, hub, group = HUB
    await store.update_checkpoint(
        {
            "fully_qualified_namespace": namespace,
            "eventhub_name": hub,
            "consumer_group": group,
            "partition_id": partition,
            "offset": f"{sequence}00",
            "sequence_number": sequence,
        }
    )


async def test_claims_renewals_checkpoints_and_releases_are_seen_as_they_happen() -> None:
    async with stage() as (blobs, store, source):
        assert (await source.read()).listing.ownerships == ()

        await claim(store, "one", "0", "1")
        await checkpoint(store, "0", 41)
        first = (await source.read()).listing
        assert [(o.partition, o.owner) for o in first.ownerships] == [("0", "one"), ("1", "one")]
        assert [(c.sequence, c.offset) for c in first.checkpoints] == [(41, "4100")]
        assert abs(first.server_time - first.ownerships[0].blob.last_modified) < 5

        await claim(store, "one", "0")  # a renewal
        await claim(store, "", "1")  # a release
        second = (await source.read()).listing
        assert second.ownerships[0].blob.etag != first.ownerships[0].blob.etag
        assert second.ownerships[1].owner is None

        before = blobs.statistics().requests
        await source.read()
        assert blobs.statistics().requests == before + 1


async def test_a_read_is_one_request_and_takes_in_only_what_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counts: Counter[str] = Counter()

    def counted(name: str, call: Callable[..., object]) -> Callable[..., object]:
        def counting(*arguments: object) -> object:
            counts[name] += 1
            return call(*arguments)

        return counting

    monkeypatch.setattr(storage_listing, "_blob", counted("parsed", storage_listing._blob))
    monkeypatch.setattr(store_container, "read_blob", counted("read", read_blob))

    async with stage() as (blobs, store, source):
        await claim(store, "one", *map(str, range(32)))

        for partition in range(32):
            await checkpoint(store, str(partition), partition)

        await source.read()
        assert counts == {"parsed": 64, "read": 64}

        for changed in (5, 6, 7):
            await checkpoint(store, str(changed), 100)

        counts.clear()
        before = blobs.statistics()
        update = await source.read()
        after = blobs.statistics()

    assert sum(c.sequence == 100 for c in update.listing.checkpoints) == 3
    assert after.requests - before.requests == 1
    assert after.connections_opened == before.connections_opened
    assert counts == {"parsed": 3 + 2, "read": 3}  # the first and the last blob frame the others


async def test_nothing_in_a_read_blocks_the_loop() -> None:
    async with stage() as (_, store, source):
        await claim(store, "one", "0")
        await source.read()

        with blockbuster_ctx():
            await source.read()


async def test_containers_are_found_without_being_named() -> None:
    async with stage() as (blobs, store, _):
        blobs.create_container("photos")
        await claim(store, "one", "0")
        settings = CheckpointStoreSettings(Secret(blobs.connection_string))
        source = StoreSource(settings, namespace="127.0.0.2:5671", hub="meetings")

        try:
            listing = (await source.read()).listing
            assert [o.blob.container for o in listing.ownerships] == ["checkpoints"]
        finally:
            await source.close()


async def test_it_recovers_by_itself() -> None:
    async with stage() as (blobs, store, source):
        await claim(store, "one", "0")
        await source.read()
        await blobs.stop()

        with pytest.raises(ProblemError) as caught:
            await source.read()

        assert caught.value.problem.kind is ProblemKind.UNREACHABLE
        await blobs.start()
        assert [o.owner for o in (await source.read()).listing.ownerships] == ["one"]


async def test_what_ehtui_writes_is_what_the_real_store_reads() -> None:
    async with stage() as (blobs, store, source):
        account = HttpBlobAccount(parse_connection_string(Secret(blobs.connection_string)))

        try:
            await claim(store, "one", "0")
            [ownership] = (await source.read()).listing.ownerships
            name = sibling_name(ownership.blob.name, Role.CHECKPOINT)
            await apply_write(account, new_checkpoint("checkpoints", name, 7, "700"))
            assert [c["sequence_number"] for c in await store.list_checkpoints(*HUB)] == [7]

            listing = (await source.read()).listing
            again = MODERN.write_checkpoint(stored(listing.checkpoints[0]), 3, "300")
            await apply_write(account, again)
            assert [c["offset"] for c in await store.list_checkpoints(*HUB)] == ["300"]

            await claim(store, "one", "0")  # renewed: what was read is out of date
            release = FORMATS[ownership.layout].write_release(stored(ownership))

            with pytest.raises(ProblemError) as caught:
                await apply_write(account, release)

            assert caught.value.problem.kind is ProblemKind.CONFLICT
            [renewed] = (await source.read()).listing.ownerships
            await apply_write(account, replace(release, if_match=renewed.blob.etag))
            assert [o["owner_id"] for o in await store.list_ownership(*HUB)] in ([""], [None])
        finally:
            await account.close()


def stored(record: Ownership | Checkpoint) -> StoredBlob:
    where = record.blob

    return StoredBlob(
        where.container, BlobItem(where.name, where.etag, where.last_modified, None, {})
    )
