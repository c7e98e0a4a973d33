"""A sender that costs nothing until something is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.config.settings import EventHubSettings
    from ehtui.wire.sender import HubSender


class LateSender:
    """Loads the SDK and connects at the first send, on the loop that sends."""

    def __init__(self, settings: EventHubSettings) -> None:
        self._settings = settings
        self._sender: HubSender | None = None

    async def send(
        self,
        *,
        body: bytes,
        partition: str | None,
        key: str | None,
        properties: Mapping[str, str],
        count: int = 1,
    ) -> None:
        """Send as `HubSender` does.

        Raises:
            ProblemError: They were not all accepted.
        """
        if self._sender is None:
            from ehtui.wire.sender import HubSender  # noqa: PLC0415 - azure-eventhub

            self._sender = HubSender(self._settings)

        await self._sender.send(
            body=body, partition=partition, key=key, properties=properties, count=count
        )

    async def close(self) -> None:
        """Let go of the connection, if there is one."""
        if self._sender is not None:
            await self._sender.close()
