"""As many pairs of links as a round needs; and what happens where there are fewer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ehtui.wire.amqp.performatives import Attach, Close, Detach, Error
from ehtui.wire.kept_link import MOST_PAIRS, KeptLink
from tests.waiting import wait_for
from tests.wire.hubs import access_to
from tests.wire.peer import Peer, _Served, hub_of, serving

CREDIT = 100  # what the service gives each link of `$management`
QUIET_S = 0.05


class Turns:
    """A peer's words are held back until the client is quiet: each time they go is a round trip."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken = 0
        original = _Served._read

        async def read(served: _Served) -> bytes:
            writer: Any = served.writer

            if not isinstance(writer, Held):
                writer = served.writer = Held(writer)  # type: ignore[assignment]

            reading = asyncio.ensure_future(original(served))
            done, _ = await asyncio.wait({reading}, timeout=QUIET_S)

            if not done and writer.held:
                self.taken += 1
                writer.release()

            return await reading

        monkeypatch.setattr(_Served, "_read", read)


class Held:
    """A writer that waits."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.held: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)

    def write(self, data: bytes) -> None:
        self.held.append(data)

    def release(self) -> None:
        self._writer.write(b"".join(self.held))
        self.held.clear()


def ids_of(count: int) -> list[str]:
    return [str(number) for number in range(count)]


def is_management(body: Any) -> bool:
    return isinstance(body, Attach) and body.source.address == "$management"  # type: ignore[union-attr]


def pairs(peer: Peer) -> int:
    return sum(map(is_management, peer.frames)) // 2


@asynccontextmanager
async def linked(peer: Peer) -> AsyncIterator[KeptLink]:
    async with serving(peer):
        link = KeptLink(access_to(peer.port), open_s=5.0, reply_s=5.0)

        try:
            yield link
        finally:
            await link.close()


async def read_all(link: KeptLink, count: int) -> int:
    reading = await link.read(ids_of(count), describe=False)
    assert not reading.refused
    return len(reading.samples)


@pytest.mark.parametrize(("count", "most"), [(200, 1), (1024, 4)])
async def test_a_round_takes_few_round_trips(
    count: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = Turns(monkeypatch)
    peer = Peer(answer=hub_of(*ids_of(count)), credit=CREDIT)

    async with linked(peer) as link:
        await read_all(link, 1)
        turns.taken = 0
        assert await read_all(link, count) == count
        first = turns.taken
        turns.taken = 0
        assert await read_all(link, count) == count
        assert turns.taken <= most
        assert first <= max(most, 3)  # with the attaching

    assert pairs(peer) <= MOST_PAIRS
    assert peer.connections == 1


async def test_a_small_hub_needs_no_further_pair() -> None:
    peer = Peer(answer=hub_of(*ids_of(32)), credit=CREDIT)

    async with linked(peer) as link:
        for _ in range(5):
            await read_all(link, 32)

    assert pairs(peer) == 1


@pytest.mark.parametrize("hangs_up", [False, True], ids=["refused", "hung up"])
async def test_further_pairs_that_are_refused_are_not_asked_for_again(
    hangs_up: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = _Served._attach

    def attach(served: _Served, asked: Attach) -> None:
        if not (is_management(asked) and asked.handle > 3):
            original(served, asked)
        elif hangs_up:
            served.send(Close(Error("amqp:connection:forced", "No more links.")))
        else:
            refused = asked._replace(
                handle=asked.handle + 40,
                is_receiver=not asked.is_receiver,
                source=None,
                target=None,
                initial_delivery_count=0 if asked.is_receiver else None,
            )
            served.send(refused)
            error = Error("amqp:resource-limit-exceeded", "No more links.")
            served.send(Detach(asked.handle + 40, True, error))

    monkeypatch.setattr(_Served, "_attach", attach)
    peer = Peer(answer=hub_of(*ids_of(1024)), credit=CREDIT)

    async with linked(peer) as link:
        await read_all(link, 1)
        assert await read_all(link, 1024) == 1024
        asked = pairs(peer)
        assert await read_all(link, 1024) == 1024

    assert pairs(peer) == asked
    assert peer.connections == 1 + hangs_up


@pytest.mark.parametrize("handle", [44, 45])
async def test_a_further_pair_that_is_let_go_while_it_is_quiet_is_asked_for_again(
    handle: int,
) -> None:
    peer = Peer(answer=hub_of(*ids_of(300)), credit=CREDIT)

    async with linked(peer) as link:
        await read_all(link, 300)
        asked = pairs(peer)
        peer.send_all(Detach(handle, True, Error("amqp:link:detach-forced", "idle")))
        await wait_for(lambda: any(isinstance(body, Detach) for body in peer.frames))
        assert await read_all(link, 300) == 300

    assert asked == 3
    assert peer.connections == 1
