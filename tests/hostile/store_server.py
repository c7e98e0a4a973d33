"""A blob service that answers whatever a test wants."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress

import pytest

from ehtui.config.secret import Secret
from ehtui.domain.problems import Problem, ProblemError
from ehtui.wire.storage import BlobAccount, parse_connection_string
from ehtui.wire.storage_client import HttpBlobAccount
from tests.hostile.measuring import MEGABYTE

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


@asynccontextmanager
async def store(answer: Answer) -> AsyncIterator[tuple[BlobAccount, Store]]:
    served = Store(answer)
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    text = f"AccountName=acc;AccountKey={KEY};BlobEndpoint=http://127.0.0.1:{port}/acc"
    account = HttpBlobAccount(parse_connection_string(Secret(text)))

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
