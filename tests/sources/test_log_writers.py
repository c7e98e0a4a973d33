"""Who wrote what a log says: records that a script tells, of processes that come and go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from msgspec import structs
from msgspec.structs import replace

from ehtui.domain.updates import LogsRead
from ehtui.domain.world.process import (
    LogIncidentKind,
    ProcessSample,
)
from ehtui.sources.followed_log import ReadsRecords
from ehtui.sources.log_text.facts import LogFact, LogPlace, LogReading, LogRecord, WrittenAt
from ehtui.sources.logs import LogSource
from tests.sources.log_processes import HOUR, NOW, process


@dataclass(slots=True)
class Told:
    """Stands for the file at a path: gives what was told since it was read last."""

    records: list[LogRecord] = field(default_factory=list)
    count: int = 0
    was_read: bool = False

    def read(self) -> LogReading:
        told = tuple(structs.replace(r, is_past=not self.was_read) for r in self.records)
        self.records, self.was_read = [], True
        return LogReading(told)

    @property
    def behind_bytes(self) -> int:
        return 0

    def catch_up(self, most_bytes: int) -> LogReading:
        raise AssertionError(most_bytes)  # it is never behind


@dataclass(slots=True)
class Host:
    """Processes that write one log, read every two seconds."""

    at: float = NOW
    alive: dict[int, ProcessSample] = field(default_factory=dict)
    log: Told = field(default_factory=Told)
    source: LogSource = field(init=False)

    def __post_init__(self) -> None:
        def open_log(_path: str, _clock: Callable[[], float]) -> ReadsRecords:
            return self.log

        self.source = LogSource(
            lambda: tuple(self.alive.values()), lambda: self.at, open_log=open_log
        )

    def start(self, pid: int, *, inner: int | None = None) -> None:
        own = frozenset({inner}) if inner is not None else frozenset()
        self.alive[pid] = replace(process(pid, "x.log", started_at=self.at), inner_pids=own)

    def end(self, pid: int) -> None:
        del self.alive[pid]

    def write(
        self,
        owner: str | None,
        *,
        is_start: bool = True,
        stamp: float | None = None,
        zone_s: float | None = 0.0,
        pid: int | None = None,
        kind: LogIncidentKind | None = None,
    ) -> None:
        """A record; its stamp is now, as a writer whose clock is `zone_s` ahead of UTC has it."""
        self.log.count += 1
        written = None

        if zone_s is None:
            written = WrittenAt(self.at, True, self.at)
        elif stamp is not None or zone_s:
            as_utc = (stamp if stamp is not None else self.at) + zone_s
            written = WrittenAt(as_utc, False, as_utc)

        fact = LogFact(kind, owner, is_start=is_start)
        place = LogPlace(0, self.log.count)
        text = f"EventProcessor '{owner}' is being started"
        self.log.records.append(LogRecord(text, fact, place, written, pid))

    def write_at_once(self, owner: str, *, is_start: bool = True) -> None:
        self.write(owner, is_start=is_start, stamp=self.at)

    def wait(self, seconds: float = 2.0) -> LogsRead:
        self.at += seconds
        return self.source.scan()


def tied(read: LogsRead) -> dict[str, list[int]]:
    """Owner → the pids that it may be of."""
    found = {link.owner: [link.process.pid] for link in read.links}
    return found | {c.owner: [w.pid for w in c.writers] for c in read.claims}


@pytest.mark.parametrize("is_stamped", [True, False])
def test_what_a_new_process_writes_is_never_of_the_one_that_ended(*, is_stamped: bool) -> None:
    """One file, a restart, 20 s later the next: no record names a pid."""
    host = Host()
    host.start(1)
    host.at += 1.2
    host.write_at_once("a")
    host.wait()
    host.at += 60
    host.end(1)
    host.wait(1)
    host.start(3)
    host.wait(1)
    host.at += 1
    host.write("z", stamp=host.at if is_stamped else None)
    found = tied(host.wait())

    assert found == {"a": [1], "z": [3]}


def test_two_writers_of_one_file_are_told_apart_by_when_they_lived() -> None:
    host = Host()
    host.start(1)
    host.at += 2
    host.write_at_once("a")
    host.at += 20
    host.start(2)
    host.at += 2
    host.write_at_once("b")
    found = tied(host.wait())

    assert found == {"a": [1], "b": [1, 2]}  # who wrote `b`, the other evidence decides


def test_a_writer_that_ended_is_out_of_question_once_the_owner_speaks_again() -> None:
    host = Host()
    host.start(1)
    host.start(2)
    host.at += 2
    host.write("a")
    host.write("b")
    assert tied(host.wait()) == {"a": [1, 2], "b": [1, 2]}

    host.end(1)
    host.wait()
    host.write("b", is_start=False)
    assert tied(host.wait()) == {"a": [1, 2], "b": [2]}


def test_the_pid_in_the_record_decides_and_one_of_nobody_ties_nobody() -> None:
    host = Host()
    host.start(11)
    host.start(13)
    host.at += 2
    host.write("nine", pid=13)
    host.write("other", pid=12)

    assert tied(host.wait()) == {"nine": [13]}


def test_a_container_calls_its_process_by_a_number_of_its_own() -> None:
    host = Host()
    host.start(51_411, inner=13)
    host.start(51_300, inner=11)
    host.at += 2
    host.write("nine", pid=13)

    assert tied(host.wait()) == {"nine": [51_411]}


def test_a_pid_that_was_used_again_is_not_the_process_that_has_it_now() -> None:
    host = Host()
    host.at += 100
    host.start(13)
    host.start(14)
    host.at += 2
    host.write("earlier", pid=13, stamp=host.at - 50)
    host.write("now", pid=13, stamp=host.at)

    assert tied(host.wait()) == {"now": [13]}


def test_an_earlier_run_that_was_not_watched_ties_nobody() -> None:
    host = Host()
    host.start(7)
    host.write("before", stamp=host.at - 30)
    host.at += 2
    host.write_at_once("mine")

    assert tied(host.wait()) == {"mine": [7]}


def test_a_stamp_with_its_zone_is_taken_at_its_word() -> None:
    host = Host()
    host.start(7)
    host.at += 2
    host.write("mine", zone_s=None)

    assert tied(host.wait()) == {"mine": [7]}


def test_a_zone_that_is_neither_here_nor_utc_is_found_out() -> None:
    """Five hours behind: it seems to be of an earlier run, until a record is seen to come."""
    host = Host()
    host.start(7)
    host.at += 2
    host.write("mine", zone_s=-5 * HOUR)
    assert tied(host.wait()) == {}

    host.write("mine", is_start=False, zone_s=-5 * HOUR)
    assert tied(host.wait()) == {"mine": [7]}


def test_what_was_held_back_in_a_buffer_is_dated_by_its_stamp() -> None:
    host = Host()
    host.start(1)
    host.wait()
    host.at += 10
    said_at = host.at
    host.at += 100
    host.start(2)
    host.wait()
    host.write("a", stamp=said_at)

    assert tied(host.wait()) == {"a": [1]}


def test_an_owner_id_that_is_a_name_is_of_the_newest_run() -> None:
    host = Host()
    host.start(1)
    host.at += 2
    host.write_at_once("kappa")
    host.wait()
    host.end(1)
    host.wait(5)
    host.start(2)
    host.at += 2
    host.write_at_once("kappa")

    assert tied(host.wait()) == {"kappa": [2]}


def test_links_stay_known_for_a_while_when_the_process_has_gone() -> None:
    """Whoever appends to the same file next is another one."""
    host = Host()
    host.start(7)
    host.at += 2
    host.write_at_once("owner")
    assert tied(host.wait()) == {"owner": [7]}

    host.end(7)
    assert tied(host.wait()) == {"owner": [7]}
    host.wait(700)
    assert tied(host.wait()) == {}


def test_a_zombie_writes_nothing() -> None:
    host = Host()
    host.start(7)
    host.at += 2
    host.write_at_once("first")
    host.wait()
    host.alive[7] = replace(host.alive[7], status="zombie")
    host.wait()
    host.start(9)
    host.at += 2
    host.write("second")

    assert tied(host.wait()) == {"first": [7], "second": [9]}


def test_an_incident_of_one_of_several_carries_the_owner_that_it_names() -> None:
    host = Host()
    host.start(1)
    host.start(2)
    host.at += 2
    host.write("a", kind=LogIncidentKind.NOT_CLAIMED)
    host.write(None, is_start=False, kind=LogIncidentKind.LINK_STOLEN)
    read = host.wait()

    assert [(i.process, i.owner) for i in read.incidents] == [(None, "a")]

    host.end(2)
    host.wait()
    host.write(None, is_start=False, kind=LogIncidentKind.LINK_STOLEN)
    (incident,) = host.wait().incidents

    assert incident.process is not None
    assert incident.process.pid == 1
