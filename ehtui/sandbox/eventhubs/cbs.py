"""The `$cbs` node: clients put tokens here before they open links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.sandbox.eventhubs import errors, sas
from ehtui.sandbox.eventhubs.addresses import path_of
from ehtui.sandbox.eventhubs.errors import ServiceError
from ehtui.wire.amqp.messages import Reply, Request

if TYPE_CHECKING:
    from ehtui.sandbox.eventhubs.channel import Peer

_ACCEPTED = 202


def handle(request: Request, connection: Peer) -> Reply:
    """Answer put-token.

    Raises:
        ServiceError: It is some other operation.
    """
    broker, given = connection.broker, request.properties
    namespace = broker.namespace
    audience = str(given.get("name", ""))
    tracker = f"{namespace.name}:{path_of(audience)[:300]}"

    if given.get("operation") != "put-token":
        raise errors.invalid_command(str(given.get("operation")), tracker)

    broker.statistics.tokens_put += 1

    if broker.faults.cbs_status:
        return _reply(request, broker.faults.cbs_status, "A fault of the sandbox.")

    kind, now = str(given.get("type", "")), namespace.clock()

    try:
        claim = sas.verify(str(request.value or ""), kind, audience, namespace.keys, now)
        hub = claim.path.split("/")[0]

        if hub and namespace.find(hub) is None:
            raise errors.entity_not_found(f"sb://{namespace.name}/{hub}", tracker)
        connection.put(claim)
    except sas.TokenError as error:
        refusal = ServiceError(errors.AUTH_FAILED, 401, str(error), tracker)
        return _reply(request, 401, refusal.worded(now))
    except ServiceError as error:
        return _reply(request, error.status, error.worded(now), error.condition)

    return _reply(request, _ACCEPTED, "Accepted")


def _reply(request: Request, status: int, text: str, condition: str | None = None) -> Reply:
    properties: dict[str, str | int] = {"status-code": status, "status-description": text}

    if condition:
        properties["error-condition"] = condition

    return Reply(request.message_id, properties, to=request.reply_to)
