"""Reading, folding and publishing on a thread of its own, whatever fails or hangs."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError

import pytest
from blockbuster import BlockBuster, BlockingError, blockbuster_ctx
from typing_extensions import override

from ehtui.domain.problems import ProblemError, ProblemKind
from ehtui.domain.snapshot import (
    GroupPartition,
    GroupState,
    Lease,
    LeaseState,
    Snapshot,
    SourceState,
    SourceStatus,
)
from ehtui.domain.updates import ProcessesRead, SourceFailed, Tick
from ehtui.monitor import Monitor, Scheduled, wait_for_first
from tests.monitor.fakes import BROKEN, FakeSource, Recorder, monitor_of, seen
from tests.monitor.running import running
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def no_blocking_call() -> Iterator[BlockBuster]:
    """Any blocking call on the monitor's loop raises there, and so fails a test."""
    with blockbuster_ctx() as guard:
        yield guard


def test_reads_on_a_thread_of_its_own_and_publishes() -> None:
    source, recorder = FakeSource(), Recorder()
    published: list[tuple[Snapshot, int]] = []
    monitor = monitor_of([Scheduled(source, 0.01, 1.0)], recorder)
    monitor.subscribe(lambda s: published.append((s, threading.get_ident())))

    with running(monitor):
        wait_until(lambda: len(published) >= 2)

    assert source.threads == {thread for _, thread in published}
    assert threading.get_ident() not in source.threads
    assert source.closed == 1
    assert monitor.snapshot.sources[0].status is SourceStatus.OK


def test_publishes_at_most_four_times_a_second_and_never_loses_the_newest() -> None:
    source, recorder = FakeSource(), Recorder()
    published: list[Snapshot] = []
    monitor = monitor_of([Scheduled(source, 0.001, 1.0)], recorder)
    monitor.subscribe(published.append)

    with running(monitor):
        began = time.monotonic()
        wait_until(lambda: len(published) >= 4)
        took_s = time.monotonic() - began
        wait_until(lambda: source.reads > 8)
        monitor.pause(True)
        wait_until(lambda: published[-1] is monitor.snapshot)

    assert took_s >= 0.74
    assert len(recorder.updates) > len(published)


def test_what_a_source_tells_first_is_published_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ehtui.monitor.monitor.PUBLISH_EVERY_S", 60.0)
    hub, store = FakeSource("hub"), FakeSource("store", hangs=True)
    told: list[int] = []  # updates in each picture
    recorder = Recorder()
    both = Snapshot(sources=(SourceState("hub"), SourceState("store")))
    sources = [Scheduled(hub, 60, 60), Scheduled(store, 60, 60)]
    monitor = monitor_of(sources, recorder, snapshot=both)
    monitor.subscribe(lambda _: told.append(len(recorder.updates)))

    with running(monitor):
        wait_until(lambda: told == [1])
        store.hangs = False
        wait_until(lambda: told == [1, 2])


@pytest.mark.parametrize(("patience_s", "expected"), [(60.0, [4]), (0.01, [3, 4])])
def test_reads_that_are_under_way_make_one_picture_unless_one_takes_long(
    patience_s: float, expected: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ehtui.monitor.monitor.TOGETHER_S", patience_s)
    hub, store, recorder = FakeSource("hub"), FakeSource("store"), Recorder()
    told: list[int] = []  # updates in each picture
    monitor = monitor_of([Scheduled(hub, 60, 60), Scheduled(store, 60, 60)], recorder)
    monitor.subscribe(lambda _: told.append(len(recorder.updates)))

    with running(monitor):
        wait_until(lambda: told[-1:] == [2])
        seen_before = len(told)
        store.hangs = True
        monitor.refresh()
        wait_until(lambda: len(recorder.updates) == 3 and store.reads == 2)
        wait_until(lambda: patience_s > 1 or told[-1] == 3)
        store.hangs = False
        wait_until(lambda: told[-1] == 4)

    assert told[seen_before:] == expected


def test_one_failing_subscriber_does_not_silence_the_others() -> None:
    published: list[Snapshot] = []
    monitor = monitor_of([Scheduled(FakeSource(), 0.01, 1.0)], Recorder())

    def fail(_: Snapshot) -> None:
        raise RuntimeError("no")

    monitor.subscribe(fail)
    unsubscribe = monitor.subscribe(published.append)

    with running(monitor):
        wait_until(lambda: len(published) >= 2)
        unsubscribe()
        count = len(published)
        monitor.refresh()
        other: list[Snapshot] = []
        monitor.subscribe(other.append)
        wait_until(lambda: len(other) >= 2)

    assert len(published) <= count + 1


def test_stops_within_a_second_while_a_read_hangs_and_another_ignores_it() -> None:
    hanging = FakeSource(hangs=True)
    deaf = FakeSource("logs", hangs=True, ignores_cancel=True)
    monitor = monitor_of([Scheduled(hanging, 1, 60), Scheduled(deaf, 1, 60)], Recorder())
    monitor.start()
    wait_until(lambda: hanging.reads == deaf.reads == 1)

    began = time.monotonic()
    monitor.stop(timeout_s=1.0)
    assert time.monotonic() - began < 1.3

    deaf.hangs = False
    wait_until(lambda: not [t for t in threading.enumerate() if t.name == "ehtui-monitor"])
    assert hanging.closed == 1


def test_stops_while_opening_hangs_and_before_starting() -> None:
    async def never() -> Sequence[Scheduled]:
        await asyncio_forever()
        return ()

    monitor = Monitor(never, Snapshot(), reduce=Recorder())
    monitor.stop()
    monitor.start()  # a quit that overtook the start: nothing must run on
    assert not [t for t in threading.enumerate() if t.name == "ehtui-monitor"]
    other = Monitor(never, Snapshot(), reduce=Recorder())
    other.start()
    other.start()
    other.stop()
    other.stop()
    assert not [t for t in threading.enumerate() if t.name == "ehtui-monitor"]


async def asyncio_forever() -> None:
    await asyncio.Event().wait()


def test_a_fault_of_the_rules_becomes_a_failed_source() -> None:
    recorder = Recorder(fails_on=ProcessesRead)

    with running(monitor_of([Scheduled(FakeSource(), 0.01, 1.0)], recorder)):
        wait_until(lambda: len(recorder.failures) >= 2)

    problem = recorder.failures[0].problem
    assert problem.kind is ProblemKind.INTERNAL
    assert "ValueError" in problem.summary
    assert "verysecret" not in problem.summary


def test_rules_that_fail_on_everything_leave_the_monitor_alive() -> None:
    source, recorder = FakeSource(), Recorder(fails_on=object)

    with running(monitor_of([Scheduled(source, 0.01, 1.0)], recorder)):
        wait_until(lambda: source.reads >= 3)


@pytest.mark.parametrize("error", [BROKEN, OSError("SharedAccessKey=verysecret")])
def test_sources_that_cannot_be_opened_are_all_told_failed(error: Exception) -> None:
    async def open_sources() -> Sequence[Scheduled]:
        raise error

    recorder = Recorder()
    start = Snapshot(sources=(SourceState("hub"), SourceState("store")))

    with running(Monitor(open_sources, start, reduce=recorder)) as monitor:
        snapshot = wait_for_first(monitor, ["hub", "store"], 5.0)

    assert {s.status for s in snapshot.sources} == {SourceStatus.FAILED}
    assert all(s.problem and "verysecret" not in s.problem.summary for s in snapshot.sources)


def test_refresh_reads_now_and_only_what_was_asked() -> None:
    hub, store = FakeSource("hub"), FakeSource("store")

    with running(
        monitor_of([Scheduled(hub, 60, 1), Scheduled(store, 60, 1)], Recorder())
    ) as monitor:
        wait_until(lambda: hub.reads == store.reads == 1)
        monitor.refresh("hub")
        wait_until(lambda: hub.reads == 2)
        monitor.refresh()
        wait_until(lambda: hub.reads == 3 and store.reads == 2)


def test_pause_stops_reading_and_ticking() -> None:
    source, recorder = FakeSource(), Recorder()

    with running(monitor_of([Scheduled(source, 0.01, 1.0)], recorder)) as monitor:
        monitor.pause(True)
        assert monitor.is_paused
        wait_until(lambda: source.reads >= 1)
        time.sleep(0.1)
        before = source.reads
        time.sleep(0.2)
        assert source.reads == before
        monitor.pause(False)
        wait_until(lambda: source.reads > before)


def test_updates_are_told_before_during_and_after() -> None:
    recorder = Recorder()
    monitor = monitor_of([], recorder)
    monitor.tell(seen("a"))
    assert recorder.updates == [seen("a")]

    with running(monitor):
        monitor.tell(seen("b"))
        wait_until(lambda: seen("b") in recorder.updates)

    monitor.tell(seen("c"))
    assert seen("c") not in recorder.updates


def test_a_submitted_coroutine_runs_on_the_loop_and_ends_with_it() -> None:
    async def where() -> int:
        return threading.get_ident()

    async def fail() -> None:
        raise BROKEN

    with running(monitor_of([], Recorder())) as monitor:
        assert monitor.submit(where).result(2.0) != threading.get_ident()

        with pytest.raises(ProblemError, match="port is closed"):
            monitor.submit(fail).result(2.0)

        hanging = monitor.submit(asyncio_forever)

    with pytest.raises(CancelledError):
        hanging.result(0)

    with pytest.raises(ProblemError, match="not running"):
        monitor.submit(where).result(0)


def test_a_blocking_source_is_caught_here() -> None:
    """The guard of these tests is real: a blocking call on the loop is told as a fault."""

    class Blocking(FakeSource):
        @override
        async def _dawdle(self) -> None:
            time.sleep(0.001)  # noqa: ASYNC251 - the fault under test

    recorder = Recorder()

    with running(monitor_of([Scheduled(Blocking(), 0.01, 1.0)], recorder)):
        wait_until(lambda: bool(recorder.failures))

    assert BlockingError.__name__ in recorder.failures[0].problem.summary


def overdue(state: LeaseState = LeaseState.OVERDUE) -> Snapshot:
    lease = Lease(state, "a", renewed_at=900, expires_at=2000, renewed_every_s=500)
    return Snapshot(groups=(GroupState("g", (GroupPartition("0", lease),)),))


def test_an_overdue_lease_hurries_hub_and_store_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ehtui.monitor.paces.URGENT_S", 0.02)
    hub, processes = FakeSource("hub"), FakeSource("processes")
    sources = [Scheduled(hub, 60, 1), Scheduled(processes, 60, 1)]

    with running(monitor_of(sources, Recorder(), snapshot=overdue())):
        wait_until(lambda: hub.reads >= 3)

    assert processes.reads == 1


@pytest.mark.parametrize(("state", "ticks"), [(LeaseState.OVERDUE, True), (LeaseState.HELD, False)])
def test_time_is_told_only_where_it_can_change_something(state: LeaseState, ticks: bool) -> None:
    recorder = Recorder()

    with running(monitor_of([], recorder, snapshot=overdue(state))):
        if ticks:
            wait_until(lambda: len(recorder.of(Tick)) >= 2)
        else:
            time.sleep(1.3)

    assert bool(recorder.of(Tick)) is ticks


def test_nothing_reaches_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    source = FakeSource(answer=RuntimeError("boom"))
    recorder = Recorder(fails_on=SourceFailed)

    async def fail() -> None:
        raise RuntimeError("boom")

    with running(monitor_of([Scheduled(source, 0.01, 1.0)], recorder)) as monitor:
        wait_until(lambda: source.reads >= 2)
        monitor.submit(fail)
        logging.getLogger("azure.eventhub").warning("noise")

    assert capfd.readouterr() == ("", "")


HUNG_WORKER = """
import asyncio, time
from ehtui.domain.snapshot import Snapshot
from ehtui.monitor import Monitor

async def open_sources():
    await asyncio.to_thread(time.sleep, 60)

monitor = Monitor(open_sources, Snapshot())
monitor.start()
time.sleep(0.3)
began = time.monotonic()
monitor.stop()
print(time.monotonic() - began < 1.2)
"""


def test_a_hung_name_look_up_holds_nobody_at_the_exit() -> None:
    began = time.monotonic()
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", HUNG_WORKER],
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
    )

    assert (run.stdout, run.stderr) == ("True\n", "")
    assert time.monotonic() - began < 30
