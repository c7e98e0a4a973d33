"""The server: listens on loopback and lets time pass."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from ehtui.sandbox.eventhubs.broker import Broker, Statistics, Timeouts
from ehtui.sandbox.eventhubs.connection import Connection
from ehtui.sandbox.eventhubs.namespace import ROOT_KEY, Namespace
from ehtui.sandbox.options import reachable

if TYPE_CHECKING:
    import ssl
    from pathlib import Path
    from types import TracebackType

    from ehtui.sandbox.eventhubs.tls import Certificate

_TICK_S = 0.25
_RETENTION_TICKS = 4
_AMQP_PORT, _AMQPS_PORT, _HTTPS_PORT = 5672, 5671, 443


class EventHubsEndpoint:
    """An AMQP endpoint of a namespace. `async with` starts and stops it.

    Its port takes plain AMQP and AMQP over WebSockets: the first byte tells which. It listens on
    `websocket_port` too, where one is given: clients look for WebSockets on 443.
    """

    def __init__(
        self,
        namespace: Namespace,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        tls: bool = False,
        timeouts: Timeouts | None = None,
        websocket_port: int | None = None,
        only_websockets: bool = False,
    ) -> None:
        self.namespace = namespace
        self.host = host
        self.port = port
        self.tls = tls
        self._broker = Broker(namespace, timeouts or Timeouts())
        self.timeouts = self._broker.timeouts
        self.limits = self._broker.limits
        self.faults = self._broker.faults
        self.faults.on_freeze = self._freeze
        self._certificate = _make_certificate(reachable(host)) if tls else None
        self.websocket_port = websocket_port
        self._only_websockets = only_websockets
        self._servers: list[asyncio.Server] = []
        self._ticking: asyncio.Task[None] | None = None

    @property
    def ca_file(self) -> Path | None:
        """The certificate that clients must trust; None without TLS. Gone after `stop()`."""
        return self._certificate.ca_file if self._certificate else None

    def statistics(self) -> Statistics:
        """The counters so far."""
        return replace(self._broker.statistics)

    async def start(self) -> None:
        """Listen; `port` is then the real one."""
        loop = asyncio.get_running_loop()
        context = self._certificate.server_context() if self._certificate else None
        self.port = await self._listen(self.port, context)

        if self.websocket_port is not None:
            self.websocket_port = await self._listen(self.websocket_port, context)

        self._ticking = loop.create_task(self._tick(), name="sandbox-eventhubs-tick")

    async def _listen(self, port: int, context: ssl.SSLContext | None) -> int:
        """The port that it is then."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: Connection(self._broker, only_websockets=self._only_websockets),
            self.host,
            port,
            ssl=context,
        )
        self._servers.append(server)
        number: int = server.sockets[0].getsockname()[1]
        return number

    async def stop(self) -> None:
        """Cut every connection and stop listening."""
        if self._ticking:
            self._ticking.cancel()

            with contextlib.suppress(asyncio.CancelledError):
                await self._ticking

        self.drop_connections()

        for server in self._servers:
            server.close()
            await server.wait_closed()

        self._servers.clear()

        if self._certificate:
            self._certificate.remove()

    def drop_connections(self) -> int:
        """Cut all connections without a word, as a failing network does; returns how many."""
        connections = tuple(self._broker.connections)

        for connection in connections:
            connection.abort()

        return len(connections)

    def connection_string(self, hub: str | None = None, key_name: str = ROOT_KEY) -> str:
        """What a client is given. The port is left out where clients know it anyway."""
        standard = _AMQPS_PORT if self.tls else _AMQP_PORT
        standard = _HTTPS_PORT if self.tls and self._only_websockets else standard
        host = reachable(self.host)
        authority = host if self.port == standard else f"{host}:{self.port}"
        parts = [
            f"Endpoint=sb://{authority}/",
            f"SharedAccessKeyName={key_name}",
            f"SharedAccessKey={self.namespace.keys[key_name].value}",
        ]

        if not self.tls:
            parts.append("UseDevelopmentEmulator=true")

        if hub:
            parts.append(f"EntityPath={hub}")

        return ";".join(parts)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _tick(self) -> None:
        ticks = 0

        while True:
            await asyncio.sleep(_TICK_S)
            ticks += 1
            now = self.namespace.clock()

            for connection in tuple(self._broker.connections):
                connection.check(now)

            if ticks % _RETENTION_TICKS == 0:
                self.namespace.expire()

    def _freeze(self, held: bool) -> None:  # noqa: FBT001 - called by the switch alone
        for connection in self._broker.connections:
            connection.freeze(held=held)


def _make_certificate(host: str) -> Certificate:
    from ehtui.sandbox.eventhubs.tls import Certificate  # noqa: PLC0415 - 40 ms, and only for TLS

    return Certificate(host)
