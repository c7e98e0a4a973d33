"""The hub source: against the sandbox's endpoint, and its rules against readers made to order."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from blockbuster import blockbuster_ctx
from msgspec.structs import replace
from typing_extensions import override

from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.updates import HubRead
from ehtui.domain.world.hub import HubDescription, PartitionSample
from ehtui.sandbox.eventhubs import AccessKey, EventHubsEndpoint, Namespace
from ehtui.sources.hub import DESCRIBE_EVERY_S, HubSource, open_public_reader
from ehtui.wire.credentials import HubAccess, access_of
from ehtui.wire.kept_link import KeptLink
from ehtui.wire.reading import HubReader, Limiter, MisfitError, Reading

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


# Against the sandbox's endpoint.


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
    assert [replace(s, sampled_at=0) for s in told.samples] == [
        replace(s, sampled_at=0) for s in fast.samples
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


# The source's own rules, with readers made to order.


@dataclass
class FakeReader(HubReader):
    """A hub of `ids`; what it is asked is kept."""

    ids: tuple[str, ...]
    clock: Callable[[], float] = time.time
    asked: list[tuple[tuple[str, ...], bool]] = field(default_factory=list)
    refused: dict[str, Problem] = field(default_factory=dict)
    raises: Exception | None = None
    closed: int = 0

    @override
    async def read(self, partitions: Sequence[str], *, describe: bool) -> Reading:
        self.asked.append((tuple(partitions), describe))

        if self.raises is not None:
            raise self.raises

        return Reading(
            HubDescription("ns", "h", 1.0, self.ids) if describe else None,
            tuple(
                PartitionSample(p, 0, 9, "1", 1.0, False, self.clock())
                for p in partitions
                if p not in self.refused
            ),
            tuple((p, self.refused[p]) for p in partitions if p in self.refused),
        )

    @override
    async def close(self) -> None:
        self.closed += 1


@dataclass
class World:
    """A source over fake readers, and a clock that stands still."""

    fast: FakeReader
    slow: FakeReader = field(default_factory=lambda: FakeReader(("0", "1")))
    now: float = 1000.0

    def source(self, limiter: Limiter | None = None) -> HubSource:
        text = "Endpoint=sb://ns/;SharedAccessKeyName=a;SharedAccessKey=b;EntityPath=h"
        return HubSource(
            EventHubSettings(connection_string=Secret(text)),
            limiter=limiter or Limiter(None),
            clock=lambda: self.now,
            open_fast=self._open_fast,
            open_slow=lambda *_: self.slow,
        )

    def _open_fast(self, *_: object) -> HubReader:
        self.fast.clock = lambda: self.now
        return self.fast


def sampled(update: HubRead) -> list[str]:
    return [sample.partition for sample in update.samples]


async def test_the_description_is_read_once_a_minute_beside_the_partitions() -> None:
    world = World(FakeReader(("0", "1")))
    source = world.source()
    await source.read()
    await source.read()
    world.now += DESCRIBE_EVERY_S
    await source.read()

    assert world.fast.asked[0] == ((), True)
    assert [describe for _, describe in world.fast.asked[1:]] == [False, False, True]
    assert set(world.fast.asked[3][0]) == {"0", "1"}


async def test_a_new_partition_is_sampled_in_the_read_that_found_it() -> None:
    world = World(FakeReader(("0", "1")))
    source = world.source()
    await source.read()
    world.fast.ids = ("0", "1", "2")
    world.now += DESCRIBE_EVERY_S
    update = await source.read()

    assert update.hub.partition_ids == ("0", "1", "2")
    assert sorted(sampled(update)) == ["0", "1", "2"]


async def test_a_partition_that_is_gone_has_the_hub_described_anew() -> None:
    gone = Problem(ProblemKind.NOT_FOUND, "No such partition.")
    world = World(FakeReader(("0", "1"), refused={"1": gone}))
    source = world.source()
    first = await source.read()
    world.fast.ids, world.fast.refused = ("0",), {}
    second = await source.read()

    assert (sampled(first), first.limitation) == (["0"], gone)
    assert world.fast.asked[:2] == [((), True), (("0", "1"), False)]
    assert world.fast.asked[2:] == [(("1", "0"), True)]
    assert (second.hub.partition_ids, second.limitation) == (("0",), None)


async def test_a_large_hub_is_spread_and_the_longest_unseen_come_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ehtui.sources.hub.SPREAD_S", 0.1)
    ids = tuple(map(str, range(1024)))
    world = World(FakeReader(ids))
    source = world.source(Limiter(400.0, 64))
    seen: list[str] = []

    for _ in range(3):
        world.now += 5
        update = await source.read()
        assert 0 < len(update.samples) < 400
        assert update.duration_s < 1.0
        seen += sampled(update)

    assert len(seen) == len(set(seen))
    assert seen == list(ids[: len(seen)])


async def test_trouble_after_some_answers_keeps_the_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ehtui.sources.hub.BUSY_S", 0.05)
    world = World(FakeReader(tuple(map(str, range(8)))))
    source = world.source(Limiter(200.0, 4))
    world.now += 5
    read, answers = world.fast.read, 0

    async def fails_later(partitions: Sequence[str], *, describe: bool) -> Reading:
        nonlocal answers
        answers += 1

        if answers > 2:
            raise ProblemError(Problem(ProblemKind.THROTTLED, "Busy."))

        return await read(partitions, describe=describe)

    world.fast.read = fails_later  # type: ignore[method-assign]
    update = await source.read()
    assert 0 < len(update.samples) < 8

    with pytest.raises(ProblemError, match="Busy"):
        await source.read()


@pytest.mark.parametrize("error", [MisfitError("odd"), TypeError("takes 2"), ValueError("a")])
async def test_a_link_that_does_not_understand_means_the_slow_way(error: Exception) -> None:
    world = World(FakeReader(("0",), raises=error))
    source = world.source()
    update = await source.read()

    assert sampled(update) == ["0", "1"]
    assert world.fast.closed == 1
    assert update.limitation is not None
    world.slow.raises = error

    with pytest.raises(type(error)):
        await source.read()


async def test_the_fast_way_may_be_read_as_often_as_one_likes() -> None:
    source = World(FakeReader(("0",))).source()
    await source.read()

    assert source.min_every_s == 0


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
