"""Signals against real processes: the one that was meant, or nobody."""

from __future__ import annotations

import signal
import sys

import psutil
import pytest

from ehtui.actions.targets import (
    IdentityChangedError,
    ProcessGoneError,
    check_identity,
    send_signal,
    wait_for_exit,
)
from ehtui.domain.world.process import ProcessId
from ehtui.sources.process_facts import started_at
from tests.children import identity, python_child
from tests.waiting import wait_until


def test_a_signal_reaches_the_process_that_was_meant() -> None:
    with python_child() as child:
        send_signal(identity(child), "TERM")

        assert child.wait(timeout=10) == -signal.SIGTERM


def test_a_reused_pid_is_not_signalled() -> None:
    with python_child() as child:
        real = identity(child)

        with pytest.raises(IdentityChangedError):
            send_signal(ProcessId(real.pid, real.started_at - 60), "KILL")

        assert child.poll() is None


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere start times are not from boot")
def test_a_corrected_clock_makes_nobody_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    with python_child() as child:
        process = ProcessId(child.pid, started_at(child.pid))
        booted_at = psutil.boot_time()
        monkeypatch.setattr("psutil._pslinux.boot_time", lambda: booted_at + 7)

        check_identity(process)


def test_a_vanished_process_is_told() -> None:
    with python_child() as child:
        gone = identity(child)

    with pytest.raises(ProcessGoneError):
        send_signal(gone, "TERM")


def test_a_zombie_counts_as_gone() -> None:
    with python_child() as child:
        zombie = identity(child)
        child.kill()
        wait_until(lambda: psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE)

        with pytest.raises(ProcessGoneError):
            send_signal(zombie, "TERM")


def test_an_ignored_interrupt_leaves_the_process_alive() -> None:
    with python_child("import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)") as child:
        send_signal(identity(child), "INT")
        send_signal(identity(child), "INT")

        assert child.poll() is None


def test_waiting_ends_with_the_process() -> None:
    with python_child() as child:
        process = identity(child)
        assert not wait_for_exit(process, 0.0)

        child.kill()
        assert wait_for_exit(process, 10.0)
        assert psutil.pid_exists(child.pid)  # a zombie of ours: ended all the same


def test_a_host_that_does_not_answer_is_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: ProcessId) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("ehtui.actions.targets.check_identity", fail)

    with pytest.raises(OSError, match="Too many open files"):
        wait_for_exit(ProcessId(1, 1.0), 0.0)
