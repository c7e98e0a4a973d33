"""HTTP/1.1 requests from a stream, within limits: whoever sends more, or slowly, is let go."""

from __future__ import annotations

import asyncio
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEAD_BYTES = 64 * 1024
_LINE_BYTES = 256  # of a chunk's size, with its extensions
_MOST_TRAILERS = 32
_REQUEST_LINE = re.compile(r"([A-Z]{1,20}) ([^ ]+) (HTTP/1\.[01])")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LENGTH = re.compile(r"[0-9]{1,15}")
_CHUNK_SIZE = re.compile(r"[0-9A-Fa-f]{1,12}")


class MalformedRequestError(Exception):
    """Bytes that are no HTTP request, or too slow to be one; the connection is closed."""


class RefusedRequestError(Exception):
    """A request that is one, and that is not taken; the connection is closed after the reply."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@dataclass(slots=True)
class HttpLimits:
    """What clients may cost a server."""

    connections: int = 512
    headers: int = 200
    body_bytes: int = 64 << 20  # of one request
    bodies_bytes: int = 128 << 20  # of all that are being served
    idle_s: float = 60.0  # until the next request is there, all of its head
    body_s: float = 60.0  # for all of a body, and for a reply that is taken in small sips


@dataclass(frozen=True, slots=True)
class Head:
    """A request without its body."""

    method: str
    target: str
    version: str
    header_lines: tuple[tuple[str, str], ...]
    size_bytes: int

    def values(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for given, value in self.header_lines if given.lower() == name]


@dataclass(slots=True)
class Bodies:
    """What all requests together hold of their bodies."""

    limits: HttpLimits
    held_bytes: int = field(default=0)

    @contextmanager
    def share(self) -> Iterator[Callable[[int], None]]:
        """Something to take room with, for one request; it is given back at the end.

        Raises:
            RefusedRequestError: By what was yielded; there is no room.
        """
        taken = 0

        def take(more_bytes: int) -> None:
            nonlocal taken

            if taken + more_bytes > self.limits.body_bytes:
                raise RefusedRequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

            if self.held_bytes + more_bytes > self.limits.bodies_bytes:
                raise RefusedRequestError(HTTPStatus.SERVICE_UNAVAILABLE)

            taken += more_bytes
            self.held_bytes += more_bytes

        try:
            yield take
        finally:
            self.held_bytes -= taken


async def read_head(reader: asyncio.StreamReader, limits: HttpLimits) -> Head | None:
    """The next request's head; None where the client ended the connection before it.

    Raises:
        MalformedRequestError: It is none, too long, or not there in time.
    """
    try:
        async with asyncio.timeout(limits.idle_s):
            raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as ended:
        if ended.partial:
            raise MalformedRequestError from ended

        return None
    except (asyncio.LimitOverrunError, TimeoutError) as error:
        raise MalformedRequestError from error

    return _parsed(raw, limits)


def _parsed(raw: bytes, limits: HttpLimits) -> Head:
    first, *lines = raw[:-4].decode("latin-1").split("\r\n")
    match = _REQUEST_LINE.fullmatch(first)

    if match is None or len(lines) > limits.headers:
        raise MalformedRequestError

    return Head(match[1], match[2], match[3], tuple(map(_header, lines)), len(raw))


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")

    if not colon or not _NAME.fullmatch(name):
        raise MalformedRequestError

    return name, value.strip(" \t")


async def read_body(
    head: Head, reader: asyncio.StreamReader, take: Callable[[int], None], limits: HttpLimits
) -> bytes:
    """The body that the head announces; `take` is asked for room before anything is read.

    Raises:
        MalformedRequestError: It is not what was announced, or not there in time.
        RefusedRequestError: There is no room for it.
    """
    encodings = [value.lower() for value in head.values("transfer-encoding")]
    lengths = set(head.values("content-length"))

    # Two ways to say how long it is, and nobody can tell where the next request begins.
    if len(encodings) + len(lengths) > 1 or encodings not in ([], ["chunked"]):
        raise MalformedRequestError

    try:
        async with asyncio.timeout(limits.body_s):
            if encodings:
                return await _read_chunks(reader, take)

            return await _read_whole(lengths.pop() if lengths else "0", reader, take)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError) as error:
        raise MalformedRequestError from error


async def _read_whole(
    length: str, reader: asyncio.StreamReader, take: Callable[[int], None]
) -> bytes:
    if not _LENGTH.fullmatch(length):
        raise MalformedRequestError

    take(int(length))
    return await reader.readexactly(int(length))


async def _read_chunks(reader: asyncio.StreamReader, take: Callable[[int], None]) -> bytes:
    body = bytearray()

    while size := _chunk_size(await reader.readuntil(b"\r\n")):
        take(size)
        body += await reader.readexactly(size)

        if await reader.readexactly(2) != b"\r\n":
            raise MalformedRequestError

    for _ in range(_MOST_TRAILERS):
        if await reader.readuntil(b"\r\n") == b"\r\n":
            return bytes(body)

    raise MalformedRequestError


def _chunk_size(line: bytes) -> int:
    text = line[:-2].split(b";")[0].strip().decode("latin-1")

    if len(line) > _LINE_BYTES or not _CHUNK_SIZE.fullmatch(text):
        raise MalformedRequestError

    return int(text, 16)
