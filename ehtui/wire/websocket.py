"""A WebSocket that carries a stream of bytes, without a socket (RFC 6455): both sides of it.

Where messages and frames end means nothing to AMQP, so a payload is handed on as it arrives: what a
frame says of its length never makes room for anything.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = "/$servicebus/websocket"
SUB_PROTOCOL = "AMQPWSB10"
HEAD_BYTES = 16 * 1024  # of a request or an answer, before the stream begins
_OTHER_NAME = "amqp"  # of the sub-protocol, as the specification calls it
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CONTINUED, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0, 1, 2, 8, 9, 10
_FINAL, _MASKED, _RESERVED = 0x80, 0x80, 0x70
_SHORT, _MEDIUM, _LONG = 125, 126, 127
_LONGEST = 1 << 63
_NORMAL, _PROTOCOL_ERROR = 1000, 1002
_KEY_BYTES, _LEAST_HEAD = 16, 2
_MOST_HEADERS = 100
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: ([^\r\n]*))?")
_REQUEST = re.compile(rb"GET (\S{1,2048}) HTTP/1\.1")


class WebSocketError(ValueError):
    """What the other side sent is no WebSocket, or no HTTP."""


class Answer(NamedTuple):
    """The head of an HTTP answer."""

    code: int
    reason: str
    headers: dict[str, str]  # by lower-case name; of repeated ones the last


class Head:
    """Gathers what comes before an empty line, up to a limit."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> tuple[bytes, bytes] | None:
        """The head and what came behind it; None while it is not complete.

        Raises:
            WebSocketError: It does not end.
        """
        self._bytes += data
        head, end, rest = self._bytes.partition(b"\r\n\r\n")

        if len(head) > HEAD_BYTES:
            raise WebSocketError(f"a head of more than {HEAD_BYTES} bytes")

        return (bytes(head), bytes(rest)) if end else None


def answer_of(head: bytes) -> Answer:
    """An answer's first line and headers.

    Raises:
        WebSocketError: This is not HTTP.
    """
    first, *lines = head.split(b"\r\n")
    match = _STATUS.fullmatch(first)

    if match is None:
        raise WebSocketError("this is not HTTP")

    return Answer(int(match[1]), (match[2] or b"").decode("latin-1"), _headers(lines))


def _headers(lines: list[bytes]) -> dict[str, str]:
    if len(lines) > _MOST_HEADERS:
        raise WebSocketError(f"more than {_MOST_HEADERS} headers")

    pairs = (line.decode("latin-1").partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def new_key() -> str:
    """What a client asks with; the other side's answer proves that it speaks WebSocket."""
    return base64.b64encode(os.urandom(_KEY_BYTES)).decode()


def request_for(authority: str, key: str) -> bytes:
    """How a client asks for AMQP over WebSockets."""
    lines = (
        f"GET {PATH} HTTP/1.1",
        f"Host: {authority}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {SUB_PROTOCOL}",
    )
    return "\r\n".join((*lines, "", "")).encode()


def check_upgrade(answer: Answer, key: str) -> None:
    """Hold an answer with 101 against what was asked.

    Raises:
        WebSocketError: It agrees to something else.
    """
    if answer.headers.get("sec-websocket-accept") != _proof(key):
        raise WebSocketError("its proof is wrong")

    if answer.headers.get("sec-websocket-protocol", "").lower() != SUB_PROTOCOL.lower():
        raise WebSocketError(f"it does not agree to {SUB_PROTOCOL}")


def answer_to(head: bytes) -> tuple[bool, bytes]:
    """A server's answer, and whether the stream begins with it."""
    first, *lines = head.split(b"\r\n")
    match = _REQUEST.fullmatch(first)

    if match is None or len(lines) > _MOST_HEADERS:
        return False, refusal(400, "Bad Request")

    if match[1].decode("latin-1").partition("?")[0].rstrip("/").lower() != PATH:
        return False, refusal(404, "Not Found")

    headers = _headers(lines)
    key = headers.get("sec-websocket-key", "")
    offered = [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")]
    agreed = next((n for n in offered if n.lower() in {SUB_PROTOCOL.lower(), _OTHER_NAME}), None)

    if "websocket" not in headers.get("upgrade", "").lower() or not _is_key(key):
        return False, refusal(400, "Bad Request")

    if headers.get("sec-websocket-version") != "13":
        return False, refusal(426, "Upgrade Required", "Sec-WebSocket-Version: 13")

    if agreed is None:
        return False, refusal(400, f"Bad Request: the sub-protocol is {SUB_PROTOCOL}")

    lines_out = (
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {_proof(key)}",
        f"Sec-WebSocket-Protocol: {agreed}",
    )
    return True, "\r\n".join((*lines_out, "", "")).encode()


def refusal(code: int, reason: str, *headers: str) -> bytes:
    """An HTTP answer without a body that ends the connection."""
    lines = (f"HTTP/1.1 {code} {reason}", *headers, "Connection: close", "Content-Length: 0")
    return "\r\n".join((*lines, "", "")).encode()


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == _KEY_BYTES
    except (binascii.Error, ValueError):
        return False


def _proof(key: str) -> str:
    # What RFC 6455 asks for; no secret depends on it.
    digest = hashlib.sha1(key.encode("latin-1") + _GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


class WebSocketStream:
    """Bytes of frames in, bytes of the stream out. A client masks, and its server does not."""

    def __init__(self, *, is_client: bool) -> None:
        self._is_client = is_client
        self._rest = bytearray()  # of a head, or of a control frame: never more than 139 bytes
        self._opcode = 0  # of the frame that is coming in
        self._left_bytes = 0  # of its payload
        self._mask = b""
        self.is_over = False  # the other side has closed
        self.replies: list[bytes] = []  # what is to be sent in answer

    def encode(self, payload: bytes) -> bytes:
        """A frame with a piece of the stream."""
        return self._frame(_BINARY, payload)

    def closing(self) -> bytes:
        """The frame that ends the stream."""
        return self._frame(_CLOSE, _NORMAL.to_bytes(2, "big"))

    def receive(self, data: bytes) -> Iterator[bytes]:
        """Take what arrived and yield what it brings of the stream.

        Raises:
            WebSocketError: It is no frame, or one that a stream of bytes has no use for.
        """
        view = memoryview(data)

        while view and not self.is_over:
            if self._left_bytes and self._opcode == _BINARY:
                piece, view = bytes(view[: self._left_bytes]), view[self._left_bytes :]
                yield self._unmasked(piece)
                self._left_bytes -= len(piece)
                continue

            missing = self._missing()
            self._rest += view[:missing]
            view = view[missing:]

            if not self._missing():
                self._complete()

    def _missing(self) -> int:
        """How many bytes until the head, or the control frame, is complete."""
        if self._left_bytes:
            return self._left_bytes - len(self._rest)

        return max(0, self._head_bytes() - len(self._rest))

    def _head_bytes(self) -> int:
        if len(self._rest) < _LEAST_HEAD:
            return _LEAST_HEAD

        size = self._rest[1] & ~_MASKED
        more = 2 if size == _MEDIUM else 8 if size == _LONG else 0
        return _LEAST_HEAD + more + (0 if self._is_client else 4)

    def _complete(self) -> None:
        piece = bytes(self._rest)
        self._rest.clear()

        if self._left_bytes:
            self._left_bytes = 0
            self._control(self._unmasked(piece))
        else:
            self._begin(piece)

    def _begin(self, head: bytes) -> None:
        opcode, size = head[0] & 0x0F, head[1] & ~_MASKED

        if head[0] & _RESERVED or bool(head[1] & _MASKED) is self._is_client:
            raise WebSocketError("a frame that is malformed")

        if size == _MEDIUM:
            size = int.from_bytes(head[2:4], "big")
        elif size == _LONG:
            size = int.from_bytes(head[2:10], "big")

        _check(opcode, size, is_final=bool(head[0] & _FINAL))
        self._opcode = _BINARY if opcode == _CONTINUED else opcode
        self._left_bytes = size
        self._mask = b"" if self._is_client else head[-4:]

        if not size and self._opcode != _BINARY:
            self._control(b"")

    def _control(self, payload: bytes) -> None:
        if self._opcode == _PING:
            self.replies.append(self._frame(_PONG, payload))
        elif self._opcode == _CLOSE:
            self.is_over = True
            self.replies.append(self._frame(_CLOSE, payload[:2]))

    def _unmasked(self, piece: bytes) -> bytes:
        if not self._mask:
            return piece

        found = _masked(piece, self._mask)
        turn = len(piece) % 4  # the next piece begins in the middle of the mask
        self._mask = self._mask[turn:] + self._mask[:turn]
        return found

    def _frame(self, opcode: int, payload: bytes) -> bytes:
        size, masked = len(payload), _MASKED if self._is_client else 0

        if size <= _SHORT:
            head = struct.pack(">BB", _FINAL | opcode, masked | size)
        elif size < 1 << 16:
            head = struct.pack(">BBH", _FINAL | opcode, masked | _MEDIUM, size)
        else:
            head = struct.pack(">BBQ", _FINAL | opcode, masked | _LONG, size)

        if not masked:
            return head + payload

        mask = os.urandom(4)
        return head + mask + _masked(payload, mask)


def _check(opcode: int, size: int, *, is_final: bool) -> None:
    if opcode in {_CLOSE, _PING, _PONG}:
        if size > _SHORT or not is_final:
            raise WebSocketError("a control frame that is too long")
    elif opcode not in {_BINARY, _CONTINUED}:
        kind = "of text" if opcode == _TEXT else f"of the kind {opcode}"
        raise WebSocketError(f"a frame {kind}, where only bytes have a meaning")

    if size >= _LONGEST:
        raise WebSocketError("a frame without an end")


def _masked(data: bytes, mask: bytes) -> bytes:
    """Each byte with its byte of the mask, as one large number: 100 times as fast as one by one."""
    size = len(data)
    whole = int.from_bytes((mask * (size // 4 + 1))[:size], "little")
    return (int.from_bytes(data, "little") ^ whole).to_bytes(size, "little")
