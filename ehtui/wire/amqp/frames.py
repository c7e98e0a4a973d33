"""Frames from bytes and to bytes, and a stream of them cut where they end."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from ehtui.wire.amqp.codec import decode_performative, encode_performative
from ehtui.wire.amqp.performatives import Frame, FrameError, Performative

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AMQP_HEADER = b"AMQP\x00\x01\x00\x00"
SASL_HEADER = b"AMQP\x03\x01\x00\x00"
EMPTY_FRAME = b"\x00\x00\x00\x08\x02\x00\x00\x00"
HEADER_BYTES = 8
MIN_FRAME_BYTES = 512
_PROTOCOL = b"AMQP"
_AMQP, _SASL = 0, 1
_FALSE = 0x42  # and true is one less
_HEADER = struct.Struct(">IBBH")


def encode_frame(channel: int, body: Performative) -> bytes:
    """Encode a frame with every field of its performative."""
    data, is_sasl = encode_performative(body)
    return _HEADER.pack(HEADER_BYTES + len(data), 2, is_sasl, channel) + data


def decode_frame(frame: bytes | memoryview) -> Frame:
    """Decode one complete frame, its 8 byte header included.

    Raises:
        FrameError: It is malformed, or a performative that the specification does not know.
    """
    data = bytes(frame)
    start = data[4] * 4

    if not HEADER_BYTES <= start <= len(data) or data[5] not in (_AMQP, _SASL):
        raise FrameError("a frame whose header is malformed")

    channel = int.from_bytes(data[6:8], "big")

    if start == len(data):
        return Frame(channel, None)

    try:
        return Frame(channel, decode_performative(data, start, is_sasl=data[5] == _SASL))
    except FrameError:
        raise
    except (LookupError, ValueError) as error:
        raise FrameError(f"a malformed frame ({error})") from error


# Between them: size, channel, handle, delivery id, tag (the same), format, whether it is settled
# and whether more is to come. The last of them are five nulls.
_TRANSFER = struct.Struct(">I2sH7sIcI2sIcIBB5s")
TRANSFER_BYTES = _TRANSFER.size  # what a transfer frame takes beside its payload
_TRANSFER_BEGIN = b"\x00\x53\x14\xc0" + bytes((TRANSFER_BYTES - 13, 11)) + b"\x70"


def encode_transfer(
    channel: int,
    handle: int,
    delivery_id: int,
    payload: bytes,
    max_frame_bytes: int,
    message_format: int = 0,
    *,
    settled: bool = True,
) -> bytes:
    """Encode a delivery as one frame, or as many as the peer's limit needs.

    Packed at once: the way of the other performatives takes several times as long.
    """
    room = max_frame_bytes - TRANSFER_BYTES
    frames, start, has_more = [], 0, True

    while has_more:
        piece = payload[start : start + room]
        start += room
        has_more = start < len(payload)
        head = _TRANSFER.pack(
            TRANSFER_BYTES + len(piece),
            b"\x02\x00",
            channel,
            _TRANSFER_BEGIN,
            handle,
            b"\x70",
            delivery_id,
            b"\xa0\x04",
            delivery_id,
            b"\x70",
            message_format,
            _FALSE - settled,
            _FALSE - has_more,
            b"@@@@@",
        )
        frames.append(head + piece)

    return b"".join(frames)


class FrameWriter:
    """Gathers what is to be sent. `on_output` hears that there is something."""

    def __init__(self, on_output: Callable[[], None]) -> None:
        self.peer_frame_bytes = MIN_FRAME_BYTES
        self.frames = 0
        self.written_at = 0.0
        self.unsent_bytes = 0
        self._on_output = on_output
        self._pieces: list[bytes] = []
        self._last_words: list[Callable[[], None]] = []

    def send(self, channel: int, body: Performative) -> None:
        """Send a frame."""
        self.write(encode_frame(channel, body))

    def write(self, data: bytes, frames: int = 1) -> None:
        """Send encoded frames."""
        self._pieces.append(data)
        self.unsent_bytes += len(data)
        self.frames += frames
        self._on_output()

    def before_output(self, speak: Callable[[], None]) -> None:
        """Call `speak` before the next output."""
        self._last_words.append(speak)
        self._on_output()

    def take(self, now: float) -> bytes:
        """What is to be sent, at `now`: it counts as sent."""
        while self._last_words:
            self._last_words.pop(0)()

        data, self._pieces, self.unsent_bytes = b"".join(self._pieces), [], 0

        if data:
            self.written_at = now

        return data


class FrameReader:
    """Cuts a stream into protocol headers (`bytes`) and frames, as they become complete."""

    def __init__(self, max_frame_bytes: int) -> None:
        self.max_frame_bytes = max_frame_bytes
        self._rest = bytearray()
        self._missing = 0  # bytes without which what is in `_rest` is not complete

    def feed(self, data: bytes) -> Iterator[bytes | Frame]:
        """Take what arrived and yield what is complete.

        Raises:
            FrameError: This is not AMQP, or a frame is larger than agreed.
        """
        if self._rest:
            self._missing -= len(data)
            self._rest += data

            if self._missing > 0:
                return

            data = bytes(self._rest)
            self._rest.clear()

        view = memoryview(data)
        position = 0

        try:
            while len(view) - position >= HEADER_BYTES:
                size = self._size_at(view, position)

                if len(view) - position < size:
                    self._missing = size - (len(view) - position)
                    break

                piece = view[position : position + size]
                position += size
                yield bytes(piece) if bytes(piece[:4]) == _PROTOCOL else decode_frame(piece)
            else:
                self._missing = HEADER_BYTES - (len(view) - position)
        finally:
            self._rest += view[position:]

    def _size_at(self, view: memoryview, position: int) -> int:
        start = bytes(view[position : position + 4])

        if start == _PROTOCOL:
            return HEADER_BYTES

        size = int.from_bytes(start, "big")

        if not HEADER_BYTES <= size <= self.max_frame_bytes:
            raise FrameError(f"a frame of {size} bytes")

        return size
