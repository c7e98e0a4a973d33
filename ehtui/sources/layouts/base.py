"""What a checkpoint format is: how a blob is recognised, read and written, and how values are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ehtui.domain.text import bounded_name, safe
from ehtui.domain.values import Value
from ehtui.domain.world.hub import Names
from ehtui.domain.world.store import (
    BlobIdentity,
    Checkpoint,
    Layout,
    Ownership,
    RecordKind,
    UnreadableBlob,
)
from ehtui.wire.storage import BlobItem  # noqa: TC001 - tests make blobs by these types

if TYPE_CHECKING:
    from collections.abc import Mapping

Record = Ownership | Checkpoint | UnreadableBlob
Role = RecordKind  # what a blob is for, as a part of where it stands


class Scope(Value, frozen=True):
    """Whose records are looked for, and how far a container may be taken to be theirs."""

    namespace: str  # with or without a port, in any case
    hub: str
    group: str = "$Default"  # whose records they are that name no group
    nameless: Layout | None = None  # the configured format of names without hub and group
    is_named_container: bool = True  # the user named it: leases that name no hub are this hub's
    aliases: tuple[str, ...] = ()  # other names of the namespace, accepted as this one

    @property
    def names(self) -> Names:
        """What the namespace goes by."""
        return Names(self.namespace, self.aliases)

    def covers(self, namespace: str, hub: str) -> bool:
        """Whether a name as written means this hub: the service ignores case, and JS the port."""
        return self.covers_namespace(namespace) and hub.lower() == self.hub.lower()

    def covers_namespace(self, namespace: str) -> bool:
        """The same for the namespace alone."""
        return self.names.cover(namespace)


class Place(NamedTuple):
    """Where a record stands, read from its name alone, whosever it is."""

    namespace: str
    hub: str
    group: str
    partition: str
    role: Role
    prefix: str  # what lists it and its kind

    @property
    def where(self) -> tuple[str, str, str, str]:
        """Namespace, hub, group and partition, as records begin."""
        return self[:4]


class StoredBlob(Value, frozen=True):
    """A blob as it was found; the body only where its format needs it."""

    container: str
    item: BlobItem
    body: bytes | None = None

    def identity(self) -> BlobIdentity:
        """Where it stands.

        Raises:
            UnreadableError: The listing does not say when it was written.
        """
        if self.item.last_modified is None:
            raise UnreadableError("the listing does not say when it was last modified")

        return BlobIdentity(self.container, self.item.name, self.item.etag, self.item.last_modified)

    def metadata(self, key: str) -> str | None:
        """A metadata value; keys ignore case, as old Java and Go's HTTP layer capitalise them."""
        metadata = self.item.metadata
        value = metadata.get(key)
        if value is None:
            value = next((v for k, v in metadata.items() if k.lower() == key.lower()), None)

        return value


class Write(Value, frozen=True):
    """A change to one blob, always on a condition, in its format's own form."""

    container: str
    name: str
    metadata: Mapping[str, str]  # all of it: what is missing here is removed
    body: bytes | None  # None: metadata alone is replaced
    if_match: str | None  # the ETag it must still have; None: it must not exist yet


def unreadable(
    blob: StoredBlob, place: Place, reason: str, kind: Role | None = None
) -> UnreadableBlob:
    """Say that a record cannot be read, where and why; `kind` where only one part of it cannot."""
    item = blob.item

    return UnreadableBlob(
        container=blob.container,
        name=item.name,
        reason=reason,
        group=place.group,
        partition=place.partition,
        kind=kind or place.role,
        written_at=item.last_modified,
    )


class UnreadableError(ValueError):
    """A blob that stands where a record should is not one; says why."""


class Format(Protocol):
    """One client family's way to keep ownership and checkpoints in blobs."""

    @property
    def layout(self) -> Layout:
        """Its name."""

    @property
    def needs_body(self) -> bool:
        """Whether a listing is not enough."""

    def locate(self, name: str, scope: Scope) -> Place | None:
        """Where a record of that name would stand; None where the name is not of this format."""

    def recognises(self, blob: StoredBlob) -> bool:
        """Whether what is in it looks like this format, with the body where one is needed."""

    def read(self, blob: StoredBlob, place: Place) -> tuple[Record, ...]:
        """The records in it.

        Raises:
            UnreadableError: It is broken.
        """

    def write_checkpoint(self, blob: StoredBlob, sequence: int, offset: str | None) -> Write:
        """Set the checkpoint in an existing blob.

        Raises:
            UnreadableError: What is there is too broken to be changed.
        """

    def stands_at(self, blob: StoredBlob) -> tuple[int | None, str | None]:
        """Sequence number and offset as they are written, whatever they amount to.

        Raises:
            UnreadableError: It is broken.
        """

    def write_back(self, blob: StoredBlob, kept: StoredBlob) -> Write:
        """Set the checkpoint in an existing blob to what an earlier state of it had.

        Raises:
            UnreadableError: What is there, or was, is too broken.
        """

    def write_release(self, blob: StoredBlob) -> Write:
        """Give the ownership in an existing blob up.

        Raises:
            UnreadableError: What is there is too broken to be changed.
        """


# Python's str(None), .NET 5.11's placeholder, and plain emptiness.
_UNSET = {"", "none", "null", "no offset"}
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_MOST_DIGITS = 19  # of 64 bits
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1
BEFORE_FIRST = -1  # who has read nothing yet
_SHOWN = 40  # characters of a value in a reason


def text_of(value: object, what: str) -> str | None:
    """A text of bounded length, or None where it is unset.

    Raises:
        UnreadableError: It is something else.
    """
    text = _text(value, what)

    return None if text is None else bounded_name(text)


def _text(value: object, what: str) -> str | None:
    if value is None:
        return None

    if not isinstance(value, str):
        raise UnreadableError(f"{what} is not a text")

    # JSON can smuggle in half a surrogate pair, which no terminal and no file takes.
    text = value.encode("utf-8", "backslashreplace").decode()

    return None if text.strip().lower() in _UNSET else text


def offset_of(value: object) -> str | None:
    """An offset: opaque, since geo-replication made it a text that is no number.

    Raises:
        UnreadableError: It is neither text nor number.
    """
    is_number = isinstance(value, int) and not isinstance(value, bool)

    return text_of(str(value) if is_number else value, "the offset")


def sequence_of(value: object) -> int | None:
    """A sequence number, or None where it is unset; .NET's `long.MinValue` is unset too.

    Raises:
        UnreadableError: No event can have it.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    text = _text(str(value) if is_number else value, "the sequence number")
    if text is None:
        return None

    text = text.strip()
    shown = f"the sequence number '{safe(text)[:_SHOWN]}'"

    if not _INTEGER.fullmatch(text):
        raise UnreadableError(f"{shown} is not a whole number")

    number = int(text) if len(text.lstrip("+-0")) <= _MOST_DIGITS else _HIGHEST + 1
    if not _LOWEST <= number <= _HIGHEST:
        raise UnreadableError(f"{shown} does not fit into 64 bits")

    if _LOWEST < number < BEFORE_FIRST:
        raise UnreadableError(f"{shown} is negative")

    return None if number == _LOWEST else number
