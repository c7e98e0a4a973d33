"""One reader-and-writer per checkpoint format: pure, recognised by looking.

Records of the same hub under another name of a namespace are counted, not read: a store that is
used under a container's name, an alias or a private address holds nothing under the configured one.
What such names hold is summed up, so that somebody can say whether they mean it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ehtui.domain.world.hub import looks_like_host
from ehtui.domain.world.store import Checkpoint, Layout, OtherName, Ownership
from ehtui.sources.layouts.base import (
    Format,
    Place,
    Record,
    Role,
    Scope,
    StoredBlob,
    UnreadableError,
    unreadable,
)
from ehtui.sources.layouts.lease_json import (
    FUNCTIONS,
    NAMED_CONTAINERS,
    NAMELESS,
    OWNING_HOST,
    by_listing,
    functions_place_of,
    is_broken_lease,
)
from ehtui.sources.layouts.modern import OWNER, ModernFormat, place_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.wire.storage import BlobItem

Candidate = tuple[Format, Place]
R = TypeVar("R", Ownership, Checkpoint)
MODERN = ModernFormat()
# Names that say whose they are come first.
_ALWAYS: tuple[Format, ...] = (MODERN, FUNCTIONS)
FORMATS: dict[Layout, Format] = {
    known.layout: known for known in (*_ALWAYS, *NAMED_CONTAINERS, *NAMELESS.values())
}


def candidates(item: BlobItem, scope: Scope) -> tuple[Candidate, ...]:
    """The formats that a blob's name fits; more than one only where bodies must decide."""
    if _is_folder(item):
        return ()

    for known in _ALWAYS:
        if place := known.locate(item.name, scope):
            return ((known, place),)

    others = NAMED_CONTAINERS if scope.nameless is None else (NAMELESS[scope.nameless],)
    located = ((known, known.locate(item.name, scope)) for known in others)

    return tuple((known, place) for known, place in located if place is not None)


def read_blob(blob: StoredBlob, fitting: tuple[Candidate, ...]) -> tuple[Record, ...]:
    """The records in a blob; one `UnreadableBlob` where it is broken. Never raises."""
    for known, place in fitting:
        if known.recognises(blob):
            return _read(known, blob, place)

    # In a name that says whose it is, even what no format knows was meant as a lease.
    if fitting and (is_broken_lease(blob) or fitting[0][0] is FUNCTIONS):
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


def locate_elsewhere(name: str, scope: Scope) -> Place | None:
    """Where a blob stands that is this hub's but for the namespace."""
    place = place_of(name)
    if place is None:
        place = functions_place_of(name)

        # Four steps that end with a number may be anything: only a host's name makes them a lease.
        if place is None or not looks_like_host(place.namespace):
            return None

    is_hub = place.hub.lower() == scope.hub.lower()

    return place if is_hub and scope.names.may_cover(place.namespace) else None


def summed(
    found: Iterable[tuple[BlobItem, Place]], container: str, seen_at: float
) -> tuple[OtherName, ...]:
    """One entry a namespace and group, as they were listed at `seen_at`, server time."""
    by_name: dict[tuple[str, str], list[tuple[BlobItem, Place]]] = {}

    for item, place in found:
        by_name.setdefault((place.namespace.lower(), place.group.lower()), []).append((item, place))

    return tuple(_sum(entries, container, seen_at) for entries in by_name.values())


def _sum(entries: list[tuple[BlobItem, Place]], container: str, seen_at: float) -> OtherName:
    held = [
        (_owner_of(item, container), item.last_modified)
        for item, place in entries
        if place.role is not Role.CHECKPOINT
    ]
    owned = [at for owner, at in held if owner and at is not None]
    written = [item.last_modified for item, _ in entries if item.last_modified is not None]
    first = entries[0][1]

    return OtherName(
        namespace=first.namespace,
        hub=first.hub,
        group=first.group,
        container=container,
        owners=len({owner for owner, _ in held if owner}),
        owned_at=max(owned, default=None),
        written_at=max(written, default=None),
        seen_at=seen_at,
    )


def _owner_of(item: BlobItem, container: str) -> str | None:
    blob = StoredBlob(container, item)

    return blob.metadata(OWNER) or blob.metadata(OWNING_HOST)
