"""Sends events with the SDK's public producer."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from ehtui.domain.actions.sending import Destination, Outgoing, content_type_of
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.wire import problems
from ehtui.wire.credentials import access_of
from ehtui.wire.dialling import settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from azure.eventhub import EventData, EventDataBatch
    from azure.eventhub.aio import EventHubProducerClient

    from ehtui.config.settings import EventHubSettings
    from ehtui.wire.credentials import HubAccess

SEND_S = 15.0
CLOSE_S = 0.8
_ANY_BYTES = 1 << 40


class HubSender:
    """Loads the SDK and connects at the first send, and stays connected; one loop only."""

    def __init__(self, settings: EventHubSettings, *, send_s: float = SEND_S) -> None:
        self._settings = settings
        self._access: HubAccess | None = None
        self._send_s = send_s
        self._client: EventHubProducerClient | None = None
        self._limit: asyncio.Timeout | None = None

    async def most_bytes(self) -> int:
        """How large a message this hub takes, batch and all; connects.

        Raises:
            ProblemError: It cannot be reached, or does not let us send.
        """
        async with self._opened() as client:
            batch = await client.create_batch()

        return batch.max_size_in_bytes

    def size_of(self, event: Outgoing, key: str | None) -> int:
        """How large a message with this event alone is, in bytes, as the SDK encodes it."""
        from azure.eventhub import EventDataBatch  # noqa: PLC0415 - the SDK

        batch = EventDataBatch(max_size_in_bytes=_ANY_BYTES, partition_key=key)
        batch.add(_event_data(event))

        return batch.size_in_bytes

    async def send(
        self, events: Sequence[Outgoing], to: Destination, accepted: Callable[[int], None]
    ) -> None:
        """Send events in their order; `accepted` hears how many, batch by batch.

        Raises:
            ProblemError: They were not all accepted, or the settings name no hub.
        """
        async with self._opened() as client:
            batch = await self._batch(client, to)

            for event in events:
                data = _event_data(event)

                try:
                    batch.add(data)
                except ValueError:
                    if not len(batch):
                        raise ProblemError(self._too_large(event, to, batch)) from None

                    await self._send(client, batch, accepted)
                    batch = await self._batch(client, to)

                    try:
                        batch.add(data)
                    except ValueError:
                        raise ProblemError(self._too_large(event, to, batch)) from None

            await self._send(client, batch, accepted)

    async def _batch(self, client: EventHubProducerClient, to: Destination) -> EventDataBatch:
        return await client.create_batch(partition_id=to.partition, partition_key=to.key)

    async def _send(
        self,
        client: EventHubProducerClient,
        batch: EventDataBatch,
        accepted: Callable[[int], None],
    ) -> None:
        await client.send_batch(batch)
        self._is_alive()
        accepted(len(batch))

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[EventHubProducerClient]:
        access = self._access = self._access or access_of(self._settings)

        from ehtui.wire.public_calls import open_producer, problem_of  # noqa: PLC0415 - the SDK

        if self._client is None:
            await settle(access)
            self._client = open_producer(access)

        try:
            async with asyncio.timeout(None) as self._limit:
                self._is_alive()
                yield self._client
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

    def _is_alive(self) -> None:
        """What was accepted is a sign of life: the limit is of silence."""
        if self._limit is not None:
            self._limit.reschedule(asyncio.get_running_loop().time() + self._send_s)

    async def close(self) -> None:
        """Let go of the connection; never raises, ends within a second."""
        client, self._client = self._client, None

        if client is not None:
            with suppress(Exception):
                await asyncio.wait_for(client.close(), CLOSE_S)

        if self._access is not None:
            await self._access.credential.close()

    def _too_large(self, event: Outgoing, to: Destination, batch: EventDataBatch) -> Problem:
        size, most = self.size_of(event, to.key), batch.max_size_in_bytes
        return Problem(
            ProblemKind.MALFORMED,
            f"An event has {size:,} bytes as a message, {size - most:,} more than the {most:,} "
            "that this hub takes.",
            "Shorten its body or its properties.",
        )


def _event_data(event: Outgoing) -> EventData:
    from azure.eventhub import EventData  # noqa: PLC0415 - the SDK

    data = EventData(event.body)
    data.properties.update(event.properties)
    data.content_type = content_type_of(event)  # type: ignore[assignment]

    return data
