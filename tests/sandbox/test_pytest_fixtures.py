"""`ehtui.sandbox.pytest` as other people's tests use it: a project of its own, run by pytest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = """
import pytest
from ehtui.sandbox.options import ServerOptions

pytest_plugins = ["ehtui.sandbox.pytest"]

@pytest.fixture(scope="session")
def eventhubs_options():
    return ServerOptions(partitions=2, groups=("$Default", "billing"))
"""
TESTS = """
import os
import pytest
from azure.eventhub import EventData, EventHubConsumerClient, EventHubProducerClient
from azure.storage.blob import ContainerClient

seen = set()

@pytest.mark.parametrize("number", [1, 2])
def test_each_has_a_hub_of_its_own(eventhubs, number):
    seen.add(eventhubs.hub)
    assert len(seen) == number
    assert os.environ["EVENTHUB_NAME"] == eventhubs.hub

    with EventHubProducerClient.from_connection_string(eventhubs.eventhub) as producer:
        assert producer.get_partition_ids() == ["0", "1"]
        batch = producer.create_batch(partition_id="0")
        batch.add(EventData("an event"))
        producer.send_batch(batch)

    with EventHubConsumerClient.from_connection_string(eventhubs.eventhub, "billing") as consumer:
        properties = consumer.get_partition_properties("0")

    assert properties["last_enqueued_sequence_number"] == 0

    with ContainerClient.from_connection_string(
        eventhubs.storage, eventhubs.container
    ) as container:
        assert list(container.list_blobs()) == []
        container.upload_blob("mark", b"")

def test_they_are_gone_afterwards(eventhubs_sandbox):
    hubs = [hub["name"] for hub in eventhubs_sandbox.control("GET", "/state")["hubs"]]
    assert hubs == ["meetings"]
    assert "EVENTHUB_NAME" not in os.environ
"""


@pytest.mark.timeout(120)
def test_a_project_of_somebody_else_runs_on_it(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_theirs.py").write_text(TESTS)
    own = {k: v for k, v in os.environ.items() if not k.startswith(("EVENTHUB_", "PYTEST_"))}
    said = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env=own,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert "3 passed" in said.stdout, said.stdout + said.stderr
