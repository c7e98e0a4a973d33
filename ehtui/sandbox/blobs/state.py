"""What a storage account holds, in memory and pure: time is passed in, nothing waits."""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from ehtui.sandbox.blobs import leases
from ehtui.sandbox.blobs.errors import StorageError
from ehtui.sandbox.blobs.leases import Lease

_CONTAINER_NAME = re.compile(r"[a-z0-9](?:-?[a-z0-9])*|\$root|\$web|\$logs")
_METADATA_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TICKS_AT_EPOCH = 621_355_968_000_000_000  # the service's ETags count 100 ns since the year 1
_NAME_LENGTHS = range(3, 64)
# What the service takes, and what this account keeps in memory.
LONGEST_BLOB_NAME, METADATA_BYTES = 1024, 8 * 1024
MOST_CONTAINERS, ACCOUNT_BYTES = 5000, 256 << 20
MOST_BLOCKS = 50_000  # of one blob; the service keeps twice as many that wait
_BLOCK_BYTES = 256  # of memory, for a block without a byte
_BLOB_BYTES = 1024  # of memory, for a blob without a byte
_TICKS_PER_S = 10_000_000
_NOT_MODIFIED = 304
_NO_LEASE = Lease()

Metadata = Mapping[str, str]


class Block(NamedTuple):
    """A block of a committed blob; `id` is base64, as its writer spelt it."""

    id: str
    size_bytes: int


class Copy(NamedTuple):
    """Where a blob was copied from; a copy is whole at once."""

    id: str
    source: str  # without its signature
    completed_at: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Blob:
    """One block blob. Times are whole seconds, as the service keeps them."""

    name: str
    body: bytes
    metadata: Metadata
    content_type: str
    created_at: int
    last_modified: int
    etag: str  # with quotes
    lease: Lease = _NO_LEASE
    blocks: tuple[Block, ...] = ()  # what a block list made it of
    copy: Copy | None = None


@dataclass(slots=True)
class Container:
    """A container and its blobs; `names` stays sorted, for listings."""

    name: str
    metadata: Metadata
    last_modified: int
    etag: str
    blobs: dict[str, Blob] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    staged: dict[str, dict[str, bytes]] = field(default_factory=dict)  # blocks that wait, by blob

    @property
    def size_bytes(self) -> int:
        """What it takes of the account's room."""
        staged = sum(map(_staged_size, self.staged.values()))
        return sum(map(_size, self.blobs.values())) + staged

    def blob(self, name: str) -> Blob:
        """The blob of that name."""
        try:
            return self.blobs[name]
        except KeyError:
            raise StorageError("BlobNotFound") from None

    def store(self, blob: Blob) -> Blob:
        """Keep a new or changed blob."""
        if blob.name not in self.blobs:
            bisect.insort(self.names, blob.name)

        self.blobs[blob.name] = blob

        return blob

    def remove(self, name: str) -> None:
        """Forget a blob."""
        del self.blobs[name]
        del self.names[bisect.bisect_left(self.names, name)]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must hold of a resource before it is read or written: the conditional headers."""

    if_match: str | None = None
    if_none_match: str | None = None
    if_modified_since: float | None = None
    if_unmodified_since: float | None = None

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> Conditions:
        """The conditions among lower-case header names."""
        return cls(
            headers.get("if-match"),
            headers.get("if-none-match"),
            _moment(headers.get("if-modified-since")),
            _moment(headers.get("if-unmodified-since")),
        )

    def require_for_write(self, etag: str, last_modified: int) -> None:
        """Check a write to, or a removal of, what exists."""
        if self._fails_match(etag, last_modified) or self._is_unchanged(etag, last_modified):
            raise StorageError("ConditionNotMet")

    def require_for_read(self, etag: str, last_modified: int) -> None:
        """Check a read; an unchanged resource is answered 304."""
        if self._fails_match(etag, last_modified):
            raise StorageError("ConditionNotMet")

        if self._is_unchanged(etag, last_modified):
            raise StorageError("ConditionNotMet", status=_NOT_MODIFIED)

    def _fails_match(self, etag: str, last_modified: int) -> bool:
        if self.if_match is not None and not _matches(self.if_match, etag):
            return True

        return self.if_unmodified_since is not None and last_modified > self.if_unmodified_since

    def _is_unchanged(self, etag: str, last_modified: int) -> bool:
        if self.if_none_match is not None and _matches(self.if_none_match, etag):
            return True

        return self.if_modified_since is not None and last_modified <= self.if_modified_since


_NO_CONDITIONS = Conditions()


@dataclass(frozen=True, slots=True)
class Access:
    """What comes with a request to one blob: when, on which conditions, under which lease."""

    now: float
    conditions: Conditions = _NO_CONDITIONS
    lease_id: str | None = None

    def require_for_write(self, blob: Blob | None) -> None:
        """Check a write, or a removal; None is a blob that is yet to be created."""
        if blob is None:
            if self.conditions.if_match is not None:
                raise StorageError("ConditionNotMet")
        else:
            self.conditions.require_for_write(blob.etag, blob.last_modified)

        leases.require_for_write(blob.lease if blob else _NO_LEASE, self.now, self.lease_id)


class BlobAccount:
    """A storage account's containers and blobs. Errors are `StorageError`s."""

    def __init__(self, name: str = "ehtui", *, most_bytes: int = ACCOUNT_BYTES) -> None:
        self.name = name
        self.most_bytes = most_bytes
        self.used_bytes = 0
        self.containers: dict[str, Container] = {}
        self._last_ticks = 0

    def container(self, name: str) -> Container:
        """The container of that name."""
        try:
            return self.containers[name]
        except KeyError:
            raise StorageError("ContainerNotFound") from None

    def create_container(
        self, name: str, now: float, metadata: Metadata | None = None
    ) -> Container:
        """Create an empty container; its name follows the service's rules."""
        if not _CONTAINER_NAME.fullmatch(name):
            raise StorageError("InvalidResourceName")

        if not name.startswith("$") and len(name) not in _NAME_LENGTHS:
            raise StorageError("OutOfRangeInput")

        if name in self.containers:
            raise StorageError("ContainerAlreadyExists")

        if len(self.containers) >= MOST_CONTAINERS:
            raise StorageError("RequestBodyTooLarge", detail=f"{MOST_CONTAINERS} containers.")

        container = Container(name, _checked(metadata), int(now), self._etag(now))
        self.containers[name] = container

        return container

    def delete_container(self, name: str) -> None:
        """Delete a container at once (the service keeps its name for half a minute)."""
        self.used_bytes -= self.container(name).size_bytes
        del self.containers[name]

    def put_blob(
        self,
        container: str,
        name: str,
        body: bytes,
        access: Access,
        *,
        metadata: Metadata | None = None,
        content_type: str = "application/octet-stream",
        blocks: tuple[Block, ...] = (),
        copy: Copy | None = None,
    ) -> Blob:
        """Create or replace a blob, metadata and all; blocks that were staged for it are gone."""
        place = self.container(container)

        if not name or len(name) > LONGEST_BLOB_NAME:
            raise StorageError("InvalidResourceName")

        old = place.blobs.get(name)

        if old and access.conditions.if_none_match == "*":
            raise StorageError("BlobAlreadyExists")

        access.require_for_write(old)
        blob = Blob(
            name=name,
            body=body,
            metadata=_checked(metadata),
            content_type=content_type,
            created_at=old.created_at if old else int(access.now),
            last_modified=int(access.now),
            etag=self._etag(access.now),
            lease=leases.after_write(old.lease if old else _NO_LEASE, access.now),
            blocks=blocks,
            copy=copy,
        )
        stored = self._store(place, blob, old)
        self.used_bytes -= _staged_size(place.staged.pop(name, {}))
        return stored

    def stage(self, container: str, name: str, block: str, body: bytes, access: Access) -> None:
        """Keep a block until a block list makes a blob of it; ids of one blob are equally long."""
        place = self.container(container)
        old = place.blobs.get(name)
        leases.require_for_write(old.lease if old else _NO_LEASE, access.now, access.lease_id)
        staged = place.staged.get(name, {})
        known = next(iter(staged), block)

        if not name or len(name) > LONGEST_BLOB_NAME:
            raise StorageError("InvalidResourceName")

        if len(known) != len(block):
            raise StorageError("InvalidBlobOrBlock")

        if block not in staged and len(staged) >= MOST_BLOCKS:
            raise StorageError("BlockCountExceedsLimit")

        before = _staged_size({block: staged[block]}) if block in staged else 0
        self._take(_staged_size({block: body}) - before)
        place.staged.setdefault(name, {})[block] = body

    def set_metadata(self, container: str, name: str, metadata: Metadata, access: Access) -> Blob:
        """Replace a blob's metadata; its body stays, its ETag and Last-Modified move."""
        place = self.container(container)
        old = place.blob(name)
        access.require_for_write(old)
        blob = replace(
            old,
            metadata=_checked(metadata),
            last_modified=int(access.now),
            etag=self._etag(access.now),
            lease=leases.after_write(old.lease, access.now),
        )
        return self._store(place, blob, old)

    def get_blob(self, container: str, name: str, access: Access) -> Blob:
        """A blob, if the conditions let it be read."""
        blob = self.container(container).blob(name)
        access.conditions.require_for_read(blob.etag, blob.last_modified)
        leases.require_for_read(blob.lease, access.now, access.lease_id)
        return blob

    def delete_blob(self, container: str, name: str, access: Access) -> None:
        """Delete a blob for good: there is no soft delete."""
        place = self.container(container)
        blob = place.blob(name)
        access.require_for_write(blob)
        self.used_bytes -= _size(blob)
        place.remove(name)

    def change_lease(
        self, container: str, name: str, access: Access, step: Callable[[Lease], Lease]
    ) -> Blob:
        """Take a blob's lease one step on; that is no change of the blob itself."""
        place = self.container(container)
        blob = place.blob(name)
        access.conditions.require_for_write(blob.etag, blob.last_modified)
        return place.store(replace(blob, lease=step(blob.lease)))

    def _store(self, place: Container, blob: Blob, old: Blob | None) -> Blob:
        self._take(_size(blob) - (_size(old) if old else 0))
        return place.store(blob)

    def _take(self, more: int) -> None:
        if more > 0 and self.used_bytes + more > self.most_bytes:
            raise StorageError(
                "RequestBodyTooLarge", detail=f"The sandbox keeps {self.most_bytes} bytes in all."
            )

        self.used_bytes += more

    def _etag(self, now: float) -> str:
        ticks = _TICKS_AT_EPOCH + int(now * _TICKS_PER_S)
        self._last_ticks = max(ticks, self._last_ticks + 1)

        return f'"0x{self._last_ticks:X}"'


def _matches(wanted: str, etag: str) -> bool:
    # Listings give ETags without quotes, and clients send back what they were given.
    return wanted == "*" or etag.strip('"') in {
        part.strip().strip('"') for part in wanted.split(",")
    }


def _moment(text: str | None) -> float | None:
    try:
        return None if text is None else parsedate_to_datetime(text).timestamp()
    except ValueError as error:
        raise StorageError("InvalidHeaderValue") from error


def _checked(metadata: Metadata | None) -> Metadata:
    metadata = dict(metadata or {})

    if not all(_METADATA_NAME.fullmatch(name) for name in metadata):
        raise StorageError("InvalidMetadata")

    if sum(len(name) + len(value) for name, value in metadata.items()) > METADATA_BYTES:
        raise StorageError("MetadataTooLarge")

    return metadata


def _staged_size(staged: Mapping[str, bytes]) -> int:
    return sum(len(block) + len(body) + _BLOCK_BYTES for block, body in staged.items())


def _size(blob: Blob) -> int:
    described = sum(len(name) + len(value) for name, value in blob.metadata.items())
    own = len(blob.body) + len(blob.name) + len(blob.content_type) + described
    return own + _BLOB_BYTES + _BLOCK_BYTES * len(blob.blocks)
