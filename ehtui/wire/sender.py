"""Sends test events with the SDK's public producer."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING

from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.wire import problems
from ehtui.wire.credentials import access_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.eventhub import EventData, EventDataBatch
    from azure.eventhub.aio import EventHubProducerClient

    from ehtui.config.settings import EventHubSettings
    from ehtui.wire.credentials import HubAccess

SEND_S = 15.0
CLOSE_S = 0.8
JSON = "application/json"


class HubSender:
    """Loads the SDK and connects at the first send, and stays connected; one loop only."""

    def __init__(self, settings: EventHubSettings, *, send_s: float = SEND_S) -> None:
        self._settings = settings
        self._access: HubAccess | None = None
        self._send_s = send_s
        self._client: EventHubProducerClient | None = None

    async def send(
        self,
        *,
        body: bytes,
        partition: str | None,
        key: str | None,
        properties: Mapping[str, str],
        count: int = 1,
    ) -> None:
        """Send `count` equal events to a partition, by a key, or wherever the service chooses.

        Raises:
            ProblemError: They were not all accepted, or the settings name no hub.
        """
        access = self._access = self._access or access_of(self._settings)

        from ehtui.wire.public_calls import open_producer, problem_of  # noqa: PLC0415 - the SDK

        if self._client is None:
            self._client = open_producer(access)

        try:
            async with asyncio.timeout(self._send_s):
                await self._send(self._client, _event(body, properties), partition, key, count)
        except TimeoutError:
            await self.close()
            problem = problems.timed_out(access, "sending", self._send_s)
            raise ProblemError(problem) from None
        except ProblemError:
            raise
        except Exception as error:
            await self.close()
            told = problem_of(access, error)

            if told is None:
                raise

            raise ProblemError(told) from None

    async def _send(
        self,
        client: EventHubProducerClient,
        event: EventData,
        partition: str | None,
        key: str | None,
        count: int,
    ) -> None:
        batch = await client.create_batch(partition_id=partition, partition_key=key)

        for _ in range(count):
            try:
                batch.add(event)
            except ValueError:
                if not len(batch):
                    raise ProblemError(_too_large(batch)) from None

                await client.send_batch(batch)
                batch = await client.create_batch(partition_id=partition, partition_key=key)
                batch.add(event)

        await client.send_batch(batch)

    async def close(self) -> None:
        """Let go of the connection; never raises, ends within a second."""
        client, self._client = self._client, None

        if client is not None:
            with suppress(Exception):
                await asyncio.wait_for(client.close(), CLOSE_S)

        if self._access is not None:
            await self._access.credential.close()


def _too_large(batch: EventDataBatch) -> Problem:
    return Problem(
        ProblemKind.MALFORMED,
        f"The event is larger than the {batch.max_size_in_bytes:,} bytes that this hub takes.",
        "Shorten its body or its properties.",
    )


def _event(body: bytes, properties: Mapping[str, str]) -> EventData:
    from azure.eventhub import EventData  # noqa: PLC0415 - as above

    event = EventData(body)
    event.properties.update(properties)

    with suppress(ValueError):
        json.loads(body)
        event.content_type = JSON

    return event
