"""The sandbox's servers: Event Hubs, Blob storage and the control port, in one process.

`python -m ehtui.sandbox.server`, with its options (JSON) in a variable, prints one JSON line once
they listen.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from contextlib import asynccontextmanager, suppress
from errno import EADDRNOTAVAIL
from typing import TYPE_CHECKING

from ehtui import system
from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sandbox.children import HANG_UP, asked_to_end, end_with_sandbox
from ehtui.sandbox.control import Control
from ehtui.sandbox.eventhubs import AccessKey, EventHubsEndpoint, Namespace, Retention
from ehtui.sandbox.eventhubs.namespace import ROOT_KEY
from ehtui.sandbox.meetings import Meetings, shares
from ehtui.sandbox.options import OPTIONS, PEEK_GROUP, Connections, Ready, ServerOptions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

BACKLOG_S = 180.0
STOP_WITHIN_S = 3.0


class ListenError(Exception):
    """A port of the sandbox cannot be had."""

    def __init__(self, host: str, port: int, error: OSError) -> None:
        reason = os.strerror(error.errno) if error.errno else str(error)
        advice = system.without_alias(host) if error.errno == EADDRNOTAVAIL else ""
        told = f"cannot listen on {host}, port {port or 'any'}: {reason}"
        super().__init__(f"{told}. {advice}" if advice else told)


class SandboxServer:
    """The servers, in this process."""

    def __init__(self, options: ServerOptions) -> None:
        self.options = options
        keys = () if options.key is None else (AccessKey(ROOT_KEY, options.key),)
        self.namespace = Namespace(keys=keys)

        for hub in options.hubs:
            kept = Retention(**hub.retention)
            self.namespace.create_hub(hub.name, hub.partitions, hub.groups, kept)

            with suppress(ValueError):  # as many groups as a hub has room for are there
                self.namespace.create_group(hub.name, PEEK_GROUP)

        self.eventhubs = EventHubsEndpoint(
            self.namespace,
            host=options.host,
            port=options.port,
            tls=options.tls,
            websocket_port=options.websocket_port,
            only_websockets=options.only_websockets,
        )
        self.blobs = BlobEndpoint(
            options.account, options.storage_key, options.host, options.storage_port
        )
        self.control = Control(
            self.namespace,
            self.eventhubs,
            self.blobs,
            options.control_host,
            options.control_port,
            token=options.control_token,
        )
        self._write_backlog()

    async def start(self) -> Ready:
        """Listen; the checkpoint container exists from the start.

        Raises:
            ListenError: An address is in use or not of this host.
        """
        for endpoint in (self.eventhubs, self.blobs, self.control):
            try:
                await endpoint.start()
            except OSError as error:
                raise ListenError(self.options.host, endpoint.port, error) from None

        self.blobs.create_container(self.options.container)
        connections = Connections(
            eventhub=self.eventhubs.connection_string(self.options.hub),
            hub=self.options.hub,
            group=self.options.groups[0],
            storage=self.blobs.connection_string,
            container=self.options.container,
        )

        ca_file = self.eventhubs.ca_file
        certificate = str(ca_file) if ca_file else None
        return Ready(connections, self.control.url, self.control.token, certificate)

    async def stop(self) -> None:
        """Close every port."""
        await self.control.stop()
        await self.blobs.stop()
        await self.eventhubs.stop()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Ready]:
        """Serve within it; yields where.

        Raises:
            ListenError: An address is in use or not of this host.
        """
        try:
            yield await self.start()
        finally:
            # Whatever a client still does to hold it up.
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_WITHIN_S):
                    await self.stop()

    async def run(self, tell: Callable[[Ready], None]) -> None:
        """Start, `tell` where it listens, and serve until SIGINT, SIGTERM or SIGHUP.

        Raises:
            ListenError: An address is in use or not of this host.
        """
        end = asked_to_end(*HANG_UP)

        async with self.serving() as ready:
            tell(ready)
            await end.wait()

    def _write_backlog(self) -> None:
        """As if a producer had sent it over the last minutes and nobody had read it yet."""
        meetings, now = Meetings(), time.time()
        hub = self.namespace.hub(self.options.hub)
        sizes = shares(self.options.backlog, self.options.partitions)

        for log, size in zip(hub.partitions, sizes, strict=True):
            for number in range(size):
                at = now - BACKLOG_S * (size - number) / size
                self.namespace.append(hub.name, log.id, [meetings.next_event()], at=at)


def _tell(ready: Ready) -> None:
    sys.stdout.write(ready.to_json() + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run as a child of a sandbox."""
    end_with_sandbox()
    options = ServerOptions.from_json(os.environ[OPTIONS])

    try:
        asyncio.run(SandboxServer(options).run(_tell))
    except ListenError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
