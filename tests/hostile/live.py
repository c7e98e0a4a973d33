"""The sandbox on a live port, and conversations with mistakes in them, for as long as wanted."""

from __future__ import annotations

import asyncio
import random
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from uuid import uuid4

from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient
from typing_extensions import override

from ehtui.sandbox.options import OPTIONS, Ready, ServerOptions
from tests.hostile.fuzzing import mutated, relayed, seed_of
from tests.hostile.measuring import confined, peak_resident_bytes, resident_bytes

ANSWER_S = 0.5  # a server that waits for the rest of a frame is not waited for
WARM_UP = 100  # rounds
MOST_EVENTS = 100  # of a partition: what is kept is no leak


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


@dataclass(frozen=True)
class Server:
    """A sandbox in a process of its own."""

    child: subprocess.Popen[str]
    connection_string: str

    @property
    def port(self) -> int:
        """Of Event Hubs."""
        return int(self.connection_string.partition("127.0.0.1:")[2].partition("/")[0])


@contextmanager
def serving() -> Iterator[Server]:
    """One with a small hub."""
    options = ServerOptions(partitions=2, retention={"max_events": MOST_EVENTS})

    with confined(
        "tests.hostile.forgetful_server", variables={OPTIONS: options.to_json()}
    ) as child:
        assert child.stdout
        connections = Ready.from_json(child.stdout.readline()).connections
        yield Server(child, connections.eventhub)


@dataclass(frozen=True)
class Fuzzed:
    """What became of a server."""

    rounds: int
    seconds: float
    warm_bytes: int  # resident after the first rounds
    last_bytes: int
    peak_bytes: int
    is_alive: bool  # and served the SDK afterwards
    faults: str  # what it wrote to standard error

    @property
    def grown_bytes(self) -> int:
        """What it has more than after the first rounds."""
        return self.last_bytes - self.warm_bytes

    @override
    def __str__(self) -> str:
        sizes = (self.warm_bytes, self.last_bytes, self.peak_bytes)
        warm, last, peak = (f"{size / 2**20:.1f}" for size in sizes)
        return (
            f"{self.rounds} conversations in {self.seconds:.0f} s:"
            f" {warm} MB after {WARM_UP}, {last} MB at the end, {peak} MB at most"
        )


def fuzz(
    server: Server,
    seconds: float,
    *,
    least_rounds: int = WARM_UP,
    most_rounds: int | None = None,
    tell: Callable[[int, int], None] = lambda _, __: None,
) -> Fuzzed:
    """Say what the SDK says, with mistakes; `tell` hears rounds and resident bytes now and then."""
    chance, child = random.Random(seed_of("endpoint")), server.child
    conversations = asyncio.run(recorded(server.connection_string, server.port))
    assert sum(map(len, conversations)) > 30, "there is something to make mistakes in"
    warm_bytes = last = peak = rounds = 0
    began = time.monotonic()

    def goes_on() -> bool:
        is_early = time.monotonic() - began < seconds
        return rounds < least_rounds or (is_early and (most_rounds is None or rounds < most_rounds))

    while child.poll() is None and goes_on():
        say(server.port, mutated(chance, chance.choice(conversations)), chance)
        rounds += 1

        if rounds % WARM_UP == 0 and child.poll() is None:
            last = resident_bytes(child.pid)
            warm_bytes = warm_bytes or last
            tell(rounds, last)

    took_s = time.monotonic() - began
    is_alive = child.poll() is None

    if is_alive:
        asyncio.run(talk(server.connection_string))
        last, peak = resident_bytes(child.pid), peak_resident_bytes(child.pid)

    child.terminate()
    assert child.stderr
    faults = child.stderr.read()
    return Fuzzed(rounds, took_s, warm_bytes, last, peak, is_alive, faults)
