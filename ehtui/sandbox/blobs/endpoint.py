"""The Blob endpoint: a `BlobAccount` behind loopback HTTP, with faults on demand."""

from __future__ import annotations

import asyncio
import base64
import os
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import formatdate
from typing import TYPE_CHECKING
from uuid import uuid4

from ehtui.sandbox.blobs.auth import CHALLENGE, Guard
from ehtui.sandbox.blobs.errors import StorageError, error_for_status, error_xml
from ehtui.sandbox.blobs.faults import Faults
from ehtui.sandbox.blobs.grants import EVERYTHING
from ehtui.sandbox.blobs.service import Call, find_operation, split_path
from ehtui.sandbox.blobs.state import BlobAccount
from ehtui.sandbox.http import HttpServer, Request, Response

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

_UNAUTHENTICATED = 401
_VERSION = "2021-12-02"


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the endpoint has done since it was made."""

    connections_opened: int
    connections_open: int
    requests: int
    bytes_in: int
    bytes_out: int
    operations: dict[str, int]  # by the service's name: "ListBlobs", "SetBlobMetadata", …
    statuses: dict[int, int]


class BlobEndpoint:
    """One storage account in path style: `http://HOST:PORT/ACCOUNT/CONTAINER/BLOB`.

    `key` is base64 and random unless given; with `ssl_context` it is HTTPS; `now` is its clock.
    What it holds is in `state`, and stays through stop and start.
    """

    def __init__(
        self,
        account: str = "ehtui",
        key: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        ssl_context: ssl.SSLContext | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.state = BlobAccount(account)
        self.key = key or base64.b64encode(os.urandom(64)).decode()
        self._guard = Guard(account, self.key)
        self._now = now
        self._server = HttpServer(self._answer, host, port, ssl_context=ssl_context)
        self.faults = Faults(self._server)
        self._operations: Counter[str] = Counter()
        self._statuses: Counter[int] = Counter()

    @property
    def host(self) -> str:
        """The address it listens on."""
        return self._server.host

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        return self._server.port

    @property
    def account_url(self) -> str:
        """The account's URL, without a credential."""
        return f"{self._server.scheme}://{self.host}:{self.port}/{self.state.name}"

    @property
    def connection_string(self) -> str:
        """What a client connects with, key included."""
        return (
            f"DefaultEndpointsProtocol={self._server.scheme};AccountName={self.state.name};"
            f"AccountKey={self.key};BlobEndpoint={self.account_url};"
        )

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: The address is in use or not of this host.
        """
        await self._server.start()

    async def stop(self) -> None:
        """Close the port and every connection."""
        await self._server.stop()

    def create_container(self, name: str) -> None:
        """Create a container unless it exists, without a request."""
        if name not in self.state.containers:
            self.state.create_container(name, self._now())

    def token(self, permissions: str = EVERYTHING, *, lifetime_s: float = 3600.0) -> str:
        """A bearer token that this endpoint accepts; permissions are spelt as in a SAS."""
        return self._guard.token(permissions, self._now() + lifetime_s)

    def statistics(self) -> Statistics:
        """Counts so far."""
        traffic = self._server.traffic

        return Statistics(
            connections_opened=traffic.connections_opened,
            connections_open=traffic.connections_open,
            requests=traffic.requests,
            bytes_in=traffic.bytes_in,
            bytes_out=traffic.bytes_out,
            operations=dict(self._operations),
            statuses=dict(self._statuses),
        )

    async def _answer(self, request: Request) -> Response | None:
        if self.faults.latency_s:
            await asyncio.sleep(self.faults.latency_s)

        await self.faults.until_thawed()

        if self.faults.drops:
            return None

        response = self._serve(request)
        self._statuses[response.status] += 1

        return response

    def _serve(self, request: Request) -> Response:
        now = self._now()
        request_id = str(uuid4())

        try:
            response = self._run(request, now)
        except StorageError as error:
            response = _failure(error, request_id, now)

        common = {
            "Server": "ehtui-sandbox",
            "Date": formatdate(now, usegmt=True),
            "x-ms-request-id": request_id,
            "x-ms-version": request.headers.get("x-ms-version", _VERSION),
        }

        if client_id := request.headers.get("x-ms-client-request-id"):
            common["x-ms-client-request-id"] = client_id

        return Response(
            response.status, common | response.headers, response.body, response.is_chunked
        )

    def _run(self, request: Request, now: float) -> Response:
        path = split_path(request.path, self.state.name)
        operation = find_operation(request, path)
        self._operations[operation.name] += 1

        if self.faults.status is not None:
            raise error_for_status(self.faults.status)

        grant = self._guard.identify(request, path, now)
        grant.require(operation.need)

        return operation.run(Call(request, self.state, self.account_url, *path, now, grant))


def _failure(error: StorageError, request_id: str, now: float) -> Response:
    moment = datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z")
    headers = {"Content-Type": "application/xml", "x-ms-error-code": error.code}

    if error.status == _UNAUTHENTICATED:
        headers["WWW-Authenticate"] = CHALLENGE

    return Response(error.status, headers, error_xml(error, request_id, moment))
