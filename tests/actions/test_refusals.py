"""Who is not signalled: real processes, each judged from a look at it to the sentence shown."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from ehtui import system
from ehtui.actions.targets import send_signal
from ehtui.domain.actions.base import SignalEffect
from ehtui.domain.actions.outcomes import Refusal, RefusalReason
from ehtui.domain.actions.plans import SignalPlan
from ehtui.domain.actions.requests import Actor
from ehtui.domain.snapshot import ConsumerState, Snapshot
from ehtui.domain.world.process import ProcessId
from ehtui.sources.proc import KERNEL_THREAD
from ehtui.sources.process_facts import is_kernel_thread, own_line, own_user, started_at
from ehtui.sources.processes import ProcessSource
from ehtui.views.actions import confirmation
from ehtui.views.outcomes import refusal_sentence
from ehtui.views.phrasing import Phrasing
from tests.children import identity, python_child
from tests.domain.planning import plan_signal
from tests.shortcuts import only_linux
from tests.supervising import under
from tests.waiting import wait_until

KTHREADD_STAT = (
    "2 (k) 9 (thread) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 24 0 0 18446744073709551615 "
    "0 0 0 0 0 0 0 2147483647 0 1 0 0 0 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
)


def here() -> Actor:
    """This session, as the command and the screen know it."""
    return Actor(os.getpid(), own_line(), own_user(), is_root=os.geteuid() == 0)


def look(*pids: int) -> Snapshot:
    """A look at processes that somebody chose by hand."""
    processes = ProcessSource(manual_pids=pids).scan().processes

    return Snapshot(consumers=tuple(ConsumerState(process) for process in processes))


def judge(
    seen: Snapshot, process: ProcessId, name: str = "TERM", *, read_only: bool = False
) -> SignalPlan | Refusal:
    return plan_signal(seen, [process], name, host=here(), read_only=read_only, at=1.0)


def refused(made: SignalPlan | Refusal) -> tuple[RefusalReason, str]:
    assert isinstance(made, Refusal)

    return made.reason, refusal_sentence(made)


def test_init_stays() -> None:
    process = ProcessId(1, started_at(1))

    assert refused(judge(look(1), process)) == (
        RefusalReason.INIT,
        "1 is the init process: it is never signalled.",
    )


def test_ehtui_and_all_that_it_runs_in_stay() -> None:
    line = [pid for pid in own_line() if pid != 1]
    assert {os.getpid(), os.getppid()} - {1} <= set(line)
    seen = look(*line)

    for pid in line:
        assert refused(judge(seen, ProcessId(pid, started_at(pid)))) == (
            RefusalReason.SELF_OR_ANCESTOR,
            f"{pid} is ehtui itself, or what it runs in.",
        )


def kernel_threads() -> Sequence[int]:
    return [pid for pid in psutil.pids() if is_kernel_thread(pid)]


def test_a_thread_of_the_kernel_is_none_of_ours() -> None:
    pid = next(iter(kernel_threads()), None)

    if pid is None:
        pytest.skip("no kernel thread is visible, as in a container")

    assert refused(judge(look(pid), ProcessId(pid, started_at(pid)))) == (
        RefusalReason.KERNEL_THREAD,
        f"{pid} is a kernel thread.",
    )


@only_linux("has such flags")
def test_the_flags_stand_behind_any_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_bytes", lambda _: KTHREADD_STAT.encode())
    assert is_kernel_thread(2)

    ours = KTHREADD_STAT.replace("2129984", str(2129984 & ~KERNEL_THREAD))
    monkeypatch.setattr(Path, "read_bytes", lambda _: ours.encode())
    assert not is_kernel_thread(2)


def test_a_process_of_ours_is_no_kernel_thread() -> None:
    assert not is_kernel_thread(os.getpid())
    assert not is_kernel_thread(2**31 - 1)


def test_one_that_vanished_is_gone() -> None:
    with python_child() as child:
        process = identity(child)
        seen = look(child.pid)
        assert isinstance(judge(seen, process), SignalPlan)

    assert refused(judge(look(child.pid), process)) == (
        RefusalReason.GONE,
        f"{child.pid} is gone: there is nothing left to signal.",
    )


def test_a_zombie_is_gone() -> None:
    with python_child() as child:
        process = identity(child)
        source = ProcessSource(manual_pids=[child.pid])
        assert source.scan().processes
        child.kill()
        wait_until(lambda: psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE)
        (sample,) = source.scan().processes
        made = judge(Snapshot(consumers=(ConsumerState(sample),)), process)

    assert sample.status == "zombie"
    assert refused(made)[0] is RefusalReason.GONE


def test_another_start_time_is_another_process() -> None:
    with python_child() as child:
        stale = ProcessId(child.pid, identity(child).started_at - 60)

        assert refused(judge(look(child.pid), stale)) == (
            RefusalReason.IDENTITY_CHANGED,
            f"{child.pid} is another process now: its pid was reused.",
        )


def test_read_only_goes_before_everything() -> None:
    with python_child() as child:
        made = judge(look(child.pid), identity(child), read_only=True)

    assert refused(made) == (
        RefusalReason.READ_ONLY,
        "Read-only: nothing is sent, signalled or started.",
    )


@only_linux("tells what it ignores")
def test_what_a_script_started_in_the_background_ignores_an_interrupt() -> None:
    """No refusal: the plan says that it will not help, or that this is not known."""
    with under("sh") as process:
        seen = look(process.pid)
        me = ProcessId(process.pid, started_at(process.pid))
        interrupted = judge(seen, me, "INT")
        send_signal(me, "INT")

        assert isinstance(interrupted, SignalPlan)
        (cost,) = confirmation(interrupted, Phrasing(seen)).costs

        if system.LINUX:
            assert interrupted.targets[0].effect is SignalEffect.IGNORED
            assert cost == f"{process.pid} ignores SIGINT: no partition is lost."
        else:
            assert interrupted.targets[0].effect is SignalEffect.UNKNOWN

        assert process.is_running()

        terminated = judge(seen, me, "TERM")
        assert isinstance(terminated, SignalPlan)
        assert terminated.targets[0].effect is SignalEffect.DIES


# Runs as the init of a process namespace of its own, where the next number can be chosen.
_REUSE = """
import subprocess, time
from ehtui.config.settings import ConsumerSettings
from ehtui.actions.targets import IdentityChangedError
from tests.actions.test_refusals import *

first = subprocess.Popen(["sleep", "60"])
before = ProcessId(first.pid, started_at(first.pid))
source = ProcessSource(manual_pids=[first.pid])
assert [process.id for process in source.scan().processes] == [before]
first.kill()
first.wait()
time.sleep(0.1)  # start times are told in hundredths of a second
open("/proc/sys/kernel/ns_last_pid", "w").write(str(first.pid - 1))
second = subprocess.Popen(["sleep", "60"])
assert second.pid == first.pid

# Who was chosen is not there any more, and a pattern's new consumer is not the plan's target.
assert source.scan().processes == ()
anew = ProcessSource({"rag": ConsumerSettings(match="sleep 60")})
scans = (anew.scan().processes for _ in range(200))
found = next(filter(None, scans), ())  # one scan may come while its program is being loaded
assert [process.id.pid for process in found] == [second.pid]
print(*refused(judge(Snapshot(consumers=tuple(map(ConsumerState, found))), before)))

try:
    send_signal(before, "KILL")
except IdentityChangedError:
    print("not signalled", second.poll())

second.kill()
second.wait()
"""


@pytest.mark.skipif(not shutil.which("unshare"), reason="no unshare to make a namespace with")
def test_a_number_that_was_really_used_again_is_nobody_we_know() -> None:
    namespace = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]

    if os.geteuid() or subprocess.run([*namespace, "true"], check=False).returncode:
        pytest.skip("no right to make a process namespace, so no number can be used again")

    run = subprocess.run(
        [*namespace, sys.executable, "-c", _REUSE],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    refusal, spared = run.stdout.splitlines()
    assert refusal.startswith("identity_changed")
    assert refusal.endswith("is another process now: its pid was reused.")
    assert spared == "not signalled None"


def test_a_signal_that_is_none_is_told() -> None:
    with python_child() as child:
        made = judge(look(child.pid), identity(child), "NOSUCH")

    assert refused(made) == (RefusalReason.UNKNOWN_SIGNAL, "There is no signal “NOSUCH” here.")
