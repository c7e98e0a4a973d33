"""A small HTTP/1.1 server on asyncio: aiohttp.web alone would take 0.2 s to import."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    import ssl

HEAD_BYTES = 64 * 1024
BODY_BYTES = 256 * 1024 * 1024
CHUNK_BYTES = 16 * 1024


class MalformedRequestError(Exception):
    """Bytes that are no HTTP request; the connection is closed."""


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
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

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
        lines = [f"HTTP/1.1 {self.status} {_phrase(self.status)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]

        if self.is_chunked:
            lines.append("Transfer-Encoding: chunked")
        elif self.status != HTTPStatus.NOT_MODIFIED and "Content-Length" not in self.headers:
            lines.append(f"Content-Length: {len(self.body)}")

        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

        if not with_body or self.status == HTTPStatus.NOT_MODIFIED:
            return head

        return head + (b"".join(_chunks(self.body)) if self.is_chunked else self.body)


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

    Stopping and starting again keeps the port.
    """

    def __init__(
        self,
        handler: Handler,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.scheme = "https" if ssl_context else "http"
        self.traffic = Traffic()
        self.refuses = False  # new connections are reset as soon as they are made
        self.refuses = False  # connections are reset as soon as they are made
        self._handler = handler
        self._ssl_context = ssl_context
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

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
        if self.refuses:
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
        except (MalformedRequestError, ConnectionError, asyncio.IncompleteReadError):
            writer.transport.abort()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await _read_head(reader)

        if head is None:
            return False

        request = await _read_request(head, reader, writer)
        self.traffic.requests += 1
        self.traffic.bytes_in += len(head) + len(request.body)
        response = await self._handler(request)

        if response is None:
            writer.transport.abort()
            return False

        data = response.encode(with_body=request.method != "HEAD")
        self.traffic.bytes_out += len(data)
        writer.write(data)
        await writer.drain()

        return request.keeps_alive


async def _read_head(reader: asyncio.StreamReader) -> bytes | None:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as ended:
        if not ended.partial:
            return None

        raise
    except asyncio.LimitOverrunError as error:
        raise MalformedRequestError from error


async def _read_request(
    head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Request:
    first, *lines = head[:-4].decode("latin-1").split("\r\n")

    try:
        method, target, version = first.split(" ")
        pairs = tuple(_header(line) for line in lines)
    except ValueError as error:
        raise MalformedRequestError from error

    headers = {name.lower(): value for name, value in pairs}

    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    body = await _read_body(headers, reader)
    peer = writer.get_extra_info("peername")

    return Request(
        method,
        target,
        pairs,
        body,
        peer=peer[0] if peer else "",
        is_secure=writer.get_extra_info("sslcontext") is not None,
        version=version,
    )


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")

    if not colon:
        raise ValueError(line)

    return name, value.strip(" \t")


async def _read_body(headers: dict[str, str], reader: asyncio.StreamReader) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _read_chunks(reader)

    length = _size(headers.get("content-length", "0"), base=10)

    return await reader.readexactly(length) if length else b""


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()

    while size := _size((await reader.readuntil(b"\r\n")).split(b";")[0].decode("latin-1")):
        body += await reader.readexactly(size)
        await reader.readexactly(2)

        if len(body) > BODY_BYTES:
            raise MalformedRequestError

    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass  # trailers

    return bytes(body)


def _size(text: str, *, base: int = 16) -> int:
    try:
        size = int(text.strip(), base)
    except ValueError as error:
        raise MalformedRequestError from error

    if not 0 <= size <= BODY_BYTES:
        raise MalformedRequestError

    return size


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
