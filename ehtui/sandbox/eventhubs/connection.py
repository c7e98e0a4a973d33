"""One client connection: protocol headers, SASL, open and close, sessions, and its clock."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from typing_extensions import override

from ehtui.sandbox.eventhubs import errors, sasl
from ehtui.sandbox.eventhubs.delay import DelayLine
from ehtui.sandbox.eventhubs.session import Session
from ehtui.wire.pyamqp.codec import (
    AMQP_HEADER,
    EMPTY_FRAME,
    MIN_FRAME_BYTES,
    SASL_HEADER,
    FrameError,
    FrameReader,
    encode_frame,
)
from ehtui.wire.pyamqp.performatives import (
    Begin,
    Close,
    End,
    Error,
    Frame,
    Open,
    Performative,
    SaslInit,
)

if TYPE_CHECKING:
    from ehtui.sandbox.eventhubs.broker import Broker
    from ehtui.sandbox.eventhubs.sas import Claim

_LOG = logging.getLogger(__name__)
_MAX_FRAME_BYTES = 65536
_READ_FRAME_BYTES = 1024 * 1024  # before open nothing is agreed: what clients announce
_CHANNEL_MAX = 4999
_CONTAINER = "LinkTracker"


class Connection(asyncio.Protocol):
    """Speaks AMQP to one client. All work is done in memory, at once, when bytes arrive."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.peer_frame_bytes = _MAX_FRAME_BYTES
        self.is_writable = True
        self._reader = FrameReader(_READ_FRAME_BYTES)
        self._transport: asyncio.Transport | None = None
        self._inbound = DelayLine(self._process)
        self._outbound = DelayLine(self._write_out)
        self._pieces: list[bytes] = []
        self._is_flush_due = False
        self._settling: list[Session] = []
        self._sessions: dict[int, Session] = {}
        self._claims: dict[str, Claim] = {}
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

        if self.broker.faults.refuses:
            transport.abort()
        elif self.broker.faults.is_frozen:
            self.freeze(held=True)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.broker.connections.discard(self)
        self.broker.statistics.connections_open -= 1
        self._transport = None
        self._inbound.clear()
        self._outbound.clear()
        self._end_sessions()

    @override
    def data_received(self, data: bytes) -> None:
        self._inbound.push(data, self.broker.faults.latency_s / 2)

    @override
    def pause_writing(self) -> None:
        self.is_writable = False

    @override
    def resume_writing(self) -> None:
        self.is_writable = True

        for session in tuple(self._sessions.values()):
            session.wake()

    # What sessions and links use.

    def send(self, channel: int, body: Performative) -> None:
        """Send a frame."""
        self.write(encode_frame(channel, body), 1)

    def write(self, data: bytes, frames: int) -> None:
        """Send encoded frames; what one turn of the loop writes goes out together."""
        self.broker.statistics.frames_out += frames
        self._pieces.append(data)
        self._need_flush()

    def before_flush(self, session: Session) -> None:
        """Let a session speak up before the next write: it collects dispositions."""
        self._settling.append(session)
        self._need_flush()

    def put(self, claim: Claim) -> None:
        """A token was put: a new one for the same path replaces the old."""
        self._claims[claim.path] = claim

    def allows(self, path: str, right: str | None = None) -> bool:
        """Whether a token that still holds covers `path`, with `right` or with any."""
        now = self.broker.namespace.clock()
        covering = [c for c in self._claims.values() if c.expires_at > now and c.covers(path)]
        return any(right is None or right in claim.rights for claim in covering)

    # What the endpoint calls.

    def freeze(self, *, held: bool) -> None:
        """Hold back bytes in both directions, or let them go."""
        self._inbound.hold(held=held)
        self._outbound.hold(held=held)

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
            self._flush()

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

        try:
            for item in self._reader.feed(data):
                if self._transport is None:
                    return

                self.broker.statistics.frames_in += 1

                if isinstance(item, Frame):
                    self._take(item)
                else:
                    self._greet(item)
        except FrameError as error:
            self._give_up(Error(errors.FRAMING, str(error)))
        except Exception:
            _LOG.exception("the endpoint failed on a frame")
            self._give_up(Error(errors.INTERNAL, "The endpoint failed; see its log."))

    def _greet(self, header: bytes) -> None:
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
            self._sessions.pop(channel).end()
        else:
            self._sessions[channel].handle(body)

    def _begin(self, channel: int, body: Begin) -> None:
        if channel in self._sessions:
            self.close(Error(errors.NOT_ALLOWED, f"The channel {channel} has a session."))
        else:
            self._sessions[channel] = Session(self, channel, body)

    def _open(self, body: Open) -> None:
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
        outcome, claim = sasl.answer(init, self.broker.namespace.keys)
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
        self._flush()

        if self._transport:
            self._transport.close()

    # Writing.

    def _need_flush(self) -> None:
        if not self._is_flush_due:
            self._is_flush_due = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._is_flush_due = False
        settling, self._settling = self._settling, []

        for session in settling:
            session.flush_accepted()

        data, self._pieces = b"".join(self._pieces), []

        if data:
            self._outbound.push(data, self.broker.faults.latency_s / 2)

    def _write_out(self, data: bytes) -> None:
        if self._transport:
            self._wrote_at = self.broker.namespace.clock()
            self.broker.statistics.bytes_out += len(data)
            self._transport.write(data)
