"""What a Blob service must do for those who write files: blocks, copies, batches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from azure.storage.blob import (
    BlobBlock,
    BlobSasPermissions,
    ContentSettings,
    generate_blob_sas,
)
from azure.storage.blob.aio import BlobClient, BlobServiceClient, ContainerClient

from tests.sandbox.blobs.content_contract import refused


def block(number: int) -> str:
    return f"block-{number:06}"


class WritingContract:
    """Subclasses give the fixtures of `ContentContract`."""

    async def test_blocks_become_a_blob_in_the_order_of_their_list(
        self, container: ContainerClient
    ) -> None:
        blob = container.get_blob_client("made/of/blocks")
        await blob.stage_block(block(1), b"one,")
        await blob.stage_block(block(2), b"two,")

        assert not await blob.exists()
        assert [b.size for b in (await blob.get_block_list("all"))[1]] == [4, 4]

        settings = ContentSettings(content_type="text/csv")
        names = [BlobBlock(block(2)), BlobBlock(block(1)), BlobBlock(block(2))]
        await blob.commit_block_list(names, metadata={"a": "b"}, content_settings=settings)
        properties = await blob.get_blob_properties()

        assert await (await blob.download_blob()).readall() == b"two,one,two,"
        assert properties.metadata == {"a": "b"}
        assert properties.content_settings.content_type == "text/csv"
        committed, waiting = await blob.get_block_list("all")
        assert [b.id for b in committed] == [block(2), block(1), block(2)]
        assert waiting == []

    async def test_a_list_may_keep_blocks_that_the_blob_has(
        self, container: ContainerClient
    ) -> None:
        blob = container.get_blob_client("grown")
        await blob.stage_block(block(1), b"one,")
        await blob.commit_block_list([BlobBlock(block(1))])
        await blob.stage_block(block(2), b"two,")
        await blob.commit_block_list([BlobBlock(block(1)), BlobBlock(block(2))])

        assert await (await blob.download_blob()).readall() == b"one,two,"

    async def test_a_block_that_was_never_put_makes_no_blob(
        self, container: ContainerClient
    ) -> None:
        blob = container.get_blob_client("never")

        with refused(400, "InvalidBlockList"):
            await blob.commit_block_list([BlobBlock(block(9))])

        with refused(404):
            await blob.get_block_list("all")

    async def test_what_is_put_whole_forgets_staged_blocks(
        self, container: ContainerClient
    ) -> None:
        blob = container.get_blob_client("whole")
        await blob.stage_block(block(1), b"one,")
        await blob.upload_blob(b"whole")

        with refused(400, "InvalidBlockList"):
            await blob.commit_block_list([BlobBlock(block(1))])

        assert await (await blob.download_blob()).readall() == b"whole"

    async def test_a_large_upload_comes_in_blocks(
        self, connection_string: str, container: ContainerClient
    ) -> None:
        small: dict[str, Any] = {"max_single_put_size": 1024, "max_block_size": 1024}
        body = bytes(range(256)) * 17

        async with BlobClient.from_connection_string(
            connection_string, container.container_name, "large", **small
        ) as blob:
            await blob.upload_blob(body, overwrite=True)
            assert await (await blob.download_blob()).readall() == body
            assert len((await blob.get_block_list())[0]) == 5

    async def test_a_commit_keeps_to_its_conditions(self, blob: BlobClient) -> None:
        await blob.stage_block(block(1), b"new")

        with refused(412, "ConditionNotMet"):
            await blob.commit_block_list([BlobBlock(block(1))], if_match='"0x8DE0000000000"')

        assert await (await blob.download_blob()).readall() == b"body"

    async def test_a_lease_guards_blocks_too(self, blob: BlobClient) -> None:
        await blob.acquire_lease(15)

        with refused(412, "LeaseIdMissing"):
            await blob.stage_block(block(1), b"new")

    async def test_a_copy_is_whole_and_says_what_it_is(
        self, container: ContainerClient, blob: BlobClient
    ) -> None:
        target = container.get_blob_client("the/copy")
        told = await target.start_copy_from_url(blob.url)
        assert told["copy_status"] == "success"

        properties = await target.get_blob_properties()
        assert await (await target.download_blob()).readall() == b"body"
        assert properties.metadata == {"ownerid": "me"}
        assert properties.copy.id == told["copy_id"]
        assert properties.copy.status == "success"
        assert properties.copy.source == blob.url

    async def test_a_copy_of_nothing_is_refused(self, container: ContainerClient) -> None:
        gone = container.get_blob_client("gone").url

        with refused(404):
            await container.get_blob_client("copy").start_copy_from_url(gone)

    async def test_a_signature_may_stand_in_the_source(
        self, service: BlobServiceClient, container: ContainerClient, blob: BlobClient
    ) -> None:
        sas = generate_blob_sas(
            str(service.account_name),
            container.container_name,
            str(blob.blob_name),
            account_key=service.credential.account_key,
            permission=BlobSasPermissions(read=True),
            expiry=datetime.now(UTC) + timedelta(hours=1),
        )
        target = container.get_blob_client("signed")
        await target.start_copy_from_url(f"{blob.url}?{sas}", requires_sync=True)

        assert await (await target.download_blob()).readall() == b"body"

    async def test_a_batch_deletes_and_answers_for_each(self, container: ContainerClient) -> None:
        for name in ("one", "two/three", "vier und fünf"):
            await container.upload_blob(name, b"x")

        names = ["one", "gone", "two/three", "vier und fünf"]
        replies = [
            reply.status_code
            async for reply in await container.delete_blobs(*names, raise_on_any_failure=False)
        ]

        assert replies == [202, 404, 202, 202]
        assert [b.name async for b in container.list_blobs()] == []

    async def test_the_account_tells_what_it_is(self, service: BlobServiceClient) -> None:
        told: dict[str, Any] = dict(await service.get_account_information())

        assert told["account_kind"] == "StorageV2"
        assert told["is_hns_enabled"] is False

    async def test_blocks_of_a_blob_have_ids_of_one_length(
        self, container: ContainerClient
    ) -> None:
        blob = container.get_blob_client(f"lengths-{uuid4().hex[:4]}")
        await blob.stage_block("aa", b"1")

        with refused(400):
            await blob.stage_block("aaaaaaaaaaa", b"2")
