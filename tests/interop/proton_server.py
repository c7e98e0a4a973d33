"""python-qpid-proton as a service: `$cbs` takes tokens and `$management` answers READs.

Runs alone, in a venv of its own. Says its port, then what it was asked, one JSON value a line.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

from proton import (  # type: ignore[import-not-found]
    UNDESCRIBED,
    Array,
    Data,
    Message,
    int32,
    timestamp,
)
from proton.handlers import MessagingHandler  # type: ignore[import-not-found]
from proton.reactor import Container  # type: ignore[import-not-found]

CREATED_MS, WRITTEN_MS = 1_700_000_000_000, 1_700_000_001_500
HUB = {
    "type": "com.microsoft:eventhub",
    "name": "hub",
    "created_at": timestamp(CREATED_MS),
    "partition_count": int32(2),
    "partition_ids": Array(UNDESCRIBED, Data.STRING, "0", "1"),
}


def partition(id_: str) -> dict[str, Any]:
    return {
        "type": "com.microsoft:partition",
        "name": "hub",
        "partition": id_,
        "begin_sequence_number": 3,
        "last_enqueued_sequence_number": 40 + int(id_),
        "last_enqueued_offset": "8192",
        "last_enqueued_time_utc": timestamp(WRITTEN_MS),
        "is_partition_empty": False,
    }


def say(value: Any) -> None:
    print(json.dumps(value), flush=True)


class Service(MessagingHandler):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self._responders: dict[str, Any] = {}

    def on_start(self, event: Any) -> None:
        acceptor = event.container.listen("127.0.0.1:0")
        say({"port": port_of(acceptor)})

    def on_link_opening(self, event: Any) -> None:
        link = event.link
        link.source.address = link.remote_source.address
        link.target.address = link.remote_target.address

        if link.is_sender:
            self._responders[link.remote_source.address] = link

    def on_message(self, event: Any) -> None:
        asked, node = event.message, event.link.remote_target.address
        given = asked.properties
        say({"node": node, "operation": given["operation"], "type": given["type"]})
        reply = Message(correlation_id=asked.id)

        if node == "$cbs":
            reply.properties = {"status-code": int32(202), "status-description": "Accepted"}
        else:
            reply.properties = {"status-code": int32(200), "status-description": "OK"}
            reply.body = partition(given["partition"]) if "partition" in given else HUB

        self._responders[node].send(reply)

    def on_transport_error(self, event: Any) -> None:
        say({"error": str(event.transport.condition)})


def port_of(acceptor: Any) -> int:
    """Where it listens: proton does not tell."""
    import socket  # noqa: PLC0415

    with socket.socket(fileno=socket.dup(acceptor._selectable.fileno())) as listening:
        return int(listening.getsockname()[1])


def main() -> None:
    container = Container(Service())
    threading.Thread(target=container.run, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
