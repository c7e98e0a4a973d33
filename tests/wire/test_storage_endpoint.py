"""Against the sandbox's Blob endpoint: the fast path and the plain SDK agree on everything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import pytest
from azure.storage.blob import generate_container_sas
from azure.storage.blob.aio import BlobLeaseClient, BlobServiceClient

from ehtui.config.secret import Secret
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sandbox.blobs.state import Access
from ehtui.wire.storage import (
    BlobAccount,
    BlobItem,
    BlobPage,
    parse_account_url,
    parse_connection_string,
)
from ehtui.wire.storage_client import HttpBlobAccount
from tests.wire.plain_account import PlainBlobAccount

NAMES = [
    "ns:5672/hub/$default/ownership/0",
    "ns:5672/hub/$default/checkpoint/0",
    "$Default/0",
    "a b/ü 한국 🙂/50% + & < > \" ' ?",
    "deep/er/and/deeper",
    "top",
]


@asynccontextmanager
async def endpoint() -> AsyncIterator[BlobEndpoint]:
    blobs = BlobEndpoint()
    blobs.create_container("checkpoints")
    await blobs.start()

    try:
        yield blobs
    finally:
        await blobs.stop()


@asynccontextmanager
async def both(blobs: BlobEndpoint) -> AsyncIterator[tuple[BlobAccount, BlobAccount]]:
    address = parse_connection_string(Secret(blobs.connection_string))
    fast, plain = HttpBlobAccount(address), PlainBlobAccount(address)
    assert isinstance(fast, HttpBlobAccount)

    try:
        yield fast, plain
    finally:
        await fast.close()
        await plain.close()


async def pages_of(
    account: BlobAccount, *, prefix: str = "", delimiter: str = "", metadata: bool = True
) -> list[BlobPage]:
    pages: list[BlobPage] = []
    marker = ""

    while not pages or marker:
        page = await account.list_page(
            "checkpoints", prefix=prefix, marker=marker, delimiter=delimiter, metadata=metadata
        )
        pages.append(page)
        marker = page.marker

    return pages


def facts(pages: list[BlobPage]) -> tuple[list[BlobItem], list[str], int]:
    blobs = [blob for page in pages for blob in page.blobs]

    return blobs, [folder for page in pages for folder in page.folders], len(pages)


async def test_both_list_the_same() -> None:
    async with endpoint() as blobs, both(blobs) as (fast, plain):
        for number, name in enumerate(NAMES):
            await fast.upload(
                "checkpoints", name, b"x" * number, {"Key": f"v{number}", "empty": ""}
            )

        async with BlobServiceClient.from_connection_string(blobs.connection_string) as service:
            blob = service.get_blob_client("checkpoints", "$Default/0")
            await BlobLeaseClient(blob).acquire(15)

        for prefix, delimiter in (("", ""), ("", "/"), ("ns:5672/", "/"), ("$", ""), ("no", "")):
            for metadata in (True, False):
                quick, slow = [
                    facts(
                        await pages_of(
                            account, prefix=prefix, delimiter=delimiter, metadata=metadata
                        )
                    )
                    for account in (fast, plain)
                ]
                assert quick == slow

        blobs_seen, _, _ = facts(await pages_of(fast))
        assert sorted(b.name for b in blobs_seen) == sorted(NAMES)
        assert {b.name for b in blobs_seen if b.lease_state == "leased"} == {"$Default/0"}
        assert await fast.list_containers() == await plain.list_containers() == ["checkpoints"]


async def test_more_than_a_page_is_one_request_a_page() -> None:
    async with endpoint() as blobs, both(blobs) as (fast, plain):
        for number in range(5_432):
            name = f"ns/hub/g{number % 7}/ownership/{number}"
            metadata = {"ownerid": f"o{number}"}
            blobs.state.put_blob("checkpoints", name, b"", Access(1e9), metadata=metadata)

        before = blobs.statistics().requests
        quick = await pages_of(fast)
        assert blobs.statistics().requests - before == 2
        assert [len(page.blobs) for page in quick] == [5000, 432]
        assert facts(quick) == facts(await pages_of(plain))
        assert quick[0].server_time is not None
        assert abs(quick[0].server_time - quick[0].read_at) < 2.0


async def test_both_read_and_write_the_same() -> None:
    async with endpoint() as blobs, both(blobs) as accounts:
        for account, name in zip(accounts, ("fast/한국 0", "plain/한국 0"), strict=True):
            first = await account.upload("checkpoints", name, b"{}", {"a": "1"}, if_absent=True)
            body = await account.get_blob("checkpoints", name)
            assert body is not None
            assert (body.content, body.etag) == (b"{}", first)
            second = await account.set_metadata("checkpoints", name, {"b": ""}, if_match=first)
            third = await account.upload("checkpoints", name, b"3", {}, if_match=second)
            assert len({first, second, third}) == 3
            assert await account.get_blob("checkpoints", "gone") is None

            for attempt in (
                account.set_metadata("checkpoints", name, {}, if_match=first),
                account.upload("checkpoints", name, b"", {}, if_match=first),
                account.upload("checkpoints", name, b"", {}, if_absent=True),
            ):
                with pytest.raises(ProblemError) as caught:
                    await attempt

                assert caught.value.problem.kind is ProblemKind.CONFLICT


async def test_both_fail_alike() -> None:
    async with endpoint() as blobs:
        wrong = blobs.connection_string.replace(blobs.key, "d3Jvbmcga2V5")
        address = parse_connection_string(Secret(wrong))

        keyless: tuple[BlobAccount, ...] = (HttpBlobAccount(address), PlainBlobAccount(address))

        for account in keyless:
            with pytest.raises(ProblemError) as caught:
                await account.list_page("checkpoints")

            assert caught.value.problem.kind is ProblemKind.UNAUTHORISED
            await account.close()

        async with both(blobs) as accounts:
            for account in accounts:
                with pytest.raises(ProblemError) as caught:
                    await account.list_page("missing")

                assert caught.value.problem.kind is ProblemKind.NOT_FOUND
                assert "'missing'" in caught.value.problem.summary

        async with both(blobs) as accounts:
            await blobs.stop()

            for account in accounts:
                with pytest.raises(ProblemError) as caught:
                    await account.list_page("checkpoints")

                assert caught.value.problem.kind is ProblemKind.UNREACHABLE


@pytest.mark.parametrize(
    ("permission", "kind"), [("rl", None), ("r", ProblemKind.FORBIDDEN), ("l", None)]
)
async def test_a_sas_of_the_container(permission: str, kind: ProblemKind | None) -> None:
    async with endpoint() as blobs:
        sas = generate_container_sas(
            "ehtui", "checkpoints", blobs.key, permission=permission, expiry="2099-01-01T00:00:00Z"
        )
        address = parse_account_url(Secret(f"{blobs.account_url}/checkpoints?{sas}"))
        account = HttpBlobAccount(address)
        assert address.container == "checkpoints"

        problem = await problem_of(account.list_page("checkpoints"))
        await account.close()

    assert (problem and problem.kind) is kind


async def problem_of(call: Awaitable[object]) -> Problem | None:
    try:
        await call
    except ProblemError as error:
        return error.problem

    return None
