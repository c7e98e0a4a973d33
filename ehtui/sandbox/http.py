"""A small HTTP/1.1 server on asyncio: aiohttp.web alone would take 0.2 s to import."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from ehtui.sandbox.http_reading import (
    HEAD_BYTES,
    Bodies,
    Head,
    HttpLimits,
    MalformedRequestError,
    RefusedRequestError,
    read_body,
    read_head,
)

if TYPE_CHECKING:
    import ssl

CHUNK_BYTES = 16 * 1024
_PIECE_BYTES = 256 * 1024  # of a reply, before the client must have taken the one before
_MOST_PARAMETERS = 100


@dataclass(frozen=True)
class Request:
    """One request as it came: the path still encoded, header names in the sender's case."""

    method: str
    target: str
    header_lines: tuple[tuple[str, str], ...]
    body: bytes = b""
    peer: str = ""  # the client's address
    is_secure: bool = False  # came over TLS
    version: str = "HTTP/1.1"

    @property
    def raw_path(self) -> str:
        """The path, percent-encoded as sent."""
        return self.target.partition("?")[0]

    @cached_property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(self.raw_path)

    @cached_property
    def query(self) -> dict[str, str]:
        """Decoded query values by name; of repeated names the last."""
        pairs = self.target.partition("?")[2].split("&", _MOST_PARAMETERS)[:_MOST_PARAMETERS]
        return dict(parse_qsl("&".join(pairs), keep_blank_values=True))

    @cached_property
    def headers(self) -> dict[str, str]:
        """Header values by lower-case name."""
        return {name.lower(): value for name, value in self.header_lines}

    @property
    def keeps_alive(self) -> bool:
        """Whether the client wants the connection for more."""
        wish = self.headers.get("connection", "").lower()

        return wish != "close" if self.version == "HTTP/1.1" else wish == "keep-alive"


@dataclass(frozen=True, slots=True)
class Response:
    """One reply; `is_chunked` sends the body in chunks, as the Blob service does with listings."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_chunked: bool = False

    def encode(self, *, with_body: bool = True) -> bytes:
        """The bytes on the wire; a reply to HEAD has the headers alone."""
        return b"".join(self.pieces(with_body=with_body))

    def pieces(self, *, with_body: bool = True) -> Iterator[bytes | memoryview]:
        """The same, to be sent one after the other; a large body is not copied."""
        lines = [f"HTTP/1.1 {self.status} {_phrase(self.status)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]

        if self.is_chunked:
            lines.append("Transfer-Encoding: chunked")
        elif self.status != HTTPStatus.NOT_MODIFIED and "Content-Length" not in self.headers:
            lines.append(f"Content-Length: {len(self.body)}")

        yield ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

        if with_body and self.status != HTTPStatus.NOT_MODIFIED:
            yield from _chunks(self.body) if self.is_chunked else _cut(self.body)


Handler = Callable[[Request], Awaitable[Response | None]]


@dataclass(slots=True)
class Traffic:
    """What went over a server's connections since it was made."""

    connections_opened: int = 0
    connections_open: int = 0
    requests: int = 0
    bytes_in: int = 0
    bytes_out: int = 0


class HttpServer:
    """Serves `handler` on one address; a handler that returns None closes the connection unheard.

    Stopping and starting again keeps the port. `limits` may be changed while it runs.
    """

    def __init__(
        self,
        handler: Handler,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        ssl_context: ssl.SSLContext | None = None,
        limits: HttpLimits | None = None,
    ) -> None:
        self.limits = limits or HttpLimits()
        self.host = host
        self.port = port
        self.scheme = "https" if ssl_context else "http"
        self.traffic = Traffic()
        self.refuses = False  # connections are reset as soon as they are made
        self._handler = handler
        self._ssl_context = ssl_context
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._bodies = Bodies(self.limits)

    async def start(self) -> None:
        """Listen. The system chooses the port unless one was given.

        Raises:
            OSError: The address is in use or not of this host.
        """
        self._server = await asyncio.start_server(
            self._accept, self.host, self.port, limit=HEAD_BYTES, ssl=self._ssl_context
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is None:
            return

        self._server.close()

        for task, writer in self._connections.items():
            writer.transport.abort()
            task.cancel()

        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuses or len(self._connections) >= self.limits.connections:
            writer.transport.abort()
            return

        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._connections[task] = writer
        self.traffic.connections_opened += 1
        self.traffic.connections_open += 1
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._connections.pop(task).close()
        self.traffic.connections_open -= 1

        if not task.cancelled() and (error := task.exception()):
            asyncio.get_running_loop().call_exception_handler(
                {"message": "a request failed", "exception": error, "task": task}
            )

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._serve_one(reader, writer):
                pass
        except RefusedRequestError as refusal:
            await self._reply(Response(refusal.status, {"Connection": "close"}), writer)
        except (MalformedRequestError, ConnectionError):
            writer.transport.abort()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await read_head(reader, self.limits)

        if head is None:
            return False

        if "100-continue" in map(str.lower, head.values("expect")):
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")

        with self._bodies.share() as take:
            body = await read_body(head, reader, take, self.limits)
            request = _request(head, body, writer)
            self.traffic.requests += 1
            self.traffic.bytes_in += head.size_bytes + len(body)
            response = await self._handler(request)

            if response is None:
                writer.transport.abort()
                return False

            await self._reply(response, writer, with_body=request.method != "HEAD")

        return request.keeps_alive

    async def _reply(
        self, response: Response, writer: asyncio.StreamWriter, *, with_body: bool = True
    ) -> None:
        try:
            async with asyncio.timeout(self.limits.body_s):
                for piece in response.pieces(with_body=with_body):
                    self.traffic.bytes_out += len(piece)
                    writer.write(piece)
                    await writer.drain()
        except TimeoutError as error:
            raise MalformedRequestError from error


def _request(head: Head, body: bytes, writer: asyncio.StreamWriter) -> Request:
    peer = writer.get_extra_info("peername")

    return Request(
        head.method,
        head.target,
        head.header_lines,
        body,
        peer=peer[0] if peer else "",
        is_secure=writer.get_extra_info("sslcontext") is not None,
        version=head.version,
    )


def _cut(body: bytes) -> Iterator[memoryview]:
    view = memoryview(body)
    return (view[start : start + _PIECE_BYTES] for start in range(0, len(view), _PIECE_BYTES))


def _chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), CHUNK_BYTES):
        piece = body[start : start + CHUNK_BYTES]
        yield b"%x\r\n%b\r\n" % (len(piece), piece)

    yield b"0\r\n\r\n"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Status"
