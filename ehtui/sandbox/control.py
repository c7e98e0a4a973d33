"""The sandbox's levers for tests and scenes, on a loopback HTTP port, as JSON.

Whatever is no GET needs the token, which only the sandbox's parent is told: `Authorization: Bearer
TOKEN`. Web pages are turned away, by their Origin or by the name under which they reach the port.

    GET    /health                              200 once all ports are open
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
    GET    /hubs/{hub}/deliveries               who was sent what, each receiver by itself;
                                                /{group} and /{group}/{id}: of those alone

In one process, `Namespace`, `EventHubsEndpoint` and their `faults` are the same levers in Python.
"""

from __future__ import annotations

import hmac
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from ehtui.sandbox.eventhubs import Retention
from ehtui.sandbox.http import HttpLimits, HttpServer, Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.sandbox.blobs import BlobEndpoint
    from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace

_BODY_BYTES = 4 << 20
_PLACE = 2  # a group, and a partition of it
_Latency = Annotated[float, msgspec.Meta(ge=0, le=60)]
_Status = Annotated[int, msgspec.Meta(ge=100, le=599)] | None
# What a switch takes, by what it has.
_KINDS: dict[type, Any] = {bool: bool, float: _Latency, int: _Status, type(None): _Status}


class _Events(msgspec.Struct, forbid_unknown_fields=True):
    bodies: Annotated[list[str], msgspec.Meta(max_length=10_000)]
    partition: str | None = None
    properties: dict[str, str] | None = None


class Control:
    """The control port of a sandbox; `start()` and `stop()` as of an `HttpServer`."""

    def __init__(
        self,
        namespace: Namespace,
        eventhubs: EventHubsEndpoint,
        blobs: BlobEndpoint,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        token: str | None = None,
    ) -> None:
        self.token = token or secrets.token_urlsafe(32)
        self._namespace = namespace
        self._eventhubs = eventhubs
        self._endpoints: dict[str, EventHubsEndpoint | BlobEndpoint] = {
            "eventhubs": eventhubs,
            "blobs": blobs,
        }
        limits = HttpLimits(connections=64, body_bytes=_BODY_BYTES, bodies_bytes=4 * _BODY_BYTES)
        self._server = HttpServer(self._answer, host, port, limits=limits)
        self.start, self.stop = self._server.start, self._server.stop

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        return self._server.port

    @property
    def url(self) -> str:
        """Where it listens, once started."""
        return self._server.url

    async def _answer(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return _reply(HTTPStatus.FORBIDDEN, {"error": refusal})

        try:
            body = msgspec.json.decode(request.body or b"{}", type=dict[str, Any])
            path = request.path.strip("/").split("/")
            result = self._route(request.method, path)(body)
        except KeyError as error:
            said = f"there is no {str(error.args[0])[:200]}"
            return _reply(HTTPStatus.NOT_FOUND, {"error": said})
        except (
            ArithmeticError,
            RecursionError,
            TypeError,
            ValueError,
            msgspec.MsgspecError,
        ) as error:
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
        every = self._endpoints.items()
        told: dict[str, Callable[[], Any]] = {
            # This port is the last to open and the first to close.
            "health": lambda: {"status": "healthy"},
            "state": self._namespace.state,
            "statistics": lambda: {name: end.statistics() for name, end in every},
            "faults": lambda: {name: _switches(end.faults) for name, end in every},
        }

        match method, *path:
            case "GET", name if name in told:
                return lambda _: told[name]()
            case "PATCH", "faults", name:
                return lambda body: _set_switches(self._endpoints[name].faults, body)
            case "POST", "drop":
                return lambda _: {"dropped": self._eventhubs.drop_connections()}
            case "GET", "hubs", hub, "deliveries", *place if len(place) <= _PLACE:
                return lambda _: self._delivered(hub, *place)
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
                return lambda body: self._append(hub, msgspec.convert(body, _Events))
            case ["POST", "partitions", partition, "trim"]:
                return lambda body: namespace.trim(hub, partition, **body)

        raise KeyError(f"{method} /hubs/{hub}/{'/'.join(rest)}")

    def _delivered(self, hub: str, *place: str) -> dict[str, list[dict[str, Any]]]:
        found = self._namespace.deliveries.of(hub, *place)
        return {"readings": [reading.described() for reading in found]}

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

    def _append(self, hub: str, events: _Events) -> dict[str, list[int]]:
        most_bytes = self._namespace.max_message_bytes

        if any(len(body) > most_bytes for body in events.bodies):
            raise ValueError(f"a body is a text of at most {most_bytes} characters")

        numbers = self._namespace.append(hub, events.partition, events.bodies, events.properties)
        return {"sequences": numbers}


def _switches(faults: Any) -> dict[str, Any]:
    names = [name for name in dir(faults) if not name.startswith("_")]
    values = {name: getattr(faults, name) for name in names}
    return {name: value for name, value in values.items() if type(value) in _KINDS}


def _set_switches(faults: Any, changes: dict[str, Any]) -> dict[str, Any]:
    known = _switches(faults)
    unknown = changes.keys() - known.keys()

    if unknown:
        raise ValueError(f"no such switch: {', '.join(sorted(unknown))}; there are {list(known)}")

    kinds = {name: _KINDS[type(known[name])] for name in changes}
    checked = {name: msgspec.convert(value, kinds[name]) for name, value in changes.items()}

    for name, value in checked.items():
        setattr(faults, name, value)

    return _switches(faults)


def _reply(status: HTTPStatus, value: Any) -> Response:
    return Response(status, {"Content-Type": "application/json"}, msgspec.json.encode(value))
