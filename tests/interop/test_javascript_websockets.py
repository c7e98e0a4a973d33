"""The JavaScript SDK over WebSockets: it speaks them over TLS alone."""

from __future__ import annotations

import asyncio

import pytest

from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace
from tests.interop.javascript import TRIED, output_of

pytestmark = [pytest.mark.interop, pytest.mark.timeout(180)]


@pytest.mark.parametrize("sdk", TRIED)
async def test_it_sends_and_reads_where_only_websockets_are_let_through(sdk: str) -> None:
    namespace = Namespace()
    namespace.create_hub("hub", partitions=2)

    async with EventHubsEndpoint(namespace, tls=True, only_websockets=True) as endpoint:
        said = await asyncio.to_thread(
            output_of,
            "websockets.mjs",
            sdk,
            EVENTHUB=endpoint.connection_string("hub"),
            NODE_EXTRA_CA_CERTS=str(endpoint.ca_file),
        )

    assert said == {"body": "over WebSockets", "lastEnqueuedSequenceNumber": 0}
