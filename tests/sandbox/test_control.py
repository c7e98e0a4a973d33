"""The control port: what tests and scenes steer the sandbox with."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sandbox.control import Control
from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace
from ehtui.sandbox.eventhubs.namespace import Receiver


class Levers:
    def __init__(self, session: aiohttp.ClientSession, control: Control) -> None:
        self._session = session
        self._url = control.url
        self._token = control.token

    async def pull(
        self, method: str, path: str, expect: int = 200, origin: str | None = None, **body: Any
    ) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"}
        headers |= {"Origin": origin} if origin else {}
        data = json.dumps(body) if body else None

        async with self._session.request(
            method, self._url + path, data=data, headers=headers
        ) as reply:
            assert reply.status == expect
            return await reply.json()


@pytest.fixture
def namespace() -> Namespace:
    return Namespace("ns.test")


@pytest.fixture
async def endpoint(namespace: Namespace) -> AsyncIterator[EventHubsEndpoint]:
    async with EventHubsEndpoint(namespace) as endpoint:
        yield endpoint


@pytest.fixture
async def levers(namespace: Namespace, endpoint: EventHubsEndpoint) -> AsyncIterator[Levers]:
    control = Control(namespace, endpoint, BlobEndpoint())
    await control.start()

    async with aiohttp.ClientSession() as session:
        yield Levers(session, control)

    await control.stop()


async def test_a_hub_from_birth_to_death(levers: Levers) -> None:
    await levers.pull("PUT", "/hubs/Meetings", partitions=2, groups=["g"])
    events: dict[str, Any] = {"bodies": ["a", "안녕"], "partition": "1"}
    sequences = await levers.pull("POST", "/hubs/meetings/events", **events)
    await levers.pull("POST", "/hubs/meetings/partitions/1/trim", before_sequence=1)
    await levers.pull("PATCH", "/hubs/meetings", partitions=3, retention={"max_events": 5})
    await levers.pull("PATCH", "/hubs/meetings", georeplication_factor=2)
    await levers.pull("PUT", "/hubs/meetings/groups/h")
    await levers.pull("DELETE", "/hubs/meetings/groups/g")
    (hub,) = (await levers.pull("GET", "/state"))["hubs"]

    assert sequences == {"sequences": [0, 1]}
    assert (hub["name"], hub["groups"]) == ("Meetings", ["$Default", "h"])
    assert [(p["begin_sequence"], p["last_sequence"]) for p in hub["partitions"]] == [
        (0, -1),
        (1, 1),
        (0, -1),
    ]

    await levers.pull("DELETE", "/hubs/meetings")
    assert (await levers.pull("GET", "/state"))["hubs"] == []


async def test_switches_of_both_endpoints(levers: Levers, endpoint: EventHubsEndpoint) -> None:
    await levers.pull("PATCH", "/faults/eventhubs", latency_s=0.25, is_frozen=True, cbs_status=500)
    await levers.pull("PATCH", "/faults/blobs", latency_s=0.5)
    faults = await levers.pull("GET", "/faults")

    assert (faults["eventhubs"]["is_frozen"], faults["eventhubs"]["refuses"]) == (True, False)
    assert faults["blobs"]["latency_s"] == 0.5
    assert (endpoint.faults.latency_s, endpoint.faults.cbs_status) == (0.25, 500)
    assert await levers.pull("POST", "/drop") == {"dropped": 0}
    assert (await levers.pull("GET", "/statistics"))["eventhubs"]["connections_opened"] == 0


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/nothing", 404, {}),
        ("DELETE", "/hubs/nothing", 404, {}),
        ("POST", "/hubs/nothing/events", 404, {"bodies": []}),
        ("PATCH", "/faults/eventhubs", 400, {"colour": 1}),
        ("PATCH", "/faults/eventhubs", 400, {"latency_s": []}),
        ("PATCH", "/faults/coffee", 404, {"latency_s": 1}),
        ("PUT", "/hubs/x", 400, {"partitions": 0}),
        ("PUT", "/hubs/x", 400, {"colour": 1}),
    ],
)
async def test_what_cannot_be_done_says_why(
    levers: Levers, method: str, path: str, status: int, body: dict[str, Any]
) -> None:
    assert (await levers.pull(method, path, status, **body))["error"]


async def test_a_web_page_is_turned_away(levers: Levers) -> None:
    await levers.pull("GET", "/state", 403, origin="http://evil.example")


async def test_it_tells_who_was_sent_what(levers: Levers, namespace: Namespace) -> None:
    hub = namespace.create_hub("hub", partitions=1)
    receiver = Receiver("$Default", "0", "nil", 0, "t", lambda _: None)
    reading = namespace.began(hub, receiver, hub.partitions[0], 0, client="alpha/41")
    reading.sent(0)
    (told,) = (await levers.pull("GET", "/hubs/hub/deliveries"))["readings"]
    (again,) = (await levers.pull("GET", "/hubs/hub/deliveries/$default/0"))["readings"]

    assert told == again
    assert (told["client"], told["ranges"], told["name"]) == ("alpha/41", [[0, 0]], None)
    assert (await levers.pull("GET", "/hubs/hub/deliveries/other"))["readings"] == []
    await levers.pull("GET", "/hubs/hub/deliveries/a/b/c", expect=404)
