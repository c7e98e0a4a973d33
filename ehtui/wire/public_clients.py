"""The SDK's public clients, opened from the same settings, and what their errors mean."""

from __future__ import annotations

from typing import Any

from azure.eventhub import TransportType
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient
from azure.eventhub.exceptions import AuthenticationError, EventHubError, OperationTimeoutError

from ehtui.config.connection_string import AMQPS_PORT
from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.text import safe
from ehtui.wire import problems
from ehtui.wire.credentials import EntraId, HubAccess

RETRIES = 1  # whoever asks tries again itself
SIGN_IN_S = 10


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
    options: dict[str, Any] = {"retry_total": RETRIES, "auth_timeout": SIGN_IN_S}

    if not access.use_tls:
        options["use_tls"] = False
    elif access.port != AMQPS_PORT:
        # The SDK takes a port from the endpoint only without TLS (facts.md §4).
        options["custom_endpoint_address"] = f"sb://{access.host}:{access.port}"
        options["transport_type"] = TransportType.Amqp

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
