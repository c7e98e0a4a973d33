"""Leases kept as JSON in a blob that carries a blob lease: what all old hosts share.

The holder is alive while the *blob lease* is; Last-Modified says nothing (facts.md §1.8). Each host
spells the JSON, and names its blobs, in its own way.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from ehtui.domain.text import safe
from ehtui.domain.values import Value
from ehtui.domain.world.store import Checkpoint, Layout, Ownership
from ehtui.sources.layouts.base import (
    Place,
    Record,
    Role,
    Scope,
    StoredBlob,
    UnreadableError,
    Write,
    offset_of,
    sequence_of,
    text_of,
    unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

OWNING_HOST = "OWNINGHOST"
MOST_BYTES = 64 * 1024
_SHOWN = 20  # characters of what should be a partition's number
# Where a host begins that has no checkpoint yet; their sequence number is a meaningless 0.
_NO_POSITION = {None, "-1", "@latest"}


class LeaseKeys(Value, frozen=True):
    """How one host spells its JSON."""

    partition: str
    owner: str
    token: str
    offset: str
    sequence: str
    checkpoint: str | None = None  # the nested object that holds offset and sequence
    released: str | None = ""  # what a released lease has as owner and token


class LeaseFormat(Value, frozen=True):
    """A `Format` of JSON leases; hosts differ in names and keys."""

    layout: Layout
    keys: LeaseKeys
    locate_name: Callable[[str, Scope], Place | None]
    needs_body: bool = True

    def locate(self, name: str, scope: Scope) -> Place | None:
        """As the host names its blobs."""
        return self.locate_name(name, scope)

    def recognises(self, blob: StoredBlob) -> bool:
        """By the spelling of the partition's key or, where there is none, of its holder's."""
        try:
            lease = _parsed(blob)
        except UnreadableError:
            return False

        return self.keys.partition in lease or {self.keys.owner, self.keys.token} <= lease.keys()

    def read(self, blob: StoredBlob, place: Place) -> tuple[Record, ...]:
        """An ownership, and a checkpoint where the host has begun."""
        try:
            lease = _parsed(blob)
        except UnreadableError as error:
            return by_listing(blob, place, self.layout, str(error))

        if not {self.keys.partition, self.keys.owner} & lease.keys():
            return by_listing(blob, place, self.layout, "its content is not a lease")

        owner = text_of(blob.metadata(OWNING_HOST) or lease.get(self.keys.owner), "the owner")
        ownership = _ownership(blob, place, self.layout, owner, self._remark(lease, place))

        try:
            checkpoint = self._checkpoint(lease, blob, place)
        except UnreadableError as error:
            return (ownership, unreadable(blob, place, str(error), Role.CHECKPOINT))

        return (ownership,) if checkpoint is None else (ownership, checkpoint)

    def _checkpoint(
        self, lease: dict[str, object], blob: StoredBlob, place: Place
    ) -> Checkpoint | None:
        position = self._position(lease)
        offset = offset_of(position.get(self.keys.offset))
        if offset in _NO_POSITION:
            return None

        sequence = sequence_of(position.get(self.keys.sequence))

        return Checkpoint(*place.where, sequence, offset, blob.identity(), self.layout)

    def _remark(self, lease: dict[str, object], place: Place) -> str:
        """Hosts take a lease by its blob's name; its content says the same, or should."""
        said = lease.get(self.keys.partition)
        if said is None:
            return "its content names no partition: it is the one in the blob's name"

        if str(said) != place.partition:
            return (
                f"its content names partition {safe(str(said))[:_SHOWN]}, the blob's name another"
            )

        return ""

    def write_checkpoint(self, blob: StoredBlob, sequence: int, offset: str | None) -> Write:
        """The lease with another position. The service refuses it while somebody holds it."""
        lease = _parsed(blob)
        position = dict(self._position(lease))
        position |= {self.keys.offset: offset or "", self.keys.sequence: sequence}
        lease |= {self.keys.checkpoint: position} if self.keys.checkpoint else position

        return _write(blob, dict(blob.item.metadata), lease)

    def stands_at(self, blob: StoredBlob) -> tuple[int | None, str | None]:
        """See `Format`."""
        position = self._position(_parsed(blob))

        return (
            sequence_of(position.get(self.keys.sequence)),
            offset_of(position.get(self.keys.offset)),
        )

    def write_back(self, blob: StoredBlob, kept: StoredBlob) -> Write:
        """The position alone: owner, token and epoch are of today."""
        lease, before = _parsed(blob), _parsed(kept)
        own = (self.keys.offset, self.keys.sequence)
        names = (self.keys.checkpoint,) if self.keys.checkpoint else own

        for name in names:
            lease.pop(name, None)
            lease |= {name: before[name]} if name in before else {}

        return _write(blob, dict(blob.item.metadata), lease)

    def write_release(self, blob: StoredBlob) -> Write:
        """The lease without owner and token; a blob lease that still runs is not broken."""
        lease = _parsed(blob)
        lease |= {self.keys.owner: self.keys.released, self.keys.token: self.keys.released}
        kept = {k: v for k, v in blob.item.metadata.items() if k.upper() != OWNING_HOST}

        return _write(blob, kept, lease)

    def _position(self, lease: dict[str, object]) -> dict[str, object]:
        if self.keys.checkpoint is None:
            return lease

        position = lease.get(self.keys.checkpoint)
        if position is None:
            return {}

        if not isinstance(position, dict):
            raise UnreadableError("its checkpoint is not an object")

        return position


def by_listing(blob: StoredBlob, place: Place, layout: Layout, reason: str) -> tuple[Record, ...]:
    """What a listing tells of a lease whose content cannot be read: its holder, not how far it is.

    Raises:
        UnreadableError: `reason`; it does not even tell the holder.
    """
    if blob.metadata(OWNING_HOST) is None:
        raise UnreadableError(reason)

    owner = text_of(blob.metadata(OWNING_HOST), "the owner")

    return (
        _ownership(blob, place, layout, owner, reason),
        unreadable(blob, place, reason, Role.CHECKPOINT),
    )


def _ownership(
    blob: StoredBlob, place: Place, layout: Layout, owner: str | None, remark: str
) -> Ownership:
    state = blob.item.lease_state or "available"

    return Ownership(
        *place.where,
        owner=owner,
        blob=blob.identity(),
        layout=layout,
        blob_lease_state=state,
        remark=remark,
    )


def by_folder(name: str, scope: Scope) -> Place | None:
    """`{prefix}{group}/{partition}`, which names no hub: only in a container the user named."""
    parts = name.split("/")
    is_lease = len(parts) > 1 and parts[-1].isdecimal() and bool(parts[-2])
    is_modern = parts[-2:-1] in (["ownership"], ["checkpoint"])
    names_its_hub = any("." in part or ":" in part for part in parts[-4:-3])  # of Functions

    if not is_lease or is_modern or names_its_hub or not scope.is_named_container:
        return None

    return _at(scope, parts[-1], "/".join([*parts[:-1], ""]), _group_of(parts[-2]))


def is_broken_lease(blob: StoredBlob) -> bool:
    """Whether a blob that no format recognises was meant as a lease."""
    if blob.metadata(OWNING_HOST) is not None:
        return True

    try:
        _parsed(blob)
    except UnreadableError:
        return (blob.body or b"").lstrip()[:1] == b"{"

    return False


def _group_of(folder: str) -> str:
    """A prefix may be glued to the group; `$` can only begin `$Default`."""
    start = folder.find("$")

    return folder[start:] if start > 0 else folder


def _parsed(blob: StoredBlob) -> dict[str, object]:
    if blob.body is None:
        raise UnreadableError("its content was not read")

    if len(blob.body) > MOST_BYTES:
        raise UnreadableError("it is too big to be a lease")

    try:
        lease = json.loads(blob.body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise UnreadableError("its content is not JSON") from None

    if not isinstance(lease, dict):
        raise UnreadableError("its content is not a JSON object")

    return lease


def _write(blob: StoredBlob, metadata: dict[str, str], lease: dict[str, object]) -> Write:
    body = json.dumps(lease, separators=(",", ":")).encode()  # ASCII: whatever was read goes back

    return Write(blob.container, blob.item.name, metadata, body, blob.item.etag)


_FUNCTIONS_SEGMENTS = 4
_ENDS_WITH_PARTITION = re.compile(r"(?P<prefix>(?:.*\D)?)(?P<partition>\d+)", re.ASCII | re.DOTALL)
_DOTNET_KEYS = LeaseKeys("PartitionId", "Owner", "Token", "Offset", "SequenceNumber")
_GO_KEYS = LeaseKeys(
    "partitionID", "owner", "token", "offset", "sequenceNumber", checkpoint="checkpoint"
)


def _at(scope: Scope, partition: str, prefix: str, group: str | None = None) -> Place:
    """A place whose name tells no hub: it is the one that is looked for."""
    return Place(
        namespace=scope.namespace,
        hub=scope.hub,
        group=scope.group if group is None else group,
        partition=partition,
        role=Role.LEASE,
        prefix=prefix,
    )


def _by_number(name: str, scope: Scope) -> Place | None:
    """The partition and nothing else."""
    return _at(scope, name, "") if name.isdecimal() else None


def _by_last_number(name: str, scope: Scope) -> Place | None:
    """`{prefix}{partition}`."""
    match = _ENDS_WITH_PARTITION.fullmatch(name)
    return None if match is None else _at(scope, match["partition"], match["prefix"])


def _as_dapr(name: str, scope: Scope) -> Place | None:
    """`dapr-{hub}-{group}-{partition}`; the group may have hyphens too."""
    start = f"dapr-{scope.hub}-"
    group, _, partition = name[len(start) :].rpartition("-")
    if not (name.lower().startswith(start.lower()) and group and partition.isdecimal()):
        return None

    return _at(scope, partition, name[: len(start)], group)


def functions_place_of(name: str) -> Place | None:
    """By the last four steps of a name of Azure Functions, where the last is a number."""
    steps = name.split("/")
    if len(steps) < _FUNCTIONS_SEGMENTS or not steps[-1].isdecimal():
        return None

    namespace, hub, group, partition = steps[-_FUNCTIONS_SEGMENTS:]
    prefix = "/".join([*steps[:-2], ""])

    return Place(namespace, hub, group, partition, Role.LEASE, prefix=prefix) if group else None


def _as_functions(name: str, scope: Scope) -> Place | None:
    """HNS folders of the modern layout have as many steps."""
    place = functions_place_of(name)

    return place if place and scope.covers(place.namespace, place.hub) else None


# Microsoft.Azure.EventHubs.Processor: `{prefix}{group}/{partition}`, owner in OWNINGHOST too.
DOTNET = LeaseFormat(Layout.EPH_DOTNET, _DOTNET_KEYS, by_folder)

# azure-eventhubs-eph for Java: `{prefix}{group}/{partition}`, camelCase JSON, later OWNINGHOST.
JAVA = LeaseFormat(
    Layout.EPH_JAVA,
    LeaseKeys("partitionId", "owner", "token", "offset", "sequenceNumber"),
    by_folder,
)

# azure.eventprocessorhost 1.x. Two groups in one container collide: only where it is configured.
PYTHON = LeaseFormat(
    Layout.EPH_PYTHON,
    LeaseKeys("partition_id", "owner", "token", "offset", "sequence_number", released=None),
    _by_number,
)

# azure-event-hubs-go v1 to v3, and Dapr before 1.10 on top of it: JSON with a nested checkpoint.
# Names carry no hub or group, or glue them together: read only where configured.
GO = LeaseFormat(Layout.EPH_GO, _GO_KEYS, _by_last_number)
DAPR = LeaseFormat(Layout.DAPR_LEGACY, _GO_KEYS, _as_dapr)

# Azure Functions before extension 5: `{namespace}/{hub}/{group}/{partition}`, a .NET lease. After
# an upgrade these stay beside the modern records, which then win (facts.md §1.7).
FUNCTIONS = LeaseFormat(Layout.FUNCTIONS_LEGACY, _DOTNET_KEYS, _as_functions)

# In a container that somebody named, what is in a blob says which of these it is.
NAMED_CONTAINERS = (DOTNET, JAVA)
# Names that say neither hub nor group: only as `checkpoint_store.layout` says.
NAMELESS = {known.layout: known for known in (PYTHON, GO, DAPR)}
