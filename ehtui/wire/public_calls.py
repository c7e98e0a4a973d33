"""The SDK's public clients, opened from the same settings, and what their errors mean.

And reading a hub with their calls: the slow way, where the kept link is not to be had. Every call
opens a connection of its own (facts.md §5): poll it once a minute, not more.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from azure.eventhub import TransportType
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient
from azure.eventhub.exceptions import AuthenticationError, EventHubError, OperationTimeoutError
from typing_extensions import override

from ehtui.config.connection_string import AMQPS_PORT
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.text import safe
from ehtui.domain.world.hub import HubDescription, PartitionSample
from ehtui.domain.world.route import Carrier
from ehtui.wire import problems
from ehtui.wire.credentials import EntraId, HubAccess
from ehtui.wire.dialling import settle, ways_to
from ehtui.wire.lines import HTTPS_PORT
from ehtui.wire.reading import HubReader, Reading, natural, plausible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RETRIES = 1  # whoever asks tries again itself
SIGN_IN_S = 10
AT_ONCE = 8  # connections: the Basic tier allows 100 to everybody
CLOSE_S = 0.8


def open_consumer(access: HubAccess) -> EventHubConsumerClient:
    """A client that is only asked for properties; it joins no consumer group."""
    group, options = "$Default", _options(access)

    if isinstance(access.credential, EntraId):
        credential = access.credential.for_sdk()
        return EventHubConsumerClient(access.namespace, access.hub, group, credential, **options)

    return EventHubConsumerClient.from_connection_string(
        access.connection_string.reveal(), group, eventhub_name=access.hub, **options
    )


def open_producer(access: HubAccess) -> EventHubProducerClient:
    """A client that sends."""
    options = _options(access)

    if isinstance(access.credential, EntraId):
        credential = access.credential.for_sdk()
        return EventHubProducerClient(access.namespace, access.hub, credential, **options)

    return EventHubProducerClient.from_connection_string(
        access.connection_string.reveal(), eventhub_name=access.hub, **options
    )


def _options(access: HubAccess) -> dict[str, Any]:
    """What the SDK must be told of the network; it takes one way, and cannot try several."""
    way = ways_to(access)[0]
    route, proxy, network = way.route, way.proxy, access.network
    is_websocket = route.carrier is Carrier.WEBSOCKET
    options: dict[str, Any] = {"retry_total": RETRIES, "auth_timeout": SIGN_IN_S}
    options["use_tls"] = access.use_tls
    options["transport_type"] = (
        TransportType.AmqpOverWebsocket if is_websocket else TransportType.Amqp
    )
    standard = HTTPS_PORT if is_websocket else AMQPS_PORT
    is_where_it_looks = (route.host, route.port) == (access.host, standard)

    # The SDK takes a port from the endpoint only for plain AMQP without TLS (facts.md §4).
    if not is_where_it_looks and (access.use_tls or is_websocket or network.endpoint):
        host = f"[{route.host}]" if ":" in route.host else route.host
        options["custom_endpoint_address"] = f"sb://{host}:{route.port}"

    if proxy is not None and is_websocket:  # AMQP's own port it cannot reach through one
        options["http_proxy"] = {
            "proxy_hostname": proxy.url.reveal().rpartition(":")[0],
            "proxy_port": proxy.port,
            "username": proxy.user.reveal() if proxy.user else None,
            "password": proxy.password.reveal() if proxy.password else None,
        }

    if access.use_tls:
        options["ssl_context"] = network.roots()

    return options


def problem_of(access: HubAccess, error: Exception) -> Problem | None:
    """What an exception of a public client means; None where it is not one of its own."""
    cause = _os_error_behind(error)

    if cause is not None:
        return problems.from_os_error(access, cause)

    if isinstance(error, AuthenticationError):
        return _refusal(access, error.message)

    if isinstance(error, OperationTimeoutError | TimeoutError):
        return problems.timed_out(access, "the SDK's call")

    if isinstance(error, EventHubError):
        condition = error.error or ""
        return problems.from_condition(access, _full_condition(condition), error.message)

    return None


def _refusal(access: HubAccess, message: str) -> Problem:
    for code in (401, 403, 404):
        if f"Status code: {code}" in message:
            return problems.from_status(access, code, "")

    # The SDK loses code and text where the service adds a condition (facts.md §7).
    return Problem(
        ProblemKind.UNAUTHORISED,
        f"{access.endpoint} refused {access.credential.label} for the event hub"
        f" {safe(access.hub)!r}, or there is no such event hub (the SDK does not tell which).",
        "Check the name of the event hub, and name, key and rights of the policy.",
    )


def _full_condition(short: str) -> str:
    """The condition that the SDK cut at its first colon."""
    return next(
        (full for full in problems.CONDITIONS if full.partition(":")[2] == short), short or "error"
    )


def _os_error_behind(error: BaseException) -> OSError | None:
    """What the socket said: the SDK wraps it in an exception of its own, and that in another."""
    chain: list[BaseException] = []
    inner: object = error

    while isinstance(inner, BaseException) and inner not in chain:
        if isinstance(inner, OSError) and not isinstance(inner, TimeoutError):
            return inner

        chain.append(inner)
        inner = getattr(inner, "inner_error", None) or inner.__cause__ or inner.__context__

    return None


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
            await settle(self._access)
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

        return Reading(hub, samples, refused, route=ways_to(self._access)[0].route)

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
