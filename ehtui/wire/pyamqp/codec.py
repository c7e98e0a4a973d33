"""Frames to and from bytes: the AMQP 1.0 codec that azure-eventhub carries, with types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.wire.pyamqp.decoder import HEADER_BYTES, FrameError, decode_frame
from ehtui.wire.pyamqp.encoder import TRANSFER_BYTES, encode_frame, encode_transfer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.wire.pyamqp.performatives import Frame

__all__ = [
    "TRANSFER_BYTES",
    "FrameError",
    "FrameReader",
    "decode_frame",
    "encode_frame",
    "encode_transfer",
]

AMQP_HEADER = b"AMQP\x00\x01\x00\x00"
SASL_HEADER = b"AMQP\x03\x01\x00\x00"
EMPTY_FRAME = b"\x00\x00\x00\x08\x02\x00\x00\x00"
MIN_FRAME_BYTES = 512
_PROTOCOL = b"AMQP"


class FrameReader:
    """Cuts a stream into protocol headers (`bytes`) and frames, as they become complete."""

    def __init__(self, max_frame_bytes: int) -> None:
        self.max_frame_bytes = max_frame_bytes
        self.frames = 0
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
                self.frames += 1
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
