"""Who only sends, told by the bytes that go over its connections."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

import pytest

from ehtui.domain.world.process import Traffic
from ehtui.sources.namespace_clients import (
    KAFKA_PORT,
    LEAST_STRETCHES,
    SETTLED_S,
    STRETCH_S,
    TrafficMeter,
)
from ehtui.sources.sockets import Sockets, Volume
from tests.shortcuts import only_linux

AMQP = 5671
SENT, RECEIVED = (1500, 60), (40, 2500)  # bytes of a stretch: sent, received


@dataclass(slots=True)
class Wire:
    """Connections of process 1, and what goes over them."""

    at: float = 1000.0
    port: int = AMQP
    meter: TrafficMeter = field(default_factory=TrafficMeter)
    volumes: dict[int, Volume] = field(default_factory=dict)

    def open(self, inode: int) -> None:
        """What a TLS handshake and an AMQP attach take."""
        self.volumes[inode] = Volume(frozenset({1}), self.port, 3000, 7000)

    def pass_over(self, *turns: tuple[int, int], inode: int = 1, stretches: int = 1) -> None:
        for n in range(stretches):
            sent, received = turns[n % len(turns)]
            before = self.volumes[inode]
            self.volumes[inode] = Volume(
                before.pids, before.port, before.sent_bytes + sent, before.received_bytes + received
            )
            self.look()

    def look(self) -> None:
        self.at += STRETCH_S
        self.meter.measure(self.volumes, self.at)

    @property
    def traffic(self) -> Traffic | None:
        return self.meter.traffic(1)


@pytest.fixture
def wire() -> Wire:
    wire = Wire()
    wire.open(1)
    wire.look()

    return wire


def test_who_sends_and_gets_a_short_answer_to_each_is_a_producer(wire: Wire) -> None:
    wire.pass_over(SENT, stretches=LEAST_STRETCHES - 1)
    assert wire.traffic is None  # not yet

    wire.pass_over(SENT)
    assert wire.traffic is Traffic.SENDS


def test_small_events_tell_it_too_be_there_few_of_them(wire: Wire) -> None:
    """`e42` to each of four partitions every 0.8 s, measured: 49 bytes, and 26 for the answer."""
    for inode in (2, 3, 4):
        wire.open(inode)

    wire.look()

    for _ in range(3 * LEAST_STRETCHES):
        for inode in (1, 2, 3, 4):
            before = wire.volumes[inode]
            wire.volumes[inode] = before._replace(
                sent_bytes=before.sent_bytes + 4 * 49, received_bytes=before.received_bytes + 4 * 26
            )

        wire.look()

    assert wire.traffic is Traffic.SENDS


def test_who_ever_received_is_none(wire: Wire) -> None:
    wire.pass_over(RECEIVED)
    wire.pass_over(SENT, stretches=3 * LEAST_STRETCHES)
    assert wire.traffic is Traffic.RECEIVES

    later = Wire()
    later.open(1)
    later.look()
    later.pass_over(SENT, stretches=LEAST_STRETCHES)
    later.pass_over(RECEIVED)
    assert later.traffic is Traffic.RECEIVES


def test_answers_that_come_late_are_no_events(wire: Wire) -> None:
    """A busy hub: nothing is sent for a while, and what was sent before is answered now."""
    wire.pass_over(SENT, stretches=LEAST_STRETCHES)
    wire.pass_over((0, 300), (0, 0), (0, 0), SENT, stretches=20)

    assert wire.traffic is Traffic.SENDS


def test_an_idle_consumer_is_unknown(wire: Wire) -> None:
    """Empty frames keep the link alive; a token is renewed now and then."""
    wire.pass_over((8, 8), (0, 0), stretches=200)
    wire.pass_over((1500, 200))
    wire.pass_over((37, 37), stretches=200)
    wire.pass_over((1500, 200))

    assert wire.traffic is None


def test_who_grants_credit_again_and_again_waits_for_events(wire: Wire) -> None:
    """The JavaScript SDK does, once for each partition and wait: nobody answers."""
    wire.pass_over((1600, 0), (1600, 0), (1600, 0), (1600, 37), stretches=200)

    assert wire.traffic is None


def test_a_connection_that_carries_nothing_may_be_there_to_receive(wire: Wire) -> None:
    wire.open(2)
    wire.pass_over(SENT, stretches=3 * LEAST_STRETCHES)
    assert wire.traffic is None

    wire.pass_over(SENT, inode=2)
    assert wire.traffic is Traffic.SENDS

    wire.open(3)
    wire.open(4)
    wire.look()
    assert wire.traffic is Traffic.SENDS  # new partitions: they have just begun
    wire.pass_over(SENT, stretches=int(SETTLED_S / STRETCH_S) + 1)
    assert wire.traffic is None


def test_the_python_sdk_asks_the_hub_as_a_whole_how_large_a_message_may_be(wire: Wire) -> None:
    """And sends to partitions over other connections: one of several is silent."""
    for inode in (2, 3):
        wire.open(inode)

    wire.pass_over(SENT)
    wire.pass_over(SENT, inode=2)
    wire.pass_over(SENT, stretches=int(SETTLED_S / STRETCH_S) + 1)

    assert wire.traffic is Traffic.SENDS


def test_of_kafka_nothing_is_told() -> None:
    kafka = Wire(port=KAFKA_PORT)
    kafka.open(1)
    kafka.look()
    kafka.pass_over(SENT, stretches=3 * LEAST_STRETCHES)

    assert kafka.traffic is None


def test_who_is_gone_is_forgotten(wire: Wire) -> None:
    wire.pass_over(SENT, stretches=LEAST_STRETCHES)
    assert wire.traffic is Traffic.SENDS
    wire.volumes.clear()
    wire.look()

    assert wire.traffic is None


@only_linux("counts the bytes of a socket")
def test_the_kernel_counts_what_goes_over_a_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = ("127.0.0.1", server.getsockname()[1])

        with socket.create_connection(address) as client:
            accepted, _ = server.accept()

            with accepted:
                client.sendall(b"x" * 1000)
                received = 0

                while received < 1000:
                    received += len(accepted.recv(4096))

                accepted.sendall(b"y" * 300)
                assert len(client.recv(4096)) == 300
                sockets = Sockets()
                sockets.counts({address})
                (volume,) = sockets.volumes().values()

    assert (volume.port, volume.received_bytes) == (address[1], 300)
    assert volume.sent_bytes in {1000, 1001}  # the kernel counts the opening as a byte
