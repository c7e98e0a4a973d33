"""A gate around deployments of real consumers: a good one passes, one that hangs does not."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from ehtui.cli.flags import ExitCode
from ehtui.cli.gate_watcher import Asked, GateFolder, _Judging
from ehtui.domain.gate.checks import Answer, Check, NothingFound, SourcesRead, Terms, Verdict
from ehtui.domain.snapshot import Snapshot
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
        (begun.parent / "leave").write_text("{}")


if TYPE_CHECKING:
    from ehtui.monitor import Monitor

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


def test_who_watches_holds_a_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes with the process: no number of a process can be another's, no clock matters."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = GateFolder("n", "h", "g")
    assert not folder.is_watched
    folder.clear()
    assert not folder.is_watched

    lock = folder.lock()
    assert folder.is_watched
    assert not folder.leave(within_s=0.1)
    os.close(lock)
    assert not folder.is_watched


def test_what_is_so_late_has_to_stay_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """One good look at the last moment is no verdict."""
    now = 100.0
    monkeypatch.setattr("ehtui.cli.gate_watcher.time.monotonic", lambda: now)
    monitor = cast("Monitor", Unread())
    judging = _Judging(Asked("1", Terms(), timeout_s=10, steady_s=30), 5, monitor)
    judging.has_begun = True
    waiting = (Check(Answer.YES, SourcesRead((), 0.0)), Check(Answer.NOT_YET, NothingFound((), ())))
    fine = (waiting[0], Check(Answer.YES, NothingFound((), ())))
    assert judging.verdict(waiting) is None

    now = 110.0
    assert judging.verdict(fine) is None
    now = 139.0
    assert judging.verdict(fine) is None
    now = 140.0
    assert judging.verdict(fine) is Verdict.PASSED
    assert judging.verdict(waiting) is Verdict.FAILED


class Unread:
    """A monitor that has read nothing."""

    snapshot = Snapshot()

    def refresh(self) -> None:
        pass


def test_what_is_half_written_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = GateFolder("n", "../../h", "$Default")
    folder.clear()
    assert folder.path.parent == tmp_path / "ehtui" / "gates"
    assert (folder.told, folder.asked, folder.is_watched) == (None, None, False)

    (folder.path / "told").write_text('{"number": 1')
    assert folder.told is None


def test_of_a_group_that_nobody_reads_no_gate_begins(gate: Gate) -> None:
    said = gate("begin", "--for", "1s", "--group", "nobody")

    assert said.code in {ExitCode.UNREADABLE, ExitCode.WARNING}, said
    assert "no gate has begun" in said.err
