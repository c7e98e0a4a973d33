"""Fixed ports and keys, a file of hubs, the emulator's `Config.json`, and `/health`."""

from __future__ import annotations

import argparse
import base64
import json
import socket
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from azure.eventhub import EventHubConsumerClient
from azure.storage.blob import ContainerClient

from ehtui.cli.sandbox import add_sandbox, options_of
from ehtui.config.connection_string import AZURITE_KEY
from ehtui.config.errors import ConfigError
from ehtui.sandbox.options import ServerOptions
from ehtui.sandbox.server import ListenError, SandboxServer
from tests.cli.test_sandbox_command import serving

STORAGE_KEY = base64.b64encode(b"a key of one's own").decode()
OWN = f"""\
hubs:
  - name: orders
    partitions: 2
    groups: [billing, audit]
    retention: {{max_events: 3, max_age_s: null}}
  - name: clicks
container: marks
ports: {{eventhub: 0, storage: 0, control: 0}}
keys: {{eventhub: "my+key/=", storage: "{STORAGE_KEY}", control: my-token}}
"""
# As Microsoft's documentation has it.
THEIRS = """\
{
  "UserConfig": {
    "NamespaceConfig": [
      {
        "Type": "EventHub",
        "Name": "emulatorNs1",
        "Entities": [
          {"Name": "eh1", "PartitionCount": "2", "ConsumerGroups": [{"Name": "cg1"}]},
          {"Name": "eh2", "PartitionCount": 5, "ConsumerGroups": []}
        ]
      }
    ],
    "LoggingConfig": {"Type": "File"}
  }
}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sandbox.yaml"
    path.write_text(OWN)
    return path


def options(*arguments: str) -> ServerOptions:
    parser = argparse.ArgumentParser()
    add_sandbox(parser.add_subparsers())
    return options_of(parser.parse_args(["sandbox", *arguments]))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_a_file_has_hubs_ports_and_keys_that_work(file: Path) -> None:
    port, storage_port, control_port = free_port(), free_port(), free_port()
    ports = ("--port", str(port), "--storage-port", str(storage_port))
    control = ("--control-port", str(control_port))

    with serving("--settings", str(file), *ports, *control) as (_, values):
        connection = values["EVENTHUB_CONNECTION_STRING"]
        assert f"127.0.0.1:{port}" in connection
        assert "SharedAccessKey=my+key/=;" in connection
        assert values["EVENTHUB_NAME"] == "orders"
        assert values["EVENTHUB_CONSUMER_GROUP"] == "billing"
        assert values["CHECKPOINT_CONTAINER"] == "marks"
        assert f"127.0.0.1:{storage_port}/ehtui" in values["AZURE_STORAGE_CONNECTION_STRING"]
        assert f"AccountKey={STORAGE_KEY};" in values["AZURE_STORAGE_CONNECTION_STRING"]

        for hub, group, partitions in (("orders", "audit", 2), ("clicks", "$Default", 4)):
            text = connection.replace("EntityPath=orders", f"EntityPath={hub}")

            with EventHubConsumerClient.from_connection_string(text, group) as client:
                assert len(client.get_partition_ids()) == partitions

        with ContainerClient.from_connection_string(
            values["AZURE_STORAGE_CONNECTION_STRING"], "marks"
        ) as container:
            assert container.exists()

        url = f"http://127.0.0.1:{control_port}"
        assert asked(f"{url}/health") == {"status": "healthy"}
        events: Any = json.dumps({"bodies": ["x"] * 5, "partition": "0"}).encode()
        asked(f"{url}/hubs/orders/events", events)
        (orders, _) = asked(f"{url}/state")["hubs"]
        assert orders["partitions"][0]["begin_sequence"] == 2  # three are kept


def asked(url: str, body: bytes | None = None) -> Any:
    headers = {"Authorization": "Bearer my-token"}
    request = urllib.request.Request(url, body, headers)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    with direct.open(request, timeout=10) as reply:
        return json.loads(reply.read())


def test_the_hub_of_the_env_may_be_another_of_the_file(file: Path) -> None:
    chosen = options("--settings", str(file), "--hub", "clicks")

    assert (chosen.hub, chosen.groups) == ("clicks", ("$Default",))
    assert [hub.name for hub in chosen.hubs] == ["clicks", "orders"]


def test_the_emulators_own_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "Config.json"
    path.write_text(THEIRS)
    first, second = options("--settings", str(path)).hubs

    assert (first.name, first.partitions, first.groups) == ("eh1", 2, ("cg1",))
    assert (second.name, second.partitions, second.groups) == ("eh2", 5, ())


def test_as_the_emulator_it_is_where_and_what_everybody_knows() -> None:
    known = options("--emulator", "--hub", "eh1")

    assert (known.host, known.port, known.storage_port) == ("127.0.0.1", 5672, 10000)
    assert (known.control_port, known.account) == (5300, "devstoreaccount1")
    assert (known.key, known.storage_key) == ("SAS_KEY_VALUE", AZURITE_KEY)
    assert options("--emulator", "--port", "7000").port == 7000


async def test_with_the_emulators_keys_its_connection_strings_are_the_emulators() -> None:
    emulator = options("--emulator", "--port", "0", "--storage-port", "0", "--control-port", "0")
    server = SandboxServer(emulator)

    async with server.serving() as ready:
        parts = ready.connections.eventhub.split(";")
        assert "SharedAccessKeyName=RootManageSharedAccessKey" in parts
        assert "SharedAccessKey=SAS_KEY_VALUE" in parts
        assert "UseDevelopmentEmulator=true" in parts
        assert "AccountName=devstoreaccount1" in ready.connections.storage.split(";")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Expected `object`"),
        ("hubs: []", "length >= 1"),
        ("hubs: [{partitions: 2}]", "missing required field `name` - at `$.hubs[0]`"),
        ("hubs: [{name: a, colour: 1}]", "unknown field `colour` - at `$.hubs[0]`"),
        ("hubs: [{name: a, partitions: x}]", "at `$.hubs[0].partitions`"),
        ("hubs: [{name: a, partitions: 0}]", "1 to 1024 partitions"),
        ("hubs: [{name: 'a b'}]", "no name of a hub"),
        ("hubs: [{name: a}, {name: A}]", "two hubs are 'a'"),
        ("hubs: [{name: a, retention: {max_events: -1}}]", "a retention of -1"),
        ("hubs: [{name: a, retention: {min_events: 1}}]", "min_events"),
        ("hubs: [{name: a}]\nkeys: {eventhub: 'a;b'}", "connection strings cannot hold"),
        ("hubs: [{name: a}]\nkeys: {storage: 'no base64!'}", "not base64"),
        ("hubs: [{name: a}]\nports: {storage: 99999}", "65535"),
        ("hubs: [{name: a}]\nsecret: hunter2", "unknown field `secret`"),
        ("hubs: [", "sandbox.yaml"),
        ("[" * 5000, "sandbox.yaml"),
        ('{"UserConfig": {"NamespaceConfig": []}}', "length >= 1"),
        ('{"UserConfig": {"NamespaceConfig": [{"Entities": [{"Name": "a"}]}]}}', "PartitionCount"),
    ],
)
def test_what_makes_no_sense_in_a_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "sandbox.yaml"
    path.write_text(text)

    with pytest.raises(ConfigError) as caught:
        options("--settings", str(path))

    assert words in caught.value.summary
    assert "hunter2" not in caught.value.summary


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--settings", "no-such-file"], "no-such-file"),
        (["--emulator", "--tls"], "--tls"),
        (["--storage-port", "-1"], "65535"),
        (["--control-port", "70000"], "65535"),
    ],
)
def test_flags_that_make_no_sense_are_named(arguments: list[str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        options(*arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--partitions", "2"], "names its hubs itself"), (["--hub", "other"], "no hub 'other'")],
)
def test_flags_and_a_file_do_not_say_the_same_thing(
    file: Path, arguments: list[str], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        options("--settings", str(file), *arguments)


async def test_a_port_of_storage_that_is_taken_is_named_and_nothing_stays_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = SandboxServer(ServerOptions(storage_port=port))

        with pytest.raises(ListenError, match=f"port {port}: Address already in use"):
            async with server.serving():
                raise AssertionError

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.eventhubs.port))


def test_no_key_is_in_what_is_printed_of_options(file: Path) -> None:
    shown = repr(options("--settings", str(file)))

    assert "my+key" not in shown
    assert "my-token" not in shown
    assert STORAGE_KEY not in shown
