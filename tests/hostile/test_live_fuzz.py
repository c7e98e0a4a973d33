"""Both ends on a live port, against real conversations with mistakes: nothing breaks or grows.

Each is bounded by a number of rounds and by a clock, whichever comes first, and prints its seed.
"""

from __future__ import annotations

import asyncio
import random
import socket
import time
from contextlib import suppress
from uuid import uuid4

import pytest
from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient

from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.sandbox.eventhubs import AccessKey, EventHubsEndpoint, Namespace
from ehtui.sandbox.options import OPTIONS, Ready, ServerOptions
from ehtui.wire.kept_link import KeptLink
from ehtui.wire.reading import MisfitError
from tests.hostile.fuzzing import frames_in, mutated, relayed, seed_of, tell
from tests.hostile.measuring import MEGABYTE, confined, peak_resident_bytes, resident_bytes
from tests.wire.hubs import KEY, access_to

CLOCK_S = 10.0
MOST_ROUNDS, LEAST_ROUNDS, FEW_ROUNDS, WARM_UP = 3000, 150, 20, 100
ANSWER_S = 0.5  # a server that waits for the rest of a frame is not waited for


async def talk(connection_string: str) -> None:
    """What the SDK's own clients do: one sends an event, another reads it."""
    body = uuid4().hex
    read: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    producer = EventHubProducerClient.from_connection_string(connection_string)
    consumer = EventHubConsumerClient.from_connection_string(connection_string, "$Default")

    async with producer, consumer:
        before = (await consumer.get_partition_properties("0"))["last_enqueued_sequence_number"]
        await producer.send_batch([EventData(body)], partition_id="0")

        async def on_event(_: object, event: EventData | None) -> None:
            if event is not None and event.body_as_str() == body and not read.done():
                read.set_result(None)

        receiving = asyncio.create_task(
            consumer.receive(on_event, partition_id="0", starting_position=before)
        )

        try:
            await asyncio.wait_for(read, 20)
        finally:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)


async def recorded(connection_string: str, port: int) -> list[list[bytes]]:
    """The frames of such clients, by connection."""
    async with relayed(port) as relay:
        await talk(connection_string.replace(f":{port}", f":{relay.port}"))

    return relay.conversations


def say(port: int, frames: list[bytes], chance: random.Random) -> None:
    """Say it in pieces of any size, and hear what the server has to say until it is done."""
    data = b"".join(frames)
    piece = chance.choice((len(data) or 1, 1 << 12, chance.randint(1, 200)))

    with socket.create_connection(("127.0.0.1", port)) as connection, suppress(OSError):
        connection.settimeout(ANSWER_S)

        for start in range(0, len(data), max(piece, len(data) // 50)):
            connection.sendall(data[start : start + max(piece, len(data) // 50)])

        connection.shutdown(socket.SHUT_WR)

        while connection.recv(65536):
            pass


def test_the_endpoint_serves_on_and_stays_as_small_as_it_was() -> None:
    chance = random.Random(seed_of("endpoint"))
    options = ServerOptions(partitions=2)

    with confined("ehtui.sandbox.server", variables={OPTIONS: options.to_json()}) as child:
        assert child.stdout
        assert child.stderr
        environment = Ready.from_json(child.stdout.readline()).connections.environment
        given = environment["EVENTHUB_CONNECTION_STRING"]
        port = int(given.partition("127.0.0.1:")[2].partition("/")[0])

        conversations = asyncio.run(recorded(given, port))
        assert sum(map(len, conversations)) > 30, "there is something to make mistakes in"
        warm_bytes, rounds, end = 0, 0, time.monotonic() + CLOCK_S

        while rounds < LEAST_ROUNDS or (rounds < MOST_ROUNDS and time.monotonic() < end):
            say(port, mutated(chance, chance.choice(conversations)), chance)
            rounds += 1
            warm_bytes = resident_bytes(child.pid) if rounds == WARM_UP else warm_bytes

        tell(f"{rounds} rounds, {warm_bytes >> 20} MB, {resident_bytes(child.pid) >> 20} MB")
        asyncio.run(talk(given))

        assert resident_bytes(child.pid) - warm_bytes < 24 * MEGABYTE
        assert peak_resident_bytes(child.pid) - warm_bytes < 64 * MEGABYTE
        assert child.poll() is None
        child.terminate()
        faults = child.stderr.read()

    tell(faults)
    assert "Traceback" not in faults, "told above"


class Liar:
    """Makes mistakes in what a server says, while it is told to."""

    def __init__(self, chance: random.Random) -> None:
        self.lies = True
        self._chance = chance

    def change(self, data: bytes) -> bytes:
        # Seldom enough that every step of a connection is reached.
        if self.lies and self._chance.random() < 0.2:
            return b"".join(mutated(self._chance, frames_in(data)))

        return data


async def test_the_link_tells_each_lie_as_a_problem_and_reads_on_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    chance = random.Random(seed_of("link"))
    told: list[Problem] = []
    good = rounds = misfits = 0

    namespace = Namespace("ns.test", keys=[AccessKey("reader", KEY)])
    namespace.create_hub("hub", partitions=2)
    liar = Liar(chance)

    async with (
        EventHubsEndpoint(namespace) as endpoint,
        relayed(endpoint.port, liar.change) as relay,
    ):
        link = KeptLink(access_to(relay.port), open_s=ANSWER_S, reply_s=ANSWER_S)
        end = time.monotonic() + CLOCK_S / 2

        while rounds < FEW_ROUNDS or (rounds < MOST_ROUNDS and time.monotonic() < end):
            rounds += 1

            try:
                await link.read(["0", "1"], describe=True)
                good += 1
            except ProblemError as error:
                told.append(error.problem)
            except MisfitError:
                misfits += 1

        tell(f"{rounds} rounds, {good} of them read, problems: {sorted({p.kind for p in told})}")
        liar.lies = False

        # What was changed last may have left it waiting: once more, and it begins afresh.
        try:
            reading = await link.read(["0", "1"], describe=True)
        except (ProblemError, MisfitError):
            reading = await link.read(["0", "1"], describe=True)

        await link.close()

    assert {sample.partition for sample in reading.samples} == {"0", "1"}
    assert told, "something was noticed"
    assert misfits, "and something was not understood"
    assert all(problem.kind is not ProblemKind.INTERNAL for problem in told)
    assert all(len(problem.summary) < 1000 for problem in told)
    assert not [record for record in caplog.records if record.exc_info]
