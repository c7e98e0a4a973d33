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
# Who wrote a value, and of which region it is (.NET).
_OF_THE_VALUE = {"clientidentifier", "replicationsegment"}


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
        """Both keys, spelled as they are; what was said of the old value is not of the new."""
        item = blob.item
        kept = {key: v for key, v in item.metadata.items() if key.lower() not in _OF_THE_VALUE}
        kept |= {_spelled(blob, _SEQUENCE): str(sequence), _spelled(blob, _OFFSET): offset or ""}

        return Write(blob.container, item.name, kept, None, item.etag)

    def stands_at(self, blob: StoredBlob) -> tuple[int | None, str | None]:
        """See `Format`."""
        return sequence_of(blob.metadata(_SEQUENCE)), offset_of(blob.metadata(_OFFSET))

    def write_back(self, blob: StoredBlob, kept: StoredBlob) -> Write:
        """All metadata as it was: nothing else is in a checkpoint blob."""
        item = blob.item

        return Write(blob.container, item.name, dict(kept.item.metadata), None, item.etag)

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


def place_in(name: str, partition: str, group: str | None = None) -> str:
    """The name of another partition's checkpoint in the spelling of a record; or of a group's.

    A group's name is lower-cased where that of the record's is, as its client does.
    """
    head, _, _ = name.rpartition("/")
    before, _, own = head.rpartition("/")[0].rpartition("/")
    is_lowered = own == own.lower() and own != own.upper()
    named = own if group is None else group.lower() if is_lowered else group

    return f"{before}/{named}/{Role.CHECKPOINT}/{partition}"


def _spelled(blob: StoredBlob, key: str) -> str:
    return next((stored for stored in blob.item.metadata if stored.lower() == key), key)
