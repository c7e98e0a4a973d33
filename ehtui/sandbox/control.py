"""The sandbox's levers for tests and scenes, on a loopback HTTP port, as JSON.

Whatever is no GET needs the token, which only the sandbox's parent is told: `Authorization: Bearer
TOKEN`. Web pages are turned away, by their Origin or by the name under which they reach the port.

    GET    /state  /statistics  /faults
    PATCH  /faults/{eventhubs|blobs}            {"latency_s": 0.02, "is_frozen": true, …}
    POST   /drop                                cut every Event Hubs connection
    PUT    /hubs/{hub}                          {"partitions": 4, "groups": ["g"], "retention": {…}}
    PATCH  /hubs/{hub}                          {"partitions": 8, "retention": {"max_events": 9},
                                                 "georeplication_factor": 2}
    DELETE /hubs/{hub}
    PUT    /hubs/{hub}/groups/{group}           (and DELETE)
    POST   /hubs/{hub}/events                   {"bodies": ["…"], "partition": "0"}
    POST   /hubs/{hub}/partitions/{id}/trim     {"before_sequence": 100}

In one process, `Namespace`, `EventHubsEndpoint` and their `faults` are the same levers in Python.
"""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import asdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from ehtui.sandbox.eventhubs import Retention
from ehtui.sandbox.http import HttpServer, Request, Response
from ehtui.sandbox.http_reading import HttpLimits

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace

_SWITCHES = (bool, float, int, type(None))
_BODY_BYTES = 4 << 20
_MOST_EVENTS = 10_000  # of one request
_LONGEST_S = 60.0  # of a latency
_STATUSES = range(100, 600)


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
        self.token = secrets.token_urlsafe(32)
        self._namespace = namespace
        self._eventhubs = eventhubs
        self._endpoints: dict[str, Controllable] = {"eventhubs": eventhubs}

        if blobs:
            self._endpoints["blobs"] = blobs

        limits = HttpLimits(connections=64, body_bytes=_BODY_BYTES, bodies_bytes=4 * _BODY_BYTES)
        self._server = HttpServer(self._answer, host, port, limits=limits)

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
        if refusal := self._refusal(request):
            return _reply(HTTPStatus.FORBIDDEN, {"error": refusal})

        try:
            body = json.loads(request.body or b"{}", parse_constant=_no_number)
            path = request.path.strip("/").split("/")
            result = self._route(request.method, path)(body)
        except KeyError as error:
            return _reply(
                HTTPStatus.NOT_FOUND, {"error": f"there is no {str(error.args[0])[:200]}"}
            )
        except (AttributeError, ArithmeticError, RecursionError, TypeError, ValueError) as error:
            return _reply(HTTPStatus.BAD_REQUEST, {"error": str(error)[:500]})

        return _reply(HTTPStatus.OK, {} if result is None else result)

    def _refusal(self, request: Request) -> str | None:
        """Why a caller is turned away: a web page, also one whose name was bent to this port."""
        own = {f"{name}:{self._server.port}" for name in (self._server.host, "localhost")}

        if "origin" in request.headers or request.headers.get("host", "").lower() not in own:
            return "not for browsers: reach it by its address, without an Origin"

        given = request.headers.get("authorization", "").encode()
        has_token = hmac.compare_digest(given, f"Bearer {self.token}".encode())

        if request.method != "GET" and not has_token:
            return "changes need the token that was printed at start: Authorization: Bearer TOKEN"

        return None

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
        self,
        hub: str,
        partitions: int | None = None,
        retention: dict[str, Any] | None = None,
        georeplication_factor: int | None = None,
    ) -> None:
        kept = None if retention is None else Retention(**retention)

        if partitions is not None:
            self._namespace.set_partition_count(hub, partitions)

        if kept is not None:
            self._namespace.set_retention(hub, kept)

        if georeplication_factor is not None:
            self._namespace.set_replication(hub, int(georeplication_factor))

    def _append(
        self,
        hub: str,
        bodies: Any,
        partition: str | None = None,
        properties: Any = None,
    ) -> list[int]:
        most_bytes = self._namespace.max_message_bytes

        if not isinstance(bodies, list) or len(bodies) > _MOST_EVENTS:
            raise ValueError(f"bodies is a list of at most {_MOST_EVENTS} texts")

        if not all(isinstance(body, str) and len(body) <= most_bytes for body in bodies):
            raise ValueError(f"a body is a text of at most {most_bytes} characters")

        pairs = [*(properties or {}).items()]

        if not all(isinstance(part, str) for pair in pairs for part in pair):
            raise ValueError("properties are texts by name")

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

    checked = {name: _switched(name, known[name], value) for name, value in changes.items()}

    for name, value in checked.items():
        setattr(faults, name, value)

    return _switches(faults)


def _switched(name: str, current: Any, value: Any) -> Any:
    """A switch's new value, which must be of the kind that it has."""
    if isinstance(current, bool):
        is_fitting = isinstance(value, bool)
    elif isinstance(current, float):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        is_fitting = is_number and 0 <= value <= _LONGEST_S
    else:
        is_fitting = value is None or (type(value) is int and value in _STATUSES)

    if not is_fitting:
        raise ValueError(f"{name} takes true or false, seconds up to {_LONGEST_S:g}, or a status")

    return value


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _reply(status: HTTPStatus, value: Any) -> Response:
    body = json.dumps(value, ensure_ascii=False).encode()
    return Response(status, {"Content-Type": "application/json"}, body)
