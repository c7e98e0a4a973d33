"""The hub source: against the sandbox's endpoint, and its rules against readers made to order."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from blockbuster import blockbuster_ctx
from msgspec.structs import replace

from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.sandbox.eventhubs import AccessKey, EventHubsEndpoint, Namespace
from ehtui.sources.hub import HubSource, open_public_reader
from ehtui.wire.credentials import HubAccess, access_of
from ehtui.wire.kept_link import KeptLink
from ehtui.wire.reading import HubReader, Limiter

KEY = AccessKey("watcher", "b25seS1saXN0ZW4=", frozenset({"Listen"}))


@asynccontextmanager
async def endpoint_with(partitions: int, *, tls: bool = False) -> AsyncIterator[EventHubsEndpoint]:
    namespace = Namespace(keys=[KEY])
    namespace.create_hub("orders", partitions)

    async with EventHubsEndpoint(namespace, tls=tls) as endpoint:
        yield endpoint


def settings_of(endpoint: EventHubsEndpoint, hub: str = "orders") -> EventHubSettings:
    text = endpoint.connection_string(hub, KEY.name)
    return EventHubSettings(connection_string=Secret(text))


@asynccontextmanager
async def reading(
    settings: EventHubSettings, rate: float | None = None
) -> AsyncIterator[HubSource]:
    source = HubSource(settings, limiter=Limiter(rate))

    try:
        yield source
    finally:
        await source.close()


async def problem_of(settings: EventHubSettings) -> Problem:
    async with reading(settings) as source:
        with pytest.raises(ProblemError) as caught:
            await source.read()

    return caught.value.problem


async def test_reads_what_is_there() -> None:
    async with endpoint_with(4) as endpoint:
        for number in range(3):
            endpoint.namespace.append("orders", "2", [f"회의 {number} 😀"])

        endpoint.namespace.trim("orders", "2", 1)

        async with reading(settings_of(endpoint)) as source:
            before = time.time()
            update = await source.read()

    samples = {sample.partition: sample for sample in update.samples}
    assert update.source == source.name == "hub"
    assert update.hub.name == "orders"
    assert update.hub.partition_ids == ("0", "1", "2", "3")
    assert update.limitation is None
    assert (samples["2"].begin_sequence, samples["2"].last_sequence) == (1, 2)
    assert samples["2"].last_enqueued_at == pytest.approx(before, abs=5)
    assert not samples["2"].is_empty
    assert samples["0"].is_empty
    assert samples["0"].last_sequence == -1
    assert samples["0"].last_enqueued_at is None
    assert before <= samples["0"].sampled_at <= update.at


async def test_a_session_is_one_connection_and_a_refresh_one_round_trip() -> None:
    async with endpoint_with(32) as endpoint, reading(settings_of(endpoint)) as source:
        await source.read()
        endpoint.faults.latency_s = 0.2

        for _ in range(3):
            update = await source.read()
            assert len(update.samples) == 32
            assert update.duration_s < 0.2 * 1.5

        seen = endpoint.statistics()
        assert (seen.connections_opened, seen.tokens_put, seen.links_attached) == (1, 1, 4)
        assert seen.management_reads == 1 + 4 * 32


async def test_nothing_in_a_refresh_blocks_the_loop() -> None:
    async with endpoint_with(4) as endpoint, reading(settings_of(endpoint)) as source:
        await source.read()

        with blockbuster_ctx():
            await source.read()
            endpoint.drop_connections()
            await source.read()


async def test_a_dropped_connection_is_opened_again_within_the_read() -> None:
    async with endpoint_with(4) as endpoint, reading(settings_of(endpoint)) as source:
        await source.read()
        endpoint.drop_connections()
        assert len((await source.read()).samples) == 4
        assert endpoint.statistics().connections_opened == 2


async def test_an_endpoint_that_goes_and_comes_back() -> None:
    async with endpoint_with(4) as endpoint, reading(settings_of(endpoint)) as source:
        await source.read()
        await endpoint.stop()

        with pytest.raises(ProblemError, match="Nothing listens"):
            await source.read()

        await endpoint.start()
        assert len((await source.read()).samples) == 4


async def test_a_frozen_endpoint_times_out_and_thaws() -> None:
    def impatient(access: HubAccess, clock: Callable[[], float]) -> HubReader:
        return KeptLink(access, clock=clock, open_s=0.3, reply_s=0.3)

    async with endpoint_with(4) as endpoint:
        source = HubSource(settings_of(endpoint), limiter=Limiter(None), open_fast=impatient)
        await source.read()
        endpoint.faults.is_frozen = True

        for step in ("waiting for replies", "connecting"):
            with pytest.raises(ProblemError, match=step) as caught:
                await source.read()

            assert caught.value.problem.kind is ProblemKind.TIMEOUT

        endpoint.faults.is_frozen = False
        assert len((await source.read()).samples) == 4
        await source.close()


async def test_throttling_is_told_and_heeded() -> None:
    async with endpoint_with(4) as endpoint:
        limiter = Limiter(1000.0, 1000)
        source = HubSource(settings_of(endpoint), limiter=limiter)
        await source.read()
        endpoint.faults.is_busy = True

        with pytest.raises(ProblemError) as caught:
            await source.read()

        endpoint.faults.is_busy = False
        assert caught.value.problem.kind is ProblemKind.THROTTLED
        assert endpoint.statistics().connections_opened == 1

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(limiter.take(1), 0.2)

        await source.close()


async def test_a_wrong_key() -> None:
    async with endpoint_with(4) as endpoint:
        text = endpoint.connection_string("orders", KEY.name).replace(KEY.value, "d3Jvbmc=")
        problem = await problem_of(EventHubSettings(connection_string=Secret(text)))

    assert problem.kind is ProblemKind.UNAUTHORISED
    assert "'watcher'" in problem.summary
    assert "d3Jvbmc" not in problem.summary


async def test_a_hub_that_does_not_exist() -> None:
    async with endpoint_with(4) as endpoint:
        problem = await problem_of(settings_of(endpoint, "nowhere"))

    assert problem.kind is ProblemKind.NOT_FOUND
    assert "no event hub 'nowhere'" in problem.summary


async def test_a_host_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_such_name(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", no_such_name)
    text = "Endpoint=sb://nohost.invalid/;SharedAccessKeyName=a;SharedAccessKey=b;EntityPath=h"
    problem = await problem_of(EventHubSettings(connection_string=Secret(text)))

    assert problem.kind is ProblemKind.UNRESOLVED
    assert "'nohost.invalid'" in problem.summary


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_closed_port(host: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        text = f"Endpoint=sb://{host}:{port};SharedAccessKeyName=a;SharedAccessKey=b;EntityPath=h"
        problem = await problem_of(EventHubSettings(connection_string=Secret(text)))

    assert problem.kind is ProblemKind.UNREACHABLE
    assert f"Nothing listens on {host}:{port}" in problem.summary


async def test_a_certificate_that_nobody_trusts_and_one_that_somebody_does() -> None:
    async with endpoint_with(4, tls=True) as endpoint:
        settings = settings_of(endpoint)
        problem = await problem_of(settings)

        def trusting(access: HubAccess, clock: Callable[[], float]) -> HubReader:
            roots = ssl.create_default_context(cafile=str(endpoint.ca_file))
            return KeptLink(access, clock=clock, roots=lambda: roots)

        source = HubSource(settings, limiter=Limiter(None), open_fast=trusting)
        assert len((await source.read()).samples) == 4
        await source.close()

    assert problem.kind is ProblemKind.TLS
    assert "not trusted" in problem.summary


async def test_the_public_calls_tell_the_same() -> None:
    async with endpoint_with(3) as endpoint:
        endpoint.namespace.append("orders", "1", ["x", "y"])

        async with reading(settings_of(endpoint)) as source:
            fast = await source.read()

        slow = open_public_reader(access_of(settings_of(endpoint)), time.time)
        told = await slow.read(fast.hub.partition_ids, describe=True)
        await slow.close()

    assert told.hub == replace(fast.hub, georeplication_factor=None)
    assert [replace(s, sampled_at=0, asked_at=0) for s in told.samples] == [
        replace(s, sampled_at=0, asked_at=0) for s in fast.samples
    ]


@pytest.mark.parametrize(
    ("port", "kind"), [(None, ProblemKind.UNAUTHORISED), (1, ProblemKind.UNREACHABLE)]
)
async def test_the_public_calls_fail_with_a_sentence_too(
    port: int | None, kind: ProblemKind
) -> None:
    async with endpoint_with(1) as endpoint:
        text = endpoint.connection_string("orders", KEY.name).replace(KEY.value, "d3Jvbmc=")
        text = text.replace(str(endpoint.port), str(port or endpoint.port))
        settings = EventHubSettings(connection_string=Secret(text))
        slow = open_public_reader(access_of(settings), time.time)

        with pytest.raises(ProblemError) as caught:
            await slow.read(["0"], describe=False)

        await slow.close()

    assert caught.value.problem.kind is kind


async def test_the_public_calls_honour_a_port_with_tls() -> None:
    async with endpoint_with(1, tls=True) as endpoint:
        slow = open_public_reader(access_of(settings_of(endpoint)), time.time)

        with pytest.raises(ProblemError) as caught:
            await slow.read(["0"], describe=False)

        await slow.close()

    # The certificate is not trusted, so that this was the endpoint, not port 5671.
    assert caught.value.problem.kind is ProblemKind.TLS


def test_settings_without_a_hub_are_refused_at_once() -> None:
    with pytest.raises(ProblemError, match="Neither"):
        HubSource(EventHubSettings())


@pytest.mark.parametrize("factor", [1, 3])
async def test_the_hub_says_over_how_many_regions_it_is_replicated(factor: int) -> None:
    async with endpoint_with(1) as endpoint:
        endpoint.namespace.set_replication("orders", factor)

        async with reading(settings_of(endpoint)) as source:
            hub = (await source.read()).hub

    assert (hub.georeplication_factor, hub.is_geo_replicated) == (factor, factor > 1)


async def test_numbers_that_fall_have_the_hub_described_in_the_same_read() -> None:
    """It was created anew: when tells which checkpoints are of the one before."""
    async with endpoint_with(2) as endpoint, reading(settings_of(endpoint)) as source:
        endpoint.namespace.append("orders", "0", ["a", "b"])
        before = (await source.read()).hub
        endpoint.namespace.create_hub("orders", 2)
        after = (await source.read()).hub

    assert before.created_at is not None
    assert after.created_at is not None
    assert after.created_at > before.created_at
