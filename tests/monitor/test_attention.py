"""How closely a monitor looks: seldom, and not at this host, where nobody looks at the hub."""

from __future__ import annotations

from ehtui.domain.policy import Policy
from ehtui.domain.reduce import reduce, start
from ehtui.domain.snapshot import SourceStatus
from ehtui.domain.updates import AttentionSet
from ehtui.monitor import Monitor, Scheduled
from ehtui.monitor.shared import MonitorThread
from ehtui.monitor.urgency import FULL, Attention
from tests.monitor.fakes import FakeSource, Recorder, monitor_of
from tests.monitor.running import running
from tests.waiting import wait_until

SELDOM = Attention(600.0, reads_host=False)


def world() -> tuple[FakeSource, FakeSource, FakeSource, list[Scheduled]]:
    sources = FakeSource("hub"), FakeSource("store"), FakeSource("processes")
    return *sources, [Scheduled(each, 0.02, 1) for each in sources]


def test_what_nobody_looks_at_is_read_once_and_its_host_not_at_all() -> None:
    hub, store, processes, sources = world()
    recorder = Recorder()
    monitor = monitor_of(sources, recorder)
    monitor.attend(SELDOM)

    with running(monitor):
        wait_until(lambda: hub.reads == store.reads == 1)
        told = [update for update in recorder.updates if isinstance(update, AttentionSet)]
        assert [(t.hub_s, t.store_s, t.reads_host) for t in told] == [(600.0, 600.0, False)]

        monitor.refresh()
        wait_until(lambda: hub.reads == 2)
        assert processes.reads == 0

        monitor.attend(FULL)
        wait_until(lambda: hub.reads > 5 and processes.reads > 5)

        monitor.attend(SELDOM)
        wait_until(lambda: len(recorder.of(AttentionSet)) == 3)
        # One that was under way may still end.
        hub_reads, process_reads = hub.reads, processes.reads
        monitor.refresh()
        wait_until(lambda: hub.reads > hub_reads)
        assert hub.reads <= hub_reads + 2
        assert processes.reads <= process_reads + 1


def test_one_with_trouble_is_read_at_its_own_pace_without_its_host() -> None:
    hub, _, processes, sources = world()
    monitor = monitor_of(sources, Recorder())
    monitor.attend(Attention(None, reads_host=False))

    with running(monitor):
        wait_until(lambda: hub.reads > 5)
        assert processes.reads == 0


def test_monitors_share_a_thread_and_one_ends_without_the_others() -> None:
    shared, monitors, sources = MonitorThread(), [], [world() for _ in range(3)]

    for *_, scheduled in sources:
        monitors.append(_sharing(scheduled, shared))
        monitors[-1].start()

    try:
        wait_until(lambda: all(hub.reads > 2 for hub, *_ in sources))
        assert len(set.union(*(hub.threads for hub, *_ in sources))) == 1

        monitors[0].stop()
        assert sources[0][0].closed == 1
        reads = sources[1][0].reads
        wait_until(lambda: sources[1][0].reads > reads)
    finally:
        for monitor in monitors:
            monitor.stop()

        shared.stop()


def _sharing(scheduled: list[Scheduled], shared: MonitorThread) -> Monitor:
    async def open_sources() -> list[Scheduled]:
        return scheduled

    return Monitor(
        open_sources, start(Policy(), 1.0, ()).snapshot, reduce=Recorder(), shared=shared
    )


def test_a_host_that_nobody_looks_at_any_more_is_not_read_yet() -> None:
    state = start(Policy(), 1.0, ("hub", "processes", "logs"))
    after = reduce(state, AttentionSet(2.0, 30.0, 31.0, reads_host=False)).snapshot

    assert (after.policy.hub_interval_s, after.policy.store_interval_s) == (30.0, 31.0)
    assert after.policy.processes_interval_s == state.snapshot.policy.processes_interval_s
    assert {source.status for source in after.sources} == {SourceStatus.STARTING}
