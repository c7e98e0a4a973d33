"""The endpoint on the wire: who may come in, what it says exactly, faults on demand."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from typing import Any
from xml.etree import ElementTree

import aiohttp
import pytest
from azure.storage.blob import generate_blob_sas, generate_container_sas

from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sandbox.blobs.auth import TOKEN_AUDIENCE
from tests.waiting import wait_for


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC).timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def endpoint(clock: Clock) -> AsyncIterator[BlobEndpoint]:
    endpoint = BlobEndpoint(now=clock)
    await endpoint.start()
    endpoint.create_container("checkpoints")
    yield endpoint
    await endpoint.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    timeout = aiohttp.ClientTimeout(total=5)

    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield session


def bearer(endpoint: BlobEndpoint, permissions: str = "racwdl", **kwargs: float) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {endpoint.token(permissions, **kwargs)}",
        "x-ms-version": "2021-12-02",
    }


async def put(http: aiohttp.ClientSession, endpoint: BlobEndpoint, name: str) -> None:
    headers = bearer(endpoint) | {"x-ms-blob-type": "BlockBlob"}

    async with http.put(f"{endpoint.account_url}/checkpoints/{name}", headers=headers) as reply:
        assert reply.status == 201


def listing_of(endpoint: BlobEndpoint) -> str:
    return f"{endpoint.account_url}/checkpoints?restype=container&comp=list&include=metadata"


async def code_of(reply: aiohttp.ClientResponse) -> tuple[int, str | None]:
    error = ElementTree.fromstring(await reply.read())
    assert error.findtext("Code") == reply.headers["x-ms-error-code"]
    assert "RequestId:" in (error.findtext("Message") or "")

    return reply.status, error.findtext("Code")


async def test_listings_come_in_chunks_and_other_replies_plain(
    endpoint: BlobEndpoint, http: aiohttp.ClientSession
) -> None:
    await put(http, endpoint, "blob")

    async with http.get(listing_of(endpoint), headers=bearer(endpoint)) as reply:
        assert reply.headers["Transfer-Encoding"] == "chunked"
        assert reply.headers["Date"].endswith("GMT")
        assert reply.headers["x-ms-version"] == "2021-12-02"
        assert ElementTree.fromstring(await reply.read()).findtext(".//Name") == "blob"

    async with http.head(
        f"{endpoint.account_url}/checkpoints/blob", headers=bearer(endpoint)
    ) as reply:
        assert reply.headers["Content-Length"] == "0"
        assert "Transfer-Encoding" not in reply.headers


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, (401, "NoAuthenticationInformation")),
        ({"Authorization": "Bearer x.y.z"}, (401, "InvalidAuthenticationInfo")),
        ({"Authorization": "SharedKey ehtui:AAAA"}, (403, "AuthenticationFailed")),
        ({"Authorization": "SharedKeyLite ehtui:AAAA"}, (403, "AuthenticationFailed")),
    ],
)
async def test_nobody_comes_in_without_a_proof(
    endpoint: BlobEndpoint,
    http: aiohttp.ClientSession,
    headers: dict[str, str],
    expected: tuple[int, str],
) -> None:
    async with http.get(listing_of(endpoint), headers=headers) as reply:
        assert await code_of(reply) == expected

        if expected[0] == 401:
            assert reply.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")


async def test_a_signed_request_must_be_recent(
    endpoint: BlobEndpoint, http: aiohttp.ClientSession, clock: Clock
) -> None:
    headers = {"x-ms-date": formatdate(clock.now, usegmt=True), "x-ms-version": "2021-12-02"}
    text = (
        "GET\n\n\n\n\n\n\n\n\n\n\n\n"
        + "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
        + f"/{endpoint.state.name}/{endpoint.state.name}/checkpoints"
        + "\ncomp:list\ninclude:metadata\nrestype:container"
    )
    digest = hmac.digest(base64.b64decode(endpoint.key), text.encode(), hashlib.sha256)
    headers["Authorization"] = f"SharedKey ehtui:{base64.b64encode(digest).decode()}"

    async with http.get(listing_of(endpoint), headers=headers) as reply:
        assert reply.status == 200

    clock.now += 16 * 60

    async with http.get(listing_of(endpoint), headers=headers) as reply:
        assert await code_of(reply) == (403, "AuthenticationFailed")


@pytest.mark.parametrize(
    "changed",
    [{"aud": "https://vault.azure.net"}, {"exp": 1}, {"permissions": "racwdl"}],
    ids=["for another service", "expired", "forged"],
)
async def test_a_token_is_really_read(
    endpoint: BlobEndpoint, http: aiohttp.ClientSession, changed: dict[str, object]
) -> None:
    head, payload, signature = endpoint.token("r").split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert claims["aud"] == TOKEN_AUDIENCE
    text = f"{head}.{encoded(claims | changed)}"

    if "permissions" not in changed:  # signed as it should be
        signature = hmac_of(endpoint.key, text)

    headers = {"Authorization": f"Bearer {text}.{signature}"}

    async with http.get(listing_of(endpoint), headers=headers) as reply:
        assert await code_of(reply) == (401, "InvalidAuthenticationInfo")


def encoded(claims: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")


def hmac_of(key: str, text: str) -> str:
    digest = hmac.digest(base64.b64decode(key), text.encode(), hashlib.sha256)

    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


async def test_a_token_says_what_its_bearer_may_do(
    endpoint: BlobEndpoint, http: aiohttp.ClientSession
) -> None:
    url = f"{endpoint.account_url}/checkpoints/blob?comp=metadata"

    async with http.get(listing_of(endpoint), headers=bearer(endpoint, "rl")) as reply:
        assert reply.status == 200

    async with http.put(url, headers=bearer(endpoint, "rl")) as reply:
        assert await code_of(reply) == (403, "AuthorizationPermissionMismatch")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"permission": "l", "expiry": -60}, "AuthenticationFailed"),
        ({"permission": "l", "start": 60, "expiry": 600}, "AuthenticationFailed"),
        ({"permission": "r", "expiry": 600}, "AuthorizationPermissionMismatch"),
        ({"permission": "l", "expiry": 600, "ip": "10.0.0.1"}, "AuthorizationSourceIPMismatch"),
        ({"permission": "l", "expiry": 600, "protocol": "https"}, "AuthorizationProtocolMismatch"),
    ],
)
async def test_a_sas_is_refused_for_what_is_wrong_with_it(
    endpoint: BlobEndpoint,
    http: aiohttp.ClientSession,
    clock: Clock,
    options: dict[str, str | int],
    code: str,
) -> None:
    def moment(offset_s: str | int) -> datetime:
        return datetime.fromtimestamp(clock.now, UTC) + timedelta(seconds=float(offset_s))

    times = {n: moment(v) for n, v in options.items() if n in {"start", "expiry"}}
    given: dict[str, Any] = {**options, **times}
    sas = generate_container_sas("ehtui", "checkpoints", account_key=endpoint.key, **given)

    async with http.get(f"{listing_of(endpoint)}&{sas}") as reply:
        assert await code_of(reply) == (403, code)


async def test_a_sas_to_create_does_not_replace(
    endpoint: BlobEndpoint, http: aiohttp.ClientSession, clock: Clock
) -> None:
    sas = generate_blob_sas(
        "ehtui",
        "checkpoints",
        "blob",
        account_key=endpoint.key,
        permission="c",
        expiry=datetime.fromtimestamp(clock.now + 600, UTC),
    )
    url = f"{endpoint.account_url}/checkpoints/blob?{sas}"

    async with http.put(url, headers={"x-ms-blob-type": "BlockBlob"}) as reply:
        assert reply.status == 201

    async with http.put(url, headers={"x-ms-blob-type": "BlockBlob"}) as reply:
        assert await code_of(reply) == (403, "AuthorizationPermissionMismatch")


async def test_a_claim_of_an_ownership_that_exists_is_refused(
    endpoint: BlobEndpoint, http: aiohttp.ClientSession
) -> None:
    # Set Blob Metadata with If-None-Match: * is how Python and .NET claim for the first time.
    await put(http, endpoint, "blob")
    headers = bearer(endpoint) | {"If-None-Match": "*", "x-ms-meta-ownerid": "me"}

    async with http.put(
        f"{endpoint.account_url}/checkpoints/blob?comp=metadata", headers=headers
    ) as reply:
        assert await code_of(reply) == (412, "ConditionNotMet")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/other/checkpoints", 404),
        ("PUT", "/ehtui/checkpoints/blob?comp=tier", 501),
        ("PATCH", "/ehtui/checkpoints/blob", 405),
    ],
)
async def test_what_it_does_not_know_it_says(
    endpoint: BlobEndpoint, http: aiohttp.ClientSession, method: str, path: str, status: int
) -> None:
    url = f"http://{endpoint.host}:{endpoint.port}{path}"

    async with http.request(method, url, headers=bearer(endpoint)) as reply:
        assert reply.status == status


async def test_the_server_s_clock_is_the_endpoint_s(
    endpoint: BlobEndpoint, http: aiohttp.ClientSession, clock: Clock
) -> None:
    clock.now = 1_761_704_269.9

    async with http.get(f"{endpoint.account_url}?comp=list", headers=bearer(endpoint)) as reply:
        assert reply.headers["Date"] == "Wed, 29 Oct 2025 02:17:49 GMT"


async def test_it_comes_back_on_its_port_with_what_it_held(
    endpoint: BlobEndpoint, http: aiohttp.ClientSession
) -> None:
    await put(http, endpoint, "blob")
    port = endpoint.port
    await endpoint.stop()

    with pytest.raises(aiohttp.ClientConnectionError):
        await http.get(listing_of(endpoint))

    await endpoint.start()
    assert endpoint.port == port

    async with http.get(listing_of(endpoint), headers=bearer(endpoint)) as reply:
        assert "<Name>blob</Name>" in await reply.text()


async def test_faults_come_and_go(endpoint: BlobEndpoint, http: aiohttp.ClientSession) -> None:
    async def status() -> int:
        async with http.get(listing_of(endpoint), headers=bearer(endpoint)) as reply:
            return reply.status

    faults = endpoint.faults

    for answer in (503, 500, 403, 404):
        faults.status = answer
        assert await status() == answer

    faults.status = None
    faults.drops = True

    with pytest.raises(aiohttp.ClientConnectionError):
        await status()

    faults.drops = False
    faults.is_frozen = True
    held = asyncio.create_task(status())
    before = endpoint.statistics().requests
    await wait_for(lambda: endpoint.statistics().requests > before, what="the request is taken")
    assert not held.done()
    faults.is_frozen = False
    assert await held == 200

    faults.latency_s = 0.05
    began = asyncio.get_running_loop().time()
    assert await status() == 200
    assert asyncio.get_running_loop().time() - began >= 0.05


async def test_a_refusing_endpoint_lets_nobody_in(endpoint: BlobEndpoint) -> None:
    endpoint.faults.refuses = True

    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientConnectionError):
            await http.get(listing_of(endpoint))

        endpoint.faults.refuses = False

        async with http.get(listing_of(endpoint), headers=bearer(endpoint)) as reply:
            assert reply.status == 200


async def test_it_counts_what_it_does(endpoint: BlobEndpoint, http: aiohttp.ClientSession) -> None:
    await put(http, endpoint, "blob")

    async with http.get(listing_of(endpoint)) as reply:
        assert reply.status == 401

    found = endpoint.statistics()
    assert found.operations == {"PutBlob": 1, "ListBlobs": 1}
    assert found.statuses == {201: 1, 401: 1}
    assert (found.connections_opened, found.connections_open, found.requests) == (1, 1, 2)
    assert found.bytes_in > 100
    assert found.bytes_out > 100
