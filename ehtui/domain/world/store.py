"""Records of a checkpoint store as they were written, whoever wrote them (facts.md §1)."""

from __future__ import annotations

from enum import StrEnum

from ehtui.domain.values import Value
from ehtui.domain.world.hub import is_integer


class Layout(StrEnum):
    """Which client family's format a record has."""

    MODERN = "modern"  # .../ownership/{pid} and .../checkpoint/{pid} with metadata
    FUNCTIONS_LEGACY = "functions-legacy"  # azure-webjobs-eventhub, JSON lease
    EPH_DOTNET = "eph-dotnet"  # OWNINGHOST metadata, blob lease, JSON body
    EPH_JAVA = "eph-java"
    EPH_PYTHON = "eph-python"
    EPH_GO = "eph-go"
    DAPR_LEGACY = "dapr-legacy"


class RecordKind(StrEnum):
    """What a blob is for, by its place."""

    OWNERSHIP = "ownership"
    CHECKPOINT = "checkpoint"
    LEASE = "lease"  # both in one


class BlobIdentity(Value, frozen=True):
    """Where a record stands: enough to write it back on a condition."""

    container: str
    name: str
    etag: str
    last_modified: float  # server time, 1 s resolution


class Ownership(Value, frozen=True):
    """One ownership record: a lease and its holder."""

    namespace: str  # as written, case and port kept
    hub: str
    group: str
    partition: str
    owner: str | None  # None: released (written empty)
    blob: BlobIdentity
    layout: Layout
    # Blob-lease layouts only: "leased", "available", "expired", "broken", "breaking".
    # Their Last-Modified says nothing about the lease's age.
    blob_lease_state: str | None = None
    remark: str = ""  # what is odd about the record, such as a partition that it does not name

    @property
    def holder(self) -> str | None:
        """Who holds it; None where it was released, or its blob lease was given up.

        A host may leave its name in the content: the service says that nobody has the lease.
        """
        return None if self.blob_lease_state == "available" else self.owner


class Checkpoint(Value, frozen=True):
    """One checkpoint record. Both values may be unset."""

    namespace: str
    hub: str
    group: str
    partition: str
    sequence: int | None
    offset: str | None  # opaque
    blob: BlobIdentity
    layout: Layout
    client_identifier: str | None = None  # .NET only: who wrote it
    remark: str = ""  # what is odd about the record


class UnreadableBlob(Value, frozen=True):
    """A blob that stands where a record should and cannot be read as one."""

    container: str
    name: str
    reason: str
    group: str | None = None
    partition: str | None = None
    kind: RecordKind | None = None  # of what cannot be read; None: a container
    written_at: float | None = None  # server time


class OtherName(Value, frozen=True):
    """What a store holds of this hub's name and group under another name of a namespace."""

    namespace: str  # as written
    hub: str
    group: str
    container: str
    owners: int  # owner ids that its ownerships name
    owned_at: float | None  # server time at which one of them last wrote
    written_at: float | None  # and anybody anything
    seen_at: float  # server time of the listing that showed it


class StoreListing(Value, frozen=True):
    """One listing of all observed containers, parsed."""

    ownerships: tuple[Ownership, ...]
    checkpoints: tuple[Checkpoint, ...]
    unreadable: tuple[UnreadableBlob, ...]
    server_time: float  # the reply's Date header
    read_at: float  # local time when that header arrived
    blobs_seen: int
    pages: int
    elsewhere: tuple[OtherName, ...] = ()
    asked_at: float | None = None  # local; None: not noted

    @property
    def moment(self) -> float:
        """When it was true, as near as a round trip tells: half-way."""
        return self.read_at if self.asked_at is None else (self.asked_at + self.read_at) / 2


def is_old_form(checkpoint: Checkpoint) -> bool:
    """Whether a checkpoint is one that a geo-replicated hub refuses after a promotion.

    An integer offset is; so is a sequence number alone, which is of one region.
    """
    if checkpoint.offset is None:
        return checkpoint.sequence is not None

    return is_integer(checkpoint.offset)
