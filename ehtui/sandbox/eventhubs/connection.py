"""One client's connection: its socket, its clock, and what its links lead to."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from typing_extensions import override

from ehtui.sandbox.eventhubs import errors
from ehtui.sandbox.eventhubs.addresses import CBS, MANAGEMENT, path_of
from ehtui.sandbox.eventhubs.errors import ServiceError
from ehtui.sandbox.eventhubs.group_list import answer_to
from ehtui.sandbox.eventhubs.links import LinkUser, Peer
from ehtui.sandbox.eventhubs.network import DelayLine, Intake
from ehtui.sandbox.eventhubs.nodes import Requests, Responses
from ehtui.sandbox.eventhubs.places import open_link
from ehtui.sandbox.eventhubs.signing_in import MECHANISMS, Claims, answer_sasl
from ehtui.wire.amqp.connection import ServerConnection
from ehtui.wire.amqp.links import Delivered, Link, Oversized
from ehtui.wire.amqp.performatives import AmqpError, Error, FrameError, Open
from ehtui.wire.amqp.session import (
    AttachAsked,
    Begun,
    Ended,
    Event,
    Flowed,
    Limits,
    Session,
    SignInAsked,
)
from ehtui.wire.websocket import WebSocket, refusal
from ehtui.wire.websocket_pipe import WebSocketPipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.sandbox.eventhubs.broker import Broker
    from ehtui.wire.amqp.performatives import Attach, SaslInit

_LOG = logging.getLogger(__name__)
_LIMITS = Limits(frame_bytes=65536, channel_max=4999, window=5000, handle_max=255)
_FULL_BYTES = 256 * 1024  # written and not taken by the client: no more events are sent
_STOPPED_BYTES = 4 * 1024 * 1024  # not taken by the client: it is not read either, it may only ask
_CONTAINER = "LinkTracker"
_DETAIL_LENGTH = 300
_FIRST_OF_HTTP = b"G"  # of GET; AMQP begins with its own name
_AGENT, _AGENT_LENGTH = "user-agent", 256


class Connection(asyncio.Protocol, Peer):
    """Speaks AMQP to one client. All work is done in memory, at once, when bytes arrive."""

    def __init__(self, broker: Broker, *, only_websockets: bool = False) -> None:
        self.broker = broker
        self._only_websockets = only_websockets
        self._is_unheard = True
        self.claims = Claims(broker)
        silence_ms = int(broker.timeouts.silence_s * 1000)
        opening = Open(
            broker.namespace.name, None, _LIMITS.frame_bytes, _LIMITS.channel_max, silence_ms
        )
        self._core = ServerConnection(_LIMITS, opening, MECHANISMS, self._need_flush)
        self._intake = Intake(self._core.receive, self._act_upon, self._fail, self._balance)
        self._inbound = DelayLine(self._process)
        self._outbound = DelayLine(self._write_out)
        self._transport: asyncio.Transport | None = None
        self._is_reading = True
        self._is_flush_due = self._is_held_up = self._was_full = False
        self._frames_told = self._sessions = 0
        now = broker.now
        self._opened_at = self._read_at = self._linked_at = now
        self._closed_at: float | None = None

    # What asyncio calls.

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.broker.statistics.connections_opened += 1
        self.broker.statistics.connections_open += 1
        self.broker.connections.add(self)
        transport.set_write_buffer_limits(_FULL_BYTES)
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
        self._outbound.clear()
        self._end_sessions()
        self.claims.clear()

    @override
    def data_received(self, data: bytes) -> None:
        if self._is_unheard:
            self._is_unheard = False

            if data.startswith(_FIRST_OF_HTTP):
                self._speak_http(data)
                return

            if self._only_websockets:
                self._refuse_amqp()
                return

        self._inbound.push(data, self.broker.faults.latency_s / 2)
        self._balance()

    @override
    def pause_writing(self) -> None:
        self._is_held_up = True

    @override
    def resume_writing(self) -> None:
        self._is_held_up = False
        self._go_on()
        self._balance()

    def _speak_http(self, data: bytes) -> None:
        """Go on over a WebSocket: the pipe is protocol to the socket and transport to this.

        What asks for a list of groups instead is answered, and that is all.
        """
        assert self._transport is not None

        if (answer := answer_to(data, self.broker.namespace)) is not None:
            self._transport.write(answer)
            self._transport.close()
            return

        pipe = WebSocketPipe(self._transport, self, WebSocket(is_client=False))
        self._transport.set_protocol(pipe)
        self._transport = pipe
        self._is_unheard = False
        pipe.data_received(data)

    def _refuse_amqp(self) -> None:
        """As a server of HTTPS answers bytes that are none."""
        assert self._transport is not None
        self._transport.write(refusal())
        self._transport.close()

    # What links use.

    @property
    @override
    def client(self) -> str:
        """Its user agent; else the id of its container."""
        peer = self._core.peer
        agent = (peer.properties or {}).get(_AGENT) if peer is not None else None
        said = agent if isinstance(agent, str) else peer.container_id if peer is not None else ""
        return said[:_AGENT_LENGTH]

    @property
    @override
    def is_writable(self) -> bool:
        """Whether events may be sent: the client takes what it is sent, about as fast."""
        is_free = self._waiting_bytes <= _FULL_BYTES and not self._is_held_up
        self._was_full = self._was_full or not is_free
        return is_free

    @override
    def users(self) -> Iterator[LinkUser]:
        for session in tuple(self._core.sessions.values()):
            for link in tuple(session.links.values()):
                if link.is_open:
                    yield link.user

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
            self._closed_at = self.broker.now
            self._end_sessions()
            self._core.close(error)
            self._flush()

    def check(self, now: float) -> None:
        """Keep the client's idle timer happy and end what idles here."""
        if self._transport is None:
            return

        if self._closed_at is not None:
            if now - self._closed_at > self.broker.timeouts.close_s:
                self._transport.abort()

            return

        self._core.keep_alive(now)
        for user in self.users():
            user.check(now)

        self._check_idle(now)

    def _check_idle(self, now: float) -> None:
        timeouts = self.broker.timeouts
        self._linked_at = now if any(self.users()) else self._linked_at
        never_linked = self._linked_at == self._opened_at
        linkless_limit = timeouts.first_link_s if never_linked else timeouts.no_links_s

        if now - self._read_at > timeouts.silence_s:
            self._close_idle(timeouts.silence_s)
        elif now - self._linked_at > linkless_limit:
            self._close_idle(linkless_limit)

    def _close_idle(self, limit_s: float) -> None:
        told = {"milliseconds": int(limit_s * 1000), "container": _CONTAINER}
        self.close(self.broker.told(errors.connection_idle("gateway", **told)))

    # Reading.

    def _process(self, data: bytes) -> None:
        self.broker.statistics.bytes_in += len(data)
        self._read_at = self.broker.now
        self._intake.feed(data)

    def _fail(self, error: Exception) -> None:
        """Say why and go: what else the client sent cannot be understood."""
        if isinstance(error, AmqpError):
            told = Error(error.condition, error.description)
        elif isinstance(error, FrameError):
            told = Error(errors.FRAMING, str(error)[:_DETAIL_LENGTH])
        else:
            _LOG.error("the endpoint failed on a frame", exc_info=error)
            told = Error(errors.INTERNAL, "The endpoint failed; see its log.")

        self.close(told)
        self._finish()

    def _balance(self) -> None:
        """Read on only where there is room for what the client brings, and for our answers."""
        transport = self._transport

        if transport is None or transport.is_closing():
            return

        unsent = self._waiting_bytes + transport.get_write_buffer_size()
        is_full = self._inbound.waiting_bytes > _STOPPED_BYTES or unsent > _STOPPED_BYTES
        reads = not (is_full or self._intake.has_more)

        if reads != self._is_reading:
            self._is_reading = reads
            (transport.resume_reading if reads else transport.pause_reading)()

    def _act_upon(self, event: Event) -> None:
        self.broker.statistics.frames_in += 1

        match event:
            case Delivered() | Oversized():
                self._receive(event)
            case Flowed(_, link):
                self._wake(link)
            case AttachAsked():
                self._attach(event)
            case Begun() | Ended(Session()):
                self._count_sessions(1 if isinstance(event, Begun) else -1)
            case SignInAsked(init):
                self._sign_in(init)
            case Ended(None):
                self._closed_at = self._closed_at or self.broker.now
                self._finish()

    def _receive(self, event: Delivered | Oversized) -> None:
        user: LinkUser = event.link.user
        user.active_at = self.broker.now

        if isinstance(event, Delivered):
            user.delivered(event)
        elif isinstance(event, Oversized):
            user.oversized(event)

    def _count_sessions(self, more: int) -> None:
        self._sessions += more
        self.broker.sessions += more

        if self.broker.sessions > self.broker.limits.sessions:
            raise AmqpError(errors.RESOURCE_LIMIT, "There are too many sessions.")

    def _sign_in(self, init: SaslInit) -> None:
        code, claim = answer_sasl(init, self.broker.namespace.keys)
        self._core.answer_sign_in(code)

        if claim:
            self.claims.put(claim)

        if code:
            self._finish()

    def _attach(self, asked: AttachAsked) -> None:
        broker, (session, link, attach) = self.broker, asked

        try:
            user = self._user_for(link, attach)
        except ServiceError as error:
            session.refuse(attach, broker.told(error))
            return

        broker.statistics.links_attached += 1
        broker.links += 1
        session.accept(link, attach, user.reply_to(attach))

    def _user_for(self, link: Link, attach: Attach) -> LinkUser:
        if self.broker.links >= self.broker.limits.links:
            raise errors.no_room(self.broker.namespace.name, what="links")

        terminus = attach.source if attach.is_receiver else attach.target
        text = (terminus.address if terminus else None) or ""
        node = path_of(text).rsplit("/", 1)[-1].lower()

        if node in (CBS, MANAGEMENT):
            return (Responses if attach.is_receiver else Requests)(self, link, attach, node)

        return open_link(self, link, attach, text)

    def _end_sessions(self) -> None:
        self._count_sessions(-self._sessions)
        self._core.end_sessions()

    def _finish(self) -> None:
        self._end_sessions()
        self._intake.end()
        self._flush()

        if self._transport:
            self._transport.close()

    # Writing: what one turn of the loop writes goes out together.

    @property
    def _waiting_bytes(self) -> int:
        """What the transport has not got yet."""
        return self._core.output.unsent_bytes + self._outbound.waiting_bytes

    def _need_flush(self) -> None:
        if not self._is_flush_due:
            self._is_flush_due = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        output = self._core.output
        data = output.take(self.broker.now)
        self._is_flush_due = False
        self.broker.statistics.frames_out += output.frames - self._frames_told
        self._frames_told = output.frames

        if data:
            self._outbound.push(data, self.broker.faults.latency_s / 2)
            self._go_on()

    def _write_out(self, data: bytes) -> None:
        if self._transport:
            self.broker.statistics.bytes_out += len(data)
            self._transport.write(data)
            self._balance()

        self._go_on()

    def _go_on(self) -> None:
        """Let links send again once there is room for it."""
        if self._was_full and self.is_writable:
            self._was_full = False
            asyncio.get_running_loop().call_soon(self._wake)

    def _wake(self, link: Link | None = None) -> None:
        """One link, or all."""
        if link is not None:
            link.user.active_at = self.broker.now

        for user in (link.user,) if link else tuple(self.users()):
            user.wake()
