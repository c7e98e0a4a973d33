"""Between a socket and whoever speaks AMQP over it: a WebSocket, as if it were a plain one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from ehtui.wire.websocket import WebSocket, WebSocketError

if TYPE_CHECKING:
    from collections.abc import Iterable

FRAME_BYTES = 64 * 1024  # aiohttp, and so the SDK, refuses messages of more than 4 MiB


class WebSocketPipe(asyncio.Transport, asyncio.Protocol):
    """A protocol to the socket's transport, and a transport to `user`, which sees the stream alone.

    A server's begins with the client's request, a client's once that was answered.
    """

    def __init__(
        self, transport: asyncio.Transport, user: asyncio.Protocol, socket: WebSocket
    ) -> None:
        super().__init__()
        self._transport = transport
        self._user = user
        self._socket = socket
        self._is_held_up = self._is_said = self._is_lost = False

    # What the socket's transport calls.

    @override
    def data_received(self, data: bytes) -> None:
        if self._transport.is_closing():
            return

        try:
            for piece in self._socket.receive(data):
                self._reply()
                self._user.data_received(piece)

                if self._transport.is_closing():  # what else came is nobody's
                    return

            self._reply()
        except WebSocketError as error:
            self._fail(error)

    @override
    def eof_received(self) -> bool | None:
        return self._user.eof_received()

    @override
    def pause_writing(self) -> None:
        self._is_held_up = True
        self._user.pause_writing()

    @override
    def resume_writing(self) -> None:
        self._is_held_up = False
        self._user.resume_writing()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self._is_lost:
            self._is_lost = True
            self._user.connection_lost(exc)

    # What the user calls.

    @override
    def write(self, data: Any) -> None:
        # Before the greeting there is nobody to say it to.
        if self._socket.is_open and not self._transport.is_closing():
            pieces = (bytes(data[at : at + FRAME_BYTES]) for at in range(0, len(data), FRAME_BYTES))
            self._transport.write(b"".join(map(self._socket.encode, pieces)))

    @override
    def writelines(self, list_of_data: Iterable[Any]) -> None:
        self.write(b"".join(list_of_data))

    @override
    def close(self) -> None:
        self._say_goodbye()
        self._transport.close()

    @override
    def abort(self) -> None:
        self._transport.abort()

    @override
    def is_closing(self) -> bool:
        return self._transport.is_closing()

    @override
    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._transport.set_write_buffer_limits(high, low)

    @override
    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()

    @override
    def pause_reading(self) -> None:
        self._transport.pause_reading()

    @override
    def resume_reading(self) -> None:
        self._transport.resume_reading()

    @override
    def is_reading(self) -> bool:
        return self._transport.is_reading()

    @override
    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def _reply(self) -> None:
        replies, self._socket.replies = self._socket.replies, []

        # Who takes nothing gets no answers: they would heap up.
        if not self._is_held_up and not self._transport.is_closing():
            for reply in replies:
                self._transport.write(reply)

        if self._socket.is_over:
            self._is_said = True
            self._transport.close()

    def _say_goodbye(self) -> None:
        if self._socket.is_open and not self._is_said and not self._transport.is_closing():
            self._is_said = True
            self._transport.write(self._socket.closing())

    def _fail(self, error: WebSocketError) -> None:
        if not self._socket.is_open:
            self._reply()
            return

        self.connection_lost(error)
        self._transport.abort()
