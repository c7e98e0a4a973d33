"""A process that exec'd something else in place: same pid, same start, another program."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from ehtui.actions.targets import ProgramChangedError, check_identity, send_signal
from ehtui.config.settings import ConsumerSettings
from ehtui.domain.actions.outcomes import Refusal, RefusalReason
from ehtui.domain.actions.requests import Actor
from ehtui.domain.evidence import facts
from ehtui.domain.policy import Policy
from ehtui.domain.reduce import reduce, start
from ehtui.domain.updates import ProcessesRead
from ehtui.domain.world.process import ProcessId, Program
from ehtui.sources.process_facts import program_of, started_at
from ehtui.sources.processes import ProcessSource
from tests.domain.build import healthy
from tests.domain.planning import plan_restart, plan_signal
from tests.shortcuts import only_linux
from tests.waiting import wait_until

# Waits for a line, then becomes what the line says.
SHIFTER = """
import os, shlex, sys
print("ready", flush=True)
words = shlex.split(sys.stdin.readline())
os.execvp(words[0], words)
"""
# Writes a title over its arguments, as setproctitle does, and stays what it is.
TITLED = """
import ctypes, sys
print("ready", flush=True)
sys.stdin.readline()
libc = ctypes.CDLL(None)
fields = open("/proc/self/stat").read().rpartition(")")[2].split()
start, end = int(fields[45]), int(fields[46])
ctypes.memset(start, 0, end - start)
ctypes.memmove(start, b"rag: idle", 9)
print("titled", flush=True)
sys.stdin.read()
"""


@contextmanager
def child(code: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def becomes(process: subprocess.Popen[str], line: str) -> None:
    """It execs that, and the kernel shows it."""
    shown = Path(f"/proc/{process.pid}/cmdline")
    before = shown.read_bytes()
    assert process.stdin is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    wait_until(lambda: shown.read_bytes() not in {before, b""})


def chosen(process: subprocess.Popen[str]) -> ProcessId:
    return ProcessId(process.pid, started_at(process.pid), program_of(process.pid))


@pytest.mark.parametrize("becoming", ["sleep 60", f"{sys.executable} -c 'input()'"])
def test_who_execs_another_program_is_not_signalled(becoming: str) -> None:
    with child(SHIFTER) as process:
        before = chosen(process)
        check_identity(before)
        becomes(process, becoming)

        with pytest.raises(ProgramChangedError):
            send_signal(before, "KILL")

        assert process.poll() is None


@only_linux("tells a title from another program")
def test_who_writes_a_title_is_who_it_was() -> None:
    with child(TITLED) as process:
        before = chosen(process)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        assert process.stdout.readline() == "titled\n"

        check_identity(before)
        assert program_of(process.pid).arguments != before.program.arguments  # type: ignore[union-attr]


def test_every_scan_looks_at_what_runs() -> None:
    """The list shows what it is now; what stood in the list before is refused to every plan."""
    source = ProcessSource({"rag": ConsumerSettings(match="marked-one")}, manual_pids=[])

    with child(SHIFTER, "marked-one") as process:
        (before,) = [p for p in source.scan().processes if p.id.pid == process.pid]
        becomes(process, f"{sys.executable} -c 'input()' marked-one and-two")
        (after,) = [p for p in source.scan().processes if p.id.pid == process.pid]

        assert "and-two" in after.command
        assert "and-two" not in before.command
        assert not before.id.runs_on_in(after.id)

        state = reduce(start(Policy(), 0.0, ()), ProcessesRead(1.0, "processes", (before,), 0.0))
        seen = reduce(state, ProcessesRead(2.0, "processes", (after,), 0.0)).snapshot
        host = Actor(own_pid=1)
        signal = plan_signal(seen, [before.id], "TERM", host=host, read_only=False, at=3.0)
        restart = plan_restart(seen, before.id, log_folder="/l", host=host, read_only=False, at=3.0)
        pid = str(process.pid)

        assert signal == restart == Refusal(RefusalReason.PROGRAM_CHANGED, pid)


def test_an_owner_whose_process_became_something_else_has_ended() -> None:
    """What its process runs now is no owner of anything, until it says so itself."""
    world = healthy()
    consumer = next(c for c in world.snapshot.consumers if c.link is not None)
    assert consumer.link is not None
    owner, process = consumer.link.owner, consumer.process
    others = [c.process for c in world.snapshot.consumers if c.process.id != process.id]

    def looks(place: int) -> ProcessesRead:
        program = Program((8, 1), (place, place), str(place))
        seen = replace(
            process,
            id=ProcessId(process.id.pid, process.id.started_at, program),
            command=f"c{place}.py",
        )
        return ProcessesRead(world.at, "processes", (seen, *others), 0.0)

    world.fold(looks(1))
    assert world.snapshot.consumers[0].link is not None
    world.fold(looks(2))
    (now,) = [c for c in world.snapshot.consumers if c.process.id == process.id]

    assert now.link is None
    assert now.process.command == "c2.py"
    assert [facts(e.details)["owner"] for e in world.told("consumer.gone")] == [owner]
    assert [facts(e.details)["command"] for e in world.told("consumer.started")] == ["c2.py"]


def test_what_is_told_of_a_command_line_is_no_digest_to_try_words_on() -> None:
    """It stands in plans as JSON: without this session's key nobody can guess a secret from it."""
    with child(SHIFTER, "--password", "1234") as process:
        words = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        told = program_of(process.pid).arguments

    assert told not in {
        hashlib.new(name, words).hexdigest() for name in ("sha256", "sha1", "md5", "blake2b")
    }
