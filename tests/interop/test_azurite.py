"""The contract, held by Azurite: so it says what clients may rely on, not what we happen to do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from azure.core import MatchConditions
from azure.storage.blob.aio import BlobClient

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
