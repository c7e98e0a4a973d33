"""Reading a hub with the SDK's public calls: the slow way, where the kept link is not to be had.

Every call opens a connection of its own (facts.md §5): poll it once a minute, not more.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from ehtui.domain.problems import Problem, ProblemError
from ehtui.domain.world.hub import HubDescription, PartitionSample
from ehtui.wire import problems
from ehtui.wire.public_clients import open_consumer, problem_of
from ehtui.wire.reading import HubReader, Reading, natural, plausible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from azure.eventhub.aio import EventHubConsumerClient

    from ehtui.wire.credentials import HubAccess

AT_ONCE = 8  # connections: the Basic tier allows 100 to everybody
CLOSE_S = 0.8


class PublicReader(HubReader):
    """Gathers `get_eventhub_properties` and `get_partition_properties`, a few at a time."""

    def __init__(self, access: HubAccess, *, clock: Callable[[], float] = time.time) -> None:
        self._access = access
        self._clock = clock
        self._client: EventHubConsumerClient | None = None
        self._turns = asyncio.Semaphore(AT_ONCE)

    @override
    async def read(self, partitions: Sequence[str], *, describe: bool) -> Reading:
        if self._client is None:
            self._client = open_consumer(self._access)

        client = self._client
        hub = await self._describe(client) if describe else None
        found = await asyncio.gather(*(self._sample(client, p) for p in partitions))
        samples = tuple(item for item in found if isinstance(item, PartitionSample))
        refused = tuple(
            (partition, item)
            for partition, item in zip(partitions, found, strict=True)
            if isinstance(item, Problem)
        )

        if refused and not samples:
            raise ProblemError(refused[0][1])

        return Reading(hub, samples, refused)

    async def _describe(self, client: EventHubConsumerClient) -> HubDescription:
        try:
            told: dict[str, Any] = await client.get_eventhub_properties()
        except Exception as error:
            raise self._translated(error) from None

        return HubDescription(
            self._access.namespace,
            told["eventhub_name"],
            told["created_at"].timestamp(),
            tuple(sorted(told["partition_ids"], key=natural)),
        )

    async def _sample(
        self, client: EventHubConsumerClient, partition: str
    ) -> PartitionSample | Problem:
        async with self._turns:
            asked_at = self._clock()

            try:
                told: dict[str, Any] = await client.get_partition_properties(partition)
            except Exception as error:
                return self._translated(error).problem

        enqueued_at = told["last_enqueued_time_utc"].timestamp()
        sample = PartitionSample(
            partition=told["id"],
            begin_sequence=told["beginning_sequence_number"],
            last_sequence=told["last_enqueued_sequence_number"],
            last_offset=told["last_enqueued_offset"],
            last_enqueued_at=enqueued_at if enqueued_at > 0 else None,
            is_empty=told["is_empty"],
            sampled_at=self._clock(),
            asked_at=asked_at,
        )

        try:
            return plausible(sample)
        except ValueError as error:
            return problems.odd_answer(self._access, partition, str(error))

    def _translated(self, error: Exception) -> ProblemError:
        problem = problem_of(self._access, error)

        if problem is None:
            raise error

        return ProblemError(problem)

    @override
    async def close(self) -> None:
        client, self._client = self._client, None

        if client is not None:
            with suppress(Exception):
                await asyncio.wait_for(client.close(), CLOSE_S)

        await self._access.credential.close()
