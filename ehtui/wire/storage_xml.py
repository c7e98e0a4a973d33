"""List Blobs replies, parsed piece by piece into plain tuples.

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

from ehtui.domain.world.hub import known_moment
from ehtui.wire.blobs import BlobItem

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
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}


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


class _Elements:
    """The elements of a document as they end, none of them nested deeper than any of a listing."""

    def __init__(self) -> None:
        self.parser: ET.XMLPullParser[ET.Element] = ET.XMLPullParser(("start", "end"))
        self._depth = 0

    def ended(self) -> Iterator[ET.Element]:
        """Those that ended meanwhile.

        Raises:
            MalformedListingError: One began deeper than any.
        """
        for event, element in cast("Iterator[tuple[str, ET.Element]]", self.parser.read_events()):
            if event == "end":
                self._depth -= 1
                yield element
                continue

            self._depth += 1

            if self._depth > MOST_DEPTH:
                raise MalformedListingError("its elements are nested deeper than any")


def _root(content: bytes) -> ET.Element:
    """The root of a whole document, with the same limits."""
    check_content(content)
    elements = _Elements()
    last: ET.Element | None = None

    for start in range(0, len(content), PIECE_BYTES):
        elements.parser.feed(content[start : start + PIECE_BYTES])

        for element in elements.ended():
            last = element

    elements.parser.close()

    for element in elements.ended():
        last = element

    if last is None:
        raise MalformedListingError("it is empty")

    return last


class ListingParser:
    """Eats a reply in pieces; what was complete so far is in `blobs` and `folders`."""

    def __init__(self) -> None:
        self.blobs: list[BlobItem] = []
        self.folders: list[str] = []
        self.marker = ""
        self._elements = _Elements()
        self._parser = self._elements.parser
        self._root_seen = False

    def feed(self, piece: bytes) -> None:
        """Take the next bytes.

        Raises:
            MalformedListingError: They are not well-formed XML.
        """
        try:
            self._parser.feed(piece)
            self._take()
        except _PARSE_ERRORS as error:
            raise MalformedListingError(str(error)) from None

    def close(self) -> None:
        """The reply is complete.

        Raises:
            MalformedListingError: It ended too early, or is something else.
        """
        try:
            self._parser.close()
            self._take()
        except _PARSE_ERRORS as error:
            raise MalformedListingError(str(error)) from None

        if not self._root_seen:
            raise MalformedListingError("not a list of blobs")

    def _take(self) -> None:
        for element in self._elements.ended():
            tag = element.tag

            # Metadata keys are elements too, and may have any of these names: they are leaves,
            # so they have no Name, and a marker counts only after the last blob.
            if tag == "Blob":
                blob = _blob(element)

                if blob is not None:
                    self.blobs.append(blob)
                    self.marker = ""
                    element.clear()
            elif tag == "NextMarker":
                self.marker = element.text or ""
            elif tag == "BlobPrefix":
                name = element.find("Name")

                if name is not None:
                    self.folders.append(_name(name))
            elif tag == "EnumerationResults":
                self._root_seen = True


async def parse_listing(content: bytes) -> ListingParser:
    """Parse a whole reply without holding up the loop or other threads.

    Raises:
        MalformedListingError: It is not a List Blobs document.
    """
    check_content(content)
    parser = ListingParser()
    view = memoryview(content)

    for start in range(0, len(content), PIECE_BYTES):
        parser.feed(bytes(view[start : start + PIECE_BYTES]))
        await asyncio.sleep(0)

    parser.close()

    return parser


def parse_containers(content: bytes) -> tuple[list[str], str]:
    """Names and next marker of a List Containers reply.

    Raises:
        MalformedListingError: It is not one.
    """
    try:
        root = _root(content)
    except _PARSE_ERRORS as error:
        raise MalformedListingError(str(error)) from None

    if root.tag != "EnumerationResults":
        raise MalformedListingError("not a list of containers")

    names = [_name(name) for name in root.iterfind("Containers/Container/Name")]

    return names, root.findtext("NextMarker") or ""


def error_code(content: bytes) -> str:
    """The Code of an error reply, or "" where there is none."""
    try:
        return _root(content).findtext("Code") or ""
    except _PARSE_ERRORS:
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
