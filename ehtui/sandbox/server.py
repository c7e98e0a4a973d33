"""The sandbox's servers: Event Hubs, Blob storage and the control port, in one process.

`python -m ehtui.sandbox.server OPTIONS` (JSON) prints one JSON line once they listen.
"""

from __future__ import annotations

import asyncio
import signal
import sys

from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sandbox.children import end_with_sandbox
from ehtui.sandbox.connections import Connections
from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace
from ehtui.sandbox.options import Ready, ServerOptions


class SandboxServer:
    """The servers, in this process."""

    def __init__(self, options: ServerOptions) -> None:
        self.options = options
        self.namespace = Namespace()
        self.namespace.create_hub(options.hub, options.partitions, options.groups)
        self.eventhubs = EventHubsEndpoint(
            self.namespace, host=options.host, port=options.port, tls=options.tls
        )
        self.blobs = BlobEndpoint(host=options.host)

    async def start(self) -> Ready:
        """Listen; the checkpoint container exists from the start.

        Raises:
            OSError: An address is in use or not of this host.
        """
        await self.eventhubs.start()
        await self.blobs.start()
        self.blobs.create_container(self.options.container)
        connections = Connections(
            eventhub=self.eventhubs.connection_string(self.options.hub),
            hub=self.options.hub,
            group=self.options.groups[0],
            storage=self.blobs.connection_string,
            container=self.options.container,
        )

        return Ready(connections)

    async def stop(self) -> None:
        """Close every port."""
        await self.blobs.stop()
        await self.eventhubs.stop()

    async def serve_until_signal(self) -> None:
        """Serve until SIGINT, SIGTERM or SIGHUP, then stop."""
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, ended.set)

        try:
            await ended.wait()
        finally:
            await self.stop()


async def _run(options: ServerOptions) -> None:
    server = SandboxServer(options)
    ready = await server.start()
    sys.stdout.write(ready.to_json() + "\n")
    sys.stdout.flush()
    await server.serve_until_signal()


def main() -> None:
    """Run as a child of a sandbox."""
    end_with_sandbox()
    asyncio.run(_run(ServerOptions.from_json(sys.argv[1])))


if __name__ == "__main__":
    main()
