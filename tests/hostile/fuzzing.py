"""Real conversations, recorded on their way and said again with mistakes in them."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

_PIECE = 65536
_LONGEST_FRAME = 1 << 20


def seed_of(name: str) -> int:
    """The seed of this run, printed so that a failing one can be had again: EHTUI_FUZZ_SEED."""
    seed = int(os.environ.get("EHTUI_FUZZ_SEED") or random.SystemRandom().getrandbits(32))
    tell(f"{name}: EHTUI_FUZZ_SEED={seed}")

    return seed


def tell(line: str) -> None:
    """Shown with `pytest -s`, and by a test that fails."""
    sys.stdout.write(f"{line}\n")


def frames_in(stream: bytes) -> list[bytes]:
    """Protocol headers and frames, each by itself; what is cut off at the end is the last."""
    pieces, start = [], 0

    while start < len(stream):
        size = 8 if stream[start : start + 4] == b"AMQP" else 0
        size = size or int.from_bytes(stream[start : start + 4], "big")
        size = size if 8 <= size <= _LONGEST_FRAME else len(stream) - start
        pieces.append(stream[start : start + size])
        start += size

    return pieces


Mutation = Callable[[random.Random, list[bytes]], list[bytes]]


def _flipped(chance: random.Random, frames: list[bytes]) -> list[bytes]:
    return _in_one(chance, frames, lambda frame: _with_bytes(chance, frame, chance.randint(1, 8)))


def _boundary(chance: random.Random, frames: list[bytes]) -> list[bytes]:
    """A byte becomes one of those at which lengths, counts and constructors turn."""
    odd = (0x00, 0x40, 0x45, 0x53, 0x7F, 0x80, 0xC0, 0xC1, 0xD0, 0xD1, 0xE0, 0xF0, 0xFF)
    return _in_one(chance, frames, lambda frame: _set(chance, frame, bytes((chance.choice(odd),))))


def _large(chance: random.Random, frames: list[bytes]) -> list[bytes]:
    """Four bytes become a number that is larger than anything there."""
    number = chance.choice((0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 0x00FFFFFF))
    return _in_one(chance, frames, lambda frame: _set(chance, frame, number.to_bytes(4, "big")))


def _truncated(chance: random.Random, frames: list[bytes]) -> list[bytes]:
    whole = b"".join(frames)
    return [whole[: chance.randrange(len(whole) + 1)]]


def _shortened(chance: random.Random, frames: list[bytes]) -> list[bytes]:
    """A frame ends early and says so: its own lengths go on."""

    def shorten(frame: bytes) -> bytes:
        kept = frame[: chance.randrange(8, len(frame) + 1)]
        return len(kept).to_bytes(4, "big") + kept[4:]

    return _in_one(chance, frames, shorten)


def _repeated(chance: random.Random, frames: list[bytes]) -> list[bytes]:
    place = chance.randrange(len(frames))
    return [*frames[:place], *[frames[place]] * chance.choice((2, 3, 50)), *frames[place:]]


def _swapped(chance: random.Random, frames: list[bytes]) -> list[bytes]:
    one, other = chance.randrange(len(frames)), chance.randrange(len(frames))
    frames = [*frames]
    frames[one], frames[other] = frames[other], frames[one]

    return frames


def _left_out(chance: random.Random, frames: list[bytes]) -> list[bytes]:
    place = chance.randrange(len(frames))
    return [*frames[:place], *frames[place + 1 :]]


def _elsewhere(chance: random.Random, frames: list[bytes]) -> list[bytes]:
    """A frame on another channel, or of another kind."""
    start, value = (6, chance.randbytes(2)) if chance.random() < 0.5 else (5, chance.randbytes(1))
    return _in_one(chance, frames, lambda f: f[:start] + value + f[start + len(value) :])


def _noise(chance: random.Random, frames: list[bytes]) -> list[bytes]:
    place, noise = chance.randrange(len(frames) + 1), chance.randbytes(chance.randint(1, 3000))

    if chance.random() < 0.5:  # in a frame of its own
        noise = (len(noise) + 8).to_bytes(4, "big") + b"\x02\x00\x00\x00" + noise

    return [*frames[:place], noise, *frames[place:]]


MUTATIONS: tuple[Mutation, ...] = (
    _flipped, _boundary, _large, _truncated, _shortened, _repeated, _swapped, _left_out,
    _elsewhere, _noise,
)  # fmt: skip


def mutated(chance: random.Random, frames: list[bytes]) -> list[bytes]:
    """These frames with one to three mistakes."""
    for _ in range(chance.randint(1, 3)):
        frames = [frame for frame in frames if frame]

        if not frames:
            break

        frames = chance.choice(MUTATIONS)(chance, frames)

    return frames


def _in_one(
    chance: random.Random, frames: list[bytes], change: Callable[[bytes], bytes]
) -> list[bytes]:
    place = chance.randrange(len(frames))
    frame = frames[place]
    return [*frames[:place], change(frame) if len(frame) > 8 else frame, *frames[place + 1 :]]


def _set(chance: random.Random, frame: bytes, value: bytes) -> bytes:
    start = chance.randrange(max(1, len(frame) - len(value)))
    return frame[:start] + value + frame[start + len(value) :]


def _with_bytes(chance: random.Random, frame: bytes, count: int) -> bytes:
    for _ in range(count):
        frame = _set(chance, frame, chance.randbytes(1))

    return frame


class Relay:
    """A way to a server: writes down what clients say to it, and may change what it answers."""

    def __init__(
        self, server_port: int, change: Callable[[bytes], bytes] = lambda data: data
    ) -> None:
        self.port = 0
        self.streams: list[bytearray] = []
        self._server_port = server_port
        self._change = change

    @property
    def conversations(self) -> list[list[bytes]]:
        """What was said on each connection, in frames."""
        return [frames_in(bytes(stream)) for stream in self.streams if stream]

    async def serve(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it."""
        stream = bytearray()
        self.streams.append(stream)

        try:
            server, onward = await asyncio.open_connection("127.0.0.1", self._server_port)
        except BaseException:
            back.transport.abort()
            raise

        def keep(data: bytes) -> bytes:
            stream.extend(data)
            return data

        ways = {
            asyncio.create_task(_forward(client, onward, keep)),
            asyncio.create_task(_forward(server, back, self._change)),
        }

        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            onward.transport.abort()
            back.transport.abort()

            for way in ways:
                way.cancel()

            await asyncio.gather(*ways, return_exceptions=True)


async def _forward(
    source: asyncio.StreamReader, target: asyncio.StreamWriter, change: Callable[[bytes], bytes]
) -> None:
    while data := await source.read(_PIECE):
        target.write(change(data))
        await target.drain()

    await target.drain()


@asynccontextmanager
async def relayed(
    server_port: int, change: Callable[[bytes], bytes] = lambda data: data
) -> AsyncIterator[Relay]:
    """A relay that listens."""
    relay, served = Relay(server_port, change), set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        served.add(task)
        task.add_done_callback(served.discard)

        with suppress(asyncio.CancelledError):  # asyncio's streams would tell it as a fault
            await relay.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]

    try:
        yield relay
    finally:
        server.close()
        left = [*served]

        for task in left:
            task.cancel()

        await asyncio.gather(*left, return_exceptions=True)
