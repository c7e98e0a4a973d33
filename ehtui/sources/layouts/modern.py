"""The layout of all current SDKs: `{namespace}/{hub}/{group}/ownership|checkpoint/{partition}`.

Values are in the metadata and bodies are empty (facts.md §1). Python, .NET, Java, JavaScript and
Functions ≥ 5 lower-case names, Go, Rust and Dapr ≥ 1.10 do not; old Java capitalised the keys.
"""

from __future__ import annotations

from ehtui.domain.world.store import Checkpoint, Layout, Ownership
from ehtui.sources.layouts.base import (
    Place,
    Record,
    Role,
    Scope,
    StoredBlob,
    Write,
    offset_of,
    sequence_of,
    text_of,
)

_ROLES = {"ownership": Role.OWNERSHIP, "checkpoint": Role.CHECKPOINT}
_SEGMENTS = 5
OWNER, _SEQUENCE, _OFFSET = "ownerid", "sequencenumber", "offset"


def place_of(name: str) -> Place | None:
    """By the last five steps of a name, where they are those of this layout."""
    steps = name.split("/")
    if len(steps) < _SEGMENTS or steps[-2] not in _ROLES:
        return None

    namespace, hub, group, role, partition = steps[-_SEGMENTS:]
    if not (group and partition):
        return None

    return Place(namespace, hub, group, partition, _ROLES[role], prefix="/".join([*steps[:-3], ""]))


class ModernFormat:
    """See the module."""

    layout = Layout.MODERN
    needs_body = False

    def locate(self, name: str, scope: Scope) -> Place | None:
        """By the last five segments, so that a folder before them does not matter."""
        place = place_of(name)

        return place if place and scope.covers(place.namespace, place.hub) else None

    def recognises(self, blob: StoredBlob) -> bool:
        """The name says it all."""
        del blob
        return True

    def read(self, blob: StoredBlob, place: Place) -> tuple[Record, ...]:
        """One record a blob."""
        where = place.where

        if place.role is Role.OWNERSHIP:
            owner = text_of(blob.metadata(OWNER), "the owner")

            return (Ownership(*where, owner, blob.identity(), self.layout),)

        return (
            Checkpoint(
                *where,
                sequence=sequence_of(blob.metadata(_SEQUENCE)),
                offset=offset_of(blob.metadata(_OFFSET)),
                blob=blob.identity(),
                layout=self.layout,
                client_identifier=text_of(
                    blob.metadata("clientidentifier"), "the client identifier"
                ),
            ),
        )

    def write_checkpoint(self, blob: StoredBlob, sequence: int, offset: str | None) -> Write:
        """Both keys, spelled as they are; who wrote the old value is not claimed for the new."""
        item = blob.item
        values = {_spelled(blob, _SEQUENCE): str(sequence), _spelled(blob, _OFFSET): offset or ""}

        return Write(blob.container, item.name, values, None, item.etag)

    def write_release(self, blob: StoredBlob) -> Write:
        """An empty owner: all SDKs take it for free."""
        return Write(
            blob.container, blob.item.name, {_spelled(blob, OWNER): ""}, None, blob.item.etag
        )


def new_checkpoint(container: str, name: str, sequence: int, offset: str | None) -> Write:
    """A first checkpoint: an empty blob that must not exist yet."""
    return Write(container, name, {_SEQUENCE: str(sequence), _OFFSET: offset or ""}, b"", None)


def sibling_name(name: str, role: Role) -> str:
    """The name of the same partition's other record, in the same spelling."""
    head, _, partition = name.rpartition("/")

    return f"{head.rpartition('/')[0]}/{role}/{partition}"


def _spelled(blob: StoredBlob, key: str) -> str:
    return next((stored for stored in blob.item.metadata if stored.lower() == key), key)
