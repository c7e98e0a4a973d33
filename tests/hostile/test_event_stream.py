"""Streams that hurt: huge events, more than anybody takes, broken deliveries, silence."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest

from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings
from ehtui.domain.world.events import BodyKind, Earliest, Event, EventQuery, EventStream, Latest
from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace, Retention
from ehtui.sandbox.eventhubs.events import Incoming, new_event
from ehtui.wire import event_credit, event_merge, event_stream
from ehtui.wire.amqp.frames import encode_frame, encode_transfer
from ehtui.wire.amqp.performatives import Attach, Detach, Error, Source, Target, Transfer
from ehtui.wire.amqp_client import Connection
from ehtui.wire.event_reader import EventReader
from ehtui.wire.reading import Limiter
from ehtui.wire.receivers import PIECES_BYTES, Receiver, Receivers
from tests.hostile.measuring import MEGABYTE
from tests.hostile.test_amqp_client import Wire, greeting
from tests.waiting import wait_for

START = 1_800_000_000.0
MANY = 1000


class Hub:
    def __init__(self, endpoint: EventHubsEndpoint, namespace: Namespace) -> None:
        self.endpoint = endpoint
        self.log = namespace.hub("hub").partition("0")
        text = Secret(endpoint.connection_string("hub"))
        settings = EventHubSettings(connection_string=text, peek_group="peek")
        self.reader = EventReader(settings, limiter=Limiter(rate_per_s=None))

    def append(self, *events: Incoming) -> None:
        assert self.log is not None
        self.log.append(events, START)
        self.log.notify()

    async def open(self, *, follow: bool = False, may_drop: bool = False) -> EventStream:
        position = Latest() if may_drop else Earliest()
        return await self.reader.open(EventQuery({"0": position}, follow, may_drop=may_drop))


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    namespace = Namespace("ns.test", max_message_bytes=21 << 20, max_retained_bytes=1 << 30)
    kept = Retention(max_bytes=None)
    namespace.create_hub("hub", partitions=1, groups=["peek"], retention=kept)

    async with EventHubsEndpoint(namespace) as endpoint:
        hub = Hub(endpoint, namespace)

        try:
            yield hub
        finally:
            await hub.reader.close()


async def all_of(stream: EventStream) -> list[Event]:
    events: list[Event] = []

    async with asyncio.timeout(60.0):
        while not stream.is_at_end:
            events += await stream.next_batch(5.0)

    await stream.close()
    return events


@contextmanager
def at_most(most_bytes: int) -> Iterator[None]:
    gc.collect()
    tracemalloc.start()

    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most_bytes
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("megabytes", [1, 20])
async def test_huge_events(hub: Hub, megabytes: int) -> None:
    bodies = [bytes([number]) * (megabytes * MEGABYTE - 4096) for number in range(3)]
    hub.append(*map(new_event, bodies))

    assert [event.body for event in await all_of(await hub.open())] == bodies


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch) -> int:
    """Bytes, and as many events as go into a tenth of a second at 10,000 a second."""
    room = 4 * MEGABYTE
    monkeypatch.setattr(event_merge, "HELD_EVENTS", MANY)
    monkeypatch.setattr(event_merge, "HELD_BYTES", room)
    monkeypatch.setattr(event_credit, "HELD_BYTES", room)
    return room


async def test_what_nobody_takes_stays_with_the_service(hub: Hub, little_room: int) -> None:
    many, taken = 3_000, 0
    hub.append(*[new_event(b"x" * 10_000)] * many)  # 30 MB

    with at_most(3 * little_room):
        stream = await hub.open()

        async with asyncio.timeout(60.0):
            while not stream.is_at_end:
                for event in await stream.next_batch(5.0, 100):
                    assert event.sequence == taken
                    taken += 1

                # Whoever is slow: the service sends no more than there is credit for.
                assert hub.endpoint.statistics().events_out - taken <= MANY

    assert (taken, stream.dropped) == (many, 0)
    await stream.close()


@pytest.mark.usefixtures("little_room")
async def test_more_than_anybody_takes_is_dropped_and_counted(hub: Hub) -> None:
    stream = await hub.open(follow=True, may_drop=True)
    many = 3 * MANY
    hub.append(*[new_event(b"%d" % number) for number in range(many)])
    await wait_for(lambda: stream.dropped == many - MANY)
    events: list[Event] = []

    while len(events) < MANY:
        events += await stream.next_batch(1.0)

    assert events[-1].sequence == many - 1
    assert events[0].sequence == many - MANY
    await stream.close()


async def test_a_message_of_odd_sections_is_one_event_among_others(hub: Hub) -> None:
    hub.append(new_event(b"before"), Incoming(b"\x00\x53\x79\xa1\x03odd"), new_event(b"behind"))
    kinds = [(event.sequence, event.body_kind) for event in await all_of(await hub.open())]

    assert kinds == [(0, BodyKind.DATA), (1, BodyKind.UNREADABLE), (2, BodyKind.DATA)]


async def test_a_connection_that_falls_silent_is_opened_again(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "SILENT_S", 0.2)
    monkeypatch.setattr(event_stream, "TICK_S", 0.1)
    monkeypatch.setattr("ehtui.wire.reading_session.REPLY_S", 0.3)
    stream = await hub.open(follow=True)
    hub.endpoint.faults.is_frozen = True
    opened = hub.endpoint.statistics().connections_opened
    await wait_for(lambda: hub.endpoint.statistics().connections_opened > opened)
    hub.endpoint.faults.is_frozen = False
    hub.append(new_event(b"thawed"))
    events: list[Event] = []

    while not events:
        events += await stream.next_batch(1.0)

    assert events[0].body == b"thawed"
    await stream.close()


class Victim:
    """A connection with receivers, fed by hand."""

    def __init__(self) -> None:
        self.connection, self.wire = Connection("peer"), Wire()
        self.connection.connection_made(self.wire)
        self.connection.data_received(greeting())
        self.receivers = Receivers(self.connection, "hub/ConsumerGroups/peek")
        self.got: list[bytes] = []

    def attach(self, handle: int = 5) -> Receiver:
        receiver = self.receivers.attach("0", Earliest(), 10, self.got.append)
        name, source = receiver.link.name, Source("x")
        self.feed(encode_frame(1, Attach(name, handle, False, 1, 0, source, Target("y"), 0)))
        return receiver

    def feed(self, data: bytes) -> bool:
        self.connection.data_received(data)
        return self.connection.error is None

    def piece(
        self, payload: bytes, *, handle: int = 5, more: bool = True, aborted: bool = False
    ) -> bool:
        transfer = Transfer(handle, 1, b"t", 0, True, more, aborted, payload)
        return self.feed(encode_frame(1, transfer))


async def test_an_aborted_delivery_is_none() -> None:
    victim = Victim()
    victim.attach()
    victim.piece(b"half")
    victim.piece(b"", more=False, aborted=True)
    victim.feed(encode_transfer(1, 5, 2, b"whole", 65536, settled=True))

    assert victim.got == [b"whole"]
    assert victim.receivers.held_bytes == 0


async def test_a_link_that_is_detached_amid_a_delivery_lets_go_of_it() -> None:
    victim = Victim()
    receiver = victim.attach()
    ended: list[bool] = []
    receiver.on_end = lambda: ended.append(True)
    victim.piece(b"half" * 1000)
    assert victim.receivers.held_bytes

    assert victim.feed(encode_frame(1, Detach(5, True, Error("amqp:link:detach-forced", "idle"))))
    assert ended == [True]
    assert receiver.error is not None
    assert receiver.error.condition == "amqp:link:detach-forced"
    assert victim.receivers.held_bytes == 0
    assert victim.connection.error is None


async def test_halves_of_many_partitions_cost_so_much_and_no_more() -> None:
    victim = Victim()
    receivers = [victim.attach(handle) for handle in range(5, 13)]
    piece = b"x" * (900 << 10)

    for _ in range(20):
        for handle in range(5, 13):
            victim.piece(piece, handle=handle)
            assert victim.receivers.held_bytes <= PIECES_BYTES

    assert any(receiver.is_too_large for receiver in receivers)
    assert not all(receiver.is_too_large for receiver in receivers)
    assert victim.connection.error is None


async def test_an_event_beyond_every_limit_is_left_out_and_the_next_one_comes() -> None:
    victim = Victim()
    receiver = victim.attach()
    left_out: list[bool] = []
    receiver.on_left_out = lambda: left_out.append(True)
    piece = b"x" * (900 << 10)

    for _ in range(30):
        victim.piece(piece)

    victim.piece(piece, more=False)
    victim.feed(encode_transfer(1, 5, 2, b"next", 65536, settled=True))

    assert left_out == [True]
    assert receiver.left_out == 1
    assert victim.got == [b"next"]
    assert receiver.error is None


async def test_a_delivery_that_nobody_gave_credit_for_is_no_harm() -> None:
    victim = Victim()
    receiver = victim.attach()

    for number in range(50):
        victim.feed(encode_transfer(1, 5, number, b"x", 65536, settled=True))

    assert receiver.credit == 0
    assert len(victim.got) == 50


async def test_a_refusal_without_a_reason_is_one() -> None:
    victim = Victim()
    receiver = victim.receivers.attach("0", Earliest(), 10, victim.got.append)
    victim.feed(encode_frame(1, Attach(receiver.link.name, 5, False, 1, 0, None, None, 0)))
    assert not receiver.attached.done()
    victim.feed(encode_frame(1, Detach(5, True)))

    with pytest.raises(Exception, match="detached"):
        await receiver.attached
