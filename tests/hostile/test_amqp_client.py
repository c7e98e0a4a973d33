"""A server that means harm: the link to it ends with a clear error, and holds next to nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from typing_extensions import override

from ehtui.domain.problems import ProblemError, ProblemKind
from ehtui.wire.amqp.frames import (
    AMQP_HEADER,
    EMPTY_FRAME,
    SASL_HEADER,
    encode_frame,
    encode_transfer,
)
from ehtui.wire.amqp.links import SendingLink
from ehtui.wire.amqp.messages import Reply, encode_reply
from ehtui.wire.amqp.performatives import (
    Accepted,
    AmqpError,
    Attach,
    Begin,
    Detach,
    Disposition,
    Error,
    Flow,
    Open,
    Rejected,
    SaslMechanisms,
    SaslOutcome,
    Source,
    Target,
    Transfer,
)
from ehtui.wire.amqp.values import Long, Strings, Timestamp
from ehtui.wire.amqp_client import Connection
from ehtui.wire.kept_link import KeptLink
from ehtui.wire.requests import RequestLink
from tests.hostile.measuring import MEGABYTE, peak_bytes
from tests.wire.hubs import access_to
from tests.wire.peer import Answer, Peer, hub_of, ok, serving

NODE = "$management"
REPLY = encode_reply(Reply(UUID(int=5), {"status-code": 200}, {"n": 1}))


class Wire(asyncio.Transport):
    """Counts what was written; never says that it went out."""

    def __init__(self) -> None:
        super().__init__()
        self.written = 0
        self.aborted = False

    @override
    def write(self, data: Any) -> None:
        self.written += len(data)

    @override
    def abort(self) -> None:
        self.aborted = True


def greeting(opened: Open = Open("peer")) -> bytes:  # noqa: B008 - a frozen value
    """What a server says until a session has begun."""
    return b"".join(
        (
            SASL_HEADER,
            encode_frame(0, SaslMechanisms(("ANONYMOUS",))),
            encode_frame(0, SaslOutcome(0)),
            AMQP_HEADER,
            encode_frame(0, opened),
            encode_frame(1, Begin(0, 0, 100, 100)),
        )
    )


class Victim:
    """A client's connection with one pair of links, fed by hand."""

    def __init__(self) -> None:
        self.signs_of_life = 0
        self.connection, self.wire = Connection("peer", self._on_sign_of_life), Wire()
        self.connection.connection_made(self.wire)
        self.connection.data_received(greeting())
        self.link = RequestLink(self.connection, NODE, 0, lambda: 0.0)
        attaching = asyncio.ensure_future(self.link.attach())
        attaching.add_done_callback(lambda task: task.cancelled() or task.exception())
        self.attaching = attaching

    def _on_sign_of_life(self) -> None:
        self.signs_of_life += 1

    async def attached(self) -> Victim:
        await asyncio.sleep(0)
        receiver, sender = self.connection.session._asked
        source, target = Source(NODE), Target(NODE)
        self.feed(encode_frame(1, Attach(receiver, 5, False, 0, 0, source, target, 0)))
        self.feed(encode_frame(1, Attach(sender, 6, True, 0, 0, source, target)))
        return self

    def feed(self, data: bytes) -> bool:
        """Whether it still listens."""
        self.connection.data_received(data)
        return self.connection.error is None

    def feed_all(self, pieces: Iterator[bytes], most: int) -> int:
        """Feed until it has enough; how many it took."""
        for number, piece in enumerate(pieces):
            if not self.feed(piece) or number == most:
                return number

        return most

    @property
    def condition(self) -> str:
        assert self.connection.error is not None, "it went on listening"
        return self.connection.error.condition


async def test_a_delivery_without_an_end_is_cut_off() -> None:
    victim = await Victim().attached()
    piece = encode_frame(1, Transfer(5, 1, b"t", 0, True, True, False, bytes(60_000)))

    assert peak_bytes(lambda: victim.feed_all(iter(lambda: piece, None), 1000)) < 4 * MEGABYTE
    assert victim.condition == "amqp:link:message-size-exceeded"


async def test_pieces_without_a_byte_are_not_kept() -> None:
    victim = await Victim().attached()
    piece = encode_frame(1, Transfer(5, 1, b"t", 0, True, True, False, b""))

    assert peak_bytes(lambda: victim.feed(piece * 20_000)) < 4 * MEGABYTE


async def test_greetings_that_nobody_awaits_end_it() -> None:
    for frame in (encode_frame(0, Open("peer")), AMQP_HEADER, encode_frame(0, Begin(0, 0, 1, 1))):
        victim = await Victim().attached()
        took = victim.feed_all(iter(lambda frame=frame: frame, None), 1000)  # type: ignore[misc]

        assert took < 20
        assert victim.condition == "amqp:not-allowed"


async def test_so_do_those_before_the_session_began() -> None:
    connection = Connection()
    connection.connection_made(Wire())
    frame = encode_frame(0, SaslMechanisms(("PLAIN",)))

    for _ in range(1000):
        connection.data_received(frame)

    assert connection.error is not None


UNAWAITED = {
    "empty": EMPTY_FRAME,
    "flow": encode_frame(1, Flow(0, 100, 0, 100, 6, 0, 100)),
    "flow of the session": encode_frame(1, Flow(0, 100, 0, 100)),
    "disposition": encode_frame(1, Disposition(True, 0, 2**32 - 1, True, Accepted())),
    "attach": encode_frame(1, Attach("another", 9, False, 0, 0, Source(NODE), Target(NODE))),
    "detach": encode_frame(1, Detach(9, True)),
    "transfer": encode_frame(1, Transfer(9, 1, b"t", 0, True, True, False, b"x")),
    "piece without a byte": encode_frame(1, Transfer(5, 1, b"t", 0, True, True, False, b"")),
    "aborted": encode_frame(1, Transfer(5, 1, b"t", 0, True, True, True, b"")),
}


@pytest.mark.parametrize("frame", UNAWAITED.values(), ids=list(UNAWAITED))
async def test_frames_that_nobody_awaits_are_no_answer_and_have_an_end(frame: bytes) -> None:
    """A request ran on for as long as they poured in, and the processor with it."""
    victim = await Victim().attached()
    before = victim.signs_of_life

    assert victim.feed(frame * 100)
    assert victim.signs_of_life == before
    assert victim.feed_all(iter(lambda: frame * 100, None), 1000) < 200
    assert victim.condition == "amqp:not-allowed"


async def test_what_is_awaited_is_a_sign_of_life_each_time() -> None:
    victim = await Victim().attached()
    before = victim.signs_of_life

    victim.link._queue.extend((UUID(int=number), b"x") for number in range(2))
    victim.feed(encode_frame(1, Flow(0, 100, 0, 100, 6, 0, 1)))  # lets one of them go
    victim.feed(encode_frame(1, Disposition(True, 0, 0, True, Accepted())))
    victim.feed(encode_transfer(1, 5, 1, REPLY, 512))

    assert victim.signs_of_life == before + 3


async def test_one_link_has_one_handle() -> None:
    victim = await Victim().attached()
    receiver = next(iter(victim.connection.session._asked))
    source, target = Source(NODE), Target(NODE)
    attaches = (
        encode_frame(1, Attach(receiver, number, False, 0, 0, source, target, 0))
        for number in count(10)
    )

    assert victim.feed_all(attaches, 1000) < 10
    assert victim.condition == "amqp:session:handle-in-use"


async def test_answers_that_are_not_taken_are_not_piled_up() -> None:
    """It wants every delivery settled, and reads nothing of that."""
    victim = await Victim().attached()
    victim.connection.pause_writing()
    before = victim.wire.written
    deliveries = (
        encode_frame(1, Transfer(5, number, b"t", 0, False, False, False, REPLY))
        for number in count()
    )
    victim.feed_all(deliveries, 100_000)

    assert victim.connection.error is not None
    assert victim.wire.written - before < 2 * MEGABYTE
    assert victim.wire.aborted


async def test_replies_that_nobody_asked_for_end_it() -> None:
    victim = await Victim().attached()
    replies = (encode_transfer(1, 5, number, REPLY, 65536) for number in count())

    assert victim.feed_all(replies, 50_000) < 5000
    assert victim.condition == "amqp:not-allowed"


class Counted(dict[int, Any]):
    """Knows how often it was looked into."""

    looks = 0

    @override
    def pop(self, *arguments: Any) -> Any:
        self.looks += 1
        return super().pop(*arguments)


async def test_settling_four_billion_deliveries_costs_what_was_sent() -> None:
    link = SendingLink((await Victim().attached()).connection.session, "s", 0)
    link.flowed(Flow(0, 100, 0, 100, 0, 0, 100))

    for number in range(3):
        link.send(b"x", tag=number)

    sent = link.unsettled = Counted(link.unsettled)
    settled = [
        tag
        for first in range(1000)
        for tag in link.settle(Disposition(True, first % 3, 2**32 - 1, True, Rejected(Error("no"))))
    ]

    assert sorted(settled) == [0, 1, 2]
    assert sent.looks == 3


async def test_a_peer_that_wants_to_hear_us_all_the_time_hears_us_once_a_second() -> None:
    connection = Connection()
    connection.connection_made(Wire())
    connection.data_received(greeting(Open("peer", idle_timeout_ms=1)))

    assert connection.core.silence_s is not None
    assert connection.core.silence_s >= 1.0
    connection.abort()


def description(**changes: Any) -> Answer:
    value = {
        "name": "hub",
        "created_at": Timestamp(5000),
        "partition_ids": Strings(["0"]),
    } | changes
    return lambda request: ok(request, value)


def sample(**changes: Any) -> Answer:
    value: Mapping[str, Any] = {
        "partition": "0",
        "begin_sequence_number": Long(5),
        "last_enqueued_sequence_number": Long(7),
        "last_enqueued_offset": "4096",
        "last_enqueued_time_utc": Timestamp(1_700_000_100_500),
        "is_partition_empty": False,
    }
    return lambda request: ok(request, {**value, **changes})


@pytest.mark.parametrize(
    "answer",
    [
        description(partition_ids=Strings(str(n) for n in range(15_000))),
        description(partition_ids=Strings(["9" * 5000])),
        description(partition_ids=Strings([])),
        description(partition_ids="0123"),
        description(partition_ids=5),
        description(name=b"\xff" * 2000),
        description(georeplication_factor=float("nan")),
        description(georeplication_factor=float("inf")),
        lambda request: ok(request, "a text"),
        lambda request: ok(request, None),
    ],
)
async def test_a_description_that_cannot_be_is_a_problem_of_the_hub(answer: Answer) -> None:
    async with serving(Peer(answer=answer)) as peer:
        link = KeptLink(access_to(peer.port))

        with pytest.raises(ProblemError) as caught:
            await link.read([], describe=True)

        await link.close()

    assert caught.value.problem.kind is ProblemKind.MALFORMED
    assert len(caught.value.problem.summary) < 400


@pytest.mark.parametrize(
    "changes",
    [
        {"begin_sequence_number": 1e300},
        {"begin_sequence_number": float("inf")},
        {"begin_sequence_number": float("nan")},
        {"begin_sequence_number": "9" * 6000},
        {"last_enqueued_sequence_number": None},
        {"last_enqueued_sequence_number": True},
        {"last_enqueued_sequence_number": Long(-2)},
        {"last_enqueued_sequence_number": Long(-2), "is_partition_empty": True},
        {"begin_sequence_number": Long(-1)},
        {"begin_sequence_number": Long(2**63 - 1)},
        {"last_enqueued_offset": "9" * 60_000},
        {"partition": "another"},
    ],
    ids=lambda changes: str(changes)[:60],
)
async def test_numbers_that_cannot_be_are_a_problem_of_the_partition(
    changes: dict[str, Any],
) -> None:
    async with serving(Peer(answer=sample(**changes))) as peer:
        link = KeptLink(access_to(peer.port))

        with pytest.raises(ProblemError) as caught:
            await link.read(["0"], describe=False)

        await link.close()

    assert caught.value.problem.kind is ProblemKind.MALFORMED


@pytest.mark.parametrize("moment", [-(2**63), -1, 0, 2**63 - 1, 10**16, float("nan"), 1e300, "x"])
async def test_a_moment_out_of_range_is_unknown(moment: Any) -> None:
    told = Timestamp(moment) if isinstance(moment, int) else moment

    async with serving(Peer(answer=sample(last_enqueued_time_utc=told))) as peer:
        link = KeptLink(access_to(peer.port))
        reading = await link.read(["0"], describe=False)
        await link.close()

    assert reading.samples[0].last_enqueued_at is None
    assert reading.samples[0].last_sequence == 7


async def test_a_reply_larger_than_any_answer_ends_the_link() -> None:
    def answer(request: Any) -> Reply:
        return ok(request, {"partition": "0", "more": "x" * 700_000})

    async with serving(Peer(answer=answer, max_frame_bytes=65536)) as peer:
        link = KeptLink(access_to(peer.port))

        with pytest.raises(ProblemError) as caught:
            await link.read(["0"], describe=False)

        await link.close()

    assert "message-size-exceeded" in caught.value.problem.summary


async def test_an_honest_hub_of_the_largest_kind_is_read() -> None:
    ids = [str(number) for number in range(1024)]

    async with serving(Peer(answer=hub_of(*ids))) as peer:
        link = KeptLink(access_to(peer.port))
        reading = await link.read(ids, describe=True)
        await link.close()

    assert reading.hub is not None
    assert len(reading.samples) == len(reading.hub.partition_ids) == 1024


def test_an_error_is_an_error() -> None:
    assert str(AmqpError("a:b", "c")) == "a:b: c"
