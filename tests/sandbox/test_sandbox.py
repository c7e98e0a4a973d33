"""A whole sandbox: real servers, the SDK's own consumers, and what happens when one goes."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from azure.eventhub import EventHubConsumerClient, EventHubProducerClient
from azure.storage.blob import ContainerClient

from ehtui.sandbox.options import Pace, ServerOptions
from ehtui.sandbox.sandbox import Sandbox
from ehtui.sandbox.supervisor import ChildFailedError
from tests.waiting import wait_until

QUICK = Pace(interval_s=0.5, expiry_s=4.0, work_s=0.0, checkpoint_s=0.2)


class Store:
    """Owners and checkpoints, as the blobs of a sandbox say."""

    def __init__(self, sandbox: Sandbox) -> None:
        connections = sandbox.ready.connections
        self._container = ContainerClient.from_connection_string(
            connections.storage, connections.container
        )

    def close(self) -> None:
        self._container.close()

    def owners(self, group: str = "$default") -> dict[str, str | None]:
        blobs = self._blobs(group, "ownership")

        return {partition: blob.metadata["ownerid"] for partition, blob in blobs.items()}

    def etags(self, group: str = "$default") -> set[str]:
        """What every renewal changes."""
        return {str(blob.etag) for blob in self._blobs(group, "ownership").values()}

    def checkpoints(self, group: str = "$default") -> dict[str, int]:
        blobs = self._blobs(group, "checkpoint")

        return {p: int(blob.metadata["sequencenumber"]) for p, blob in blobs.items()}

    def _blobs(self, group: str, kind: str) -> dict[str, Any]:
        listing = iter(self._container.list_blobs(include=["metadata"]))
        parts = ((blob.name.split("/"), blob) for blob in listing)

        return {p: blob for (_, _, g, k, p), blob in parts if (g, k) == (group, kind)}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    options = ServerOptions(partitions=4, groups=("$Default", "analytics"), backlog=40)

    with Sandbox(options, consumers=0, pace=QUICK, traffic=0) as running:
        yield running


@pytest.fixture
def store(sandbox: Sandbox) -> Iterator[Store]:
    store = Store(sandbox)
    yield store
    store.close()


def share(store: Store) -> list[int]:
    """How many partitions each owner has, smallest first; [] while one is free."""
    owners = list(store.owners().values())

    return [] if not all(owners) else sorted(Counter(owners).values())


def test_its_connection_strings_work(sandbox: Sandbox, store: Store) -> None:
    environment = sandbox.environment
    client = EventHubProducerClient.from_connection_string(
        environment["EVENTHUB_CONNECTION_STRING"], eventhub_name=environment["EVENTHUB_NAME"]
    )

    with client:
        assert client.get_partition_ids() == ["0", "1", "2", "3"]

    assert environment["EVENTHUB_CONSUMER_GROUP"] == "$Default"
    assert store.owners() == {}


def test_a_backlog_is_there_from_the_start(sandbox: Sandbox) -> None:
    client = EventHubConsumerClient.from_connection_string(
        sandbox.environment["EVENTHUB_CONNECTION_STRING"], "$Default"
    )

    with client:
        properties: Any = client.get_partition_properties("3")

    assert properties["last_enqueued_sequence_number"] > 10
    assert properties["last_enqueued_time_utc"].timestamp() <= time.time()


def test_a_consumer_owns_reads_and_writes_down(sandbox: Sandbox, store: Store) -> None:
    consumer = sandbox.start_consumer()

    wait_until(lambda: len(store.checkpoints()) == 4, timeout_s=20, what="it has read everywhere")
    assert share(store) == [4]
    (owner,) = set(store.owners().values())
    log = consumer.log_path.read_text()
    assert f"EventProcessor '{owner}' is being started" in log
    assert f"EventProcessor '{owner}' has claimed partition '0'" in log
    assert "HTTP" not in log


def test_a_proxy_of_the_environment_is_left_aside(
    sandbox: Sandbox, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as proxied:
        proxied.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        proxied.setenv("http_proxy", "http://127.0.0.1:9")
        sandbox.start_consumer()

    wait_until(lambda: share(store) == [4], timeout_s=20, what="it owns all")


def test_a_consumer_that_is_asked_to_end_gives_back_what_it_owns(
    sandbox: Sandbox, store: Store
) -> None:
    consumer = sandbox.start_consumer(pace=Pace(interval_s=3.0))
    wait_until(lambda: share(store) == [4], timeout_s=20, what="it owns all")
    # In the middle of a balancing round the SDK sometimes fails to release: they race.
    claimed = store.etags()
    wait_until(lambda: not store.etags() & claimed, what="it has renewed all, and sleeps")
    os.kill(consumer.pid, signal.SIGTERM)

    wait_until(lambda: set(store.owners().values()) == {None}, what="it has released all")


def test_consumers_share_and_take_over(sandbox: Sandbox, store: Store) -> None:
    first = sandbox.start_consumer()
    wait_until(lambda: share(store) == [4], timeout_s=20, what="one owns all")
    (dead,) = set(store.owners().values())
    sandbox.start_consumer()
    wait_until(lambda: share(store) == [2, 2], timeout_s=20, what="two share")
    sandbox.start_consumer()
    wait_until(lambda: share(store) == [1, 1, 2], timeout_s=20, what="three share")

    os.kill(first.pid, signal.SIGKILL)
    killed_at = time.monotonic()
    wait_until(
        lambda: dead not in store.owners().values(), timeout_s=20, what="survivors take over"
    )
    took_s = time.monotonic() - killed_at

    assert share(store) == [2, 2]
    assert QUICK.expiry_s - 2 * QUICK.interval_s - 1 < took_s


def test_groups_have_consumers_of_their_own(sandbox: Sandbox, store: Store) -> None:
    sandbox.start_consumer("analytics", name="slow")

    wait_until(lambda: len(store.owners("analytics")) == 4, timeout_s=20, what="it owns all")
    assert store.owners() == {}
    assert [(c.name, c.group) for c in sandbox.consumers] == [("slow", "analytics")]


def test_a_producer_keeps_sending() -> None:
    with Sandbox(ServerOptions(partitions=2), consumers=0, traffic=5.0) as sandbox:
        client = EventHubConsumerClient.from_connection_string(
            sandbox.environment["EVENTHUB_CONNECTION_STRING"], "$Default"
        )

        def last(partition: str) -> int:
            properties: Any = client.get_partition_properties(partition)
            return int(properties["last_enqueued_sequence_number"])

        with client:
            wait_until(lambda: last("0") > 20 and last("1") > 5, timeout_s=20, what="events arrive")


def test_nothing_is_left_when_it_stops(sandbox: Sandbox) -> None:
    sandbox.start_consumer()
    children = psutil.Process().children(recursive=True)
    assert len(children) == 2
    folder = sandbox.consumers[0].log_path.parent
    sandbox.stop()

    assert not [child for child in children if child.is_running()]
    assert not folder.exists()

    with pytest.raises(RuntimeError, match="not running"):
        sandbox.start_consumer()


def test_a_sandbox_that_cannot_listen_says_why() -> None:
    with (
        pytest.raises(ChildFailedError, match=r"did not start: cannot listen on 192\.0\.2\.1"),
        Sandbox(ServerOptions(host="192.0.2.1"), consumers=0),
    ):
        raise AssertionError
