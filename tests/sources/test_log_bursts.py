"""A burst in a consumer's log: its end is known before its middle, and what is left is said."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from msgspec.structs import replace

from ehtui.domain.snapshot import ConsumerState
from ehtui.domain.updates import LogsRead, ProcessesRead
from ehtui.domain.world.process import LogState
from ehtui.sources.logs import CATCH_UP_BYTES, LogSource
from ehtui.sources.source import Eager
from ehtui.views.details.consumer import consumer_details
from ehtui.views.keys import process_key
from ehtui.views.phrasing import Phrasing
from tests.domain.build import World
from tests.sources.log_processes import process

LINE = "2026-01-20T21:11:59.123Z INFO app: handled one event of many, nothing else to say here\n"
MIDDLE = LINE * (2 * CATCH_UP_BYTES // len(LINE))
STARTS = "2026-01-20T21:11:59.500Z INFO x: EventProcessor '{}' is being started\n"


def source(*paths: Path) -> LogSource:
    processes = tuple(process(7 + n, path) for n, path in enumerate(paths))
    return LogSource(lambda: processes, clock=lambda: 1_768_943_600.0)


def test_the_owner_at_the_end_is_known_before_the_middle_is_read(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(MIDDLE + STARTS.format("middle") + MIDDLE + STARTS.format("last"))
    logs = source(log)
    first = read = logs.scan()

    assert {link.owner for link in first.links if link.over_at is None} == {"last"}
    ((pid, behind),) = first.behind
    assert pid == 7
    assert behind > CATCH_UP_BYTES
    assert isinstance(logs, Eager)
    assert logs.is_behind

    left = [behind]

    while logs.is_behind:
        read = logs.scan()
        left += [count for _, count in read.behind]

    assert left == sorted(left, reverse=True)
    assert all(a - b <= CATCH_UP_BYTES for a, b in pairwise(left))
    assert read.behind == ()
    # An older start, read later: it is the earlier client, and puts nobody in doubt.
    assert {link.owner for link in read.links if link.over_at is None} == {"last"}
    assert "middle" in {link.owner for link in read.links}


def test_the_end_of_every_log_comes_before_the_middle_of_any(tmp_path: Path) -> None:
    flooded, quiet = tmp_path / "a.log", tmp_path / "b.log"
    flooded.write_text(MIDDLE + MIDDLE)
    quiet.write_text(STARTS.format("quiet"))
    logs = source(flooded, quiet)
    logs.scan()

    with quiet.open("a") as file:
        file.write("EventProcessor 'quiet' has been stopped.\n")

    assert logs.is_behind
    (link,) = logs.scan().links
    assert link.over_at is not None
    assert logs.is_behind


def test_what_was_passed_over_is_shown_and_makes_no_log_silent() -> None:
    world = World(1)
    world.consumer("a", pid=11)
    world.look(logs=False)
    sample = replace(world.processes_read().processes[0], log_path="/var/log/a.log")
    world.play(120, logs=False)
    world.fold(ProcessesRead(world.at, "processes", (sample,), 0.01))

    def read(behind: int) -> ConsumerState:
        followed = ((11, "/var/log/a.log"),)
        left = ((11, behind),) if behind else ()
        world.fold(LogsRead(world.at, "logs", (), (), 0.0, followed, behind=left))
        return world.snapshot.consumers[0]

    def shown() -> dict[str, str]:
        key = process_key(sample.id)
        sections = consumer_details(world.snapshot, key, Phrasing(world.snapshot))
        return {line.label: line.value for section in sections for line in section.lines}

    consumer = read(12 * 1024 * 1024)
    assert (consumer.log, consumer.log_behind_bytes) == (LogState.BEHIND, 12 * 1024 * 1024)
    assert shown()["not read yet"] == "12.0 MiB of its log; the end is"

    consumer = read(0)
    assert (consumer.log, consumer.log_behind_bytes) == (LogState.SILENT, 0)
    assert "not read yet" not in shown()
