"""A store that means harm: every answer of it is a listing or a clear error, and costs little."""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Iterator
from itertools import count

import pytest

from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.world.store import UnreadableBlob
from ehtui.sources.layouts.base import Scope
from ehtui.sources.store_container import WatchedContainer
from ehtui.wire import storage_http, storage_limits
from ehtui.wire.storage import BlobAccount
from tests.hostile.measuring import MEGABYTE
from tests.hostile.store_server import (
    END,
    OK,
    START,
    XML,
    Answer,
    blob,
    store,
    trouble,
    whole,
)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a test can reach in a moment."""
    monkeypatch.setattr(storage_http, "PAGE_BYTES", 4 * MEGABYTE)
    monkeypatch.setattr(storage_limits, "LISTING_BYTES", 6 * MEGABYTE)
    monkeypatch.setattr(storage_limits, "MOST_PAGES", 20)


def endless(_target: str) -> Iterator[bytes]:
    yield XML + b"Transfer-Encoding: chunked\r\n\r\n"

    for _ in range(2000):
        yield b"10000\r\n" + bytes(0x10000) + b"\r\n"


def announced(_target: str) -> Iterator[bytes]:
    yield XML + b"Content-Length: 2270000000\r\n\r\n" + START

    for _ in range(2000):
        yield bytes(0x10000)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("answer", [endless, announced])
async def test_a_body_without_an_end_is_cut_off(answer: Answer) -> None:
    async with store(answer) as (account, served):
        problem = await trouble(account)

        assert problem.kind is ProblemKind.MALFORMED
        assert "4 MB" in problem.summary
        assert served.sent < 30 * MEGABYTE


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip"])
async def test_a_compressed_bomb_is_not_unpacked(encoding: str) -> None:
    bomb = gzip.compress(START + b" " * (300 * MEGABYTE) + END, 9)
    packed = zlib.compress(bomb) if encoding == "deflate" else bomb

    async with store(lambda _: whole(packed, f"Content-Encoding: {encoding}\r\n".encode())) as (
        account,
        _,
    ):
        problem = await trouble(account)

    assert problem.kind is ProblemKind.MALFORMED


def marked(number: int, *, marker: str) -> Iterator[bytes]:
    body = START + blob(f"b{number}") + f"</Blobs><NextMarker>{marker}</NextMarker>".encode()
    yield from whole(body + b"</EnumerationResults>")


async def walked(account: BlobAccount) -> Problem:
    """What a source does: on to the next page while there is one."""
    container = WatchedContainer(account, "checkpoints", Scope("ns", "hub"), time.time)

    with pytest.raises(ProblemError) as caught:
        await container.read(look_again=True)

    return caught.value.problem


async def test_the_same_marker_for_ever_is_noticed_at_once() -> None:
    numbers = count()

    async with store(lambda _: marked(next(numbers), marker="again")) as (account, served):
        for _ in range(3):
            problem = await walked(account)
            assert problem.kind is ProblemKind.MALFORMED
            assert "marker" in problem.summary

        assert served.requests <= 9


async def test_markers_in_a_circle_are_noticed_too() -> None:
    numbers = count()

    def answer(_: str) -> Iterator[bytes]:
        number = next(numbers)
        return marked(number, marker="abc"[number % 3])

    async with store(answer) as (account, served):
        assert "marker" in (await walked(account)).summary
        assert served.requests < 6


@pytest.mark.usefixtures("small")
async def test_a_listing_without_an_end_has_a_limit_of_pages() -> None:
    numbers = count()

    async with store(lambda _: marked(n := next(numbers), marker=f"m{n}")) as (account, served):
        problem = await walked(account)

        assert "20 pages" in problem.summary
        assert served.requests <= 21


@pytest.mark.usefixtures("small")
async def test_a_listing_of_large_pages_has_a_limit_of_bytes() -> None:
    numbers = count()
    filling = b" " * (2 * MEGABYTE)

    def answer(_: str) -> Iterator[bytes]:
        number = next(numbers)
        body = START + filling + blob(f"b{number}") + b"</Blobs><NextMarker>m%d" % number
        return whole(body + b"</NextMarker></EnumerationResults>")

    async with store(answer) as (account, served):
        assert "6 MB" in (await walked(account)).summary
        assert served.requests <= 5


@pytest.mark.usefixtures("small")
async def test_many_containers_have_a_limit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage_limits, "ACCOUNT_BYTES", 8 * MEGABYTE)
    body = START + b" " * (3 * MEGABYTE) + blob("n") + END

    async with store(lambda _: whole(body)) as (account, _):
        await account.list_page("one-1")
        await account.list_page("two-2")
        await account.list_page("two-2")

        with pytest.raises(ProblemError, match="8 MB"):
            await account.list_page("three-3")


async def test_leases_that_are_each_small_have_a_limit_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ehtui.sources.store_container.BODIES_BYTES", MEGABYTE)
    listing = START + b"".join(blob(f"ns.x/hub/g/{n}") for n in range(200)) + END
    lease = b'{"PartitionId": "0", "Owner": "o", "x": "' + b"x" * 60_000 + b'"}'

    def answer(target: str) -> Iterator[bytes]:
        return whole(listing if "comp=list" in target else lease)

    async with store(answer) as (account, served):
        container = WatchedContainer(account, "checkpoints", Scope("ns.x", "hub"), time.time)
        read = await container.read(look_again=True)

        assert served.requests < 50
        unreadable = [record for record in read.records if isinstance(record, UnreadableBlob)]
        assert len(unreadable) > 150


async def test_the_same_page_twice_is_no_repetition() -> None:
    """A second listing begins anew."""
    numbers = count()

    def answer(target: str) -> Iterator[bytes]:
        if "marker=" in target:
            return whole(START + blob("z") + END)

        return marked(next(numbers), marker="m")

    async with store(answer) as (account, _):
        for _ in range(3):
            page = await account.list_page("checkpoints")
            assert page.marker == "m"
            assert not (await account.list_page("checkpoints", marker="m")).marker


async def test_containers_without_an_end_have_a_limit() -> None:
    numbers = count()

    def answer(_: str) -> Iterator[bytes]:
        names = "".join(
            f"<Container><Name>c{next(numbers)}</Name></Container>" for _ in range(2000)
        )
        text = f"<EnumerationResults><Containers>{names}</Containers><NextMarker>m{next(numbers)}"
        return whole(f"{text}</NextMarker></EnumerationResults>".encode())

    async with store(answer) as (account, served):
        with pytest.raises(ProblemError, match="containers"):
            await account.list_containers()

        assert served.requests < 10


async def test_a_blob_larger_than_any_lease_is_not_fetched_whole() -> None:
    def answer(_: str) -> Iterator[bytes]:
        yield XML + b"Transfer-Encoding: chunked\r\n\r\n"

        yield from (b"10000\r\n" + bytes(0x10000) + b"\r\n" for _ in range(2000))

    async with store(answer) as (account, served):
        with pytest.raises(ProblemError) as caught:
            await account.get_blob("checkpoints", "b")

        assert caught.value.problem.kind is ProblemKind.MALFORMED
        assert served.sent < 20 * MEGABYTE


async def test_a_server_whose_clock_is_of_another_age_breaks_no_signature() -> None:
    dates = iter(["Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "x"] * 3)

    def answer(_: str) -> Iterator[bytes]:
        return whole(START + blob("n") + END, f"Date: {next(dates)}\r\n".encode())

    async with store(answer) as (account, _):
        for _ in range(3):
            page = await account.list_page("checkpoints")
            assert page.server_time is None
            assert len(page.blobs) == 1


async def test_headers_without_an_end_are_cut_off() -> None:
    def answer(_: str) -> Iterator[bytes]:
        yield OK

        for number in range(4_000_000):
            yield b"x-%d: y\r\n" % number

    async with store(answer) as (account, served):
        assert (await trouble(account)).kind in {ProblemKind.MALFORMED, ProblemKind.UNREACHABLE}
        assert served.sent < 20 * MEGABYTE  # the kernel's buffers, at three attempts
