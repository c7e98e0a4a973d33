"""The core of AMQP without sockets: two of them talk; whatever bytes come, it stays in order."""

from __future__ import annotations

import contextlib
import math
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehtui.wire.amqp.connection import ClientConnection, Connection, ServerConnection
from ehtui.wire.amqp.links import Attached, Delivered, ReceivingLink, SendingLink, Settled
from ehtui.wire.amqp.messages import (
    Request,
    encode_request,
)
from ehtui.wire.amqp.performatives import (
    Accepted,
    AmqpError,
    Attach,
    Close,
    End,
    Error,
    FrameError,
    Open,
    Rejected,
    Source,
    Target,
    Transfer,
)
from ehtui.wire.amqp.session import (
    AttachAsked,
    Begun,
    Ended,
    Event,
    Limits,
    SignInAsked,
)

LIMITS = Limits(frame_bytes=1024, channel_max=10, window=8, handle_max=7)
ROOMY = Limits(frame_bytes=65536, channel_max=10, window=5000, handle_max=7)
CREDIT = 4


class Pair:
    """A client and a server that take every link and accept every delivery, joined by bytes."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.client: Connection = ClientConnection(limits, Open("c", "h", 600), silence_s=50.0)
        self.server: Connection = ServerConnection(
            limits, Open("s", None, limits.frame_bytes), ("ANONYMOUS",), lambda: None
        )
        self.client_events: list[Event] = []
        self.server_events: list[Event] = []
        self.pieces: list[bytes] = []  # what the client sent
        self.received: list[bytes] = []

    def run(self) -> Pair:
        """Until neither has anything to say."""
        while True:
            for event in self.server.receive(self._from_client()):
                self.server_events.append(event)
                self._serve(event)

            answer = self.server.output.take(0.0)
            self.client_events += self.client.receive(answer)

            if not answer:
                return self

    def _from_client(self) -> bytes:
        data = self.client.output.take(0.0)
        self.pieces.append(data)
        return data

    def _serve(self, event: Event) -> None:
        match event:
            case SignInAsked():
                assert isinstance(self.server, ServerConnection)
                self.server.answer_sign_in(0)
            case AttachAsked(session, ReceivingLink() as link, attach):
                link.set_up(credit=CREDIT, tell_after=2, most_bytes=10_000)
                session.accept(link, attach, attach._replace(is_receiver=True))
            case Delivered(link, first, payload):
                self.received.append(payload)
                is_bad = payload.startswith(b"bad")
                link.session.settle(first, Rejected(Error("no")) if is_bad else Accepted())

    def sender(self) -> SendingLink:
        self.run()
        [begun] = [event for event in self.client_events if isinstance(event, Begun)]
        link = SendingLink(begun.session, "l", 3)
        asked = Attach("l", 3, False, source=Source("me"), target=Target("you"))
        begun.session.attach(link, asked._replace(initial_delivery_count=0))
        self.run()
        return link

    def told(self, kind: type) -> list[Any]:
        return [event for event in self.client_events if isinstance(event, kind)]


def test_a_client_and_a_server_meet_and_part() -> None:
    pair = Pair()
    link = pair.sender()
    assert pair.client.is_open
    assert pair.server.is_open
    assert (pair.client.output.peer_frame_bytes, pair.server.output.peer_frame_bytes) == (1024, 600)
    assert [event.link for event in pair.told(Attached)] == [link]
    link.detach()
    pair.client.close()
    pair.run()

    ended = [event.what for event in pair.server_events if isinstance(event, Ended)]
    assert [type(what) for what in ended] == [ReceivingLink, type(None)]
    assert pair.told(Ended) == [(None, None)]  # what ended before is no news
    assert not pair.client.sessions
    assert not pair.server.sessions


def test_credit_and_window_grow_back_for_a_sender_that_never_stops() -> None:
    pair = Pair()
    link = pair.sender()
    sent = 0

    while sent < 100:
        assert link.can_send
        assert link.credit <= CREDIT

        while link.can_send:
            link.send(b"%d" % sent, tag=sent)
            sent += 1

        pair.run()

    assert pair.received == [b"%d" % number for number in range(sent)]
    assert [tag for event in pair.told(Settled) for tag in event.tags] == list(range(sent))
    assert not link.unsettled


def test_a_delivery_of_many_frames_takes_as_much_of_the_window() -> None:
    pair = Pair()
    link = pair.sender()
    before = link.session.window
    link.send(bytes(5000), tag="large")
    assert link.session.window == before - 6
    pair.run()

    assert pair.received == [bytes(5000)]
    assert [event.tags for event in pair.told(Settled)] == [["large"]]


def test_what_is_accepted_together_is_told_together_and_a_refusal_by_itself() -> None:
    pair = Pair()
    link = pair.sender()

    for payload in (b"a", b"b", b"bad"):
        link.send(payload, tag=payload)

    pair.run()
    told = [(event.tags, event.state) for event in pair.told(Settled)]
    assert told == [([b"a", b"b"], Accepted()), ([b"bad"], Rejected(Error("no")))]


def test_an_aborted_delivery_is_none_and_holds_nothing() -> None:
    pair = Pair()
    link = pair.sender()

    for aborted in (False, True):
        link.session.send(Transfer(3, 0, b"t", 0, False, True, aborted, b"half"))

    pair.run()
    assert not pair.received


def test_the_other_sides_end_ends_its_links_once() -> None:
    pair = Pair()
    link = pair.sender()
    closed: list[int] = []
    link.on_close = lambda: closed.append(1)
    [session] = pair.server.sessions.values()
    session.send(End(Error("amqp:session:window-violation")))
    pair.run()
    pair.client.end_sessions()

    assert [event.error for event in pair.told(Ended)] == [Error("amqp:session:window-violation")]
    assert closed == [1]
    assert not link.is_open


def test_silence_is_broken_when_it_lasts_too_long() -> None:
    pair = Pair().run()
    pair.client.output.send(0, Close())
    pair.client.output.take(100.0)
    pair.client.keep_alive(149.0)
    assert not pair.client.output.take(149.0)
    pair.client.keep_alive(150.0)
    assert pair.client.output.take(150.0) == b"\x00\x00\x00\x08\x02\x00\x00\x00"


def conversation() -> list[bytes]:
    """What a client says, in pieces."""
    pair = Pair(ROOMY)
    link = pair.sender()
    link.send(encode_request(Request(uuid.UUID(int=7), "me", {"operation": "READ"}, "x")), tag=1)
    link.session.flow(link, echo=True)
    pair.run()
    link.detach(Error("amqp:link:detach-forced"))
    pair.client.close()
    pair.run()
    return pair.pieces


def server() -> ServerConnection:
    return ServerConnection(ROOMY, Open("s", None, 65536), ("ANONYMOUS",), lambda: None)


def client() -> ClientConnection:
    return ClientConnection(ROOMY, Open("c", "h", 65536), silence_s=50.0)


@pytest.mark.parametrize("make", [server, client])
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_whatever_bytes_come_it_is_events_or_a_clear_refusal(
    make: Any, data: st.DataObject
) -> None:
    """Bytes of a good conversation, some of them changed, cut anywhere."""
    good = bytearray(b"".join(conversation()))

    for _ in range(data.draw(st.integers(0, 6))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))

    pair, step = Pair(ROOMY), data.draw(st.integers(1, 300))
    pair.server = make()

    with contextlib.suppress(FrameError, AmqpError):
        for start in range(0, len(good), step):
            for event in pair.server.receive(bytes(good[start : start + step])):
                if make is server:
                    pair._serve(event)

    pair.server.output.take(math.inf)
    pair.server.end_sessions()
    assert not pair.server.sessions
