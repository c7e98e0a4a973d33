"""The contract, held by the sandbox's own Blob endpoint."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ehtui.sandbox.blobs import BlobEndpoint
from tests.sandbox.blobs.contract import BlobContract


class TestBlobEndpoint(BlobContract):
    @pytest.fixture
    async def connection_string(self) -> AsyncIterator[str]:
        endpoint = BlobEndpoint()
        await endpoint.start()
        yield endpoint.connection_string
        await endpoint.stop()
