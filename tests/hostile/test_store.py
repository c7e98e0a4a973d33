"""A store that means harm: every answer of it is a listing or a clear error, and costs little."""

from __future__ import annotations

import asyncio
import gzip
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import count

import pytest

from ehtui.config.secret import Secret
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.world.store import Ownership, UnreadableBlob
from ehtui.sources.layouts import candidates, read_blob
from ehtui.sources.layouts.base import Scope, StoredBlob
from ehtui.sources.store_container import WatchedContainer
from ehtui.wire import storage_transport
from ehtui.wire.storage import BlobAccount, BlobItem, parse_connection_string
from ehtui.wire.storage_client import HttpBlobAccount
from ehtui.wire.storage_listing import (
    MalformedListingError,
    epoch_of,
    error_code,
    parse_containers,
    parse_listing,
)
from tests.hostile.measuring import MEGABYTE, peak_bytes
from tests.wire.plain_account import PlainBlobAccount

KEY = "c2VjcmV0LWtleS1vZi10aGUtYWNjb3VudA=="
OK = b"HTTP/1.1 200 OK\r\nx-ms-version: 2021-12-02\r\n"
XML = OK + b"Content-Type: application/xml\r\n"
START, END = b"<EnumerationResults><Blobs>", b"</Blobs><NextMarker /></EnumerationResults>"
Answer = Callable[[str], Iterator[bytes]]


def blob(name: str, inside: str = "") -> bytes:
    return (
        f"<Blob><Name>{name}</Name><Properties><Last-Modified>Sun, 22 Nov 2026 10:36:03 GMT"
        f"</Last-Modified><Etag>e</Etag></Properties><Metadata>{inside}</Metadata></Blob>"
    ).encode()


def whole(body: bytes, headers: bytes = b"") -> Iterator[bytes]:
    yield XML + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body


class Store:
    """Says what `answer` yields for a target, for as long as anybody listens."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.requests = 0
        self.sent = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.requests += 1

                for piece in self.answer(head.split(b" ")[1].decode()):
                    writer.write(piece)
                    self.sent += len(piece)
                    await writer.drain()

        writer.close()


Open = Callable[[str], BlobAccount]
OPEN: dict[str, Open] = {
    "own": lambda text: HttpBlobAccount(parse_connection_string(Secret(text))),
    "plain": lambda text: PlainBlobAccount(parse_connection_string(Secret(text))),
}


@asynccontextmanager
async def store(answer: Answer, kind: str = "own") -> AsyncIterator[tuple[BlobAccount, Store]]:
    served = Store(answer)
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    text = f"AccountName=acc;AccountKey={KEY};BlobEndpoint=http://127.0.0.1:{port}/acc"
    account = OPEN[kind](text)

    try:
        yield account, served
    finally:
        await account.close()
        server.close()


async def trouble(account: BlobAccount, *, most_bytes: int = 30 * MEGABYTE) -> Problem:
    tracemalloc.start()

    try:
        with pytest.raises(ProblemError) as caught:
            await account.list_page("checkpoints")

        assert tracemalloc.get_traced_memory()[1] < most_bytes
    finally:
        tracemalloc.stop()

    assert len(caught.value.problem.summary) < 500
    return caught.value.problem


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a test can reach in a moment."""
    monkeypatch.setattr(storage_transport, "PAGE_BYTES", 4 * MEGABYTE)
    monkeypatch.setattr(storage_transport, "LISTING_BYTES", 6 * MEGABYTE)
    monkeypatch.setattr(storage_transport, "MOST_PAGES", 20)


def endless(_target: str) -> Iterator[bytes]:
    yield XML + b"Transfer-Encoding: chunked\r\n\r\n"

    for _ in range(2000):
        yield b"10000\r\n" + bytes(0x10000) + b"\r\n"


def announced(_target: str) -> Iterator[bytes]:
    yield XML + b"Content-Length: 2270000000\r\n\r\n" + START

    for _ in range(2000):
        yield bytes(0x10000)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("kind", OPEN)
@pytest.mark.parametrize("answer", [endless, announced])
async def test_a_body_without_an_end_is_cut_off(answer: Answer, kind: str) -> None:
    async with store(answer, kind) as (account, served):
        problem = await trouble(account)

        assert problem.kind is ProblemKind.MALFORMED
        assert "4 MB" in problem.summary
        assert served.sent < 30 * MEGABYTE


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("kind", OPEN)
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip"])
async def test_a_compressed_bomb_is_not_unpacked(encoding: str, kind: str) -> None:
    bomb = gzip.compress(START + b" " * (300 * MEGABYTE) + END, 9)
    packed = zlib.compress(bomb) if encoding == "deflate" else bomb

    async with store(
        lambda _: whole(packed, f"Content-Encoding: {encoding}\r\n".encode()), kind
    ) as (account, _):
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
    monkeypatch.setattr(storage_transport, "ACCOUNT_BYTES", 8 * MEGABYTE)
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


@pytest.mark.parametrize("kind", OPEN)
async def test_a_blob_larger_than_any_lease_is_not_fetched_whole(kind: str) -> None:
    def answer(_: str) -> Iterator[bytes]:
        ranged = b"Content-Range: bytes 0-33554431/2270000000\r\nTransfer-Encoding: chunked\r\n\r\n"
        yield (
            XML.replace(b"200 OK", b"206 Partial Content" if kind == "plain" else b"200 OK")
            + ranged
        )

        yield from (b"10000\r\n" + bytes(0x10000) + b"\r\n" for _ in range(2000))

    async with store(answer, kind) as (account, served):
        with pytest.raises(ProblemError) as caught:
            await account.get_blob("checkpoints", "b")

        assert caught.value.problem.kind is ProblemKind.MALFORMED
        assert served.sent < 20 * MEGABYTE


LISTINGS = {
    "entities": b'<!DOCTYPE x [<!ENTITY a0 "aaaaaaaaaa">'
    + b"".join(
        b'<!ENTITY a%d "%b">' % (n, b"&a%d;" % (n - 1) * 10 if n else b"&a;") for n in range(9)
    )
    + b"]>"
    + START
    + b"<Blob><Name>&a9;</Name></Blob>"
    + END,
    "one large entity": b'<!DOCTYPE x [<!ENTITY a "'
    + b"a" * 100_000
    + b'">]>'
    + START
    + b"<Blob><Name>"
    + b"&a;" * 1000
    + b"</Name></Blob>"
    + END,
    "an entity of a file": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    + START
    + b"<Blob><Name>&a;</Name></Blob>"
    + END,
    "entities in another alphabet": (
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY a "b">]>'
        "<EnumerationResults><Blobs><Blob><Name>&a;</Name></Blob></Blobs></EnumerationResults>"
    ).encode("utf-16"),
    "a million elements": START + b"<a/>" * 1_000_000 + END,
    "a million elements in a blob": START + b"<Blob>" + b"<a/>" * 1_000_000 + b"</Blob>" + END,
    "a thousand deep": START + b"<a>" * 1000 + b"</a>" * 1000 + END,
    "deep in a blob": START + blob("n", "<a>" * 17 + "</a>" * 17) + END,
    "a million attributes": b"<EnumerationResults "
    + b" ".join(b'a%d=">"' % number for number in range(100_000))
    + b"/>",
    "an attribute of a megabyte": b'<EnumerationResults a="' + b"x" * 1_000_000 + b'"></x>' + END,
    "a name of a megabyte": b"<" + b"x" * 1_000_000 + b"/>",
    "a million deep": START + b"<a>" * 500_000 + b"</a>" * 500_000 + END,
    "a name of a mile": START + blob("n" * 5000) + END,
}


@pytest.mark.parametrize("content", LISTINGS.values(), ids=LISTINGS)
def test_a_listing_that_explodes_is_malformed(content: bytes) -> None:
    def parse() -> None:
        with pytest.raises(MalformedListingError):
            asyncio.run(parse_listing(content))

    assert peak_bytes(parse) < 12 * MEGABYTE

    if b"<!DOCTYPE" in content:
        with pytest.raises(MalformedListingError):
            parse_containers(content)

        assert not error_code(content)


@pytest.mark.parametrize("name", ["a thousand deep", "a million attributes"])
def test_so_are_a_list_of_containers_and_an_error_that_explode(name: str) -> None:
    with pytest.raises(MalformedListingError):
        parse_containers(LISTINGS[name])

    assert not error_code(b"<Error><Code>X</Code>" + LISTINGS[name] + b"</Error>")


async def test_long_texts_with_marks_of_their_own_are_no_long_tags() -> None:
    texts = ("x" * 20_000, "'" * 20_000, "&gt;" * 9000, '"' + "y" * 9000)

    for text in texts:
        parsed = await parse_listing(START + blob("n", f"<ownerid>{text}</ownerid>") + END)
        assert parsed.blobs[0].metadata["ownerid"]


async def test_metadata_longer_than_the_services_are_cut() -> None:
    """So an owner of 2 MB costs 8 kB, and is read as none."""
    inside = f"<ownerid>{'x' * 2_000_000}</ownerid>" + "".join(
        f"<k{n}>v</k{n}>" for n in range(5000)
    )
    parsed = await parse_listing(START + blob("n", inside) + blob("m") + END)
    metadata = parsed.blobs[0].metadata

    assert len(metadata["ownerid"]) <= 8192
    assert len(metadata) <= 256
    assert parsed.blobs[1].name == "m"


def test_numbers_and_dates_out_of_range_are_unknown() -> None:
    for date in (
        "Sun, 01 Jan 0001 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Wed, 29 Oct 2025 02:17:60 GMT" * 500,
        "٢٩ Oct 2025",
        "Sun, 22 Nov 2²26 10:36:03 GMT",
    ):
        assert epoch_of(date) is None, date

    assert epoch_of("Sun, 22 Nov 2026 10:36:03 GMT") == 1_795_343_763


@pytest.mark.parametrize("size", ["9" * 5000, "-1", "1e9", "²", ""])
async def test_a_size_that_is_none_is_unknown(size: str) -> None:
    content = (
        b"<Blob><Name>n</Name><Properties><Content-Length>"
        + size.encode()
        + b"</Content-Length></Properties></Blob>"
    )
    parsed = await parse_listing(START + content + END)

    assert parsed.blobs[0].size is None


@pytest.mark.parametrize("length", [1025, 8000, 2_000_000])
def test_an_owner_longer_than_any_is_kept_short(length: int) -> None:
    item = BlobItem("ns/hub/g/ownership/0", "e", 1_795_343_763.0, None, {"ownerid": "x" * length})
    scope = Scope("ns", "hub")
    (record,) = read_blob(StoredBlob("c", item), candidates(item, scope))

    assert isinstance(record, Ownership)
    assert 0 < len(record.owner or "") <= 1024


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
