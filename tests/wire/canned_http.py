"""A tiny HTTP/1.1 server on loopback that answers as a test says and remembers what was asked."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from urllib.parse import SplitResult, parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    method: str
    url: SplitResult
    headers: dict[str, str]
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(self.url.query).items()}


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def storage_error(status: int, code: str, **headers: str) -> Reply:
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>sig=LEAK</Message></Error>'

    return Reply(status, body.encode(), {"x-ms-error-code": code} | headers)


@dataclass
class CannedServer:
    answer: Callable[[Asked], Reply]
    date: float | None = None  # of the Date header; None is now
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

        try:
            while head := await _head(reader):
                asked = await _request(head, reader)
                self.asked.append(asked)
                reply = self.answer(asked)
                headers = {"Date": formatdate(self.date, usegmt=True)} | reply.headers
                headers["Content-Length"] = str(len(reply.body))
                lines = [f"HTTP/1.1 {reply.status} Canned"]
                lines += [f"{name}: {value}" for name, value in headers.items()]
                writer.write("\r\n".join([*lines, "", ""]).encode() + reply.body)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            await hang_up(writer)

    async def stop(self) -> None:
        """Clients have closed their connections: let the last ones end."""
        if self._serving:
            await asyncio.wait(self._serving, timeout=2)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()

    with suppress(OSError):
        await writer.wait_closed()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


async def _request(head: bytes, reader: asyncio.StreamReader) -> Asked:
    first, *lines = head.decode().strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))

    return Asked(method, urlsplit(target), headers, body)


@asynccontextmanager
async def canned(
    answer: Callable[[Asked], Reply] | Reply,
    *,
    date: float | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[CannedServer]:
    said = (lambda _: answer) if isinstance(answer, Reply) else answer
    canned_server = CannedServer(said, date)
    server = await asyncio.start_server(canned_server.serve, "127.0.0.1", 0, ssl=tls)
    canned_server.port = server.sockets[0].getsockname()[1]

    try:
        yield canned_server
    finally:
        server.close()
        await canned_server.stop()
        await server.wait_closed()
