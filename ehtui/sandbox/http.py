"""A small HTTP/1.1 server on asyncio, with limits: whoever sends more, or slowly, is let go.

aiohttp.web alone would take 0.2 s to import.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from ehtui.sandbox.options import reachable

if TYPE_CHECKING:
    import ssl

CHUNK_BYTES = 16 * 1024
HEAD_BYTES = 64 * 1024
_PIECE_BYTES = 256 * 1024  # of a reply, before the client must have taken the one before
_MOST_PARAMETERS = 100
_MOST_TRAILERS = 32
_REQUEST_LINE = re.compile(r"([A-Z]{1,20}) ([^ ]+) (HTTP/1\.[01])")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):(.*)", re.DOTALL)
_LENGTH = re.compile(r"[0-9]{1,15}")
_CHUNK_SIZE = re.compile(rb"\s*([0-9A-Fa-f]{1,12})\s*(?:;.{0,200})?\r\n")


class MalformedRequestError(Exception):
    """Bytes that are no HTTP request, or too slow to be one; the connection is closed."""


class RefusedRequestError(Exception):
    """A request that is one, and that is not taken; the connection is closed after the reply."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@dataclass(slots=True)
class HttpLimits:
    """What clients may cost a server."""

    connections: int = 512
    headers: int = 200
    body_bytes: int = 64 << 20  # of one request
    bodies_bytes: int = 128 << 20  # of all that are being served
    idle_s: float = 60.0  # until the next request is there, all of its head
    body_s: float = 60.0  # for all of a body, and for a reply that is taken in small sips


@dataclass(slots=True)
class Traffic:
    """What went over a server's connections since it was made."""

    connections_opened: int = 0
    connections_open: int = 0
    requests: int = 0
    bytes_in: int = 0
    bytes_out: int = 0


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

    def values(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for given, value in self.header_lines if given.lower() == name]


@dataclass(frozen=True, slots=True)
class Response:
    """One reply; `is_chunked` sends the body in chunks, as the Blob service does with listings."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_chunked: bool = False

    def pieces(self, *, with_body: bool = True) -> Iterator[bytes | memoryview]:
        """The bytes on the wire, to be sent one after the other; a large body is not copied.

        A reply to HEAD has the headers alone.
        """
        phrase = HTTPStatus(self.status).phrase if self.status in _STATUSES else "Status"
        lines = [f"HTTP/1.1 {self.status} {phrase}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]

        if self.is_chunked:
            lines.append("Transfer-Encoding: chunked")
        elif self.status != HTTPStatus.NOT_MODIFIED and "Content-Length" not in self.headers:
            lines.append(f"Content-Length: {len(self.body)}")

        yield ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

        if not with_body or self.status == HTTPStatus.NOT_MODIFIED:
            return

        view = memoryview(self.body)
        step = CHUNK_BYTES if self.is_chunked else _PIECE_BYTES

        for start in range(0, len(view), step):
            piece = view[start : start + step]
            yield b"".join((b"%x\r\n" % len(piece), piece, b"\r\n")) if self.is_chunked else piece

        if self.is_chunked:
            yield b"0\r\n\r\n"


_STATUSES = frozenset(HTTPStatus)
Handler = Callable[[Request], Awaitable[Response | None]]


class HttpServer:
    """Serves `handler` on one address; a handler that returns None closes the connection unheard.

    Stopping and starting again keeps the port. `limits` may be changed while it runs; while
    `refuses` says so, connections are reset as soon as they are made.
    """

    def __init__(
        self,
        handler: Handler,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        ssl_context: ssl.SSLContext | None = None,
        limits: HttpLimits | None = None,
        traffic: Traffic | None = None,
        refuses: Callable[[], bool] = lambda: False,
    ) -> None:
        self.handler = handler
        self.host = host
        self.port = port
        self.scheme = "https" if ssl_context else "http"
        self.limits = limits or HttpLimits()
        self.traffic = traffic or Traffic()
        self.held_bytes = 0  # of the bodies of all requests that are being served
        self._refuses = refuses
        self._ssl_context = ssl_context
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @property
    def url(self) -> str:
        """Where it listens, once started."""
        return f"{self.scheme}://{reachable(self.host)}:{self.port}"

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
        if self._refuses() or len(self._connections) >= self.limits.connections:
            writer.transport.abort()
            return

        serving = _Connection(self, reader, writer).serve()
        task = asyncio.get_running_loop().create_task(serving)
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


class _Connection:
    """One client's requests, one after the other."""

    def __init__(
        self, server: HttpServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._limits = server.limits
        self._reader = reader
        self._writer = writer
        self._held_bytes = 0

    async def serve(self) -> None:
        try:
            while await self._serve_one():
                self._give_back()
        except asyncio.IncompleteReadError:
            return  # the client has ended it
        except (
            MalformedRequestError,
            asyncio.LimitOverrunError,
            TimeoutError,
            ConnectionError,
        ):
            self._writer.transport.abort()
        finally:
            self._give_back()

    async def _serve_one(self) -> bool:
        try:
            request = await self._read()
        except RefusedRequestError as refusal:
            await self._reply(Response(refusal.status, {"Connection": "close"}))
            return False

        response = await self._server.handler(request)

        if response is None:
            self._writer.transport.abort()
            return False

        await self._reply(response, with_body=request.method != "HEAD")
        return request.keeps_alive

    async def _read(self) -> Request:
        async with asyncio.timeout(self._limits.idle_s):
            raw = await self._reader.readuntil(b"\r\n\r\n")

        head = self._parsed(raw)

        if head.headers.get("expect", "").lower() == "100-continue":
            self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")

        async with asyncio.timeout(self._limits.body_s):
            request = replace(head, body=await self._body(head))

        self._server.traffic.requests += 1
        self._server.traffic.bytes_in += len(raw) + len(request.body)
        return request

    def _parsed(self, raw: bytes) -> Request:
        first, *lines = raw[:-4].decode("latin-1").split("\r\n")
        match = _REQUEST_LINE.fullmatch(first)
        headers = [_HEADER.fullmatch(line) for line in lines[: self._limits.headers + 1]]

        if match is None or None in headers or len(headers) > self._limits.headers:
            raise MalformedRequestError

        peer = self._writer.get_extra_info("peername")
        return Request(
            match[1],
            match[2],
            tuple((header[1], header[2].strip(" \t")) for header in headers if header),
            peer=peer[0] if peer else "",
            is_secure=self._writer.get_extra_info("sslcontext") is not None,
            version=match[3],
        )

    async def _body(self, head: Request) -> bytes:
        encodings = [value.lower() for value in head.values("transfer-encoding")]
        lengths = set(head.values("content-length"))

        # Two ways to say how long it is, and nobody can tell where the next request begins.
        if len(encodings) + len(lengths) > 1 or encodings not in ([], ["chunked"]):
            raise MalformedRequestError

        if encodings:
            return await self._chunks()

        length = lengths.pop() if lengths else "0"

        if not _LENGTH.fullmatch(length):
            raise MalformedRequestError

        self._take(int(length))
        return await self._reader.readexactly(int(length))

    async def _chunks(self) -> bytes:
        body = bytearray()

        while size := _chunk_size(await self._reader.readuntil(b"\r\n")):
            self._take(size)
            body += await self._reader.readexactly(size)

            if await self._reader.readexactly(2) != b"\r\n":
                raise MalformedRequestError

        for _ in range(_MOST_TRAILERS):
            if await self._reader.readuntil(b"\r\n") == b"\r\n":
                return bytes(body)

        raise MalformedRequestError

    def _take(self, more_bytes: int) -> None:
        """Make room for a part of a body, before any of it is read."""
        if self._held_bytes + more_bytes > self._limits.body_bytes:
            raise RefusedRequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

        if self._server.held_bytes + more_bytes > self._limits.bodies_bytes:
            raise RefusedRequestError(HTTPStatus.SERVICE_UNAVAILABLE)

        self._held_bytes += more_bytes
        self._server.held_bytes += more_bytes

    def _give_back(self) -> None:
        self._server.held_bytes -= self._held_bytes
        self._held_bytes = 0

    async def _reply(self, response: Response, *, with_body: bool = True) -> None:
        async with asyncio.timeout(self._limits.body_s):
            for piece in response.pieces(with_body=with_body):
                self._server.traffic.bytes_out += len(piece)
                self._writer.write(piece)
                await self._writer.drain()


def _chunk_size(line: bytes) -> int:
    match = _CHUNK_SIZE.fullmatch(line)

    if match is None:
        raise MalformedRequestError

    return int(match[1], 16)
