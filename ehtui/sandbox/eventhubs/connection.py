"""One client connection: protocol headers, SASL, open and close, sessions, and its clock."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from typing_extensions import override

from ehtui.sandbox.eventhubs import errors, sasl
from ehtui.sandbox.eventhubs.delay import DelayLine
from ehtui.sandbox.eventhubs.intake import HubInput
from ehtui.sandbox.eventhubs.outlet import FULL_BYTES, Outlet
from ehtui.sandbox.eventhubs.sas import covering_paths
from ehtui.sandbox.eventhubs.session import Session
from ehtui.wire.amqp.frames import (
    AMQP_HEADER,
    EMPTY_FRAME,
    MIN_FRAME_BYTES,
    SASL_HEADER,
    FrameReader,
    encode_frame,
)
from ehtui.wire.amqp.performatives import (
    Begin,
    Close,
    End,
    Error,
    Frame,
    FrameError,
    Open,
    Performative,
    SaslInit,
)

if TYPE_CHECKING:
    from ehtui.sandbox.eventhubs.broker import Broker
    from ehtui.sandbox.eventhubs.channel import Channel
    from ehtui.sandbox.eventhubs.sas import Claim

_LOG = logging.getLogger(__name__)
_MAX_FRAME_BYTES = 65536
_GREETING_BYTES = 16 * 1024  # a frame before the open, when nothing is agreed yet
_HEADERS = 2  # for SASL and for AMQP
_CHANNEL_MAX = 4999
_STOPPED_BYTES = 4 * 1024 * 1024  # not taken by the client: it is not read either, it may only ask
_CONTAINER = "LinkTracker"
_DETAIL_LENGTH = 300


class Connection(asyncio.Protocol):
    """Speaks AMQP to one client. All work is done in memory, at once, when bytes arrive."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.peer_frame_bytes = _MAX_FRAME_BYTES
        self._reader = FrameReader(_GREETING_BYTES)
        self._headers = 0
        self._intake = HubInput(self._reader, self._receive, self._fail, self._balance)
        self._transport: asyncio.Transport | None = None
        self._is_reading = True
        self._inbound = DelayLine(self._process)
        self._outlet = Outlet(
            self._gather, lambda: broker.faults.latency_s / 2, self._write_out, self._wake_sessions
        )
        self._settling: list[Channel] = []
        self._sessions: dict[int, Session] = {}
        self._claims: dict[str, Claim] = {}
        self._has_opened = self._is_authenticated = False
        self._peer_idle_s: float | None = None
        now = broker.namespace.clock()
        self._opened_at = self._read_at = self._linked_at = self._wrote_at = now
        self._closed_at: float | None = None

    # What asyncio calls.

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.broker.statistics.connections_opened += 1
        self.broker.statistics.connections_open += 1
        self.broker.connections.add(self)
        transport.set_write_buffer_limits(FULL_BYTES)
        is_one_too_many = len(self.broker.connections) > self.broker.limits.connections

        if self.broker.faults.refuses or is_one_too_many:
            transport.abort()
        elif self.broker.faults.is_frozen:
            self.freeze(held=True)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.broker.connections.discard(self)
        self.broker.statistics.connections_open -= 1
        self._transport = None
        self._intake.end()
        self._inbound.clear()
        self._outlet.clear()
        self._end_sessions()
        self.broker.claims -= len(self._claims)
        self._claims.clear()

    @override
    def data_received(self, data: bytes) -> None:
        self._inbound.push(data, self.broker.faults.latency_s / 2)
        self._balance()

    @override
    def pause_writing(self) -> None:
        self._outlet.hold_up(held=True)

    @override
    def resume_writing(self) -> None:
        self._outlet.hold_up(held=False)
        self._balance()

    # What sessions and links use.

    @property
    def is_writable(self) -> bool:
        """Whether events may be sent."""
        return self._outlet.is_free

    def send(self, channel: int, body: Performative) -> None:
        """Send a frame."""
        self.write(encode_frame(channel, body), 1)

    def write(self, data: bytes, frames: int) -> None:
        """Send encoded frames; what one turn of the loop writes goes out together."""
        self.broker.statistics.frames_out += frames
        self._outlet.write(data)

    def end_session(self, channel: int, error: Error | None = None) -> None:
        """End a session, in answer to the client's end or for an error."""
        self._sessions.pop(channel).end(error)

    def before_flush(self, session: Channel) -> None:
        """Let a session speak up before the next write: it collects dispositions."""
        self._settling.append(session)
        self._outlet.need_flush()

    def put(self, claim: Claim) -> None:
        """A token was put: a new one for the same path replaces the old.

        Raises:
            ServiceError: So many tokens count already that there is no room for one more.
        """
        if claim.path not in self._claims:
            if self.broker.claims >= self.broker.limits.claims:
                raise errors.no_room("tokens", self.broker.namespace.name)

            self.broker.claims += 1

        self._claims[claim.path] = claim

    def allows(self, path: str, right: str | None = None) -> bool:
        """Whether a token that still holds covers `path`, with `right` or with any."""
        now = self.broker.namespace.clock()
        covering = (self._claims.get(place) for place in covering_paths(path))
        holding = [claim for claim in covering if claim and claim.expires_at > now]
        return any(right is None or right in claim.rights for claim in holding)

    # What the endpoint calls.

    def freeze(self, *, held: bool) -> None:
        """Hold back bytes in both directions, or let them go."""
        self._inbound.hold(held=held)
        self._outlet.hold(held=held)

    def abort(self) -> None:
        """Cut the connection without a word."""
        if self._transport:
            self._transport.abort()

    def close(self, error: Error | None = None) -> None:
        """Close the connection, and cut it when the client does not answer."""
        if self._closed_at is None and self._transport:
            self._closed_at = self.broker.namespace.clock()
            self._end_sessions()
            self.send(0, Close(error))
            self._outlet.flush()

    def check(self, now: float) -> None:
        """Keep the client's idle timer happy and end what idles here."""
        if self._transport is None:
            return

        if self._closed_at is not None:
            if now - self._closed_at > self.broker.timeouts.close_s:
                self._transport.abort()

            return

        if self._peer_idle_s and now - self._wrote_at > self._peer_idle_s / 2:
            self.write(EMPTY_FRAME, 1)

        for session in tuple(self._sessions.values()):
            session.check(now)

        self._check_idle(now)

    def _check_idle(self, now: float) -> None:
        timeouts = self.broker.timeouts
        has_links = any(session.links for session in self._sessions.values())
        self._linked_at = now if has_links else self._linked_at
        never_linked = self._linked_at == self._opened_at
        linkless_limit = timeouts.first_link_s if never_linked else timeouts.no_links_s

        if now - self._read_at > timeouts.silence_s:
            self._close_idle(timeouts.silence_s)
        elif now - self._linked_at > linkless_limit:
            self._close_idle(linkless_limit)

    def _close_idle(self, limit_s: float) -> None:
        error = errors.connection_idle(limit_s, _CONTAINER)
        self.close(Error(error.condition, error.worded(self.broker.namespace.clock())))

    # Reading.

    def _process(self, data: bytes) -> None:
        self.broker.statistics.bytes_in += len(data)
        self._read_at = self.broker.namespace.clock()
        self._intake.feed(data)

    def _receive(self, item: bytes | Frame) -> None:
        self.broker.statistics.frames_in += 1

        if isinstance(item, Frame):
            self._take(item)
        else:
            self._greet(item)

    def _fail(self, error: Exception) -> None:
        if isinstance(error, FrameError):
            self._give_up(Error(errors.FRAMING, str(error)[:_DETAIL_LENGTH]))
            return

        _LOG.error("the endpoint failed on a frame", exc_info=error)
        self._give_up(Error(errors.INTERNAL, "The endpoint failed; see its log."))

    def _balance(self) -> None:
        """Read on only where there is room for what the client brings, and for our answers."""
        transport = self._transport

        if transport is None or transport.is_closing():
            return

        unsent = self._outlet.waiting_bytes + transport.get_write_buffer_size()
        is_full = self._inbound.waiting_bytes > _STOPPED_BYTES or unsent > _STOPPED_BYTES
        reads = not (is_full or self._intake.has_more)

        if reads != self._is_reading:
            self._is_reading = reads
            (transport.resume_reading if reads else transport.pause_reading)()

    def _greet(self, header: bytes) -> None:
        self._headers += 1

        if self._headers > _HEADERS:
            raise FrameError("a protocol header too many")

        if header == SASL_HEADER:
            self.write(SASL_HEADER, 1)
            self.send(0, sasl.MECHANISMS)
        elif header == AMQP_HEADER:
            self.write(AMQP_HEADER, 1)
        else:
            self.write(SASL_HEADER, 1)  # what it does speak, as the specification asks
            self._finish()

    def _take(self, frame: Frame) -> None:
        channel, body = frame

        if isinstance(body, Close):
            self._answer_close()
        elif body is None or self._closed_at is not None:
            return
        elif isinstance(body, Open):
            self._open(body)
        elif isinstance(body, SaslInit):
            self._authenticate(body)
        else:
            self._take_on_channel(channel, body)

    def _take_on_channel(self, channel: int, body: Performative) -> None:
        if isinstance(body, Begin):
            self._begin(channel, body)
        elif channel not in self._sessions:
            return  # clients go on sending on an ended channel (facts.md §7)
        elif isinstance(body, End):
            self.end_session(channel)
        else:
            self._sessions[channel].handle(body)

    def _begin(self, channel: int, body: Begin) -> None:
        if channel in self._sessions:
            self._give_up(Error(errors.NOT_ALLOWED, f"The channel {channel} has a session."))
        elif channel > _CHANNEL_MAX:
            raise FrameError(f"the channel {channel} is beyond the {_CHANNEL_MAX} announced")
        elif self.broker.sessions >= self.broker.limits.sessions:
            self._give_up(Error(errors.RESOURCE_LIMIT, "There are too many sessions."))
        else:
            self._sessions[channel] = Session(self, channel, body)

    def _open(self, body: Open) -> None:
        if self._has_opened:
            self._give_up(Error(errors.NOT_ALLOWED, "The connection is open."))
            return

        self._has_opened = True
        self._reader.max_frame_bytes = _MAX_FRAME_BYTES
        self.peer_frame_bytes = max(min(body.max_frame_bytes, _MAX_FRAME_BYTES), MIN_FRAME_BYTES)
        self._peer_idle_s = (body.idle_timeout_ms or 0) / 1000 or None
        self.send(
            0,
            Open(
                self.broker.namespace.name,
                body.hostname,
                _MAX_FRAME_BYTES,
                _CHANNEL_MAX,
                int(self.broker.timeouts.silence_s * 1000),
            ),
        )

    def _authenticate(self, init: SaslInit) -> None:
        if self._is_authenticated:
            raise FrameError("a second sign-in")

        outcome, claim = sasl.answer(init, self.broker.namespace.keys)
        self._is_authenticated = True
        self.send(0, outcome)

        if claim:
            self.put(claim)

        if outcome.code:
            self._finish()

    def _answer_close(self) -> None:
        if self._closed_at is None:
            self._closed_at = self.broker.namespace.clock()
            self._end_sessions()
            self.send(0, Close())

        self._finish()

    def _end_sessions(self) -> None:
        for session in self._sessions.values():
            session.close()

        self._sessions.clear()

    def _give_up(self, error: Error) -> None:
        """Say why and go: what else the client sent cannot be understood."""
        self.close(error)
        self._finish()

    def _finish(self) -> None:
        self._intake.end()
        self._outlet.flush()

        if self._transport:
            self._transport.close()

    # Writing.

    def _gather(self) -> None:
        settling, self._settling = self._settling, []

        for session in settling:
            session.flush_accepted()

    def _write_out(self, data: bytes) -> None:
        if self._transport:
            self._wrote_at = self.broker.namespace.clock()
            self.broker.statistics.bytes_out += len(data)
            self._transport.write(data)
            self._balance()

    def _wake_sessions(self) -> None:
        for session in tuple(self._sessions.values()):
            session.wake()
