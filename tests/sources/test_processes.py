"""Recognising real processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from itertools import count
from pathlib import Path

import psutil
import pytest

from ehtui.config.process_memory import words_of
from ehtui.config.settings import ConsumerSettings
from ehtui.domain.problems import ProblemError
from ehtui.domain.world.process import LAUNCH_VARIABLE, LaunchMark, ProcessSample, RecognisedBy
from ehtui.sources.namespace_clients import NamespaceClients
from ehtui.sources.process_facts import own_user
from ehtui.sources.processes import FORGET_AFTER_S, ProcessSource, list_processes
from ehtui.sources.recognition import (
    compile_patterns,
    is_ehtui,
    kind_of,
    matching,
    namespace_addresses,
)
from tests.children import identity, python_child
from tests.shortcuts import only_linux
from tests.waiting import wait_until


def sample(source: ProcessSource, pid: int) -> ProcessSample | None:
    return next((s for s in source.scan().processes if s.id.pid == pid), None)


def test_a_pattern_recognises_a_consumer_and_measures_it() -> None:
    marker = f"consumer-{os.getpid()}-a"
    source = ProcessSource({"rag": ConsumerSettings(match=marker)})

    with python_child("", marker) as child:
        first = sample(source, child.pid)
        second = sample(source, child.pid)

        assert first is not None
        assert first.id == identity(child)
        assert (first.recognised_by, first.consumer_name) == (RecognisedBy.PATTERN, "rag")
        assert marker in first.command
        assert first.cpu_percent is None  # one look measures nothing
        assert second is not None
        assert second.cpu_percent is not None
        assert second.rss_bytes
        assert second.threads == 1

    wait_until(lambda: sample(source, child.pid) is None)


def test_a_shell_that_names_a_consumer_is_none() -> None:
    marker = f"consumer-{os.getpid()}-b"
    source = ProcessSource({"rag": ConsumerSettings(match=marker)})
    script = f"import subprocess; subprocess.Popen(['sh', '-c', 'read x', {marker!r}], stdin=0)"

    with python_child(script) as child:
        names = {s.name for s in source.scan().processes}

        assert "sh" not in names
        assert child.pid in {s.id.pid for s in source.scan().processes}


def test_secrets_in_a_command_line_are_masked() -> None:
    marker = f"consumer-{os.getpid()}-c"
    source = ProcessSource({"rag": ConsumerSettings(match=marker)})

    key = "Endpoint=sb://x/;SharedAccessKey=hunter2="

    with python_child("", marker, key, "--password", "hunter2 and hunter2") as child:
        found = sample(source, child.pid)

        assert found is not None
        assert "hunter2" not in found.command


@only_linux("tells what it catches")
def test_signal_masks_are_read() -> None:
    marker = f"consumer-{os.getpid()}-d"
    code = (
        "import signal; signal.signal(signal.SIGTERM, lambda *a: None);"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    )

    with python_child(code, marker) as child:
        found = sample(ProcessSource({"rag": ConsumerSettings(match=marker)}), child.pid)

        assert found is not None
        assert found.caught_signals is not None
        assert found.ignored_signals is not None
        assert signal.SIGTERM in found.caught_signals
        assert signal.SIGHUP in found.ignored_signals


def test_a_pid_given_by_hand_is_recognised() -> None:
    with python_child() as child:
        found = sample(ProcessSource(manual_pids=[child.pid]), child.pid)

        assert found is not None
        assert found.recognised_by is RecognisedBy.STARTED  # this very process started it


def test_who_was_started_by_somebody_else_was_chosen() -> None:
    found = sample(ProcessSource(manual_pids=[os.getppid()]), os.getppid())

    assert found is not None
    assert found.recognised_by is RecognisedBy.MANUAL


def test_a_stranger_that_somebody_chooses_becomes_a_consumer() -> None:
    chosen: list[int] = []
    source = ProcessSource(manual_pids=chosen)

    with python_child() as child:
        assert sample(source, child.pid) is None

        chosen.append(child.pid)

        assert sample(source, child.pid) is not None


def test_a_stranger_that_runs_another_program_is_looked_at_again() -> None:
    marker = f"consumer-{os.getpid()}-f"
    moments = count(time.time(), FORGET_AFTER_S)
    source = ProcessSource(
        {"rag": ConsumerSettings(match=marker)}, clock=lambda: float(next(moments))
    )
    become = f"[sys.executable, '-c', 'input()', {marker[:8]!r} + {marker[8:]!r}]"
    code = (
        "import os, signal, sys;"
        f"signal.signal(signal.SIGUSR1, lambda *a: os.execv(sys.executable, {become}))"
    )

    with python_child(code) as child:
        assert sample(source, child.pid) is None
        child.send_signal(signal.SIGUSR1)
        wait_until(lambda: sample(source, child.pid) is not None)


def test_what_was_just_forked_is_looked_at_in_every_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between fork and exec it says what its parent does, and no scan knows for how long."""
    monkeypatch.setattr("ehtui.sources.processes.YOUNG_S", float("inf"))
    marker = f"consumer-{os.getpid()}-g"
    source = ProcessSource({"rag": ConsumerSettings(match=marker)}, clock=lambda: 5.0)
    become = f"[sys.executable, '-c', 'input()', {marker[:8]!r} + {marker[8:]!r}]"
    code = (
        "import os, signal, sys;"
        f"signal.signal(signal.SIGUSR1, lambda *a: os.execv(sys.executable, {become}))"
    )

    with python_child(code) as child:
        assert sample(source, child.pid) is None
        child.send_signal(signal.SIGUSR1)
        wait_until(lambda: sample(source, child.pid) is not None)


def test_strangers_that_stay_are_not_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = count(time.time(), FORGET_AFTER_S)
    source = ProcessSource(clock=lambda: float(next(moments)))
    asked: list[int] = []

    def noted(process: psutil.Process) -> list[str]:
        asked.append(process.pid)
        return words_of(process)

    monkeypatch.setattr("ehtui.sources.processes.words_of", noted)

    with python_child() as child:
        source.scan()
        assert asked.count(child.pid) == 1
        source.scan()
        source.scan()
        assert asked.count(child.pid) == 1


def test_every_process_can_be_chosen_from_python_first() -> None:
    with python_child("", "AccountKey=hunter2;") as child:
        listed = list_processes()
        mine = next(s for s in listed if s.id.pid == child.pid)

        assert mine.id == identity(child)
        assert "hunter2" not in mine.command
        assert os.getpid() not in {s.id.pid for s in listed}
        kinds = [s.runtime == "python" for s in listed]
        assert kinds == sorted(kinds, reverse=True)


def test_the_log_is_found_by_its_open_file(tmp_path: Path) -> None:
    log = tmp_path / "consumer.log"
    marker = f"consumer-{os.getpid()}-e"

    with python_child(f"f = open({str(log)!r}, 'a')", marker) as child:
        found = sample(ProcessSource({"rag": ConsumerSettings(match=marker)}), child.pid)

        assert found is not None
        assert found.log_path == str(log)


def test_a_log_opened_later_replaces_the_redirected_output(tmp_path: Path) -> None:
    log, output = tmp_path / "consumer.log", tmp_path / "out.txt"
    marker = f"consumer-{os.getpid()}-f"
    code = (
        f"import os, sys; os.dup2(os.open({str(output)!r}, os.O_WRONLY | os.O_CREAT), 2)\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        f"f = open({str(log)!r}, 'a')\n"
        "print('opened', flush=True)"
    )
    source = ProcessSource({"rag": ConsumerSettings(match=marker)})

    with python_child(code, marker) as child:
        early = sample(source, child.pid)
        assert early is not None
        assert early.log_path == str(output)

        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write("\n")
        child.stdin.flush()
        assert child.stdout.readline().strip() == "opened"
        late = sample(source, child.pid)

        assert late is not None
        assert late.log_path == str(log)


def test_ehtui_itself_and_its_children_are_no_clients_of_the_namespace() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; s = socket.create_connection(('127.0.0.1', {port}))"

        with python_child(code) as child:
            source = ProcessSource(namespace=f"127.0.0.1:{port}")

            assert sample(source, child.pid) is None

            by_hand = ProcessSource(namespace=f"127.0.0.1:{port}", manual_pids=[child.pid])
            found = sample(by_hand, child.pid)

            assert found is not None
            assert found.connections == 1


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("python", "/opt/venv/bin/ehtui", "status"), True),
        (("/opt/venv/bin/ehtui",), True),
        (("python3.11", "-m", "ehtui", "why", "7"), True),
        (("python", "-m", "ehtui.sandbox.consumer"), False),
        (("python", "consume.py", "ehtui"), False),
        ((), False),
    ],
)
def test_another_ehtui_is_no_consumer(command: tuple[str, ...], *, expected: bool) -> None:
    assert is_ehtui(command) is expected
    patterns = compile_patterns({"all": ConsumerSettings(match=".")})
    kind = kind_of("/usr/bin/python3.11", command, "python")
    assert (matching(patterns, kind, command) is None) == (expected or not command)


def test_an_expression_that_goes_back_for_ever_is_given_up_and_named() -> None:
    command = ("python", "a" * 200 + "!")
    patterns = compile_patterns({"all": ConsumerSettings(match="(a|aa)+$")})

    with pytest.raises(ProblemError, match=r"consumers\.all\.match takes too long"):
        matching(patterns, kind_of("/usr/bin/python3.11", command, "python"), command)


def test_who_gets_the_number_of_a_chosen_process_is_not_chosen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with python_child() as child:
        source = ProcessSource(manual_pids=[child.pid])
        assert sample(source, child.pid) is not None

        monkeypatch.setattr(psutil.Process, "is_running", lambda _: False)
        assert sample(source, child.pid) is not None

        monkeypatch.setattr("ehtui.sources.processes.started_at", lambda _: 1.0)
        assert sample(source, child.pid) is None


def test_we_are_named_as_our_processes_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "somebody-else")

    with python_child() as child:
        found = sample(ProcessSource(manual_pids=[child.pid]), child.pid)

        assert found is not None
        assert own_user() == found.user


def test_one_that_goes_while_it_is_looked_at_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(process: psutil.Process) -> str:
        raise psutil.NoSuchProcess(process.pid)

    with python_child() as child:
        monkeypatch.setattr(psutil.Process, "username", gone)

        assert sample(ProcessSource(manual_pids=[child.pid]), child.pid) is None


def test_a_silent_name_server_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    may_answer, asked = threading.Event(), []

    def answer(namespace: str) -> frozenset[tuple[str, int]]:
        asked.append(namespace)
        may_answer.wait(10)

        return frozenset({("127.0.0.1", 1)})

    monkeypatch.setattr("ehtui.sources.namespace_clients.namespace_addresses", answer)
    monkeypatch.setattr("ehtui.sources.namespace_clients.RESOLVE_WAIT_S", 0.01)
    times = iter(range(0, 1000, 20))

    with python_child() as child:
        source = ProcessSource(
            namespace="ns", manual_pids=[child.pid], clock=lambda: float(next(times))
        )
        early = [sample(source, child.pid) for _ in range(2)]
        may_answer.set()
        wait_until(
            lambda: (late := sample(source, child.pid)) is not None and late.connections == 0
        )

        assert [look and look.connections for look in early] == [None, None]
        assert asked == ["ns"]


async def test_reading_is_a_scan() -> None:
    read = await ProcessSource(clock=lambda: 5.0).read()

    assert (read.source, read.at) == ("processes", 5.0)


def test_what_ehtui_started_is_known_again_by_its_mark_and_its_children_are_not() -> None:
    """As `ehtui start` leaves it: without a pattern, whoever looks at the hub next."""
    mark = LaunchMark("rag", "audit", "contoso.servicebus.windows.net", "meetings")
    code = (
        "import subprocess, sys;"
        "child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE);"
        "print('ready', child.pid, flush=True); input()"
    )

    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
        env={LAUNCH_VARIABLE: mark.text},
    ) as started:
        assert started.stdout is not None
        inner = int(started.stdout.readline().split()[1])
        source = ProcessSource(namespace="contoso.servicebus.windows.net")
        found = sample(source, started.pid)

        assert found is not None
        assert (found.recognised_by, found.consumer_name) == (RecognisedBy.STARTED, "rag")
        assert found.target is not None
        assert found.target.named_groups == ("audit",)
        assert found.target.named_hubs == ("meetings",)
        assert sample(source, inner) is None
        assert (
            sample(ProcessSource(namespace="fabrikam.servicebus.windows.net"), started.pid) is None
        )
        started.communicate("\n")


@pytest.mark.parametrize("name", ["[::1]:5691", "[::1]", "127.0.0.1:5691"])
def test_a_namespaces_address_may_be_of_either_kind(name: str) -> None:
    host = name.removesuffix(":5691").strip("[]")
    found = namespace_addresses(name)

    assert {address for address, _ in found} == {host}
    assert (host, 5691 if ":5691" in name else 5671) in found


def test_clients_that_use_another_name_of_the_namespace_are_its_clients() -> None:
    clients = NamespaceClients("127.0.0.1:5691", ("127.0.0.2:5692",))
    clients.count(0.0)
    wait_until(lambda: bool(clients.addresses))

    assert clients.addresses == {("127.0.0.1", 5691), ("127.0.0.2", 5692)}
