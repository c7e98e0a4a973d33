"""Where the system tells only of this user's own processes, the rest is unknown, and not none."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from ehtui.actions.targets import check_reach, send_signal
from ehtui.config.settings import ConsumerSettings
from ehtui.domain.snapshot import ConsumerState, Snapshot
from ehtui.domain.world.process import LogState, ProcessSample, RecognisedBy, Withheld
from ehtui.sources.log_files import logs_of
from ehtui.sources.processes import ProcessSource, inspect_process
from ehtui.sources.sockets import Sockets
from ehtui.views.details.consumer import consumer_details
from ehtui.views.keys import process_key
from ehtui.views.phrasing import Phrasing
from tests.children import identity, python_child
from tests.macos import be_macos
from tests.waiting import wait_until

CONNECTED = """
import socket, sys
kept = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
log = open(sys.argv[2], "a")
"""


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def scanned(source: ProcessSource, pid: int) -> ProcessSample | None:
    return next((s for s in source.scan().processes if s.id.pid == pid), None)


def source_of(port: int, *pids: int, match: str = "no such program") -> ProcessSource:
    return ProcessSource(
        {"rag": ConsumerSettings(match=match)},
        namespace=f"127.0.0.1:{port}",
        manual_pids=pids,
        clock=map(float, count(time.time(), 60)).__next__,
    )


def test_ones_own_are_known_by_what_is_left(
    monkeypatch: pytest.MonkeyPatch, port: int, tmp_path: Path
) -> None:
    be_macos(monkeypatch, is_anothers=lambda _: False)
    log = tmp_path / "consumer.log"
    marker = f"consumer-{os.getpid()}-m"

    with python_child(CONNECTED, str(port), str(log), marker) as child:
        found = scanned(source_of(port, match=marker), child.pid)
        assert found is not None
        assert found.recognised_by is RecognisedBy.PATTERN
        assert (found.connections, found.cwd) == (1, str(Path.cwd()))
        assert found.logs == (str(log),)
        assert found.withheld == frozenset()
        assert found.caught_signals is found.ignored_signals is None
        assert marker in found.command

        send_signal(found.id, "TERM")
        wait_until(lambda: child.poll() is not None)


def test_of_others_nothing_is_made_up_and_the_screen_says_why(
    monkeypatch: pytest.MonkeyPatch, port: int, tmp_path: Path
) -> None:
    with python_child(CONNECTED, str(port), str(tmp_path / "a.log")) as child:
        be_macos(monkeypatch, is_anothers=lambda pid: pid == child.pid)
        found = scanned(source_of(port, child.pid), child.pid)

        assert found is not None
        assert found.withheld == frozenset(Withheld)
        assert (found.connections, found.cwd, found.target) == (None, None, None)
        assert found.logs == ()
        assert found.command  # its name
        assert logs_of(child.pid, "/named/for/it.log") == ("/named/for/it.log",)
        check_reach(found.id)

        inspected = inspect_process(identity(child))
        assert inspected is not None
        assert (inspected.peers, inspected.logs) == (None, None)

    # And the screen says why.
    consumer = ConsumerState(found, log=LogState.NONE)
    seen = Snapshot(consumers=(consumer,), taken_at=time.time())
    sections = consumer_details(seen, process_key(found.id), Phrasing(seen))
    told = {line.label: line.value for section in sections for line in section.lines}

    assert told["connections"] == "– (not for this user to see)"
    assert told["log"] == told["folder"] == "–"
    assert told["not told"] == (
        f"arguments, folder, environment, open files and connections: only {found.user} and root "
        "may see them on this system"
    )
    assert any("Which files it has open is not for this user to see" in t for t in told.values())


def test_who_is_told_of_has_none_and_who_is_not_has_an_unknown_number(
    monkeypatch: pytest.MonkeyPatch, port: int, tmp_path: Path
) -> None:
    with (
        python_child(CONNECTED, str(port), str(tmp_path / "a.log")) as one,
        python_child() as other,
        python_child() as anothers,
    ):
        be_macos(monkeypatch, is_anothers=lambda pid: pid == anothers.pid)
        sockets = Sockets()
        counts = sockets.counts({("127.0.0.1", port)})

        assert counts == {one.pid: 1}
        assert anothers.pid in sockets.hidden
        assert not sockets.hidden & {one.pid, other.pid}
