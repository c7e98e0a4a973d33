"""`ehtui sandbox` as people run it: its lines, its end, its errors."""

from __future__ import annotations

import argparse
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from azure.eventhub import EventHubProducerClient
from azure.storage.blob import ContainerClient
from dotenv import dotenv_values

from ehtui.cli import sandbox
from ehtui.config.errors import ConfigError
from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace

EHTUI = "from ehtui.cli import main; raise SystemExit(main())"


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    process = subprocess.Popen(
        [sys.executable, "-c", EHTUI, "sandbox", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None

    try:
        lines = [process.stdout.readline() for _ in range(5)]
        values = dotenv_values(stream=StringIO("".join(lines)), interpolate=False)
        yield process, {name: value or "" for name, value in values.items()}
    finally:
        process.kill()
        process.communicate()


def port_of(connection_string: str) -> int:
    return int(connection_string.split(";", maxsplit=1)[0].rstrip("/").rpartition(":")[2])


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    sandbox.add_sandbox(parser.add_subparsers())

    return parser.parse_args(["sandbox", *arguments])


def test_its_lines_are_a_dotenv_that_works() -> None:
    with serving("--hub", "orders", "--partitions", "2", "--group", "mine") as (_, values):
        assert values["EVENTHUB_NAME"] == "orders"
        assert values["EVENTHUB_CONSUMER_GROUP"] == "mine"

        with EventHubProducerClient.from_connection_string(
            values["EVENTHUB_CONNECTION_STRING"], eventhub_name=values["EVENTHUB_NAME"]
        ) as hub:
            assert hub.get_partition_ids() == ["0", "1"]

        with ContainerClient.from_connection_string(
            values["AZURE_STORAGE_CONNECTION_STRING"], values["CHECKPOINT_CONTAINER"]
        ) as container:
            assert container.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_when_it_is_asked_to(number: signal.Signals) -> None:
    with serving() as (process, values):
        port = port_of(values["EVENTHUB_CONNECTION_STRING"])
        socket.create_connection(("127.0.0.1", port)).close()
        process.send_signal(number)

        assert process.wait(10) == 0

        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))


def test_a_shell_keeps_the_lines_as_they_are() -> None:
    lines = sandbox.env_lines({"A": "Endpoint=sb://x/;Key=a=;", "GROUP": "$Default"})
    script = lines + 'printf \'%s\\n\' "$A" "$GROUP"'
    said = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)

    assert said.stdout == "Endpoint=sb://x/;Key=a=;\n$Default\n"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--partitions", "0"], "--partitions"),
        (["--group", ""], "Default"),
        (["--hub", ""], "hub"),
        (["--hub", "../.."], "hub"),
        (["--group", "a b"], "group"),
        (["--group", "x" * 100_000], "group"),
        (["--port", "-1"], "65535"),
        (["--port", "65536"], "65535"),
        (["--port", "9" * 30], "65535"),
        (["--host", "0.0.0.0"], "--expose"),
        (["--host", "192.0.2.1"], "--expose"),
        (["--host", "example.com", "--expose"], "not an address"),
        (["--host", "127.example.com"], "loopback"),
    ],
)
def test_an_option_that_makes_no_sense_is_named(arguments: list[str], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        sandbox.run_sandbox(parsed(*arguments))


@pytest.mark.parametrize(
    ("arguments", "port"),
    [([], 0), (["--tls"], 5671), (["--tls", "--port", "0"], 0), (["--port", "5672"], 5672)],
)
def test_over_tls_it_listens_where_clients_look(arguments: list[str], port: int) -> None:
    assert sandbox.options_of(parsed(*arguments)).port == port


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(ConfigError, match=f"port {port}: Address already in use"):
            sandbox.run_sandbox(parsed("--port", str(port)))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], ["Only the keys below protect it", "Nothing is encrypted", "name 127.0.0.1"]),
        (["--emulator"], ["known to everybody"]),
    ],
)
def test_exposed_it_warns_and_keeps_its_levers(arguments: list[str], said: list[str]) -> None:
    options = sandbox.options_of(parsed("--host", "0.0.0.0", "--expose", *arguments))
    warning = sandbox._warning(options)

    assert options.host == "0.0.0.0"
    assert options.control_host == "127.0.0.1"
    assert [words for words in said if words not in warning] == []


def test_over_tls_no_encryption_is_missed() -> None:
    options = sandbox.options_of(parsed("--host", "192.0.2.1", "--expose", "--tls"))
    warning = sandbox._warning(options)

    assert "encrypted" not in warning
    assert "127.0.0.1" not in warning  # the strings name the address itself


@pytest.mark.parametrize(
    ("host", "named"), [("0.0.0.0", "127.0.0.1"), ("127.0.0.2", "127.0.0.2"), ("192.0.2.1",) * 2]
)
def test_strings_name_an_address_that_can_be_reached(host: str, named: str) -> None:
    namespace = Namespace()

    hub = EventHubsEndpoint(namespace, host, 5672).connection_string("orders")
    assert hub.startswith(f"Endpoint=sb://{named}/;")
    assert (
        f"BlobEndpoint=http://{named}:7/ehtui" in BlobEndpoint(host=host, port=7).connection_string
    )


def test_the_endpoint_ends_with_the_services_slash() -> None:
    text = EventHubsEndpoint(Namespace(), port=5699).connection_string("orders")

    assert text.startswith("Endpoint=sb://127.0.0.1:5699/;")
