"""What has ended is started again: as it was, or as far as its record tells."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import psutil
import pytest
from msgspec.structs import replace

from ehtui.actions.audit import AuditLog
from ehtui.actions.executor import Executor
from ehtui.actions.process_control import LocalControl
from ehtui.actions.restart_locks import forget, prune, record_path
from ehtui.actions.targets import CannotStartError, NotKnownError
from ehtui.cli import acting_commands as command
from ehtui.config.errors import ConfigError
from ehtui.domain.actions.outcomes import OutcomeState, Refusal, RefusalReason
from ehtui.domain.actions.plans import EnvironmentOf, StartPlan
from ehtui.domain.actions.start import ended_consumers, seen_with
from ehtui.domain.snapshot import Snapshot
from ehtui.domain.world.process import ProcessId
from ehtui.domain.world.restarts import Ended, Rehearsal, StartObstacle
from ehtui.monitor.backend import Backend
from ehtui.sources.restarts import read_restarts, restarted_as
from ehtui.tui.app import EhtuiApp
from ehtui.tui.options import UiOptions
from ehtui.views.actions import confirmation
from ehtui.views.phrasing import Phrasing
from tests.actions.recording import RecordingSender
from tests.domain.build import healthy, process_id
from tests.domain.planning import plan_again
from tests.domain.test_unfinished_restarts import record
from tests.hands.consumers import Stage, lives
from tests.hands.test_after_the_signal import KILLED, SLOW
from tests.shortcuts import only_linux
from tests.tui.fakes import FakeBackend
from tests.tui.scenes import healthy as healthy_picture
from tests.waiting import wait_for, wait_until


@pytest.fixture
def hands(stage: Stage) -> LocalControl:
    return LocalControl(records=stage.places.records, audit=stage.places.audit)


@pytest.fixture
def half_done(stage: Stage) -> ProcessId:
    """A consumer that was asked to end; ehtui and whoever would start it were killed then."""
    stage.script.write_text(SLOW)
    secret = {"SECRET": "hunter2", "AZURE_STORAGE_CONNECTION_STRING": "hunter2"}
    process = stage.start(env={**os.environ, **secret})
    run = [sys.executable, "-c", KILLED, str(process.pid), str(stage.state)]
    ehtui = subprocess.Popen(run, stdout=subprocess.PIPE, text=True)
    assert ehtui.stdout is not None
    assert "asked" in ehtui.stdout.readline()
    ehtui.kill()
    (told,) = read_restarts(stage.places.records)
    assert told.is_carried
    carrier = carried_by(stage.places.records)
    os.kill(carrier, signal.SIGKILL)
    ehtui.communicate()
    (stage.home / "may-end").touch()
    stage.children[0].wait(20)

    return process


def carried_by(records: Path) -> int:
    (path,) = records.glob("*.json")

    return int(json.loads(path.read_text())["carried_by"][0])


def executor(stage: Stage, hands: LocalControl) -> Executor:
    return Executor(
        sender=RecordingSender(), hands=hands, audit=AuditLog(stage.places.audit), clock=lambda: 9.0
    )


def again(stage: Stage, process: ProcessId, **changes: Any) -> StartPlan:
    return StartPlan(
        "rag", ("c.py",), None, "test", (), str(stage.places.log), 1.0, process, **changes
    )


async def test_what_just_ended_is_started_as_it_was(stage: Stage, hands: LocalControl) -> None:
    """Its environment is in ehtui's memory, where it was read while it ran."""
    process = stage.start(env={**os.environ, "SECRET": "hunter2"})
    hands.remember(process)
    stage.children[0].kill()
    stage.children[0].wait()
    outcome = await executor(stage, hands).run(again(stage, process))
    pid = int(dict(outcome.details)["pid"])
    stage.running.append(pid)

    assert outcome.state is OutcomeState.DONE
    assert '"secret": "hunter2"' in stage.places.log.read_text()
    assert psutil.Process(pid).cwd() == str(stage.home)
    assert b"hunter2" not in b"".join(p.read_bytes() for p in stage.places.records.glob("*"))


async def test_two_that_start_the_same_one_again_end_with_one(
    stage: Stage, hands: LocalControl
) -> None:
    process = stage.start()
    hands.remember(process)
    stage.children[0].kill()
    stage.children[0].wait()
    prepared = hands.prepare_again(process, str(stage.places.log), {})
    outcome = await executor(stage, hands).run(again(stage, process))
    prepared.release()

    assert outcome.refusal is not None
    assert outcome.refusal.reason is RefusalReason.BEING_RESTARTED


async def test_nobody_knows_what_was_never_seen(stage: Stage, hands: LocalControl) -> None:
    outcome = await executor(stage, hands).run(again(stage, ProcessId(4_000_000, 1.0)))

    assert outcome.refusal is not None
    assert outcome.refusal.reason is RefusalReason.NOT_KNOWN_ANY_MORE

    with pytest.raises(NotKnownError):
        hands.prepare_again(ProcessId(4_000_000, 1.0), "x.log", {})


# Half a restart.


def test_the_record_tells_everything_but_values(stage: Stage, half_done: ProcessId) -> None:
    (told,) = read_restarts(stage.places.records)

    assert told.is_down
    assert told.process == half_done
    assert told.command == (sys.executable, "consumer.py", "--group", "test")
    assert told.folder == str(stage.home)
    assert told.log_path == str(stage.places.log)
    assert {"SECRET", "AZURE_STORAGE_CONNECTION_STRING", "PATH"} <= set(told.variables)
    assert b"hunter2" not in record_path(stage.places.records, half_done).read_bytes()


async def test_it_is_finished_with_ehtuis_own_values(
    stage: Stage, hands: LocalControl, half_done: ProcessId, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.script.write_text("import os, time; print(os.environ, flush=True); time.sleep(60)")
    monkeypatch.setenv("SECRET", "of-ehtui")
    monkeypatch.setenv("OTHER", "never")
    monkeypatch.delenv("AZURE_STORAGE_CONNECTION_STRING", raising=False)
    outcome = await executor(stage, hands).run(again(stage, half_done))
    stage.running.append(int(dict(outcome.details)["pid"]))
    told = stage.places.log.with_stem("again-2").read_text()

    assert outcome.state is OutcomeState.DONE
    assert "'SECRET': 'of-ehtui'" in told
    assert "OTHER" not in told
    assert "AZURE_STORAGE" not in told
    wait_until(lambda: read_restarts(stage.places.records) == ())


def test_where_secrets_stood_among_its_arguments_it_is_not_finished(
    stage: Stage, hands: LocalControl
) -> None:
    stage.script.write_text("import sys; print('runs', flush=True); sys.stdin.read()")
    words = ("--connection-string", "Endpoint=sb://x/;SharedAccessKey=hunter2hunter2")
    reader, writer = os.pipe()
    process = stage.start(sys.executable, "consumer.py", *words, stdin=reader)
    os.close(reader)
    prepared = stage.prepare(process)
    stage.script.unlink()
    assert prepared.carry_out().obstacle is StartObstacle.SCRIPT_GONE
    os.close(writer)

    with pytest.raises(CannotStartError) as caught:
        hands.prepare_again(process, str(stage.places.log), {})

    assert caught.value.obstacle is StartObstacle.SECRETS_GONE


@only_linux("tells what a process may")
def test_the_same_rights_are_asked_for(stage: Stage, hands: LocalControl) -> None:
    """A record knows whose it was and what that one might: root gives no more."""
    prepared = stage.prepare(stage.start())
    told = prepared.record["confinement"]
    prepared.release()

    assert told["users"] == (os.geteuid(),) * 3
    assert "bounding" in told["capabilities"]
    assert hands.records == stage.places.records


def test_a_half_restart_can_be_forgotten(stage: Stage, half_done: ProcessId) -> None:
    pid = str(half_done.pid)

    assert forget(stage.places.records, pid) is None
    assert read_restarts(stage.places.records) == ()
    assert "No restart" in (forget(stage.places.records, pid) or "")


def test_what_is_under_way_is_not_forgotten(stage: Stage) -> None:
    process = stage.start()
    prepared = stage.prepare(process)
    told = forget(stage.places.records, str(process.pid))
    prepared.release()

    assert told is not None
    assert "right now" in told
    assert lives(process)


def test_what_is_over_is_told_for_a_while_and_then_taken_away(stage: Stage) -> None:
    process = stage.start()
    restarted = stage.restart(process)
    assert restarted.process is not None
    records = stage.places.records
    path = record_path(records, process)
    wait_until(lambda: forget(records, "0") is not None)

    assert restarted_as(records, str(process.pid)) == restarted.process.pid
    prune(records)
    assert path.exists()
    os.utime(path, (1.0, 1.0))

    def is_pruned() -> bool:
        prune(records)
        return not path.exists()

    wait_until(is_pruned)
    assert restarted_as(records, str(process.pid)) is None


# Which those are.


def test_who_has_ended_is_offered_until_somebody_runs_in_its_place() -> None:
    world = healthy()
    seen = seen_with({}, world.snapshot)
    assert ended_consumers(seen, world.snapshot) == ()
    world.kill("owner-1")
    world.look()
    seen = seen_with(seen, world.snapshot)
    (ended,) = ended_consumers(seen, world.snapshot)

    assert ended.process == process_id(world.consumers["owner-1"])
    assert ended.group == "$Default"

    world.consumer("again", pid=900, started_at=world.at + 1)
    world.play(5)
    assert ended_consumers(seen_with(seen, world.snapshot), world.snapshot) == ()


def test_its_brothers_do_not_run_in_its_place() -> None:
    """Three instances of one command: those that ran before do not count."""
    world = healthy()
    seen = seen_with({}, world.snapshot)
    world.kill("owner-0")
    world.play(60)
    seen = seen_with(seen, world.snapshot)

    assert len(ended_consumers(seen, world.snapshot)) == 1


ENDED = Ended(ProcessId(7, 1.0), "python c.py", "/srv", "$Default", "rag", 12.0)
FOUND = Rehearsal(("python", "c.py"), "/srv")


def planned(ended: Ended, rehearsal: Rehearsal | Refusal = FOUND, **changes: Any) -> Any:
    wanted: dict[str, Any] = {
        "is_remembered": True,
        "variables": frozenset({"PATH"}),
        "default_group": "$Default",
        "log_folder": "/l",
        "read_only": False,
        "at": 20.0,
    }

    return plan_again(ended, rehearsal, **wanted | changes)


def test_the_plan_says_whose_environment_it_gets() -> None:
    plan = planned(ENDED)
    assert (plan.environment, plan.missing) == (EnvironmentOf.ITSELF, ())
    words = "\n".join(confirmation(plan, Phrasing(Snapshot())).steps)
    assert "with the environment, user and limits that it had" in words
    assert "cd /srv && python c.py" in words

    assert planned(ENDED, read_only=True).reason is RefusalReason.READ_ONLY
    refused = Refusal(RefusalReason.CANNOT_START, "7")
    assert planned(ENDED, refused) is refused


def test_names_without_a_value_are_told() -> None:
    world = healthy()
    told = record(world, world.snapshot.consumers[0].process, variables=("KEY", "PATH"))
    plan = planned(replace(ENDED, record=told), is_remembered=False)

    assert (plan.environment, plan.missing) == (EnvironmentOf.EHTUI, ("KEY",))
    words = confirmation(plan, Phrasing(world.snapshot))
    assert "Not set here, so the new process lacks: KEY." in words.costs
    assert words.is_grave


async def test_starting_offers_them_beside_configured_ones() -> None:
    session = FakeBackend(healthy_picture())
    session.ended = (ENDED,)
    app = EhtuiApp(session, UiOptions())

    async with app.run_test(size=(120, 36)) as pilot:
        for key in ("S", "down", "down", "enter", "right", "enter"):
            await pilot.press(key)
            await pilot.pause()

        await wait_for(lambda: bool(session.executed))

    (plan,) = session.executed
    assert isinstance(plan, StartPlan)
    assert plan.again == ENDED.process


# The command.


class Down:
    """A session that knows one half restart."""

    def __init__(self, *ended: Ended) -> None:
        self.ended = ended
        self.snapshot = healthy().snapshot


def half(wanted: list[str], *ended: Ended) -> Ended | None:
    return command._half_done(cast("Backend", Down(*ended)), wanted)


def test_restart_finishes_what_was_left_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    world = healthy()
    down = replace(ENDED, record=record(world, world.snapshot.consumers[0].process))

    assert half(["7"], down) is down
    assert half(["8"], down) is None
    assert half(["7"], ENDED) is None

    with pytest.raises(ConfigError, match="7 was stopped"):
        half(["7", "8"], down)


def test_the_second_is_told_who_runs_by_now(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    process = stage.start()
    restarted = stage.restart(process)
    assert restarted.process is not None
    (stage.folder / "ehtui").mkdir()
    stage.places.records.rename(stage.folder / "ehtui" / "restarts")
    monkeypatch.setenv("XDG_STATE_HOME", str(stage.folder))

    with pytest.raises(ConfigError, match=f"{restarted.process.pid} runs in its place"):
        half([str(process.pid)])


def test_forget_needs_no_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    asked = argparse.Namespace(forget=True, target=["123"], dry_run=False, json=False)
    assert command.run_restart(asked) == 1
    assert "No restart of 123" in capsys.readouterr().err
