"""The sandbox's control port: without the token nothing changes, and with it nothing explodes."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sandbox.control import Control
from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace
from ehtui.sandbox.options import OPTIONS, Ready, ServerOptions
from tests.hostile.measuring import MEGABYTE, confined, peak_resident_bytes
from tests.waiting import wait_until

CHANGES = [
    ("PATCH", "/faults/eventhubs", {"latency_s": 1.0}),
    ("POST", "/drop", {}),
    ("PUT", "/hubs/another", {}),
    ("PATCH", "/hubs/hub", {"partitions": 9}),
    ("DELETE", "/hubs/hub", {}),
    ("PUT", "/hubs/hub/groups/g", {}),
    ("DELETE", "/hubs/hub/groups/$Default", {}),
    ("POST", "/hubs/hub/events", {"bodies": ["x"]}),
    ("POST", "/hubs/hub/partitions/0/trim", {"before_sequence": 1}),
]


class Port:
    def __init__(
        self, session: aiohttp.ClientSession, control: Control, namespace: Namespace
    ) -> None:
        self.session = session
        self.control = control
        self.namespace = namespace

    async def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        given = {name.capitalize(): value for name, value in headers.items()}

        if token is not None:
            given["Authorization"] = f"Bearer {token}"

        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        url = self.control.url + path

        async with self.session.request(
            method, url, data=None if body is None else BytesIO(data), headers=given
        ) as reply:
            return reply.status, await reply.json()

    async def told(self, method: str, path: str, body: Any) -> int:
        return (await self.ask(method, path, body, token=self.control.token))[0]


@pytest.fixture
async def port() -> AsyncIterator[Port]:
    namespace = Namespace("ns.test")
    namespace.create_hub("hub", partitions=2)

    async with EventHubsEndpoint(namespace) as endpoint:
        control = Control(namespace, endpoint, BlobEndpoint())
        await control.start()

        async with aiohttp.ClientSession() as session:
            yield Port(session, control, namespace)

        await control.stop()


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
async def test_without_the_token_nothing_changes(
    port: Port, method: str, path: str, body: dict[str, Any]
) -> None:
    before = (await port.ask("GET", "/state"), await port.ask("GET", "/faults"))

    for token in (None, "", "x", port.control.token[:-1], port.control.token + "x"):
        status, answer = await port.ask(method, path, body, token=token)
        assert status == 403
        assert port.control.token not in str(answer)

    assert before == (await port.ask("GET", "/state"), await port.ask("GET", "/faults"))
    assert await port.told(method, path, body) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://127.0.0.1:1"},
        {"origin": "null"},
        {"host": "evil.example"},
        {"host": "evil.example:80"},
        {"host": "127.0.0.1"},
        {"host": "127.0.0.1:1"},
        {"host": ""},
    ],
)
async def test_a_web_page_reads_and_changes_nothing(port: Port, headers: dict[str, str]) -> None:
    for method, path in (("GET", "/state"), ("POST", "/drop")):
        status, _ = await port.ask(method, path, token=port.control.token, **headers)
        assert status == 403


async def test_localhost_is_its_name_too(port: Port) -> None:
    host = f"LocalHost:{port.control.url.rpartition(':')[2]}"

    assert (await port.ask("GET", "/state", host=host))[0] == 200


TOO_MUCH = [
    ("PUT", "/hubs/x", {"partitions": 1025}),
    ("PUT", "/hubs/x", {"partitions": 10**9}),
    ("PUT", "/hubs/x", {"partitions": 1e400}),
    ("PUT", "/hubs/x", {"partitions": True}),
    ("PUT", "/hubs/x", {"partitions": 2.5}),
    ("PATCH", "/hubs/hub", {"partitions": 10**9}),
    ("PUT", f"/hubs/{'x' * 300}", {}),
    ("PUT", "/hubs/a%20b", {}),
    ("PUT", "/hubs/x", {"groups": ["g" * 60]}),
    ("PUT", "/hubs/x", {"groups": [f"g{n}" for n in range(2000)]}),
    ("PUT", "/hubs/x", {"groups": "abc def"}),
    ("PUT", "/hubs/x", {"groups": [5]}),
    ("PUT", "/hubs/x", {"groups": {"a b": 1}}),
    ("PUT", f"/hubs/hub/groups/{'g' * 60}", {}),
    ("PUT", "/hubs/x", {"retention": {"max_events": -1}}),
    ("PUT", "/hubs/x", {"retention": {"max_events": "many"}}),
    ("PUT", "/hubs/x", {"retention": {"max_bytes": 0}}),
    ("PUT", "/hubs/x", {"retention": 5}),
    ("PATCH", "/hubs/hub", {"retention": {"max_age_s": []}}),
    ("POST", "/hubs/hub/events", {"bodies": ["x"] * 20_000}),
    ("POST", "/hubs/hub/events", {"bodies": "text"}),
    ("POST", "/hubs/hub/events", {"bodies": [5]}),
    ("POST", "/hubs/hub/events", {"bodies": ["x" * 2_000_000]}),
    ("POST", "/hubs/hub/events", {"bodies": ["x"], "properties": 5}),
    ("POST", "/hubs/hub/events", {"bodies": ["x"], "properties": {"a": [1]}}),
    ("POST", "/hubs/hub/partitions/0/trim", {"before_sequence": "x"}),
    ("POST", "/hubs/hub/partitions/0/trim", {"before_sequence": None}),
    ("PATCH", "/faults/eventhubs", {"latency_s": -1}),
    ("PATCH", "/faults/eventhubs", {"latency_s": 1e9}),
    ("PATCH", "/faults/eventhubs", {"latency_s": "long"}),
    ("PATCH", "/faults/eventhubs", {"latency_s": True}),
    ("PATCH", "/faults/eventhubs", {"is_frozen": "yes"}),
    ("PATCH", "/faults/eventhubs", {"cbs_status": 99999}),
    ("PATCH", "/faults/blobs", {"status": "x"}),
    ("PATCH", "/faults/eventhubs", []),
    ("PATCH", "/faults/eventhubs", b'{"latency_s": NaN}'),
    ("PATCH", "/faults/eventhubs", b'{"latency_s": 1e999}'),
    ("PATCH", "/faults/eventhubs", b'{"cbs_status": ' + b"9" * 6000 + b"}"),
    ("PUT", "/hubs/x", b"[" * 200_000),
    ("PUT", "/hubs/x", b'{"partitions": ' + b"9" * 6000 + b"}"),
    ("PUT", "/hubs/x", b"\xff\xfe"),
    ("PUT", "/hubs/x", []),
    ("PUT", "/hubs/x", "text"),
]


@pytest.mark.parametrize(("method", "path", "body"), TOO_MUCH, ids=lambda value: str(value)[:50])
async def test_too_much_or_nonsense_is_refused_and_changes_nothing(
    port: Port, method: str, path: str, body: Any
) -> None:
    before = (await port.ask("GET", "/state"), await port.ask("GET", "/faults"))

    assert await port.told(method, path, body) == 400
    assert before == (await port.ask("GET", "/state"), await port.ask("GET", "/faults"))


async def test_hubs_groups_and_partitions_have_a_number(port: Port) -> None:
    for number in range(7):
        assert await port.told("PUT", f"/hubs/h{number}", {"partitions": 1024}) == 200

    assert await port.told("PUT", "/hubs/h8", {"partitions": 1024}) == 400
    assert await port.told("PATCH", "/hubs/hub", {"partitions": 1024}) == 200
    assert await port.told("PUT", "/hubs/h8", {"partitions": 1}) == 400

    for number in range(99):
        assert await port.told("PUT", f"/hubs/h{number}", {"partitions": 1}) == 200

    assert await port.told("PUT", "/hubs/one-too-many", {}) == 400
    assert await port.told("PUT", "/hubs/h5", {"partitions": 3}) == 200  # replaced
    groups = [f"g{number}" for number in range(999)]
    assert await port.told("PUT", "/hubs/h5", {"groups": groups}) == 200
    assert await port.told("PUT", "/hubs/h5/groups/one-too-many", {}) == 400
    assert await port.told("PUT", "/hubs/h5/groups/G7", {}) == 200  # is there


class Live:
    """A sandbox's server in a process of its own, with little memory."""

    def __init__(self, ready: Ready, pid: int) -> None:
        self.ready = ready
        self.pid = pid

    def ask(self, method: str, path: str, body: bytes = b"") -> int:
        headers = {"Authorization": f"Bearer {self.ready.control_token}"}
        url = f"{self.ready.control_url}{path}"
        request = urllib.request.Request(url, body, headers, method=method)
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

        try:
            with direct.open(request, timeout=30) as reply:
                return int(reply.status)
        except urllib.error.HTTPError as refusal:
            return refusal.code


@pytest.fixture
def live() -> Iterator[Live]:
    options = ServerOptions(partitions=2)

    with confined("ehtui.sandbox.server", variables={OPTIONS: options.to_json()}) as child:
        assert child.stdout
        yield Live(Ready.from_json(child.stdout.readline()), child.pid)


def test_it_answers_term_while_it_is_busy(live: Live) -> None:
    """Somebody keeps it at work with the largest things that it takes."""
    stop = threading.Event()
    body = json.dumps({"bodies": ["x" * 300] * 10_000}).encode()

    def work() -> None:
        while not stop.is_set():
            try:
                live.ask("POST", "/hubs/meetings/events", body)
                live.ask("PUT", "/hubs/large", b'{"partitions": 1024}')
                live.ask("GET", "/state")
            except (OSError, urllib.error.URLError):
                return

    workers = [threading.Thread(target=work) for _ in range(4)]

    for worker in workers:
        worker.start()

    wait_until(lambda: peak_resident_bytes(live.pid) > 60 * MEGABYTE, what="it is at work")
    os.kill(live.pid, signal.SIGTERM)
    _, status = os.waitpid(live.pid, 0)
    stop.set()

    for worker in workers:
        worker.join()

    assert os.waitstatus_to_exitcode(status) == 0


def test_a_hundred_megabytes_for_the_control_port_are_not_read(live: Live) -> None:
    before = peak_resident_bytes(live.pid)

    with pytest.raises((OSError, AssertionError)):
        assert live.ask("PUT", "/hubs/x", bytes(100 * MEGABYTE)) == 200

    assert peak_resident_bytes(live.pid) - before < 20 * MEGABYTE
    assert live.ask("GET", "/state") == 200


def test_the_token_is_in_the_line_for_the_parent_and_nowhere_else(live: Live) -> None:
    token = live.ready.control_token
    assert token
    assert len(token) > 30
    assert token not in live.ready.connections.environment.values()
    again = Ready.from_json(replace(live.ready).to_json())
    assert again == live.ready
    assert token not in repr(live.ready)
    assert time.monotonic()
