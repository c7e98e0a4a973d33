"""Releases with real processors: a dead owner's go at once, and who renews takes its own back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from azure.storage.blob import ContainerClient

from ehtui.sandbox.options import Pace, ServerOptions
from ehtui.sandbox.sandbox import Sandbox, SandboxConsumer

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]
EXPIRY_S = 60.0  # of a lease: nobody takes it earlier by itself
PACE = Pace(interval_s=2.0, expiry_s=EXPIRY_S)
WITHIN_S = 40.0
TRIES = 5


class Stage:
    """A sandbox, and its ownerships as the store has them."""

    def __init__(self, sandbox: Sandbox, container: ContainerClient) -> None:
        self.sandbox = sandbox
        self._container = container

    def owners(self) -> dict[str, str]:
        found = self._container.list_blobs(include=["metadata"])
        records = (blob for blob in found if "/ownership/" in blob.name)

        return {
            blob.name.rsplit("/", 1)[1]: (blob.metadata or {}).get("ownerid") or ""
            for blob in records
        }

    def is_balanced(self) -> bool:
        each = Counter(self.owners().values())

        return sorted(each.values()) == [2, 2] and "" not in each

    def release(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "ehtui", "release", *arguments, "--yes"]
        environment = {**os.environ, **self.sandbox.environment}

        for _ in range(TRIES):  # who renews every two seconds may do so since the plan
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False, timeout=60
            )

            if done.returncode == 0:
                return done.stdout

            assert "written since the plan" in done.stdout

        raise AssertionError("it was renewed each time")

    def owned_by(self, consumer: SandboxConsumer) -> tuple[str, list[str]]:
        """Its owner id, by its own log or by its name, and what it holds."""
        owners = self.owners()
        log = consumer.log_path.read_text()
        lines = [line for line in log.splitlines() if "is being started" in line]
        is_its = next(
            owner
            for owner in set(owners.values())
            if owner == consumer.name or any(owner in line for line in lines)
        )

        return is_its, [name for name, owner in owners.items() if owner == is_its]


def until(holds: Callable[[], bool]) -> float:
    began = time.monotonic()

    while not holds():
        assert time.monotonic() - began < WITHIN_S
        time.sleep(0.05)

    return time.monotonic() - began


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Sandbox(ServerOptions(partitions=4), consumers=0, traffic=0, pace=PACE) as sandbox:
        known = sandbox.ready.connections

        with ContainerClient.from_connection_string(known.storage, known.container) as container:
            yield Stage(sandbox, container)


def prove(stage: Stage) -> None:
    """The first consumer dies, and what it held is released; then the survivor's is."""
    until(stage.is_balanced)
    dead, held = stage.owned_by(stage.sandbox.consumers[0])
    os.kill(stage.sandbox.consumers[0].pid, signal.SIGKILL)
    killed = time.monotonic()
    stage.release(*held)
    until(lambda: all(stage.owners()[name] not in {"", dead} for name in held))
    assert time.monotonic() - killed < EXPIRY_S / 2  # sooner than any lease would have allowed

    owners = stage.owners()
    name, survivor = next(iter(owners.items()))
    told = stage.release(name)
    assert "it may be at work. If it is, it goes on reading" in told
    assert "Nobody is left to take it" in told
    until(lambda: stage.owners()[name] == survivor)  # it takes it back


def test_python(stage: Stage) -> None:
    stage.sandbox.start_consumer()
    stage.sandbox.start_consumer()
    prove(stage)


def test_javascript(stage: Stage) -> None:
    stage.sandbox.start_javascript("node-a")
    stage.sandbox.start_javascript("node-b")
    prove(stage)
