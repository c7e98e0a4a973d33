"""One identity for whoever needs one: opened once, closed by the last."""

from __future__ import annotations

import asyncio
from typing import Any

import azure.identity.aio
import pytest
from azure.core.credentials import AccessToken

from ehtui.config.networks import Proxy
from ehtui.wire.credentials import EntraId
from ehtui.wire.storage_signing import EntraTokens

PROXY = Proxy("proxy.corp", 3128)


class Fake:
    """Azure's credential, and which of them there were."""

    made: list[Fake]

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.asked: list[str] = []
        self.closed = 0
        Fake.made.append(self)

    async def get_token(self, *scopes: str) -> AccessToken:
        self.asked += scopes
        return AccessToken("text", 5000)

    async def close(self) -> None:
        self.closed += 1


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    Fake.made = []
    monkeypatch.setattr(azure.identity.aio, "DefaultAzureCredential", Fake)


async def test_hub_and_store_have_one() -> None:
    hub, store = EntraId(), EntraTokens(None)
    await hub.token("sb://ns/hub", 1000.0)
    assert await store.header(1000.0) == "Bearer text"

    [made] = Fake.made
    assert made.asked == [
        "https://eventhubs.azure.net//.default",
        "https://storage.azure.com/.default",
    ]
    await hub.close()
    assert made.closed == 0
    await store.close()
    await store.close()
    assert made.closed == 1


async def test_whoever_comes_after_the_last_has_another() -> None:
    for _ in range(2):
        hub = EntraId()
        await hub.token("sb://ns/hub", 1000.0)
        await hub.close()

    assert [made.closed for made in Fake.made] == [1, 1]


async def test_another_proxy_is_another_one() -> None:
    hub, store = EntraId(PROXY), EntraTokens(None)
    await hub.token("sb://ns/hub", 1000.0)
    await store.header(1000.0)
    await hub.close()
    await store.close()

    assert [bool(made.options) for made in Fake.made] == [True, False]


def test_so_is_another_loop() -> None:
    async def work() -> EntraId:
        hub = EntraId()
        await hub.token("sb://ns/hub", 1000.0)
        return hub

    asyncio.run(work())
    asyncio.run(work())

    assert len(Fake.made) == 2


async def test_one_that_was_given_is_not_ours_to_close() -> None:
    given = Fake()
    store = EntraTokens(given)
    await store.header(1000.0)
    await store.close()

    assert given.closed == 0
    assert Fake.made == [given]
