"""One reader-and-writer per checkpoint format: pure, recognised by looking."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ehtui.domain.world.store import Checkpoint, Layout, Ownership
from ehtui.sources.layouts import hosts
from ehtui.sources.layouts.base import (
    Format,
    Place,
    Record,
    Scope,
    StoredBlob,
    UnreadableError,
    unreadable,
)
from ehtui.sources.layouts.lease_json import by_listing, is_broken_lease
from ehtui.sources.layouts.modern import ModernFormat

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.wire.blobs import BlobItem

Candidate = tuple[Format, Place]
R = TypeVar("R", Ownership, Checkpoint)
MODERN = ModernFormat()
# Names that say whose they are come first.
_ALWAYS: tuple[Format, ...] = (MODERN, hosts.FUNCTIONS)
_NAMELESS: dict[Layout, Format] = {known.layout: known for known in hosts.NAMELESS}
NAMELESS = tuple(_NAMELESS)
FORMATS: dict[Layout, Format] = {
    known.layout: known for known in (*_ALWAYS, *hosts.NAMED_CONTAINERS, *hosts.NAMELESS)
}


def candidates(item: BlobItem, scope: Scope) -> tuple[Candidate, ...]:
    """The formats that a blob's name fits; more than one only where bodies must decide."""
    if _is_folder(item):
        return ()

    for known in _ALWAYS:
        if place := known.locate(item.name, scope):
            return ((known, place),)

    others = hosts.NAMED_CONTAINERS if scope.nameless is None else (_NAMELESS[scope.nameless],)
    located = ((known, known.locate(item.name, scope)) for known in others)

    return tuple((known, place) for known, place in located if place is not None)


def read_blob(blob: StoredBlob, fitting: tuple[Candidate, ...]) -> tuple[Record, ...]:
    """The records in a blob; one `UnreadableBlob` where it is broken. Never raises."""
    for known, place in fitting:
        if known.recognises(blob):
            return _read(known, blob, place)

    # In a name that says whose it is, even what no format knows was meant as a lease.
    if fitting and (is_broken_lease(blob) or fitting[0][0] is hosts.FUNCTIONS):
        known, place = fitting[0]
        return _read(known, blob, place)

    return ()


def read_unfetched(
    blob: StoredBlob, fitting: tuple[Candidate, ...], reason: str
) -> tuple[Record, ...]:
    """What a listing alone tells of a lease whose content may not be read."""
    _, place = fitting[0]

    try:
        return by_listing(blob, place, fitting[0][0].layout, reason)
    except UnreadableError:
        return (unreadable(blob, place, reason),)


def _read(known: Format, blob: StoredBlob, place: Place) -> tuple[Record, ...]:
    try:
        return known.read(blob, place)
    except UnreadableError as error:
        return (unreadable(blob, place, str(error)),)


def prefer_new(
    ownerships: Iterable[Ownership], checkpoints: Iterable[Checkpoint]
) -> tuple[tuple[Ownership, ...], tuple[Checkpoint, ...]]:
    """Without what an upgrade of Azure Functions left behind: per kind, the modern record wins."""
    return _without_left_behind(ownerships), _without_left_behind(checkpoints)


def _without_left_behind(records: Iterable[R]) -> tuple[R, ...]:
    kept = tuple(records)
    if all(r.layout is not Layout.FUNCTIONS_LEGACY for r in kept):
        return kept

    modern = {_partition_key(r) for r in kept if r.layout is Layout.MODERN}

    return tuple(
        r
        for r in kept
        if r.layout is not Layout.FUNCTIONS_LEGACY or _partition_key(r) not in modern
    )


def _partition_key(record: Ownership | Checkpoint) -> tuple[str, str]:
    return record.group.lower(), record.partition  # all of one hub, whatever it is called


def _is_folder(item: BlobItem) -> bool:
    """Accounts with hierarchical namespace list folders as if they were blobs (facts.md §6)."""
    return any(
        key.lower() == "hdi_isfolder" and value.lower() == "true"
        for key, value in item.metadata.items()
    )
