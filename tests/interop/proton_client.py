"""python-qpid-proton as a plain AMQP client of Event Hubs; runs alone, in a venv of its own.

Signs in with PLAIN, sends, reads with credit of its own, asks `$management`, and is refused where
it should be. Prints one line of JSON.
"""

from __future__ import annotations

import json
import os
from typing import Any

from proton import (  # type: ignore[import-not-found]
    Described,
    Message,
    symbol,
    ulong,
)
from proton.reactor import Filter, LinkOption  # type: ignore[import-not-found]
from proton.utils import BlockingConnection, LinkDetached  # type: ignore[import-not-found]

HUB = os.environ["HUB"]
PARTITION = f"{HUB}/ConsumerGroups/$Default/Partitions/0"
SELECTOR = "apache.org:selector-filter:string"
WITHIN_S = 20


def selector(text: str) -> Any:
    return Filter({symbol(SELECTOR): Described(symbol(SELECTOR), text)})


class SourceAndTarget(LinkOption):  # type: ignore[misc]
    """A link of requests has a name of its own for replies."""

    def apply(self, link: Any) -> None:
        link.target.address = "replies-here"


def send(connection: Any, bodies: list[bytes]) -> None:
    sender = connection.create_sender(f"{HUB}/Partitions/0")

    for body in bodies:
        sender.send(Message(body=body, inferred=True), timeout=WITHIN_S)

    sender.close()


def read(connection: Any, text: str, count: int) -> list[dict[str, int]]:
    receiver = connection.create_receiver(PARTITION, credit=1, options=selector(text))
    found = []

    for _ in range(count):
        message = receiver.receive(timeout=WITHIN_S)
        annotations = {str(k): v for k, v in message.annotations.items()}
        found.append({"size": len(message.body), "sequence": annotations["x-opt-sequence-number"]})

    receiver.close()
    return found


def ask(connection: Any, properties: dict[str, str]) -> dict[str, Any]:
    receiver = connection.create_receiver("$management", credit=5, options=SourceAndTarget())
    sender = connection.create_sender("$management")
    message = Message(id=ulong(7), reply_to="replies-here", properties=properties)
    sender.send(message, timeout=WITHIN_S)
    reply = receiver.receive(timeout=WITHIN_S)

    if receiver.fetcher.unsettled:  # the service sends settled
        receiver.accept()

    sender.close()
    receiver.close()
    return {
        "id": reply.correlation_id,
        "status": reply.properties["status-code"],
        "body": {
            k: list(v.elements) if hasattr(v, "elements") else v for k, v in reply.body.items()
        },
    }


def refusal(connection: Any, address: str) -> str:
    try:
        connection.create_receiver(address, credit=1).receive(timeout=WITHIN_S)
    except LinkDetached as error:
        return str(error.condition)

    return "attached"


def main() -> None:
    connection = BlockingConnection(
        f"amqp://{os.environ['HOST']}:{os.environ['PORT']}",
        timeout=WITHIN_S,
        user=os.environ["KEY_NAME"],
        password=os.environ["KEY"],
        allowed_mechs="PLAIN",
        allow_insecure_mechs=True,
    )
    send(connection, [b"one", "둘".encode(), b"x" * 200_000])
    found = {
        "events": read(connection, "amqp.annotation.x-opt-offset > '-1'", 3),
        "last": read(connection, "amqp.annotation.x-opt-sequence-number >= '2'", 1),
        "hub": ask(
            connection, {"operation": "READ", "name": HUB, "type": "com.microsoft:eventhub"}
        ),
        "one": ask(
            connection,
            {
                "operation": "READ",
                "name": HUB,
                "type": "com.microsoft:partition",
                "partition": "0",
            },
        ),
        "refused": refusal(connection, f"{HUB}/ConsumerGroups/nobody/Partitions/0"),
    }
    connection.close()
    print(json.dumps(found, default=str))


if __name__ == "__main__":
    main()
