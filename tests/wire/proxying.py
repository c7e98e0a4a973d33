"""A corporate network in small: a proxy that lets CONNECT through, perhaps only with a password."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

USER, PASSWORD = "ops team", "p@ss:word/1"
ENCODED = "ops%20team:p%40ss%3Aword%2F1"


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
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

        async with server:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            _, authority, _ = head[0].split(" ")
            self.asked.append(authority)
            refusal = self._refusal(authority, head[1:])

            if refusal is not None:
                writer.write(f"HTTP/1.1 {refusal}\r\n\r\n".encode())
                writer.close()
                return

            host, _, port = authority.rpartition(":")
            there = self.leads_to.get(authority, (host, int(port)))
            upstream, onward = await asyncio.open_connection(*there)
            writer.write(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")

            async with asyncio.TaskGroup() as group:
                group.create_task(_pump(reader, onward))
                group.create_task(_pump(upstream, writer))

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
