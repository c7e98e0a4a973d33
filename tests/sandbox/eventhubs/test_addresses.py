"""What clients write of links: whole URLs and paths, what is neither, and properties."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.sandbox.eventhubs import EventHubsEndpoint
from ehtui.sandbox.eventhubs.addresses import parse_address, path_of
from ehtui.wire.amqp.performatives import Attach, Detach
from ehtui.wire.amqp.values import Long, Symbol
from tests.sandbox.eventhubs.amqp_client import signed_in

PARTS = st.lists(st.sampled_from(["amqps:", "//", "/", "[", "]", "?", "#", ":", "@", "hub", "é"]))


@given(st.one_of(st.text(), PARTS.map("".join)))
def test_any_text_is_an_address_or_none(text: str) -> None:
    with suppress(ValueError):
        assert parse_address(text).hub

    path_of(text)


@given(PARTS.map(lambda parts: f"sb://{''.join(parts)}"))
def test_of_a_url_the_path_counts(text: str) -> None:
    try:
        path = urlsplit(text).path
    except ValueError:
        return

    assert path_of(text) == path.strip("/")


@pytest.mark.parametrize("address", ["amqps://[hub/ConsumerGroups/$Default/Partitions/0", "sb://]"])
async def test_a_url_that_is_none_is_refused(endpoint: EventHubsEndpoint, address: str) -> None:
    async with signed_in(endpoint) as client:
        reply = await client.receiver(address)
        assert isinstance(reply, Detach)
        assert reply.error

        # and the connection goes on
        assert isinstance(await client.receiver("hub/ConsumerGroups/$Default/Partitions/0"), Attach)


async def test_a_links_properties_stand_in_the_answer(endpoint: EventHubsEndpoint) -> None:
    given: dict[str, Any] = {Symbol("com.microsoft:timeout"): Long(60_000), Symbol("of-ours"): "x"}

    async with signed_in(endpoint) as client:
        reply = await client.receiver("hub/ConsumerGroups/$Default/Partitions/0", properties=given)

    assert isinstance(reply, Attach)
    assert reply.properties == given
    assert all(isinstance(name, Symbol) for name in reply.properties or {})
