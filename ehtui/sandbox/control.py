"""The sandbox's levers for tests and scenes, on a loopback HTTP port, as JSON.

    GET    /state  /statistics  /faults
    PATCH  /faults/{eventhubs|blobs}            {"latency_s": 0.02, "is_frozen": true, …}
    POST   /drop                                cut every Event Hubs connection
    PUT    /hubs/{hub}                          {"partitions": 4, "groups": ["g"], "retention": {…}}
    PATCH  /hubs/{hub}                          {"partitions": 8, "retention": {"max_events": 9}}
    DELETE /hubs/{hub}
    PUT    /hubs/{hub}/groups/{group}           (and DELETE)
    POST   /hubs/{hub}/events                   {"bodies": ["…"], "partition": "0"}
    POST   /hubs/{hub}/partitions/{id}/trim     {"before_sequence": 100}

In one process, `Namespace`, `EventHubsEndpoint` and their `faults` are the same levers in Python.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from ehtui.sandbox.eventhubs import Retention
from ehtui.sandbox.http import HttpServer, Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace

_SWITCHES = (bool, float, int, str, type(None))


class Controllable(Protocol):
    """An endpoint with counters and fault switches."""

    @property
    def faults(self) -> Any:
        """Switches: plain attributes."""

    def statistics(self) -> Any:
        """Counters: a dataclass."""


class Control:
    """The control port of a sandbox."""

    def __init__(
        self,
        namespace: Namespace,
        eventhubs: EventHubsEndpoint,
        blobs: Controllable | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._namespace = namespace
        self._eventhubs = eventhubs
        self._endpoints: dict[str, Controllable] = {"eventhubs": eventhubs}

        if blobs:
            self._endpoints["blobs"] = blobs

        self._server = HttpServer(self._answer, host, port)

    @property
    def url(self) -> str:
        """Where it listens, once started."""
        return f"http://{self._server.host}:{self._server.port}"

    async def start(self) -> None:
        """Listen."""
        await self._server.start()

    async def stop(self) -> None:
        """Close the port."""
        await self._server.stop()

    async def _answer(self, request: Request) -> Response:
        if "origin" in request.headers:  # a web page has no business here
            return _reply(HTTPStatus.FORBIDDEN, {"error": "not for browsers"})

        try:
            body = json.loads(request.body or b"{}")
            path = request.path.strip("/").split("/")
            result = self._route(request.method, path)(body)
        except KeyError as error:
            return _reply(HTTPStatus.NOT_FOUND, {"error": f"there is no {error.args[0]}"})
        except (TypeError, ValueError) as error:
            return _reply(HTTPStatus.BAD_REQUEST, {"error": str(error)})

        return _reply(HTTPStatus.OK, {} if result is None else result)

    def _route(self, method: str, path: list[str]) -> Callable[[dict[str, Any]], Any]:
        namespace = self._namespace

        match method, *path:
            case "GET", "state":
                return lambda _: namespace.state()
            case "GET", "statistics":
                return lambda _: self._statistics()
            case "GET", "faults":
                return lambda _: {n: _switches(e.faults) for n, e in self._endpoints.items()}
            case "PATCH", "faults", name:
                return lambda body: _set_switches(self._endpoints[name].faults, body)
            case "POST", "drop":
                return lambda _: {"dropped": self._eventhubs.drop_connections()}
            case _, "hubs", hub, *rest:
                return self._route_hub(method, hub, rest)

        raise KeyError(f"{method} /{'/'.join(path)}")

    def _route_hub(self, method: str, hub: str, rest: list[str]) -> Callable[[dict[str, Any]], Any]:
        namespace = self._namespace

        match method, *rest:
            case ["PUT"]:
                return lambda body: self._create_hub(hub, **body)
            case ["PATCH"]:
                return lambda body: self._change_hub(hub, **body)
            case ["DELETE"]:
                return lambda _: namespace.delete_hub(hub)
            case ["PUT" | "DELETE", "groups", group]:
                change = namespace.create_group if method == "PUT" else namespace.delete_group
                return lambda _: change(hub, group)
            case ["POST", "events"]:
                return lambda body: {"sequences": self._append(hub, **body)}
            case ["POST", "partitions", partition, "trim"]:
                return lambda body: namespace.trim(hub, partition, **body)

        raise KeyError(f"{method} /hubs/{hub}/{'/'.join(rest)}")

    def _create_hub(
        self,
        hub: str,
        partitions: int = 4,
        groups: tuple[str, ...] = (),
        retention: dict[str, Any] | None = None,
    ) -> None:
        self._namespace.create_hub(hub, partitions, groups, Retention(**(retention or {})))

    def _change_hub(
        self, hub: str, partitions: int | None = None, retention: dict[str, Any] | None = None
    ) -> None:
        if partitions is not None:
            self._namespace.set_partition_count(hub, partitions)

        if retention is not None:
            self._namespace.set_retention(hub, Retention(**retention))

    def _append(
        self,
        hub: str,
        bodies: list[str],
        partition: str | None = None,
        properties: dict[str, str] | None = None,
    ) -> list[int]:
        return self._namespace.append(hub, partition, bodies, properties)

    def _statistics(self) -> dict[str, Any]:
        return {name: asdict(end.statistics()) for name, end in self._endpoints.items()}


def _switches(faults: Any) -> dict[str, Any]:
    names = [name for name in dir(faults) if not name.startswith("_")]
    values = {name: getattr(faults, name) for name in names}
    return {name: value for name, value in values.items() if isinstance(value, _SWITCHES)}


def _set_switches(faults: Any, changes: dict[str, Any]) -> dict[str, Any]:
    known = _switches(faults)
    unknown = changes.keys() - known.keys()

    if unknown:
        raise ValueError(f"no such switch: {', '.join(sorted(unknown))}; there are {list(known)}")

    for name, value in changes.items():
        if not isinstance(value, _SWITCHES):
            raise TypeError(f"{name} takes a plain value")

        setattr(faults, name, value)

    return _switches(faults)


def _reply(status: HTTPStatus, value: Any) -> Response:
    body = json.dumps(value, ensure_ascii=False).encode()
    return Response(status, {"Content-Type": "application/json"}, body)
