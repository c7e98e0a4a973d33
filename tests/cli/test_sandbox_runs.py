"""`ehtui sandbox -- CMD`: the command has what it needs, is told to end, and its code counts."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ehtui.sandbox.command import run_command
from ehtui.sandbox.options import ServerOptions
from ehtui.sandbox.server import SandboxServer

EHTUI = "from ehtui.cli import main; raise SystemExit(main())"
USE = """
import json, os, urllib.request
from azure.eventhub import EventHubProducerClient
from azure.storage.blob import ContainerClient

hub = EventHubProducerClient.from_connection_string(
    os.environ["EVENTHUB_CONNECTION_STRING"], eventhub_name=os.environ["EVENTHUB_NAME"])
container = ContainerClient.from_connection_string(
    os.environ["AZURE_STORAGE_CONNECTION_STRING"], os.environ["CHECKPOINT_CONTAINER"])

with hub, container:
    partitions, exists = hub.get_partition_ids(), container.exists()

url, token = (os.environ[f"EHTUI_SANDBOX_CONTROL_{name}"] for name in ("URL", "TOKEN"))
headers = {"Authorization": f"Bearer {token}"}
drop = urllib.request.Request(f"{url}/drop", b"{}", headers, method="POST")
dropped = json.loads(urllib.request.urlopen(drop).read())
print(json.dumps([partitions, exists, dropped, os.environ["EVENTHUB_CONSUMER_GROUP"]]))
"""
HEARS = """
import signal, sys, time
signal.signal(signal.{name}, lambda *_: sys.exit(7))
print("ready", flush=True)
time.sleep(30)
"""


def command(*arguments: str, options: tuple[str, ...] = ()) -> list[str]:
    return [sys.executable, "-c", EHTUI, "sandbox", *options, "--", *arguments]


def ran(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )


def test_the_command_has_all_that_it_needs_and_standard_output_for_itself() -> None:
    options = ("--partitions", "2", "--group", "mine")
    said = subprocess.run(
        command(sys.executable, "-c", USE, options=options),
        env={**os.environ, "http_proxy": "http://127.0.0.1:9", "no_proxy": "example.org"},
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )

    assert said.returncode == 0, said.stderr
    partitions, exists, dropped, group = json.loads(said.stdout)
    assert (partitions, exists, group) == (["0", "1"], True, "mine")
    assert dropped.keys() == {"dropped"}
    assert "SharedAccessKey" not in said.stderr


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("raise SystemExit(0)", 0),
        ("raise SystemExit(3)", 3),
        ("import os; os.kill(os.getpid(), 9)", 137),
    ],
)
def test_its_exit_code_is_the_commands(ending: str, code: int) -> None:
    assert ran(sys.executable, "-c", ending).returncode == code


def test_options_behind_the_dashes_are_the_commands() -> None:
    show = "import sys; print(sys.argv[1:])"

    assert ran(sys.executable, "-c", show, "--hub", "--", "-x").stdout == "['--hub', '--', '-x']\n"


def test_a_command_that_is_none_is_named(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no program")

    for name, reason in (("no-such-program", "No such file"), (str(text), "Permission denied")):
        said = ran(name)
        assert said.returncode == 64
        assert f"'{name}' cannot be run: {reason}" in said.stderr
        assert said.stdout == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_ends_it_goes_on_to_the_command_which_decides(number: signal.Signals) -> None:
    script = HEARS.format(name=number.name)
    process = subprocess.Popen(
        command(sys.executable, "-c", script),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # of no terminal, as in CI
    )

    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.wait(20) == 7


async def test_nothing_listens_any_more_when_it_has_ended() -> None:
    server = SandboxServer(ServerOptions())
    assert await run_command(server, ["true"]) == 0

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.eventhubs.port))
