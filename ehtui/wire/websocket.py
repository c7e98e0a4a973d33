"""A WebSocket that carries a stream of bytes, without a socket: wsproto speaks it, both sides.

Where messages and frames end means nothing to AMQP, so a payload is handed on as it arrives: what a
frame says of its length never makes room for anything.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = "/$servicebus/websocket"
SUB_PROTOCOL = "AMQPWSB10"
_OTHER_NAME = "amqp"  # of the sub-protocol, as the specification calls it
_END_OF_HEAD = re.compile(rb"\n\r?\n")  # h11 takes a bare line feed too


class WebSocketError(ValueError):
    """What the other side sent is no WebSocket for AMQP, or no HTTP."""


class WebSocket:
    """Bytes of frames in, bytes of the stream out; a client's begins with `hello`."""

    def __init__(self, *, is_client: bool) -> None:
        self._is_client = is_client
        self._core = WSConnection(ConnectionType.CLIENT if is_client else ConnectionType.SERVER)
        self.is_open = False  # both sides have agreed
        self.is_over = False  # the other side has closed, or was refused
        self.replies: list[bytes] = []  # what is to be sent in answer
        self._last_of_head = b""  # what came last of a request whose end is still to come

    def hello(self, authority: str) -> bytes:
        """How a client asks for AMQP over WebSockets."""
        return self._core.send(Request(authority, PATH, subprotocols=[SUB_PROTOCOL]))

    def encode(self, payload: bytes) -> bytes:
        """A frame with a piece of the stream; nothing where the other side has closed."""
        return b"" if self.is_over else self._core.send(BytesMessage(payload))

    def closing(self) -> bytes:
        """The frame that ends the stream; nothing where it has ended."""
        try:
            return self._core.send(CloseConnection(CloseReason.NORMAL_CLOSURE))
        except LocalProtocolError:
            return b""

    def receive(self, data: bytes) -> Iterator[bytes]:
        """Take what arrived and yield what it brings of the stream.

        Raises:
            WebSocketError: It is none, or one that a stream of bytes has no use for.
        """
        try:
            for piece in self._request_apart(data):
                yield from self._taken(piece)
        except RemoteProtocolError as error:
            self._refuse(error.event_hint)
            raise WebSocketError(str(error)) from None
        except WebSocketError:
            raise
        except ValueError as error:  # wsproto decodes hosts and targets, whatever they are
            self._refuse(None)
            raise WebSocketError(f"this is not HTTP ({type(error).__name__})") from None

    def _request_apart(self, data: bytes) -> tuple[bytes, ...]:
        """A request for itself: what comes in one piece with its end, wsproto's server loses."""
        if self._is_client or self.is_open:
            return (data,)

        known = self._last_of_head
        end = _END_OF_HEAD.search(known + data)

        if end is None:
            self._last_of_head = (known + data)[-2:]
            return (data,)

        at = end.end() - len(known)
        return (data[:at], data[at:])

    def _taken(self, data: bytes) -> Iterator[bytes]:
        if self.is_over or not data:
            return

        self._core.receive_data(data)

        for event in self._core.events():
            if self.is_over:
                return

            if isinstance(event, BytesMessage):
                yield bytes(event.data)
            else:
                self._act_upon(event)

    def _act_upon(self, event: Event) -> None:
        match event:
            case AcceptConnection(subprotocol=agreed):
                if (agreed or "").lower() != SUB_PROTOCOL.lower():
                    raise WebSocketError(f"it does not agree to {SUB_PROTOCOL}")

                self.is_open = True
            case RejectConnection(status_code=code):
                raise WebSocketError(f"it answered {code}{_phrase(code)}")
            case Request():
                self._answer(event)
            case Ping():
                self.replies.append(self._core.send(event.response()))
            case CloseConnection():
                self.is_over = True
                self._close(event)
            case TextMessage():
                raise WebSocketError("a frame of text, where only bytes have a meaning")
            case _:
                return

    def _answer(self, asked: Request) -> None:
        offered = (
            n for n in asked.subprotocols if n.lower() in {SUB_PROTOCOL.lower(), _OTHER_NAME}
        )
        agreed = next(offered, None)
        path = asked.target.partition("?")[0].rstrip("/").lower()

        if path != PATH or agreed is None:
            self._refuse(RejectConnection(status_code=400 if path == PATH else 404))
            return

        self.replies.append(self._core.send(AcceptConnection(subprotocol=agreed)))
        self.is_open = True

    def _refuse(self, how: RejectConnection | Event | None) -> None:
        """Answer a request that is none; a client says nothing more."""
        if self._is_client or self.is_open or self.is_over:
            return

        self.is_over = True

        try:
            self.replies.append(self._core.send(how or RejectConnection(status_code=400)))
        except LocalProtocolError:
            self.replies.append(refusal())

    def _close(self, event: CloseConnection) -> None:
        try:
            self.replies.append(self._core.send(event.response()))
        except LocalProtocolError:
            return  # it was we who closed


def refusal() -> bytes:
    """How a server of HTTP answers what it cannot take for a request."""
    return b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def _phrase(code: int) -> str:
    try:
        return f" {HTTPStatus(code).phrase}"
    except ValueError:
        return ""
