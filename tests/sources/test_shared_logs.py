"""Real processes that write real logs, watched by the real sources: who is which owner."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ehtui.config.settings import ConsumerSettings
from ehtui.domain.updates import LogsRead
from ehtui.domain.world.process import ProcessId
from ehtui.sources.logs import LogSource
from ehtui.sources.process_facts import began_at, started_at
from ehtui.sources.processes import ProcessSource
from tests.waiting import wait_until

WRITER = """
import logging, sys
logging.basicConfig(filename=sys.argv[1], format=sys.argv[2], level=logging.INFO)
print("ready", flush=True)
for line in sys.stdin:
    logging.getLogger("azure.eventhub").info(line.strip())
    print("said", flush=True)
"""
STAMPED = "%(asctime)s %(levelname)s %(name)s: %(message)s"
BARE = "%(levelname)s:%(name)s:%(message)s"


@dataclass(slots=True)
class Crew:
    """Processes that log into one file, and the sources that watch them."""

    folder: Path
    marker: str
    running: list[subprocess.Popen[str]] = field(default_factory=list)
    processes: ProcessSource = field(init=False)
    logs: LogSource = field(init=False)

    def __post_init__(self) -> None:
        # The command line of the writers that count as consumers.
        self.processes = ProcessSource({"all": ConsumerSettings(match=self.marker)})
        self.logs = LogSource(lambda: self.processes.latest)

    @property
    def log(self) -> Path:
        return self.folder / "shared.log"

    def start(self, form: str = STAMPED, *, is_consumer: bool = True) -> subprocess.Popen[str]:
        name = self.marker if is_consumer else "helper"
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(self.log), form, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

        return process

    def say(
        self, process: subprocess.Popen[str], owner: str, what: str = "is being started"
    ) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"EventProcessor '{owner}' {what}\n")
        process.stdin.flush()
        assert process.stdout.readline() == "said\n"

    def pass_a_tick(self) -> None:
        """Until a process that starts from now on is told from what was written before.

        The kernel counts starts in hundredths of a second.
        """
        until = time.monotonic() + 0.03
        wait_until(lambda: time.monotonic() > until)

    def end(self, process: subprocess.Popen[str]) -> None:
        process.kill()
        process.communicate()

    def look(self) -> dict[str, set[int]]:
        """Owner → the pids that it may be of."""
        self.processes.scan()
        return tied(self.logs.scan())

    def see(self, expected: Callable[[dict[str, set[int]]], bool]) -> dict[str, set[int]]:
        wait_until(lambda: expected(self.look()))
        return self.look()


def tied(read: LogsRead) -> dict[str, set[int]]:
    found = {link.owner: {link.process.pid} for link in read.links}
    return found | {claim.owner: {w.pid for w in claim.writers} for claim in read.claims}


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Crew]:
    crew = Crew(tmp_path, f"consumer-{os.getpid()}-{tmp_path.name}")
    yield crew

    for process in crew.running:
        crew.end(process)


@pytest.mark.parametrize("form", [STAMPED, BARE])
def test_the_dead_process_never_gets_the_new_owner(crew: Crew, form: str) -> None:
    first = crew.start(form)
    crew.look()
    crew.say(first, "x")
    assert crew.look() == {"x": {first.pid}}

    crew.end(first)
    crew.pass_a_tick()
    second = crew.start(form)
    crew.say(second, "y")
    seen = [crew.look()]  # whether or not the end was seen before
    crew.say(second, "y", "has claimed partition '0'")
    seen.append(crew.look())
    crew.say(second, "y", "has claimed partition '1'")
    seen.append(crew.look())

    assert all(look["y"] != {first.pid} for look in seen)
    assert seen[-1] == {"x": {first.pid}, "y": {second.pid}}


def test_a_process_that_nobody_knows_yet_may_have_written_it(crew: Crew) -> None:
    known = crew.start()
    crew.look()
    crew.say(known, "x")
    assert crew.look() == {"x": {known.pid}}

    helper = crew.start(is_consumer=False)
    crew.say(helper, "y")

    assert crew.look()["y"] == {known.pid, helper.pid}


def test_who_is_not_listed_yet_when_it_speaks_is_not_taken_for_another(crew: Crew) -> None:
    """The list of processes is older than the log: a newcomer is found by the file it holds."""
    old = crew.start()
    crew.look()
    crew.say(old, "x")
    crew.look()
    new = crew.start()
    crew.say(new, "y")

    assert tied(crew.logs.scan())["y"] == {old.pid, new.pid}
    assert crew.look()["y"] == {old.pid, new.pid}


def test_a_small_pid_in_the_line_decides(crew: Crew) -> None:
    """As gunicorn writes it; the minute and the day of the stamp are other writers' pids."""
    one, two = crew.start(), crew.start()
    crew.look()
    stamp = time.strftime("[%Y-%m-%d %H:%M:%S +0000]", time.gmtime())
    line = f"{stamp} [{two.pid}] [INFO] EventProcessor 'nine' is being started\n"

    with crew.log.open("a") as file:
        file.write(line)

    assert crew.look() == {"nine": {two.pid}}
    assert one.pid != two.pid


def test_two_that_began_one_after_the_other_before_anybody_looked(crew: Crew) -> None:
    first = crew.start()
    crew.say(first, "x")
    crew.pass_a_tick()
    second = crew.start()
    crew.say(second, "y")

    assert crew.look() == {"x": {first.pid}, "y": {first.pid, second.pid}}


def test_a_restart_into_a_new_output_keeps_the_shared_log(crew: Crew) -> None:
    """What ehtui starts has its output redirected into a file of its own, which stays empty."""
    other = crew.start()
    crew.look()
    crew.say(other, "x")
    crew.look()
    output = crew.folder / "started-1.log"
    crew.pass_a_tick()

    with output.open("a") as redirected:
        restarted = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(crew.log), STAMPED, crew.marker],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=redirected,
            text=True,
        )

    crew.running.append(restarted)
    assert restarted.stdout is not None
    restarted.stdout.readline()
    crew.say(restarted, "y")
    found = crew.see(lambda look: "y" in look)
    (sample,) = [s for s in crew.processes.latest if s.id.pid == restarted.pid]

    assert sample.logs == (str(crew.log), str(output))
    assert found == {"x": {other.pid}, "y": {other.pid, restarted.pid}}


def test_a_start_is_told_to_the_hundredth_however_the_clock_was_set_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The clock of a host is corrected all the time; lines are stamped by what it says then."""
    before = time.time()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    after = time.time()

    try:
        process = ProcessId(child.pid, started_at(child.pid))
        assert before - 0.02 <= began_at(process) <= after
        clock = time.time
        monkeypatch.setattr(time, "time", lambda: clock() + 7.25)
        assert before + 7.23 <= began_at(process) <= after + 7.25
    finally:
        child.communicate()
