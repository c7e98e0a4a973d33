"""The Blob endpoint: a `BlobAccount` behind loopback HTTP, with faults on demand."""

from __future__ import annotations

import asyncio
import base64
import os
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import uuid4

from ehtui.sandbox.blobs.auth import CHALLENGE, EVERYTHING, Guard
from ehtui.sandbox.blobs.call import Call
from ehtui.sandbox.blobs.errors import StorageError, error_for_status, error_xml
from ehtui.sandbox.blobs.service import find_operation, split_path
from ehtui.sandbox.blobs.state import BlobAccount
from ehtui.sandbox.http import HttpServer, Request, Response, Traffic

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

_VERSION = "2021-12-02"


class Faults:
    """Switches that hold from the next request on, until they are set back."""

    def __init__(self) -> None:
        self.latency_s = 0.0  # added to every reply
        self.drops = False  # requests are taken and their connection is closed
        self.refuses = False  # connections are reset as soon as they are made
        self.status: int | None = None  # the answer to every request
        self._thawed = asyncio.Event()
        self._thawed.set()

    @property
    def is_frozen(self) -> bool:
        """Whether requests are taken and stay unanswered until this is unset."""
        return not self._thawed.is_set()

    @is_frozen.setter
    def is_frozen(self, value: bool) -> None:
        (self._thawed.clear if value else self._thawed.set)()

    async def take_time(self) -> None:
        """Return once the latency is over and nothing is frozen."""
        if self.latency_s:
            await asyncio.sleep(self.latency_s)

        await self._thawed.wait()


@dataclass(slots=True)
class Statistics(Traffic):
    """What the endpoint has done since it was made."""

    operations: dict[str, int] = field(default_factory=Counter)  # by name: "ListBlobs", …
    statuses: dict[int, int] = field(default_factory=Counter)


class BlobEndpoint:
    """One storage account in path style: `http://HOST:PORT/ACCOUNT/CONTAINER/BLOB`.

    `key` is base64 and random unless given; with `ssl_context` it is HTTPS; `now` is its clock.
    What it holds is in `state`, and stays through `stop()` and `start()`: see `HttpServer`.
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
        self.faults = Faults()
        self._guard = Guard(account, self.key)
        self._now = now
        self._counts = Statistics()
        self._server = HttpServer(
            self._answer,
            host,
            port,
            ssl_context=ssl_context,
            traffic=self._counts,
            refuses=lambda: self.faults.refuses,
        )
        self.start, self.stop = self._server.start, self._server.stop

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
        return f"{self._server.url}/{self.state.name}"

    @property
    def connection_string(self) -> str:
        """What a client connects with, key included."""
        return (
            f"DefaultEndpointsProtocol={self._server.scheme};AccountName={self.state.name};"
            f"AccountKey={self.key};BlobEndpoint={self.account_url};"
        )

    def create_container(self, name: str) -> None:
        """Create a container unless it exists, without a request."""
        if name not in self.state.containers:
            self.state.create_container(name, self._now())

    def token(self, permissions: str = EVERYTHING, *, lifetime_s: float = 3600.0) -> str:
        """A bearer token that this endpoint accepts; permissions are spelt as in a SAS."""
        return self._guard.token(permissions, self._now() + lifetime_s)

    def statistics(self) -> Statistics:
        """Counts so far."""
        counts = self._counts
        return replace(counts, operations=dict(counts.operations), statuses=dict(counts.statuses))

    async def _answer(self, request: Request) -> Response | None:
        await self.faults.take_time()

        if self.faults.drops:
            return None

        response = self._serve(request)
        self._counts.statuses[response.status] += 1
        return response

    def _serve(self, request: Request, *, is_part: bool = False) -> Response:
        """Answer a request, or one that is part of another."""
        now = self._now()
        request_id = str(uuid4())

        try:
            response = self._run(request, now, is_part=is_part)
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

        return replace(response, headers=common | response.headers)

    def _run(self, request: Request, now: float, *, is_part: bool) -> Response:
        path = split_path(request.path, self.state.name, is_part=is_part)
        operation = find_operation(request, path)
        self._counts.operations[operation.name] += 1

        if self.faults.status is not None:
            raise error_for_status(self.faults.status)

        grant = self._guard.identify(request, path, now)
        call = Call(request, self.state, self.account_url, *path, now, grant, self._serve)
        return operation.answer(call)


def _failure(error: StorageError, request_id: str, now: float) -> Response:
    moment = datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z")
    headers = {"Content-Type": "application/xml", "x-ms-error-code": error.code}

    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = CHALLENGE

    return Response(error.status, headers, error_xml(error, request_id, moment))
