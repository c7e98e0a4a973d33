"""What a Blob service must do for checkpoint stores: one body of tests for two services."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore
from azure.storage.blob import (
    AccountSasPermissions,
    ContainerSasPermissions,
    ResourceTypes,
    generate_account_sas,
    generate_blob_sas,
    generate_container_sas,
)
from azure.storage.blob.aio import BlobClient, BlobServiceClient, ContainerClient

from tests.sandbox.blobs.content_contract import ContentContract, refused
from tests.sandbox.blobs.writing_contract import WritingContract

OWNER = {
    "fully_qualified_namespace": "NS.servicebus.windows.net",
    "eventhub_name": "Meetings",
    "consumer_group": "$Default",
    "partition_id": "0",
    "owner_id": "73fda457",
}
SCOPE = (OWNER["fully_qualified_namespace"], OWNER["eventhub_name"], OWNER["consumer_group"])


def in_an_hour() -> datetime:
    return datetime.now(UTC) + timedelta(hours=1)


class BlobContract(ContentContract, WritingContract):
    """All of it; subclasses give the fixture `connection_string`."""

    # Who may do what (Azurite answers the right status, not always the service's code)

    async def test_a_wrong_key_is_refused(
        self, service: BlobServiceClient, container: ContainerClient
    ) -> None:
        credential: Any = {"account_name": service.account_name, "account_key": "d3Jvbmc="}
        wrong = ContainerClient(
            url_of(service), container.container_name, credential=credential, retry_total=0
        )

        async with wrong:
            with refused(403):
                await wrong.get_blob_client("x").get_blob_properties()

    async def test_a_container_sas_covers_what_it_says(
        self, service: BlobServiceClient, container: ContainerClient, blob: BlobClient
    ) -> None:
        sas = generate_container_sas(
            str(service.account_name),
            container.container_name,
            account_key=key_of(service),
            permission=ContainerSasPermissions(read=True, list=True),
            expiry=in_an_hour(),
        )
        name = container.container_name

        async with ContainerClient(url_of(service), name, credential=sas, retry_total=0) as reader:
            assert [b.name async for b in reader.list_blobs()] == [blob.blob_name]
            assert (await reader.get_blob_client("a/blob").get_blob_properties()).size == 4

            with refused(403, "AuthorizationPermissionMismatch"):
                await reader.get_blob_client("a/blob").set_blob_metadata({})

        async with ContainerClient(
            url_of(service), "other", credential=sas, retry_total=0
        ) as other:
            with refused(403):
                await other.list_blobs().__anext__()

    async def test_a_blob_sas_covers_one_blob(
        self, service: BlobServiceClient, container: ContainerClient, blob: BlobClient
    ) -> None:
        sas = generate_blob_sas(
            str(service.account_name),
            container.container_name,
            blob.blob_name,
            account_key=key_of(service),
            permission="r",
            expiry=in_an_hour(),
        )
        name = container.container_name

        async with ContainerClient(url_of(service), name, credential=sas, retry_total=0) as reader:
            assert await (await reader.get_blob_client("a/blob").download_blob()).readall()

            with refused(403):
                await reader.get_blob_client("b").get_blob_properties()

    async def test_an_account_sas_covers_its_resource_types(
        self, service: BlobServiceClient, container: ContainerClient, blob: BlobClient
    ) -> None:
        sas = generate_account_sas(
            str(service.account_name),
            key_of(service),
            resource_types=ResourceTypes(container=True),
            permission=AccountSasPermissions(read=True, list=True),
            expiry=in_an_hour(),
        )
        name = container.container_name

        async with ContainerClient(url_of(service), name, credential=sas, retry_total=0) as reader:
            assert [b.name async for b in reader.list_blobs()] == [blob.blob_name]

            with refused(403, "AuthorizationResourceTypeMismatch"):
                await reader.get_blob_client("a/blob").get_blob_properties()

    async def test_an_old_sas_is_refused(
        self, service: BlobServiceClient, container: ContainerClient
    ) -> None:
        sas = generate_container_sas(
            str(service.account_name),
            container.container_name,
            account_key=key_of(service),
            permission="l",
            expiry=datetime.now(UTC) - timedelta(minutes=1),
        )
        name = container.container_name

        async with ContainerClient(url_of(service), name, credential=sas, retry_total=0) as reader:
            with refused(403):
                await reader.list_blobs().__anext__()

    # The checkpoint store

    async def test_an_ownership_is_claimed_listed_and_renewed(
        self, store: BlobCheckpointStore
    ) -> None:
        (claimed,) = await store.claim_ownership([OWNER])
        (listed,) = await store.list_ownership(*SCOPE)

        assert listed["owner_id"] == OWNER["owner_id"]
        assert listed["partition_id"] == "0"
        assert listed["last_modified_time"] == claimed["last_modified_time"]

        (renewed,) = await store.claim_ownership([listed])
        assert renewed["etag"] != claimed["etag"]

    async def test_of_two_claims_on_one_etag_one_wins(self, store: BlobCheckpointStore) -> None:
        await store.claim_ownership([OWNER])
        (listed,) = await store.list_ownership(*SCOPE)

        assert len(list(await store.claim_ownership([{**listed, "owner_id": "winner"}]))) == 1
        assert not await store.claim_ownership([{**listed, "owner_id": "loser"}])
        (listed,) = await store.list_ownership(*SCOPE)
        assert listed["owner_id"] == "winner"

    async def test_a_released_ownership_comes_back_empty(self, store: BlobCheckpointStore) -> None:
        (claimed,) = await store.claim_ownership([OWNER])
        await store.claim_ownership([{**claimed, "owner_id": ""}])
        (listed,) = await store.list_ownership(*SCOPE)

        assert listed["owner_id"] is None

    async def test_checkpoints_are_kept_by_partition(self, store: BlobCheckpointStore) -> None:
        for partition, number in (("0", 5), ("1", 7), ("0", 6)):
            await store.update_checkpoint(
                {
                    **OWNER,
                    "partition_id": partition,
                    "offset": f"{number}00",
                    "sequence_number": number,
                }
            )

        listed = await store.list_checkpoints(*SCOPE)
        found = [(c["partition_id"], c["offset"], c["sequence_number"]) for c in listed]
        assert found == [("0", "600", 6), ("1", "700", 7)]
        assert not await store.list_checkpoints(SCOPE[0], SCOPE[1], "other")


def url_of(service: BlobServiceClient) -> str:
    return str(service.url).rstrip("/")


def key_of(service: BlobServiceClient) -> str:
    credential: Any = service.credential

    return str(credential.account_key)
