"""A gate around deployments of real consumers: a good one passes, one that hangs does not."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from msgspec.structs import replace

from ehtui.cli.flags import ExitCode
from ehtui.cli.gate_watcher import Asked, GateFolder, _Judging
from ehtui.domain.gate.checks import Terms, Verdict
from ehtui.domain.gate.watched import baseline_of, deployment_ended, followed, watch_begun
from ehtui.domain.snapshot import Snapshot
from ehtui.sandbox.meetings import POISON
from ehtui.sandbox.options import Pace, ServerOptions
from ehtui.sandbox.sandbox import Sandbox, SandboxConsumer
from tests.cli.conftest import Ehtui, Said
from tests.domain.build import healthy
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
    assert begun.out.startswith("Hub: ")
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


def test_what_is_so_late_has_to_stay_so_and_checkpoints_to_move(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One good look at the last moment is no verdict; nor is a lag that is not above a high one."""
    now = 100.0
    monkeypatch.setattr("ehtui.cli.gate_watcher.time.monotonic", lambda: now)
    world = healthy(2)
    baseline = baseline_of([world.snapshot], "$Default")
    assert baseline is not None
    high = tuple(replace(p, lag=500) for p in baseline.partitions)
    watched = watch_begun(replace(baseline, partitions=high), world.snapshot)
    watched = deployment_ended(watched, world.snapshot)
    judging = _Judging(Asked("1", Terms(), timeout_s=60, steady_s=30), 5, cast("Monitor", Unread()))
    judging.has_begun = True

    def look(seconds: float) -> Verdict | None:
        nonlocal now, watched
        now += seconds
        world.tick(seconds)
        watched = followed(watched, world.look())

        return judging.judged(watched, world.snapshot)[1]

    assert look(5) is None
    assert look(60) is None  # late, and all is so for the first time
    assert look(25) is None

    for consumer in world.consumers.values():
        consumer.is_stuck = True

    assert look(5) is Verdict.PASSED  # its checkpoint moved within that time

    judging = _Judging(Asked("2", Terms(), timeout_s=60, steady_s=30), 5, cast("Monitor", Unread()))
    judging.has_begun = True
    watched = deployment_ended(watched, world.snapshot)
    for consumer in world.consumers.values():
        consumer.checkpointed_at = 0.0
        consumer.is_stuck = False

    assert look(5) is None

    for consumer in world.consumers.values():
        consumer.is_stuck = True

    assert look(31) is None
    assert look(31) is Verdict.FAILED


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
