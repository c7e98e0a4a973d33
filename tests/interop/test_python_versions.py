"""The oldest release of each version of Microsoft's Python SDK, as users' programs have it.

Each sends and consumes with a checkpoint store, on every way to a local endpoint that it knows
(docs/sandbox.md, "Which SDK versions work"); then ehtui reads what it left in the store.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ehtui.sandbox.options import ServerOptions
from ehtui.sandbox.sandbox import Sandbox
from tests.interop.venvs import python_with

pytestmark = [pytest.mark.timeout(900)]  # the first run installs them
PEER = Path(__file__).with_name("python_peer.py")
STORES = tuple(f"azure-eventhub-checkpointstoreblob{kind}==1.2.0" for kind in ("", "-aio"))
AIO = "aiohttp==3.13.2"
PARTITIONS = 4
COUNT = 2 * PARTITIONS + 1
# A port without TLS is known from 5.12 on (5672) or 5.13 on (any). Over TLS the asyncio clients of
# 5.11.7 to 5.15.0 fail on loopback by a setsockopt of their own.
KNOWN = {
    "5.11.0": ("tls-sync", "tls-aio"),
    "5.12.0": ("5672-sync", "5672-aio", "tls-sync"),
    "5.13.0": ("5672-sync", "5672-aio", "port-sync", "port-aio", "tls-sync"),
    "5.14.0": ("5672-sync", "5672-aio", "port-sync", "port-aio", "tls-sync"),
    "5.15.0": ("5672-sync", "5672-aio", "port-sync", "port-aio", "tls-sync"),
    "5.15.1": ("5672-sync", "5672-aio", "port-sync", "port-aio", "tls-sync", "tls-aio"),
}
CASES = sorted(
    (place, version, kind)
    for version, ways in KNOWN.items()
    for place, _, kind in (way.partition("-") for way in ways)
)
OPTIONS: dict[str, dict[str, Any]] = {
    "5672": {"port": 5672},
    "port": {},
    "tls": {"port": 5671, "tls": True},
}


def group_of(place: str, version: str, kind: str) -> str:
    return f"{place}-{kind}-{version}"


def free_host(port: int) -> str:
    """A loopback address on which that port is free: then connection strings name none."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])

    # Others look for theirs from 127.0.0.2 on, and each worker of ours has its own.
    for last in range(20 * worker, 20 * worker + 20):
        with closing(socket.socket()) as tried:
            host = f"127.0.1.{last}"

            if tried.connect_ex((host, port)):
                return host

    pytest.fail(f"no loopback address has port {port} free")


@pytest.fixture(scope="module")
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    given = OPTIONS[request.param]
    host = free_host(given["port"]) if given else "127.0.0.1"
    groups = tuple(group_of(*case) for case in CASES)
    options = ServerOptions(partitions=PARTITIONS, host=host, groups=groups, **given)

    with Sandbox(options, consumers=0, traffic=0) as sandbox:
        yield sandbox


def run(python: Path, kind: str, body: str, environment: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        [str(python), str(PEER), kind, body, str(COUNT)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.mark.parametrize(("sandbox", "version", "kind"), CASES, indirect=["sandbox"])
def test_it_sends_asks_and_consumes(
    sandbox: Sandbox, version: str, kind: str, request: pytest.FixtureRequest
) -> None:
    group = group_of(request.node.callspec.params["sandbox"], version, kind)
    environment = sandbox.ready.environment | {"EVENTHUB_CONSUMER_GROUP": group}
    python = python_with(f"azure-eventhub-{version}", f"azure-eventhub=={version}", *STORES, AIO)
    trust = {"CA_FILE": sandbox.ready.certificate} if sandbox.ready.certificate else {}
    answer = run(python, kind, group, environment | trust)

    assert answer["version"] == version
    assert answer["errors"] == []
    assert answer["is_whole"]
    assert sorted(answer["partitions"]) == ["0", "1", "2", "3"]
    assert answer["last"] >= 1
    assert not answer["is_empty"]
    bodies = [body for found in answer["seen"].values() for body in found]
    assert sorted(bodies) == sorted([" one", " 안녕 🚀"] * PARTITIONS + [" keyed"])
    assert all(found.index(" one") < found.index(" 안녕 🚀") for found in answer["seen"].values())
    check_what_it_left(environment, group)


def check_what_it_left(environment: dict[str, str], group: str) -> None:
    """Its checkpoints as ehtui reads them: everything was consumed, and let go."""
    done = subprocess.run(
        [sys.executable, "-m", "ehtui", "status", "--json", "--group", group],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    found = next(g for g in json.loads(done.stdout)["groups"] if g["name"] == group)

    assert [partition["lag"] for partition in found["partitions"]] == [0] * PARTITIONS
