"""Blocks, batches and copies that are wrong, or larger than there is room for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sandbox.blobs.errors import StorageError
from ehtui.sandbox.blobs.state import Access


@pytest.fixture
async def endpoint() -> AsyncIterator[BlobEndpoint]:
    endpoint = BlobEndpoint()
    await endpoint.start()
    endpoint.create_container("checkpoints")
    yield endpoint
    await endpoint.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        yield session


def bearer(endpoint: BlobEndpoint) -> dict[str, str]:
    return {"Authorization": f"Bearer {endpoint.token()}", "x-ms-version": "2021-12-02"}


LIST, MANY = "/ehtui/checkpoints/b?comp=blocklist", "<Latest/>" * 50_001
BATCH = "/ehtui/?comp=batch"
PART = "--x\r\nContent-ID: 0\r\n\r\n{} HTTP/1.1\r\n\r\n"


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("PUT", LIST, "<!DOCTYPE x [<!ENTITY a 'b'>]><BlockList/>", "InvalidXmlDocument"),
        ("PUT", LIST, "<BlockList>", "InvalidXmlDocument"),
        ("PUT", LIST, "<BlockList><Other>QQ==</Other></BlockList>", "InvalidXmlDocument"),
        ("PUT", LIST, f"<BlockList>{MANY}</BlockList>", "InvalidBlockList"),
        ("PUT", f"{LIST[:-4]}&blockid=!!", "x", "InvalidBlockId"),
        ("PUT", f"{LIST[:-4]}&blockid=", "x", "InvalidBlockId"),
        ("POST", BATCH, "", "InvalidInput"),
        ("POST", BATCH, "--x\r\n--x--", "InvalidInput"),
        ("POST", BATCH, PART.format("GET /ehtui/checkpoints/b") + "--x--", "InvalidInput"),
        ("POST", BATCH, PART.format("DELETE /ehtui/c/b") * 257 + "--x--", "InvalidInput"),
    ],
    ids=range(10),
)
async def test_pieces_that_make_no_sense_are_refused(
    endpoint: BlobEndpoint,
    http: aiohttp.ClientSession,
    method: str,
    path: str,
    body: str,
    code: str,
) -> None:
    url = f"http://{endpoint.host}:{endpoint.port}{path}"
    headers = bearer(endpoint) | {"Content-Type": "multipart/mixed; boundary=x"}

    async with http.request(method, url, headers=headers, data=body) as reply:
        assert reply.headers["x-ms-error-code"] == code


async def test_each_part_of_a_batch_needs_a_signature_of_its_own(
    endpoint: BlobEndpoint, http: aiohttp.ClientSession
) -> None:
    url = f"http://{endpoint.host}:{endpoint.port}{BATCH}"
    headers = bearer(endpoint) | {"Content-Type": "multipart/mixed; boundary=x"}
    body = PART.format("DELETE /ehtui/checkpoints/b") + "--x--"

    async with http.post(url, headers=headers, data=body) as reply:
        assert reply.status == 202
        assert "HTTP/1.1 401" in await reply.text()


async def test_staged_blocks_take_room_until_they_are_gone(endpoint: BlobEndpoint) -> None:
    account = endpoint.state
    account.most_bytes = 10_000
    access = Access(0.0)
    account.stage("checkpoints", "b", "QQ==", b"x" * 5000, access)
    account.stage("checkpoints", "b", "QQ==", b"x" * 6000, access)  # in its place

    with pytest.raises(StorageError):
        account.stage("checkpoints", "b", "QUE=", b"x" * 5000, access)

    account.put_blob("checkpoints", "b", b"", access)
    account.delete_blob("checkpoints", "b", access)
    assert account.used_bytes == 0

    account.stage("checkpoints", "b", "QQ==", b"x", access)
    account.delete_container("checkpoints")
    assert account.used_bytes == 0


async def test_a_copy_from_elsewhere_is_refused(
    endpoint: BlobEndpoint, http: aiohttp.ClientSession
) -> None:
    url = f"{endpoint.account_url}/checkpoints/copy"

    elsewhere = ("http://192.0.2.1/ehtui/checkpoints/b", f"{endpoint.account_url}x/b/c")

    for source in (*elsewhere, "http://["):
        headers = bearer(endpoint) | {"x-ms-copy-source": source}
        code = "CannotVerifyCopySource" if source in elsewhere else "InvalidHeaderValue"

        async with http.put(url, headers=headers) as reply:
            assert reply.headers["x-ms-error-code"] == code
