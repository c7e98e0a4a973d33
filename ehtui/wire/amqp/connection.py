"""A connection without a socket: bytes in, events out, and what to send in answer.

`ClientConnection` opens, `ServerConnection` answers; what follows is the same for both.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from typing_extensions import override

from ehtui.wire.amqp.frames import (
    AMQP_HEADER,
    EMPTY_FRAME,
    MIN_FRAME_BYTES,
    SASL_HEADER,
    FrameReader,
    FrameWriter,
)
from ehtui.wire.amqp.links import Delivered, Noted, Oversized
from ehtui.wire.amqp.performatives import (
    AmqpError,
    Begin,
    Close,
    Error,
    Frame,
    FrameError,
    Open,
    Performative,
    SaslInit,
    SaslMechanisms,
    SaslOutcome,
)
from ehtui.wire.amqp.session import (
    Begun,
    Ended,
    Event,
    Flowed,
    Limits,
    Session,
    SignInAsked,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOT_ALLOWED, FRAMING = "amqp:not-allowed", "amqp:framing-error"
GREETING_BYTES = 16 * 1024  # a frame before the open, when nothing is agreed yet
MECHANISM = "ANONYMOUS"  # the token that counts comes later, on `$cbs`
_GREETINGS = (Open, SaslInit, SaslMechanisms, SaslOutcome)
_HEADERS = 2  # for SASL and for AMQP
FIRST_TRANSFER = 1  # as the service counts; it repeats the outgoing window (facts.md §8)


class Connection(ABC):
    """Frames, sessions by the peer's channel, and what is to be sent (`output`)."""

    def __init__(self, limits: Limits, on_output: Callable[[], None] = lambda: None) -> None:
        self.limits = limits
        self.sessions: dict[int, Session] = {}
        self.output = FrameWriter(on_output)
        self.silence_s: float | None = None  # the peer is to hear of us so often
        self.is_open = False
        self.peer: Open | None = None  # how the other side began
        self.is_closed = False  # our close is sent
        self._reader = FrameReader(GREETING_BYTES)

    def receive(self, data: bytes) -> Iterator[Event]:
        """Take what arrived. Each event is to be acted upon before the next one is asked for.

        Raises:
            FrameError: This is not AMQP, or goes beyond what we announced.
            AmqpError: It is, at the wrong time.
        """
        for item in self._reader.feed(data):
            event = self._event(item)
            yield event

            if isinstance(event, Delivered | Oversized):
                event.link.top_up()
            elif isinstance(event, Flowed) and event.link and event.link.is_open:
                event.link.answer(event.flow)

    def keep_alive(self, now: float) -> None:
        """Speak up where the peer heard nothing of us for so long."""
        if self.silence_s is not None and now - self.output.written_at >= self.silence_s:
            self.output.write(EMPTY_FRAME)

    def close(self, error: Error | None = None) -> None:
        """Close the connection, or answer the peer's close. Whatever else follows is ignored."""
        if not self.is_closed:
            self.is_closed = True
            self.end_sessions()
            self.output.send(0, Close(error))

    def end_sessions(self) -> None:
        """The connection is over."""
        for session in self.sessions.values():
            session.close()

        self.sessions.clear()

    def _event(self, item: bytes | Frame) -> Event:
        if not isinstance(item, Frame):
            return self._greeted(item)

        channel, body = item

        if isinstance(body, Close):
            self.close()
            return Ended(None, body.error)

        if body is None or self.is_closed:
            return Noted(is_progress=False)

        return self._greeted(body) if isinstance(body, _GREETINGS) else self._on(channel, body)

    def _on(self, channel: int, body: Performative) -> Event:
        if isinstance(body, Begin):
            return self._begun(channel, body)

        session = self.sessions.get(channel)

        if session is None:
            return Noted(
                is_progress=False
            )  # clients go on sending on an ended channel (facts.md §7)

        event = session.handle(body)

        if isinstance(event, Ended) and event.what is session:
            del self.sessions[channel]

        return event

    def _opened(self, body: Open, least_silence_s: float) -> None:
        self.is_open, self.peer = True, body
        self._reader.max_frame_bytes = self.limits.frame_bytes
        least = max(body.max_frame_bytes, MIN_FRAME_BYTES)
        self.output.peer_frame_bytes = min(least, self.limits.frame_bytes)

        if body.idle_timeout_ms:
            self.silence_s = max(body.idle_timeout_ms / 2000, least_silence_s)

    @abstractmethod
    def _greeted(self, item: bytes | Performative) -> Event:
        """A protocol header, or a performative that belongs to no session."""

    @abstractmethod
    def _begun(self, channel: int, body: Begin) -> Event:
        """The peer begins a session, or answers our begin."""


class ClientConnection(Connection):
    """Signs in as nobody, opens and begins one session, as azure-eventhub does."""

    def __init__(self, limits: Limits, opening: Open, *, silence_s: float) -> None:
        super().__init__(limits)
        self.silence_s = silence_s
        self._longest_silence_s = silence_s
        self._opening = opening
        self._awaited: list[bytes | type] = [SASL_HEADER, SaslMechanisms, SaslOutcome]
        self._awaited += [AMQP_HEADER, Open, Begin]
        self.output.write(SASL_HEADER)

    @override
    def _greeted(self, item: bytes | Performative) -> Event:
        self._expect(item)

        if isinstance(item, SaslMechanisms):
            if MECHANISM not in item.mechanisms:
                offered = ", ".join(item.mechanisms)
                raise AmqpError(NOT_ALLOWED, f"{MECHANISM} is not among {offered}")

            self.output.send(0, SaslInit(MECHANISM, b"", self._opening.hostname))
        elif isinstance(item, SaslOutcome):
            if item.code != 0:
                raise AmqpError("amqp:unauthorized-access", f"SASL outcome {item.code}")

            self.output.write(AMQP_HEADER)
            self.output.send(0, self._opening)
            self.output.send(0, Begin(None, 0, self.limits.window, self.limits.window))
        elif isinstance(item, Open):
            self._opened(item, least_silence_s=1.0)
            self.silence_s = min(self.silence_s or self._longest_silence_s, self._longest_silence_s)

        return Noted(is_progress=True)

    def _expect(self, item: bytes | Performative) -> None:
        if not self._awaited:
            raise AmqpError(NOT_ALLOWED, f"{type(item).__name__} at the wrong time")

        awaited = self._awaited.pop(0)

        if isinstance(awaited, bytes):
            if item != awaited:
                raise AmqpError(FRAMING, f"expected a protocol header, not {item!r}")
        elif not isinstance(item, awaited):
            raise AmqpError(FRAMING, f"expected {awaited.__name__}, not {item!r}")

    @override
    def _begun(self, channel: int, body: Begin) -> Event:
        self._expect(body)
        session = self.sessions[channel] = Session(self.output, self.limits, 0, body)
        return Begun(session)


class ServerConnection(Connection):
    """Answers a client. Its channels and handles are ours too."""

    def __init__(
        self,
        limits: Limits,
        opening: Open,
        mechanisms: tuple[str, ...],
        on_output: Callable[[], None],
    ) -> None:
        super().__init__(limits, on_output)
        self._opening = opening
        self._mechanisms = mechanisms
        self._headers = 0
        self._is_signed_in = False

    def answer_sign_in(self, code: int) -> None:
        """Say how a sign-in went: 0 is well."""
        self.output.send(0, SaslOutcome(code))

    @override
    def _greeted(self, item: bytes | Performative) -> Event:
        if isinstance(item, bytes):
            return self._headed(item)

        if isinstance(item, SaslInit):
            if self._is_signed_in:
                raise FrameError("a second sign-in")

            self._is_signed_in = True
            return SignInAsked(item)

        if isinstance(item, Open):
            if self.is_open:
                raise AmqpError(NOT_ALLOWED, "The connection is open.")

            self._opened(item, least_silence_s=0.0)
            self.output.send(0, self._opening._replace(hostname=item.hostname))

        return Noted(is_progress=True)

    def _headed(self, header: bytes) -> Event:
        self._headers += 1

        if self._headers > _HEADERS:
            raise FrameError("a protocol header too many")

        if header == AMQP_HEADER:
            self.output.write(AMQP_HEADER)
            return Noted(is_progress=True)

        self.output.write(SASL_HEADER)  # also as what it does speak, as the specification asks

        if header != SASL_HEADER:
            self.is_closed = True
            return Ended(None, None)

        self.output.send(0, SaslMechanisms(self._mechanisms))
        return Noted(is_progress=True)

    @override
    def _begun(self, channel: int, body: Begin) -> Event:
        if channel in self.sessions:
            raise AmqpError(NOT_ALLOWED, f"The channel {channel} has a session.")

        if channel > self.limits.channel_max:
            highest = self.limits.channel_max
            raise FrameError(f"the channel {channel} is beyond the {highest} announced")

        session = Session(self.output, self.limits, channel, body, FIRST_TRANSFER)
        self.sessions[channel] = session
        limits, echoed = self.limits, body.outgoing_window
        answer = Begin(channel, FIRST_TRANSFER, limits.window, echoed, limits.handle_max)
        self.output.send(channel, answer)
        return Begun(session)
