"""List Blobs replies, parsed piece by piece into plain tuples, and only where they changed.

`list_blobs` of azure-storage-blob spends most of its time building models (facts.md §7). This
reads the same XML with ElementTree's C parser, in pieces small enough to give the GIL back.
"""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from msgspec import Struct, field

from ehtui.domain.world.hub import known_moment
from ehtui.wire.storage import BlobItem

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE_BYTES = 32 * 1024  # about 1 ms of work
# An encoding that Python does not know is a LookupError, one that expat cannot use a ValueError.
_PARSE_ERRORS = (ET.ParseError, LookupError, ValueError)
MOST_TAGS = 800_000  # in a page: 5,000 blobs have 60 to 80 each
MOST_DEPTH = 16  # a key of a blob's tags, the deepest there is, is the seventh
TAG_BYTES = 8192  # with its attributes: the service writes two of them, once
_TAG = re.compile(rb"""<[^"'<>]*(?:(?:"[^"<]*"|'[^'<]*')[^"'<>]*)*>""")
_WINDOW = TAG_BYTES // 2
_NAME_LENGTH = 1024  # of a blob, in the service's characters
# All metadata of a blob have 8 KiB; longer ones are cut, so that nobody takes them for whole.
_VALUE_LENGTH, _KEY_LENGTH, _MOST_KEYS = 8192, 256, 256
_LEASE_STATES = frozenset({"available", "leased", "expired", "breaking", "broken"})
_SIZE = re.compile(r"[0-9]{1,18}")
_DATE_LENGTH = 64
_MONTH_NAMES = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES.split(), 1)}
# Between blobs: no service writes space there.
BEGINNING, SEAM = b"<Blob><Name", b"</Blob><Blob>"
FEW = 3
PIECES_A_SLICE = 1_000  # about 1 ms of hashing, then other tasks and threads have their turn


class MalformedListingError(ValueError):
    """The reply is not a List Blobs document."""


def check_content(content: bytes) -> None:
    """Refuse what no blob service sends, before any of it is parsed.

    Raises:
        MalformedListingError: There are entities, which can stand for gigabytes, another alphabet,
            in which they could hide, more elements than in the largest listing, or a tag with
            attributes without end.
    """
    if b"<!DOCTYPE" in content or b"\0" in content:
        raise MalformedListingError("it has a document type, or is not UTF-8")

    if content.count(b"<") > MOST_TAGS:
        raise MalformedListingError("it has more elements than any listing")

    if _has_long_tag(content):
        raise MalformedListingError("a tag is longer than any")


def _has_long_tag(content: bytes) -> bool:
    """Looks closely only where for long no other tag begins: there a text may be, or attributes."""
    start = 0

    while start < len(content):
        if content.find(b"<", start, start + _WINDOW) >= 0:
            start += _WINDOW
            continue

        begins = content.rfind(b"<", max(0, start - _WINDOW), start)
        end = content.find(b"<", start)

        if begins >= 0 and not _TAG.match(content, begins, begins + TAG_BYTES):
            return True

        start = len(content) if end < 0 else end

    return False


def _pieces(content: bytes) -> Iterator[list[ET.Element]]:
    """The elements that end in each piece of a document, the root at last.

    Raises:
        MalformedListingError: It is no XML, or not of a blob service: see `check_content`.
    """
    check_content(content)
    parser: ET.XMLPullParser[ET.Element] = ET.XMLPullParser(("start", "end"))
    depth = 0

    try:
        for start in range(0, len(content) or 1, PIECE_BYTES):
            parser.feed(content[start : start + PIECE_BYTES])

            if start + PIECE_BYTES >= len(content):
                parser.close()

            ended = []

            for event, element in cast("Iterator[tuple[str, ET.Element]]", parser.read_events()):
                depth += 1 if event == "start" else -1

                if depth > MOST_DEPTH:
                    raise MalformedListingError("its elements are nested deeper than any")

                if event == "end":
                    ended.append(element)

            yield ended
    except _PARSE_ERRORS as error:
        raise MalformedListingError(str(error)) from None


def root_of(content: bytes) -> ET.Element:
    """The root of a whole document, with the same limits.

    Raises:
        MalformedListingError: It is no XML, or beyond them.
    """
    (*_, root) = (element for elements in _pieces(content) for element in elements)
    return root


class ParsedListing(Struct):
    """What a List Blobs reply says."""

    blobs: list[BlobItem] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    marker: str = ""

    def take(self, elements: list[ET.Element]) -> None:
        """Add what elements say that ended."""
        for element in elements:
            tag = element.tag

            # Metadata keys are elements too, and may have any of these names: they are leaves,
            # so they have no Name, and a marker counts only after the last blob.
            if tag == "Blob":
                if (blob := _blob(element)) is not None:
                    self.blobs.append(blob)
                    self.marker = ""
                    element.clear()
            elif tag == "NextMarker":
                self.marker = element.text or ""
            elif tag == "BlobPrefix" and (name := element.find("Name")) is not None:
                self.folders.append(_name(name))


async def parse_listing(content: bytes) -> ParsedListing:
    """Parse a whole reply without holding up the loop or other threads.

    Raises:
        MalformedListingError: It is not a List Blobs document.
    """
    parsed, last = ParsedListing(), ""

    for elements in _pieces(content):
        parsed.take(elements)
        last = elements[-1].tag if elements else last
        await asyncio.sleep(0)

    if last != "EnumerationResults":
        raise MalformedListingError("not a list of blobs")

    return parsed


def parse_containers(content: bytes) -> tuple[list[str], str]:
    """Names and next marker of a List Containers reply.

    Raises:
        MalformedListingError: It is not one.
    """
    root = root_of(content)

    if root.tag != "EnumerationResults":
        raise MalformedListingError("not a list of containers")

    names = [_name(name) for name in root.iterfind("Containers/Container/Name")]
    return names, root.findtext("NextMarker") or ""


def error_code(content: bytes) -> str:
    """The Code of an error reply, or "" where there is none."""
    try:
        return root_of(content).findtext("Code") or ""
    except MalformedListingError:
        return ""


def epoch_of(date: str) -> float | None:
    """Seconds since the epoch of an RFC 1123 date; None where it is not one, or of another age."""
    return _epoch_of(date) if len(date) <= _DATE_LENGTH else None


@lru_cache(maxsize=16_384)
def _epoch_of(date: str) -> float | None:
    try:
        moment = datetime(
            int(date[12:16]),
            _MONTHS[date[8:11]],
            int(date[5:7]),
            int(date[17:19]),
            int(date[20:22]),
            int(date[23:25]),
            tzinfo=UTC,
        )
    except (ValueError, KeyError, IndexError):
        return _unusual_date(date)

    return known_moment(moment.timestamp())


def _unusual_date(date: str) -> float | None:
    try:
        return known_moment(parsedate_to_datetime(date).timestamp())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _blob(element: ET.Element) -> BlobItem | None:
    name: str | None = None
    properties: dict[str, str | None] = {}
    metadata: dict[str, str] = {}

    for child in element:
        if child.tag == "Name":
            name = _name(child)
        elif child.tag == "Properties":
            properties = {entry.tag: entry.text for entry in child}
        elif child.tag == "Metadata":
            metadata = _metadata(child)

    if name is None:
        return None

    size = properties.get("Content-Length") or ""
    state = properties.get("LeaseState")
    return BlobItem(
        name=name,
        etag=(properties.get("Etag") or "").strip('"')[:_KEY_LENGTH],
        last_modified=epoch_of(properties.get("Last-Modified") or ""),
        lease_state=state if state in _LEASE_STATES else None,
        metadata=metadata,
        size=int(size) if _SIZE.fullmatch(size) else None,
    )


def _metadata(element: ET.Element) -> dict[str, str]:
    return {
        entry.tag: (entry.text or "")[:_VALUE_LENGTH]
        for entry in element[:_MOST_KEYS]
        if len(entry.tag) <= _KEY_LENGTH
    }


def _name(element: ET.Element) -> str:
    text = element.text or ""

    if len(text) > 3 * _NAME_LENGTH:  # where it is encoded, a character is three
        raise MalformedListingError("a name is longer than any")

    return unquote(text) if element.get("Encoded") == "true" else text


class KnownBlobs:
    """The blobs of one listing, by their own bytes, until the next listing of the same prefix.

    What is new is parsed within the reply's own first and last blob, as a shorter document. Where
    that does not give just the blobs asked for, the whole reply is parsed, as by `parse_listing`.
    """

    def __init__(self) -> None:
        self._last: dict[bytes, BlobItem] = {}
        self._now: dict[bytes, BlobItem] = {}

    def begin(self) -> None:
        """A listing begins: what is left of one that was given up is forgotten."""
        self._now = {}

    async def parse(self, content: bytes) -> ParsedListing:
        """Parse the next page; the one without a marker is the listing's last.

        Raises:
            MalformedListingError: It is not a List Blobs document.
        """
        check_content(content)
        pieces = content.split(SEAM)
        await asyncio.sleep(0)
        parsed = await self._patched(pieces) if _is_plain(content, pieces) else None

        if parsed is None:
            parsed = await parse_listing(content)

        if not parsed.marker:
            self._last, self._now = self._now, {}

        return parsed

    async def _patched(self, pieces: list[bytes]) -> ParsedListing | None:
        """The page with what is known filled in; None where it cannot be told apart."""
        head, *between, tail = pieces
        new: list[bytes] = []

        for start in range(0, len(between), PIECES_A_SLICE):
            some = between[start : start + PIECES_A_SLICE]
            new += [piece for piece in some if piece not in self._last]
            await asyncio.sleep(0)

        try:
            parsed = await parse_listing(SEAM.join((head, *new, tail)))
        except MalformedListingError:
            return None

        if len(parsed.blobs) != len(new) + 2:
            return None

        first, *made, last = parsed.blobs
        fresh = dict(zip(new, made, strict=True))
        found = [self._last.get(piece) or fresh[piece] for piece in between]
        parsed.blobs = [first, *found, last]
        self._now.update(zip(between, found, strict=True))

        return parsed


def _is_plain(content: bytes, pieces: list[bytes]) -> bool:
    """Whether each piece is a blob at least, with nothing that could hide a seam."""
    head, *others = pieces
    return (
        len(pieces) >= FEW
        and BEGINNING in head
        and all(piece.startswith(b"<Name") for piece in others)
        and b"<!" not in content
    )
