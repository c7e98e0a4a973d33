"""Records of the same hub under another name of a namespace: counted, not read.

A store that is used under a container's name, an alias or a private address holds nothing under the
configured one. What such names hold is summed up, so that somebody can say whether they mean it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.world.namespaces import looks_like_host
from ehtui.domain.world.store import OtherName
from ehtui.sources.layouts import modern
from ehtui.sources.layouts.base import Role, StoredBlob
from ehtui.sources.layouts.hosts import functions_parts_of
from ehtui.sources.layouts.lease_json import OWNING_HOST

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.sources.layouts.base import NameParts, Scope
    from ehtui.wire.blobs import BlobItem


def locate_elsewhere(name: str, scope: Scope) -> NameParts | None:
    """What a blob's name says, where it is this hub's but for the namespace."""
    parts = modern.parts_of(name)
    if parts is None:
        parts = functions_parts_of(name)

        # Four steps that end with a number may be anything: only a host's name makes them a lease.
        if parts is None or not looks_like_host(parts.namespace):
            return None

    is_hub = parts.hub.lower() == scope.hub.lower()

    return parts if is_hub and scope.names.may_cover(parts.namespace) else None


def summed(
    found: Iterable[tuple[BlobItem, NameParts]], container: str, seen_at: float
) -> tuple[OtherName, ...]:
    """One entry a namespace and group, as they were listed at `seen_at`, server time."""
    by_name: dict[tuple[str, str], list[tuple[BlobItem, NameParts]]] = {}

    for item, parts in found:
        by_name.setdefault((parts.namespace.lower(), parts.group.lower()), []).append((item, parts))

    return tuple(_sum(entries, container, seen_at) for entries in by_name.values())


def _sum(entries: list[tuple[BlobItem, NameParts]], container: str, seen_at: float) -> OtherName:
    held = [
        (_owner(item, container), item.last_modified)
        for item, parts in entries
        if _is_ownership(parts)
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


def _is_ownership(parts: NameParts) -> bool:
    return parts.role is not Role.CHECKPOINT


def _owner(item: BlobItem, container: str) -> str | None:
    blob = StoredBlob(container, item)

    return blob.metadata(modern.OWNER) or blob.metadata(OWNING_HOST)
