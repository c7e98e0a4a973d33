"""The store source against Azurite: an account that somebody else wrote."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore
from azure.storage.blob.aio import BlobLeaseClient, BlobServiceClient

from ehtui.config.secret import Secret
from ehtui.config.settings import CheckpointStoreSettings
from ehtui.domain.problems import ProblemError, ProblemKind
from ehtui.domain.world.store import Layout
from ehtui.sources.store import StoreSource
from ehtui.wire.storage import BlobAccount, parse_connection_string
from ehtui.wire.storage_client import HttpBlobAccount
from tests.interop import azurite
from tests.wire.plain_account import PlainBlobAccount

HUB = ("ns:5672", "Hub", "$Default")
LEASE = b'{"PartitionId":"0","Owner":"web","Token":"t","Epoch":1,"Offset":"10","SequenceNumber":4}'

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def connection_string() -> Iterator[str]:
    with azurite.running() as text:
        yield text


async def test_what_the_checkpoint_store_wrote_into_azurite(connection_string: str) -> None:
    async with BlobServiceClient.from_connection_string(connection_string) as service:
        await service.create_container("checkpoints")
        await service.create_container("leases")
        lease = service.get_blob_client("leases", "$Default/0")
        await lease.upload_blob(LEASE, metadata={"OWNINGHOST": "web"})
        await BlobLeaseClient(lease).acquire(60)

    async with BlobCheckpointStore.from_connection_string(
        connection_string, "checkpoints"
    ) as store:
        where = dict(
            zip(("fully_qualified_namespace", "eventhub_name", "consumer_group"), HUB, strict=True)
        )
        await store.claim_ownership(
            [where | {"partition_id": str(n), "owner_id": f"o{n}" if n else ""} for n in range(3)]
        )
        await store.update_checkpoint(
            where | {"partition_id": "0", "offset": "100", "sequence_number": 7}
        )

    settings = CheckpointStoreSettings(
        Secret(connection_string), containers=("checkpoints", "leases")
    )
    source = StoreSource(settings, namespace="NS", hub="hub")

    try:
        listing = (await source.read()).listing
    finally:
        await source.close()

    assert [(o.layout, o.partition, o.owner, o.blob_lease_state) for o in listing.ownerships] == [
        (Layout.MODERN, "0", None, None),
        (Layout.MODERN, "1", "o1", None),
        (Layout.MODERN, "2", "o2", None),
        (Layout.EPH_DOTNET, "0", "web", "leased"),
    ]
    assert [(c.sequence, c.offset) for c in listing.checkpoints] == [(7, "100"), (4, "10")]
    assert listing.unreadable == ()
    assert abs(listing.server_time - listing.ownerships[0].blob.last_modified) < 10


async def test_fast_and_plain_agree_on_azurite(connection_string: str) -> None:
    address = parse_connection_string(Secret(connection_string))
    accounts: tuple[BlobAccount, ...] = (HttpBlobAccount(address), PlainBlobAccount(address))
    fast, plain = accounts

    try:
        if "agree" not in await fast.list_containers():
            async with BlobServiceClient.from_connection_string(connection_string) as service:
                await service.create_container("agree")

        etag = await fast.upload("agree", "a/한국 🙂/0", b"{}", {"Key": "v", "empty": ""})
        await fast.upload("agree", "b", b"", {})

        for prefix, delimiter in (("", ""), ("", "/"), ("a/", ""), ("no", "")):
            quick, slow = [
                await account.list_page("agree", prefix=prefix, delimiter=delimiter)
                for account in accounts
            ]
            assert (quick.blobs, quick.folders, quick.marker) == (
                slow.blobs,
                slow.folders,
                slow.marker,
            )

        assert await fast.list_containers() == await plain.list_containers()
        body = await fast.get_blob("agree", "a/한국 🙂/0")
        assert body == await plain.get_blob("agree", "a/한국 🙂/0")
        assert body is not None
        assert body.etag == etag

        for account in accounts:
            with pytest.raises(ProblemError) as caught:
                await account.set_metadata("agree", "b", {}, if_match="0x0")

            assert caught.value.problem.kind is ProblemKind.CONFLICT

            with pytest.raises(ProblemError) as caught:
                await account.list_page("missing")

            assert caught.value.problem.kind is ProblemKind.NOT_FOUND
    finally:
        for account in accounts:
            await account.close()


async def test_a_wrong_key_on_azurite(connection_string: str) -> None:
    wrong = connection_string.replace(azurite.KEY, "d3Jvbmcga2V5")
    account = HttpBlobAccount(parse_connection_string(Secret(wrong)))

    with pytest.raises(ProblemError) as caught:
        await account.list_page("checkpoints")

    await account.close()
    # Azure says AuthenticationFailed; here it is the same code as for a closed firewall.
    assert caught.value.problem.kind is ProblemKind.FORBIDDEN
    assert "the key of checkpoint_store.connection_string" in caught.value.problem.advice
