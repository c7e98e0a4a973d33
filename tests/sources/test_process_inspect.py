"""A close look at real processes."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

from ehtui import system
from ehtui.domain.world.process import ProcessId
from ehtui.sources.process_facts import started_at
from ehtui.sources.processes import inspect_process
from tests.children import python_child

BUSY = """
import signal, socket, subprocess, sys
signal.signal(signal.SIGUSR1, lambda *_: None)
signal.signal(signal.SIGINT, signal.SIG_IGN)
log = open(sys.argv[1] + "/a.log", "w")
other = open(sys.argv[1] + "/data.bin", "w")
read = open(sys.argv[1] + "/old.log", "r")
peer = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()", "PASSWORD=hunter2"],
    stdin=subprocess.PIPE)
"""


def test_family_connections_logs_and_signals(tmp_path: Path) -> None:
    (tmp_path / "old.log").touch()

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        with python_child(BUSY, str(tmp_path), str(port)) as child:
            details = inspect_process(ProcessId(child.pid, started_at(child.pid)))

    assert details is not None
    assert details.parents is not None
    assert details.parents[0].pid == os.getpid()
    assert details.children is not None
    assert len(details.children) == 1
    assert "hunter2" not in details.children[0].command
    assert details.peers is not None
    assert [(p.address, p.status, p.count) for p in details.peers] == [
        (f"127.0.0.1:{port}", "ESTABLISHED", 1)
    ]
    assert details.logs is not None
    # Its standard error is pytest's: a file without a name.
    named = [path for path in details.logs if not path.startswith("/proc/")]
    assert named == [str(tmp_path / "a.log")]

    if system.LINUX:
        assert signal.SIGUSR1 in (details.caught_signals or ())
        assert signal.SIGINT in (details.ignored_signals or ())
    else:  # unknown, and not none
        assert details.caught_signals is details.ignored_signals is None


def test_who_is_gone_or_another_has_no_details() -> None:
    with python_child() as child:
        process = ProcessId(child.pid, started_at(child.pid))

        assert inspect_process(process) is not None
        assert (
            inspect_process(ProcessId(process.pid, process.started_at - 60, process.program))
            is None
        )

    assert inspect_process(process) is None
