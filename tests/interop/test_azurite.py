"""The contract, held by Azurite: so it says what clients may rely on, not what we happen to do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob.aio import BlobClient, ContainerClient
from typing_extensions import override

from tests.interop import azurite
from tests.sandbox.blobs.contract import BlobContract


@pytest.fixture(scope="module")
def azurite_account() -> Iterator[str]:
    with azurite.running() as connection_string:
        yield connection_string


@pytest.mark.interop
@pytest.mark.timeout(300)
class TestAzurite(BlobContract):
    @pytest.fixture
    def connection_string(self, azurite_account: str) -> str:
        return azurite_account

    async def test_it_lets_two_win_a_first_claim(self, blob: BlobClient) -> None:
        # Where it differs from the documentation, and from the sandbox (docs/sandbox.md).
        await blob.set_blob_metadata(
            {"ownerid": "another"}, match_condition=MatchConditions.IfMissing
        )

        assert (await blob.get_blob_properties()).metadata == {"ownerid": "another"}

    @override
    async def test_what_is_put_whole_forgets_staged_blocks(
        self, container: ContainerClient
    ) -> None:
        # It takes a name with staged blocks alone for a blob; the documentation does not.
        blob = container.get_blob_client("staged")
        await blob.stage_block("AAAA", b"x")

        with pytest.raises(ResourceExistsError):
            await blob.upload_blob(b"whole")

    @override
    async def test_a_batch_deletes_and_answers_for_each(self, container: ContainerClient) -> None:
        # It refuses the whole batch, which the documentation allows below a container.
        await container.upload_blob("one", b"x")
        replies = [
            reply.status_code
            async for reply in await container.delete_blobs("one", raise_on_any_failure=False)
        ]

        assert replies == [400]
