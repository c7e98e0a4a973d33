"""What a Blob service must do with containers, blobs, conditions, listings and leases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore
from azure.storage.blob.aio import BlobClient, BlobServiceClient, ContainerClient


@contextmanager
def refused(status: int, code: str | None = None) -> Iterator[None]:
    with pytest.raises(HttpResponseError) as caught:
        yield

    error: Any = caught.value
    assert error.status_code == status
    assert code is None or error.error_code == code


class ContentContract:
    """Subclasses give the fixture `connection_string`."""

    @pytest.fixture
    async def service(self, connection_string: str) -> AsyncIterator[BlobServiceClient]:
        async with BlobServiceClient.from_connection_string(
            connection_string, retry_total=0
        ) as client:
            yield client

    @pytest.fixture
    async def container(self, service: BlobServiceClient) -> ContainerClient:
        return await service.create_container(f"checkpoints-{uuid4().hex[:8]}")

    @pytest.fixture
    async def blob(self, container: ContainerClient) -> BlobClient:
        client = container.get_blob_client("a/blob")
        await client.upload_blob(b"body", metadata={"ownerid": "me"})

        return client

    @pytest.fixture
    async def store(
        self, connection_string: str, container: ContainerClient
    ) -> AsyncIterator[BlobCheckpointStore]:
        async with BlobCheckpointStore.from_connection_string(
            connection_string, container.container_name
        ) as store:
            yield store

    # Containers

    async def test_a_container_comes_and_goes(self, service: BlobServiceClient) -> None:
        client = service.get_container_client(f"coming-{uuid4().hex[:8]}")
        assert not await client.exists()

        await client.create_container(metadata={"team": "rag"})
        assert (await client.get_container_properties()).metadata == {"team": "rag"}

        with refused(409, "ContainerAlreadyExists"):
            await client.create_container()

        listed = [c.name async for c in service.list_containers(name_starts_with="coming-")]
        assert client.container_name in listed

        await client.delete_container()
        assert not await client.exists()

        with refused(404, "ContainerNotFound"):
            await client.delete_container()

    @pytest.mark.parametrize(
        "use",
        [
            lambda c: c.list_blobs().__anext__(),
            lambda c: c.get_blob_client("x").upload_blob(b""),
            lambda c: c.get_blob_client("x").set_blob_metadata({}),
            lambda c: c.get_blob_client("x").delete_blob(),
        ],
        ids=["list", "put", "set metadata", "delete"],
    )
    async def test_a_container_must_exist(
        self, service: BlobServiceClient, use: Callable[[ContainerClient], Awaitable[object]]
    ) -> None:
        with refused(404, "ContainerNotFound"):
            await use(service.get_container_client("missing"))

    @pytest.mark.parametrize("name", ["ab", "Upper", "under_score", "-dash"])
    async def test_a_container_needs_a_proper_name(
        self, service: BlobServiceClient, name: str
    ) -> None:
        with pytest.raises(HttpResponseError) as caught:
            await service.create_container(name)

        assert caught.value.status_code == 400

    # Blobs

    async def test_a_blob_is_kept_as_it_was_put(self, container: ContainerClient) -> None:
        client = container.get_blob_client("dir/한글 $Default+~()'")
        body = bytes(range(256)) * 40
        await client.upload_blob(body, metadata={"OwnerId": "Me", "a_b": "1", "ab": "2"})

        assert await (await client.download_blob()).readall() == body
        assert (
            await (await client.download_blob(offset=1000, length=24)).readall()
            == (body[1000:1024])
        )
        properties = await client.get_blob_properties()
        # A client that reads metadata from headers sees it in this or that case.
        lower = {name.lower(): value for name, value in properties.metadata.items()}
        assert lower == {"ownerid": "Me", "a_b": "1", "ab": "2"}
        assert properties.size == len(body)

    async def test_an_empty_blob_can_be_read(self, container: ContainerClient) -> None:
        client = container.get_blob_client("empty")
        await client.upload_blob(b"")

        assert await (await client.download_blob()).readall() == b""

    @pytest.mark.parametrize(
        "use",
        [
            lambda b: b.get_blob_properties(),
            lambda b: b.download_blob(),
            lambda b: b.set_blob_metadata({"a": "b"}),
            lambda b: b.delete_blob(),
            lambda b: b.acquire_lease(15),
        ],
        ids=["properties", "get", "set metadata", "delete", "lease"],
    )
    async def test_a_blob_must_exist(
        self, container: ContainerClient, use: Callable[[BlobClient], Awaitable[object]]
    ) -> None:
        with refused(404, "BlobNotFound"):
            await use(container.get_blob_client("missing"))

    async def test_metadata_is_replaced_and_moves_the_etag(self, blob: BlobClient) -> None:
        before = await blob.get_blob_properties()
        reply: Any = await blob.set_blob_metadata({"offset": "5"})
        after = await blob.get_blob_properties()

        assert after.metadata == {"offset": "5"}
        assert after.etag == reply["etag"] != before.etag
        assert after.last_modified.microsecond == 0
        assert await (await blob.download_blob()).readall() == b"body"

    async def test_a_deleted_blob_is_gone(self, blob: BlobClient) -> None:
        await blob.delete_blob()

        assert not await blob.exists()

    # Conditions

    async def test_a_write_on_an_old_etag_is_refused(self, blob: BlobClient) -> None:
        old = (await blob.get_blob_properties()).etag
        await blob.set_blob_metadata({"ownerid": "other"})
        condition: Any = {"etag": old, "match_condition": MatchConditions.IfNotModified}

        with refused(412, "ConditionNotMet"):
            await blob.set_blob_metadata({"ownerid": "me"}, **condition)

        with refused(412, "ConditionNotMet"):
            await blob.upload_blob(b"", overwrite=True, **condition)

        with refused(412, "ConditionNotMet"):
            await blob.delete_blob(**condition)

        assert (await blob.get_blob_properties()).metadata == {"ownerid": "other"}

    async def test_an_etag_of_a_listing_is_good_for_a_write(
        self, container: ContainerClient, blob: BlobClient
    ) -> None:
        listed = await anext(container.list_blobs())
        assert not listed.etag.startswith('"')

        await blob.set_blob_metadata(
            {"ownerid": "me"}, etag=listed.etag, match_condition=MatchConditions.IfNotModified
        )

    async def test_a_blob_is_created_only_once(self, blob: BlobClient) -> None:
        with refused(409, "BlobAlreadyExists"):
            await blob.upload_blob(b"again")  # If-None-Match: *

    async def test_a_create_on_an_etag_is_refused(self, container: ContainerClient) -> None:
        with refused(412, "ConditionNotMet"):
            await container.get_blob_client("new").upload_blob(
                b"",
                overwrite=True,
                etag='"0x8DF4885C88393A6"',
                match_condition=MatchConditions.IfNotModified,
            )

    async def test_an_unchanged_blob_is_not_sent_again(self, blob: BlobClient) -> None:
        etag = (await blob.get_blob_properties()).etag

        with pytest.raises(HttpResponseError) as caught:
            await blob.download_blob(etag=etag, match_condition=MatchConditions.IfModified)

        assert caught.value.status_code == 304

    # Listings

    async def test_a_listing_has_what_a_monitor_needs(
        self, container: ContainerClient, blob: BlobClient
    ) -> None:
        await container.get_blob_client("b").upload_blob(b"", metadata={"OwnerId": ""})
        first, second = [b async for b in container.list_blobs(include=["metadata"])]
        properties = await blob.get_blob_properties()

        assert (first.name, second.name) == ("a/blob", "b")
        assert first.metadata == {"ownerid": "me"}
        assert second.metadata == {"OwnerId": None}  # an empty value comes back as None
        assert first.etag == properties.etag.strip('"')
        assert first.last_modified == properties.last_modified
        assert (first.size, second.size) == (4, 0)
        assert (first.lease.state, first.lease.status) == ("available", "unlocked")

    async def test_metadata_comes_only_where_it_is_asked_for(
        self, container: ContainerClient, blob: BlobClient
    ) -> None:
        assert [b.metadata async for b in container.list_blobs()] == [{}]
        assert await blob.exists()

    async def test_a_listing_is_cut_at_prefix_and_delimiter(
        self, container: ContainerClient
    ) -> None:
        for name in ("ns/hub/g/ownership/0", "ns/hub/g/checkpoint/0", "ns/Hub/g/checkpoint/0", "z"):
            await container.get_blob_client(name).upload_blob(b"")

        under = [b.name async for b in container.list_blobs(name_starts_with="ns/hub/")]
        assert under == ["ns/hub/g/checkpoint/0", "ns/hub/g/ownership/0"]
        assert [b.name async for b in container.walk_blobs()] == ["ns/", "z"]
        inner = container.walk_blobs(name_starts_with="ns/hub/g/")
        assert [b.name async for b in inner] == ["ns/hub/g/checkpoint/", "ns/hub/g/ownership/"]

    async def test_pages_follow_each_other(self, container: ContainerClient) -> None:
        names = sorted(f"partition/{number}" for number in range(12))

        for name in names:
            await container.get_blob_client(name).upload_blob(b"")

        pages = [
            [blob.name async for blob in page]
            async for page in container.list_blobs(results_per_page=5).by_page()
        ]
        assert pages == [names[:5], names[5:10], names[10:]]

    # Leases

    async def test_a_lease_guards_writes(
        self, container: ContainerClient, blob: BlobClient
    ) -> None:
        lease = await blob.acquire_lease(15)

        with refused(409, "LeaseAlreadyPresent"):
            await blob.acquire_lease(15)

        with refused(412, "LeaseIdMissing"):
            await blob.set_blob_metadata({"a": "b"})

        with refused(412, "LeaseIdMismatchWithBlobOperation"):
            await blob.set_blob_metadata({"a": "b"}, lease=str(uuid4()))

        with refused(412, "LeaseIdMissing"):
            await blob.delete_blob()

        await blob.set_blob_metadata({"a": "b"}, lease=lease)
        listed = (await anext(container.list_blobs())).lease
        assert (listed.state, listed.status, listed.duration) == ("leased", "locked", "fixed")

    async def test_a_lease_is_renewed_changed_and_released(self, blob: BlobClient) -> None:
        lease = await blob.acquire_lease(-1)
        first, second = lease.id, str(uuid4())
        assert (await blob.get_blob_properties()).lease.duration == "infinite"

        await lease.renew()
        await lease.change(second)
        assert lease.id == second
        lease.id = first

        with refused(409, "LeaseIdMismatchWithLeaseOperation"):
            await lease.renew()

        with refused(409, "LeaseIdMismatchWithLeaseOperation"):
            await lease.release()

        lease.id = second
        await lease.release()
        assert (await blob.get_blob_properties()).lease.state == "available"
        lease.id = second

        with refused(409, "LeaseIdMismatchWithLeaseOperation"):
            await lease.renew()

    async def test_a_lease_can_be_broken(self, blob: BlobClient) -> None:
        lease = await blob.acquire_lease(60)
        assert await lease.break_lease(lease_break_period=20) in {19, 20}
        assert (await blob.get_blob_properties()).lease.state == "breaking"

        with refused(409, "LeaseIsBrokenAndCannotBeRenewed"):
            await lease.renew()

        with refused(409, "LeaseAlreadyPresent"):
            await blob.acquire_lease(15)

        assert await lease.break_lease(lease_break_period=0) == 0
        assert (await blob.get_blob_properties()).lease.state == "broken"
        await blob.set_blob_metadata({"free": "again"})
        taken = await blob.acquire_lease(15)
        assert taken.id != lease.id

    async def test_there_must_be_a_lease(self, blob: BlobClient) -> None:
        with refused(412, "LeaseNotPresentWithBlobOperation"):
            await blob.set_blob_metadata({"a": "b"}, lease=str(uuid4()))

        lease = await blob.acquire_lease(15)
        await lease.release()

        with refused(409, "LeaseNotPresentWithLeaseOperation"):
            await lease.break_lease()
