"""The monitor with the real hub source and the real rules, against the sandbox's endpoint."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from blockbuster import blockbuster_ctx

from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings
from ehtui.domain.policy import Policy
from ehtui.domain.problems import ProblemKind
from ehtui.domain.reduce import start
from ehtui.domain.snapshot import SourceState, SourceStatus
from ehtui.monitor import Monitor, Scheduled, wait_for_first
from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace
from ehtui.sources.hub import TIMEOUT_S, HubSource
from tests.waiting import wait_for


@asynccontextmanager
async def watching(partitions: int = 3) -> AsyncIterator[tuple[Monitor, EventHubsEndpoint]]:
    namespace = Namespace()
    namespace.create_hub("orders", partitions)

    async with EventHubsEndpoint(namespace) as endpoint:
        text = endpoint.connection_string("orders")
        settings = EventHubSettings(connection_string=Secret(text))

        async def open_sources() -> Sequence[Scheduled]:
            return [Scheduled(HubSource(settings), 0.05, TIMEOUT_S)]

        began = start(Policy(has_store=False), time.time(), ["hub"])
        monitor = Monitor(open_sources, began.snapshot)
        monitor.start()

        try:
            yield monitor, endpoint
        finally:
            await asyncio.to_thread(monitor.stop)


def hub_state(monitor: Monitor) -> SourceState:
    return next(s for s in monitor.snapshot.sources if s.name == "hub")


async def test_what_is_sent_is_seen_and_nothing_blocks_the_loop() -> None:
    with blockbuster_ctx():
        await see_what_is_sent()


async def see_what_is_sent() -> None:
    async with watching() as (monitor, endpoint):
        snapshot = await asyncio.to_thread(wait_for_first, monitor, ["hub"], 10.0)
        assert snapshot.hub is not None
        assert [p.id for p in snapshot.partitions] == ["0", "1", "2"]
        endpoint.namespace.append("orders", "1", ["a", "b"])

        def is_seen() -> bool:
            sample = monitor.snapshot.partitions[1].sample
            return sample is not None and sample.last_sequence == 1

        await wait_for(is_seen)
        assert endpoint.statistics().connections_opened == 1

    await wait_for(lambda: endpoint.statistics().connections_open == 0)


async def test_an_outage_is_told_and_ends_by_itself() -> None:
    async with watching() as (monitor, endpoint):
        await asyncio.to_thread(wait_for_first, monitor, ["hub"], 10.0)
        await endpoint.stop()
        await wait_for(lambda: hub_state(monitor).status is SourceStatus.FAILED)
        state = hub_state(monitor)
        assert state.problem is not None
        assert state.problem.kind is ProblemKind.UNREACHABLE
        assert state.retry_at is not None
        assert monitor.snapshot.partitions[0].sample is not None
        await endpoint.start()
        await wait_for(lambda: hub_state(monitor).status is SourceStatus.OK)


async def test_it_stops_within_a_second_of_a_frozen_endpoint(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async with watching() as (monitor, endpoint):
        await asyncio.to_thread(wait_for_first, monitor, ["hub"], 10.0)
        endpoint.faults.is_frozen = True
        monitor.refresh()
        await asyncio.sleep(0.2)
        began = time.monotonic()
        await asyncio.to_thread(monitor.stop)
        assert time.monotonic() - began < 1.2

    assert capfd.readouterr() == ("", "")
