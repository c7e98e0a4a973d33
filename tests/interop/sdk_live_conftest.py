"""Points the live tests of azure-eventhub's source distribution at the sandbox.

`sdk_live.py` puts this beside them as their conftest. It gives the fixtures that theirs gives, with
a hub of the sandbox instead of Azure's, and SAS instead of Entra ID.
"""

from __future__ import annotations

import asyncio
import os
import threading
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import certifi
import pytest
from azure.core.settings import settings
from azure.eventhub import EventHubProducerClient, EventHubSharedKeyCredential, TransportType
from azure.eventhub._pyamqp import ReceiveClient
from azure.eventhub._pyamqp.authentication import SASTokenAuth
from azure.eventhub.aio import EventHubSharedKeyCredential as AsyncSharedKeyCredential
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore

from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace, Retention
from ehtui.sandbox.eventhubs.namespace import ROOT_KEY

PARTITIONS = 2
GROUP = "$Default"
AMQPS_PORT, HTTPS_PORT = 5671, 443  # where clients go that are given a host alone
Hub = dict[str, str]


class HubOperations:
    """What one test uses of Azure's resource manager: it changes a hub while it is read."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def get(self, *_: str) -> Any:
        return SimpleNamespace(as_dict=lambda: {"message_retention_in_days": 1})

    def create_or_update(self, _: str, __: str, hub: str, changes: dict[str, int]) -> None:
        days = changes["message_retention_in_days"]
        retention = Retention(max_age_s=days * 86_400.0)
        self._sandbox.call(self._sandbox.namespace.set_retention, hub, retention)


class Sandbox:
    """Both endpoints on a loop of their own; each test worker has its own address."""

    def __init__(self) -> None:
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
        self.namespace = Namespace()
        host = f"127.0.0.{100 + worker}"
        self.eventhubs = EventHubsEndpoint(
            self.namespace, host, AMQPS_PORT, tls=True, websocket_port=HTTPS_PORT
        )
        self.blobs = BlobEndpoint()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandbox")

    def __enter__(self) -> Sandbox:
        self._thread.start()
        self.run(self.eventhubs.start())
        self.run(self.blobs.start())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self.eventhubs.stop())
        self.run(self.blobs.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def call(self, function: Callable[..., Any], *args: Any) -> None:
        async def work() -> None:
            function(*args)

        self.run(work())


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "liveTest: needs a namespace")
    config.addinivalue_line("markers", "livetest: needs a namespace")
    config.addinivalue_line("markers", "no_amqpproxy: not through Microsoft's recorder")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--sleep", action="store", default="True")


@pytest.fixture
def sleep(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--sleep") == "True")


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox, pytest.MonkeyPatch.context() as patch:
        # The tests trust what certifi trusts, and cannot be told otherwise.
        patch.setattr(certifi, "where", lambda: str(sandbox.eventhubs.ca_file))
        yield sandbox


@pytest.fixture(scope="session", params=[False], ids=["pyamqp"])
def uamqp_transport(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(
    scope="session",
    params=[TransportType.Amqp, TransportType.AmqpOverWebsocket],
    ids=["amqp", "ws"],
)
def socket_transport(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="session")
def timeout_factor() -> int:
    return 1


@pytest.fixture(scope="session")
def fake_span() -> Any:
    from tracing_common import FakeSpan  # type: ignore[import-not-found] # noqa: PLC0415

    return FakeSpan


@pytest.fixture
def enable_tracing(fake_span: Any) -> Iterator[Any]:
    settings.tracing_implementation.set_value(fake_span)
    yield fake_span
    settings.tracing_implementation.set_value(None)


@pytest.fixture
def client_args() -> dict[str, Any]:
    return {}


@pytest.fixture
def live_eventhub(sandbox: Sandbox) -> Iterator[Hub]:
    name = f"eh{uuid.uuid4()}"
    host = sandbox.eventhubs.host
    sandbox.call(sandbox.namespace.create_hub, name, PARTITIONS)
    key = sandbox.namespace.keys[ROOT_KEY].value
    yield {
        "resource_group": "sandbox",
        "hostname": host,
        "key_name": ROOT_KEY,
        "access_key": key,
        "namespace": host,
        "event_hub": name,
        "consumer_group": GROUP,
        "partition": "0",
        "connection_str": text(host, key, name),
    }
    sandbox.call(sandbox.namespace.delete_hub, name)


def text(host: str, key: str, hub: str, policy: str = ROOT_KEY) -> str:
    return (
        f"Endpoint=sb://{host}/;SharedAccessKeyName={policy};SharedAccessKey={key};EntityPath={hub}"
    )


@pytest.fixture
def connection_str(live_eventhub: Hub) -> str:
    return live_eventhub["connection_str"]


@pytest.fixture
def invalid_hostname(live_eventhub: Hub) -> str:
    host = "invalid123.servicebus.windows.net"
    return text(host, live_eventhub["access_key"], live_eventhub["event_hub"])


@pytest.fixture
def invalid_key(live_eventhub: Hub) -> str:
    return text(live_eventhub["hostname"], "invalid", live_eventhub["event_hub"])


@pytest.fixture
def invalid_policy(live_eventhub: Hub) -> str:
    hub = live_eventhub
    return text(hub["hostname"], hub["access_key"], hub["event_hub"], "invalid")


@pytest.fixture
def get_credential(live_eventhub: Hub) -> Callable[..., EventHubSharedKeyCredential]:
    return partial(
        EventHubSharedKeyCredential, live_eventhub["key_name"], live_eventhub["access_key"]
    )


@pytest.fixture
def get_credential_async(live_eventhub: Hub) -> Callable[..., AsyncSharedKeyCredential]:
    return partial(AsyncSharedKeyCredential, live_eventhub["key_name"], live_eventhub["access_key"])


@pytest.fixture
def auth_credentials(live_eventhub: Hub, get_credential: Any) -> tuple[str, str, Any]:
    return live_eventhub["hostname"], live_eventhub["event_hub"], get_credential


@pytest.fixture
def auth_credentials_async(live_eventhub: Hub, get_credential_async: Any) -> tuple[str, str, Any]:
    return live_eventhub["hostname"], live_eventhub["event_hub"], get_credential_async


@pytest.fixture
def receivers(live_eventhub: Hub) -> Iterator[list[Any]]:
    host, hub = live_eventhub["hostname"], live_eventhub["event_hub"]
    uri = f"sb://{host}/{hub}"
    clients = []

    for partition in range(PARTITIONS):
        auth = SASTokenAuth(uri, uri, live_eventhub["key_name"], live_eventhub["access_key"])
        source = f"amqps://{host}/{hub}/ConsumerGroups/{GROUP}/Partitions/{partition}"
        client: Any = ReceiveClient(  # type: ignore[no-untyped-call]
            host, source, auth=auth, network_trace=False, timeout=30, link_credit=500
        )
        client.open()
        clients.append(client)

    yield clients

    for client in clients:
        client.close()


@pytest.fixture
def senders(live_eventhub: Hub, get_credential: Any) -> Iterator[list[Any]]:
    client = EventHubProducerClient(
        live_eventhub["hostname"], live_eventhub["event_hub"], credential=get_credential()
    )
    producers = [client._create_producer(partition_id=p) for p in client.get_partition_ids()]
    yield producers

    for producer in producers:
        producer.close()

    client.close()


@pytest.fixture
def connstr_receivers(live_eventhub: Hub, receivers: Any) -> tuple[str, Any]:
    return live_eventhub["connection_str"], receivers


@pytest.fixture
def auth_credential_receivers(auth_credentials: Any, receivers: Any) -> tuple[Any, ...]:
    return *auth_credentials, receivers


@pytest.fixture
def auth_credential_receivers_async(auth_credentials_async: Any, receivers: Any) -> tuple[Any, ...]:
    return *auth_credentials_async, receivers


@pytest.fixture
def auth_credential_senders(auth_credentials: Any, senders: Any) -> tuple[Any, ...]:
    return *auth_credentials, senders


@pytest.fixture
def auth_credential_senders_async(auth_credentials_async: Any, senders: Any) -> tuple[Any, ...]:
    return *auth_credentials_async, senders


@pytest.fixture
def checkpoint_store_aio(sandbox: Sandbox) -> BlobCheckpointStore:
    container = f"blobcontainer{uuid.uuid4()}"
    sandbox.call(sandbox.blobs.create_container, container)
    return BlobCheckpointStore.from_connection_string(sandbox.blobs.connection_string, container)


@pytest.fixture
def checkpoint_store() -> Any:
    return pytest.skip("the synchronous store is a package of its own, which ehtui does not need")


@pytest.fixture
def faultinjector() -> Any:
    return pytest.skip("Microsoft's fault injector is a program of its own")


@pytest.fixture
def resource_mgmt_client(sandbox: Sandbox) -> Any:
    return SimpleNamespace(event_hubs=HubOperations(sandbox))
