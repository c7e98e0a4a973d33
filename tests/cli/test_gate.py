"""A gate around deployments of real consumers: a good one passes, one that hangs does not."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ehtui.cli.flags import ExitCode
from ehtui.cli.gate_watcher import GateFolder, end_watcher
from ehtui.sandbox.meetings import POISON
from ehtui.sandbox.options import Pace, ServerOptions
from ehtui.sandbox.sandbox import Sandbox, SandboxConsumer
from tests.cli.conftest import Ehtui, Said
from tests.waiting import wait_until

QUICK = Pace(interval_s=0.5, expiry_s=4.0, work_s=0.0, checkpoint_s=0.2)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    options = ServerOptions(groups=("$Default",), partitions=2)

    with Sandbox(options, consumers=1, pace=QUICK, traffic=3) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("state")
    yield folder

    for begun in folder.glob("ehtui/gates/*/begun"):
        end_watcher(json.loads(begun.read_text()))


Gate = Callable[..., Said]


@pytest.fixture
def gate(sandbox: Sandbox, state: Path, ehtui: Ehtui) -> Gate:
    variables = {**sandbox.environment, "XDG_STATE_HOME": str(state)}
    return lambda *words: ehtui("gate", *words, "--refresh", "0.3", **variables)


def deploy(sandbox: Sandbox, *switches: str) -> SandboxConsumer:
    """A new consumer in place of those there are."""
    old = [each for each in sandbox.consumers if sandbox.is_running(each)]

    for each in old:
        os.kill(each.pid, signal.SIGTERM)

    wait_until(lambda: not any(map(sandbox.is_running, old)), what="an end")
    return sandbox.start_consumer(switches=switches)


def test_good_and_bad_deployments(sandbox: Sandbox, gate: Gate) -> None:
    begun = gate("begin", "--for", "2s")
    assert begun.code == ExitCode.OK, begun
    assert "Baseline of $Default: 2 of 2 partitions owned by 1 owner, lag " in begun.out
    again = gate("begin")
    assert again.code == ExitCode.USAGE
    assert "has begun already" in again.err

    deploy(sandbox)
    ended = gate("end", "--timeout", "30s", "--steady", "1s", "--json")
    document = json.loads(ended.out)
    assert (ended.code, document["verdict"]) == (ExitCode.OK, "passed"), document
    assert {each["partition"] for each in document["without_reader"]} == {"0", "1"}
    (owners,) = (c for c in document["checks"] if c["check"] == "owners")
    assert (owners["before"], owners["now"], owners["new"]) == (1, 1, 1)

    assert gate("end").code == ExitCode.UNREADABLE  # who watched it has ended

    begun = gate("begin", "--for", "2s")
    assert begun.code == ExitCode.OK, begun
    deploy(sandbox, "--work=600")
    failed = gate("end", "--timeout", "8s", "--steady", "1s")
    assert failed.code == ExitCode.WARNING
    assert failed.out.startswith("# Deployment gate: failed\n")
    assert "| not yet | lag back at its baseline |" in failed.out
    assert POISON not in failed.out


def test_where_none_has_begun_it_says_what_to_do(ehtui: Ehtui, tmp_path: Path) -> None:
    said = ehtui(
        "gate",
        "end",
        EVENTHUB_CONNECTION_STRING="Endpoint=sb://127.0.0.1:1/;SharedAccessKeyName=k;"
        "SharedAccessKey=a2V5;EntityPath=h",
        AZURE_STORAGE_CONNECTION_STRING="UseDevelopmentStorage=true",
        CHECKPOINT_CONTAINER="ccc",
        XDG_STATE_HOME=str(tmp_path),
    )

    assert said.code == ExitCode.USAGE
    assert "Run 'ehtui gate begin' before a deployment." in said.err


def test_a_process_that_only_has_its_number_is_not_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = GateFolder("n", "h", "g")
    folder.clear()
    folder.write("begun", {"pid": os.getpid(), "started_at": 1.0})
    assert not folder.is_watched

    end_watcher({"pid": os.getpid(), "started_at": 1.0})


def test_what_is_half_written_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = GateFolder("n", "../../h", "$Default")
    folder.clear()
    assert folder.path.parent == tmp_path / "ehtui" / "gates"
    assert (folder.told, folder.asked, folder.is_watched) == (None, None, False)

    (folder.path / "told").write_text('{"number": 1')
    assert folder.told is None
