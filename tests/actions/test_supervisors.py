"""Asking a supervisor: its literal command, with real processes, and no shell between."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil
import pytest
from msgspec.structs import replace

from ehtui.actions.audit import AuditLog
from ehtui.actions.executor import Executor
from ehtui.actions.process_control import LocalControl
from ehtui.actions.targets import (
    LAST_LINES,
    Answer,
    IdentityChangedError,
    ProcessGoneError,
    SupervisorChangedError,
    ask,
    check_supervisor,
)
from ehtui.config.settings import ConsumerSettings
from ehtui.domain.actions.outcomes import OutcomeState
from ehtui.domain.actions.plans import SupervisedPlan
from ehtui.domain.actions.requests import Actor
from ehtui.domain.snapshot import ConsumerState, Snapshot
from ehtui.domain.world.process import ProcessId, Supervisor
from ehtui.sources.processes import ProcessSource
from tests.actions.recording import RecordingSender
from tests.children import identity, python_child
from tests.domain.planning import plan_restart
from tests.supervising import running, supervisord
from tests.waiting import wait_until

HOST = Actor(own_pid=os.getpid(), user="somebody else")


def python(code: str) -> tuple[str, ...]:
    return sys.executable, "-c", code


def planned(marker: str) -> SupervisedPlan:
    """A restart of the one consumer with that marker, as the screen would plan it."""
    source = ProcessSource({"rag": ConsumerSettings(match=marker)})
    seen = Snapshot(consumers=tuple(ConsumerState(each) for each in source.scan().processes))
    (consumer,) = seen.consumers
    plan = plan_restart(
        seen, consumer.process.id, log_folder="/x", host=HOST, read_only=False, at=1.0
    )
    assert isinstance(plan, SupervisedPlan)

    return plan


def executor(folder: Path) -> Executor:
    audit = AuditLog(folder / "audit.jsonl")

    return Executor(sender=RecordingSender(), hands=LocalControl(), audit=audit, clock=lambda: 50.0)


async def test_a_supervisor_restarts_its_own(tmp_path: Path) -> None:
    marker = f"consumer-{os.getpid()}-supervised"

    with supervisord(tmp_path, *python("import signal; signal.pause()"), marker) as before:
        plan = planned(marker)
        outcome = await executor(tmp_path).run(plan)
        after = running(tmp_path)

        assert outcome.state is OutcomeState.DONE
        assert outcome.details == (
            ("exit_code", "0"),
            ("line", "rag:rag_00: stopped"),
            ("line", "rag:rag_00: started"),
        )
        assert after != before
        assert not psutil.pid_exists(before)
        assert planned(marker).target.process.pid == after

        # The plan was for the process before: its number may be anybody's by now.
        again = await executor(tmp_path).run(plan)
        assert again.state is OutcomeState.REFUSED
        assert running(tmp_path) == after

    assert str(tmp_path / "supervisorctl") in (tmp_path / "audit.jsonl").read_text()


async def test_a_command_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    marker = f"consumer-{os.getpid()}-failing"

    with supervisord(tmp_path, *python("import signal; signal.pause()"), marker) as pid:
        plan = planned(marker)
        (tmp_path / "supervisorctl").write_text("#!/bin/sh\necho refused by a\\\\033[2Jb\nexit 7\n")
        outcome = await executor(tmp_path).run(plan)

        assert (outcome.state, running(tmp_path)) == (OutcomeState.FAILED, pid)
        assert outcome.error == "supervisord's command ended with exit code 7."
        assert outcome.details[0] == ("exit_code", "7")

        (tmp_path / "supervisorctl").unlink()
        outcome = await executor(tmp_path).run(plan)
        assert outcome.state is OutcomeState.REFUSED  # it is another plan without its tool


async def test_a_command_without_an_end_is_ended(tmp_path: Path) -> None:
    marker = f"consumer-{os.getpid()}-endless"

    with supervisord(tmp_path, *python("import signal; signal.pause()"), marker):
        plan = replace(planned(marker), wait_s=0.3)
        client = tmp_path / "supervisorctl"
        client.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/client\necho waiting\nexec sleep 60\n")
        outcome = await executor(tmp_path).run(plan)

    assert outcome.state is OutcomeState.FAILED
    assert outcome.error == "No end of supervisord's command within 0.3 s; it was ended."
    assert outcome.details == (("line", "waiting"),)
    assert not psutil.pid_exists(int((tmp_path / "client").read_text()))


def answer_of(command: tuple[str, ...], timeout_s: float) -> Answer:
    return ask(Supervisor("supervisord", command=command), timeout_s)


def test_output_is_bounded_and_shown_as_text() -> None:
    code = (
        "print('x' * 10_000_000)\n"
        "print('\\x1b[1;31mred\\x1b[0m \\x07 AccountKey=hunter2;')\n"
        "[print(n) for n in range(99)]"
    )
    answer = answer_of(python(code), 30.0)

    assert answer.exit_code == 0
    assert answer.last_lines == tuple(str(n) for n in range(99 - LAST_LINES, 99))

    answer = answer_of(python(code.partition("[print")[0]), 30.0)
    assert answer.last_lines[-1] == "red \\x07 AccountKey=***;"
    assert sum(map(len, answer.last_lines)) < 20_000


def test_words_are_words_and_nobody_is_asked_anything() -> None:
    """No shell, no terminal, no input: a password cannot be prompted for."""
    code = (
        "import sys, os\nprint(sys.argv[1], sys.stdin.read() == '')\n"
        "try: os.open('/dev/tty', os.O_RDWR)\nexcept OSError: print('no terminal')"
    )
    answer = answer_of((*python(code), "$(id); *"), 30.0)

    assert answer.last_lines == ("$(id); * True", "no terminal")


def test_who_keeps_the_output_open_is_not_waited_for() -> None:
    code = "import subprocess, sys; c = subprocess.Popen(['sleep', '60']); print(c.pid)"
    answer = answer_of(python(code), 30.0)
    (pid,) = answer.last_lines
    daemon = psutil.Process(int(pid))
    daemon.kill()

    assert answer.exit_code == 0
    wait_until(lambda: not daemon.is_running() or daemon.status() == psutil.STATUS_ZOMBIE)


def test_a_missing_program_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        answer_of((str(tmp_path / "nowhere"),), 1.0)


def test_identity_and_supervisor_are_looked_at_again() -> None:
    other = Supervisor("systemd", "rag.service", ("systemctl", "restart", "rag.service"))

    with python_child() as child:
        process = identity(child)

        with pytest.raises(SupervisorChangedError):
            check_supervisor(process, other)

        with pytest.raises(IdentityChangedError):
            check_supervisor(ProcessId(process.pid, process.started_at - 60), other)

    with pytest.raises(ProcessGoneError):
        check_supervisor(process, other)
