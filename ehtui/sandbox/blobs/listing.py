"""List Blobs and List Containers: which entries a page has, and its XML."""

from __future__ import annotations

import base64
import bisect
import re
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from ehtui.sandbox.blobs.errors import StorageError
from ehtui.sandbox.blobs.leases import INFINITE, Lease, LeaseState
from ehtui.sandbox.blobs.state import Blob, BlobAccount, Container

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PAGE_SIZE = 5000
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NUMBER = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Query:
    """What a listing was asked for."""

    prefix: str = ""
    delimiter: str = ""
    marker: str = ""
    max_results: int | None = None
    include: frozenset[str] = frozenset()

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, str]) -> Query:
        """The query among URL parameters."""
        size = parameters.get("maxresults")

        if size is not None and (not _NUMBER.fullmatch(size) or int(size) < 1):
            raise StorageError(
                "OutOfRangeQueryParameterValue" if size == "0" else "InvalidQueryParameterValue"
            )

        return cls(
            parameters.get("prefix", ""),
            parameters.get("delimiter", ""),
            parameters.get("marker", ""),
            None if size is None else int(size),
            frozenset(filter(None, parameters.get("include", "").split(","))),
        )

    @property
    def page_size(self) -> int:
        """How many entries a page has: never more than 5,000."""
        return min(self.max_results or PAGE_SIZE, PAGE_SIZE)


@dataclass(frozen=True, slots=True)
class Page:
    """Blobs, and names cut at the delimiter, in order; `next_marker` is empty at the end."""

    entries: tuple[Blob | str, ...]
    next_marker: str


def list_page(container: Container, query: Query) -> Page:
    """The page of a listing that begins at the query's marker."""
    names = container.names
    position = bisect.bisect_left(names, max(query.prefix, _from_marker(query.marker)))
    entries: list[Blob | str] = []

    while position < len(names) and names[position].startswith(query.prefix):
        if len(entries) == query.page_size:
            return Page(tuple(entries), _to_marker(names[position]))

        name = names[position]
        end = name.find(query.delimiter, len(query.prefix)) if query.delimiter else -1

        if end < 0:
            entries.append(container.blobs[name])
            position += 1
        else:
            cut = name[: end + len(query.delimiter)]
            entries.append(cut)
            position = _past(names, cut, position)

    return Page(tuple(entries), "")


def blobs_xml(page: Page, query: Query, *, url: str, container: str, now: float) -> bytes:
    """The reply to List Blobs; `url` is the account's."""
    metadata = "metadata" in query.include
    entries = "".join(
        f"<BlobPrefix>{_name(entry)}</BlobPrefix>"
        if isinstance(entry, str)
        else _blob(entry, now, with_metadata=metadata)
        for entry in page.entries
    )
    of_container = f" ContainerName={quoteattr(container)}"
    return _document(query, url + "/", of_container, f"<Blobs>{entries}</Blobs>", page.next_marker)


def containers_xml(account: BlobAccount, query: Query, *, url: str) -> bytes:
    """The reply to List Containers."""
    start = max(query.prefix, _from_marker(query.marker))
    names = [n for n in sorted(account.containers) if n >= start and n.startswith(query.prefix)]
    shown, rest = names[: query.page_size], names[query.page_size :]
    metadata = "metadata" in query.include
    entries = "".join(_container(account.containers[n], with_metadata=metadata) for n in shown)
    marker = _to_marker(rest[0]) if rest else ""
    return _document(query, url + "/", "", f"<Containers>{entries}</Containers>", marker)


def _document(query: Query, url: str, of_container: str, entries: str, next_marker: str) -> bytes:
    asked = {
        "Prefix": query.prefix,
        "Marker": query.marker,
        "MaxResults": "" if query.max_results is None else str(query.max_results),
        "Delimiter": query.delimiter,
    }
    echo = "".join(_element(name, value) for name, value in asked.items() if value)
    text = (
        '<?xml version="1.0" encoding="utf-8"?>'
        f"<EnumerationResults ServiceEndpoint={quoteattr(url)}{of_container}>{echo}{entries}"
        f"{_element('NextMarker', next_marker)}</EnumerationResults>"
    )
    return b"\xef\xbb\xbf" + text.encode()


def lease_fields(lease: Lease, now: float) -> Iterator[tuple[str, str]]:
    """Status, state and, while leased, duration: as headers and listings name them."""
    state = lease.state(now)
    yield "lease-status", "locked" if lease.is_held(now) else "unlocked"
    yield "lease-state", state

    if state is LeaseState.LEASED:
        yield "lease-duration", "infinite" if lease.duration_s == INFINITE else "fixed"


def _blob(blob: Blob, now: float, *, with_metadata: bool) -> str:
    lease = {name: str(value) for name, value in lease_fields(blob.lease, now)}
    duration = lease.get("lease-duration")
    properties = (
        f"<Creation-Time>{formatdate(blob.created_at, usegmt=True)}</Creation-Time>"
        f"<Last-Modified>{formatdate(blob.last_modified, usegmt=True)}</Last-Modified>"
        f"<Etag>{blob.etag.strip(chr(34))}</Etag>"
        f"<Content-Length>{len(blob.body)}</Content-Length>"
        f"{_element('Content-Type', blob.content_type)}<Content-Encoding /><Content-Language />"
        "<Content-MD5 /><Cache-Control /><Content-Disposition /><BlobType>BlockBlob</BlobType>"
        "<AccessTier>Hot</AccessTier><AccessTierInferred>true</AccessTierInferred>"
        f"<LeaseStatus>{lease['lease-status']}</LeaseStatus>"
        f"<LeaseState>{lease['lease-state']}</LeaseState>"
        f"{_element('LeaseDuration', duration) if duration else ''}"
        "<ServerEncrypted>true</ServerEncrypted>"
    )
    metadata = _metadata(blob.metadata) if with_metadata else ""
    return f"<Blob>{_name(blob.name)}<Properties>{properties}</Properties>{metadata}</Blob>"


def _container(container: Container, *, with_metadata: bool) -> str:
    properties = (
        f"<Last-Modified>{formatdate(container.last_modified, usegmt=True)}</Last-Modified>"
        f"<Etag>{escape(container.etag)}</Etag>"
        "<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>"
        "<HasImmutabilityPolicy>false</HasImmutabilityPolicy><HasLegalHold>false</HasLegalHold>"
    )
    metadata = _metadata(container.metadata) if with_metadata else ""
    return (
        f"<Container>{_element('Name', container.name)}<Properties>{properties}</Properties>"
        f"{metadata}</Container>"
    )


def _metadata(metadata: Mapping[str, str]) -> str:
    return f"<Metadata>{''.join(_element(n, v) for n, v in metadata.items())}</Metadata>"


def _name(name: str) -> str:
    # XML cannot carry every character that a blob's name can.
    if _NOT_XML.search(name):
        return f'<Name Encoded="true">{quote(name)}</Name>'

    return _element("Name", name)


def _element(tag: str, text: str) -> str:
    return f"<{tag}>{escape(text)}</{tag}>" if text else f"<{tag} />"


def _past(names: list[str], cut: str, position: int) -> int:
    return bisect.bisect_right(names, cut, position, key=lambda name: name[: len(cut)])


def _to_marker(name: str) -> str:
    encoded = base64.urlsafe_b64encode(name.encode()).decode()
    return f"2!{len(encoded)}!{encoded}"


def _from_marker(marker: str) -> str:
    if not marker:
        return ""

    try:
        return base64.urlsafe_b64decode(marker.split("!")[2]).decode()
    except (IndexError, ValueError) as error:
        raise StorageError("OutOfRangeInput") from error
