"""A corporate network in small: a proxy that lets CONNECT through, perhaps only with a password."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

USER, PASSWORD = "ops team", "p@ss:word/1"
ENCODED = "ops%20team:p%40ss%3Aword%2F1"


_TURNS = 4
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A port whose connections `serve` has; none outlives it."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)

        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await serve(reader, writer)
        finally:
            writer.transport.abort()
            tasks.discard(task)

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)

    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        # asyncio loses sockets that it has accepted and not handed over when a server is closed.
        for _ in range(_TURNS):
            await asyncio.sleep(0)

        server.close()

        # Who is cut lets go of the socket a turn later.
        for _ in range(_TURNS):
            for task in tuple(tasks):
                task.cancel()

            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0)

        await server.wait_closed()


async def joined(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int
) -> None:
    """Everything goes on to another place, and back."""
    upstream, onward = await asyncio.open_connection(host, port)

    try:
        await asyncio.gather(_pump(reader, onward), _pump(upstream, writer))
    finally:
        onward.transport.abort()


@dataclass
class ConnectProxy:
    """What it lets through, where that really leads, and what it was asked."""

    wants_password: bool = False
    ports: frozenset[int] | None = None  # None: any
    leads_to: Mapping[str, tuple[str, int]] = field(default_factory=dict)  # by "host:port"
    asked: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        user = f"{ENCODED}@" if self.wants_password else ""
        return f"http://{user}127.0.0.1:{self.port}"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[ConnectProxy]:
        async with listening(self._serve) as self.port:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        _, authority, _ = head[0].split(" ")
        self.asked.append(authority)
        refusal = self._refusal(authority, head[1:])

        if refusal is not None:
            writer.write(f"HTTP/1.1 {refusal}\r\n\r\n".encode())
            await writer.drain()
            await reader.read()
            return

        host, _, port = authority.rpartition(":")
        writer.write(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")
        await joined(reader, writer, *self.leads_to.get(authority, (host, int(port))))

    def _refusal(self, authority: str, headers: list[str]) -> str | None:
        pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

        if self.wants_password and f"Proxy-Authorization: Basic {pair}" not in headers:
            return "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic"

        if self.ports is not None and int(authority.rpartition(":")[2]) not in self.ports:
            return "403 Forbidden"

        return None


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()

    writer.close()
