"""What a checkpoint proves, by who writes it (facts.md §1.7, §1.9, §8).

Most SDKs leave it to the handler, so that it stands for work that is done. Azure Functions write it
whether the function succeeded or failed, Dapr when events were handed to the application.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ehtui.domain.leases.sdks import hints_of
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ehtui.domain.snapshot import GroupPartition, GroupState, Snapshot


FUNCTIONS_CONTAINER = "azure-webjobs-eventhub"  # the Functions host's own; it cannot be set


class Writer(StrEnum):
    """Who writes a group's checkpoints."""

    FUNCTIONS = "functions"
    DAPR = "dapr"
    PYTHON = "python"
    DOTNET = "dotnet"
    JAVA = "java"
    JS = "js"
    GO = "go"
    RUST = "rust"
    HOST = "host"  # an event processor host, before the SDKs of today


class Proof(StrEnum):
    """How far a checkpoint vouches for the events before it."""

    PROCESSED = "processed"  # the handler wrote it
    HANDED_OVER = "handed_over"  # they were given to the application
    REGARDLESS = "regardless"  # whether the application succeeded or failed


class Proven(Value, frozen=True):
    """What is known of a partition's checkpoint; None is unknown."""

    proof: Proof | None = None
    writer: Writer | None = None

    @property
    def is_done(self) -> bool | None:
        """Whether a lag of zero means that the work is done."""
        return None if self.proof is None else self.proof is Proof.PROCESSED


UNPROVEN = Proven()
_FUNCTIONS = Proven(Proof.REGARDLESS, Writer.FUNCTIONS)
_HOST = Proven(Proof.PROCESSED, Writer.HOST)
# By `Layout`, whose module the first paint does without.
_BY_LAYOUT: Mapping[str, Proven] = {
    "functions-legacy": _FUNCTIONS,
    "dapr-legacy": Proven(Proof.REGARDLESS, Writer.DAPR),
    "eph-dotnet": _HOST,
    "eph-java": _HOST,
    "eph-python": _HOST,
    "eph-go": _HOST,
}
_DAPR = Proven(Proof.HANDED_OVER, Writer.DAPR)
_DAPR_PROGRAM, _DAPR_ID = "daprd", "dapr-"


class Proofs:
    """Looks up what the checkpoints of one group prove."""

    def __init__(self, snapshot: Snapshot, group: GroupState | None) -> None:
        programs = {c.process.id: c.process.program for c in snapshot.consumers}
        owners = group.owners if group is not None else ()
        links = {owner.id: owner.link for owner in owners if owner.link is not None}
        self._told = {
            owner: (programs.get(link.process, ""), link.evidence) for owner, link in links.items()
        }

    def of(self, partition: GroupPartition) -> Proven:
        """What the partition's checkpoint proves."""
        record = partition.checkpoint
        if record is None:
            return UNPROVEN

        if record.blob.container == FUNCTIONS_CONTAINER:
            return _FUNCTIONS

        if record.layout in _BY_LAYOUT:
            return _BY_LAYOUT[record.layout]

        lease = partition.lease
        # Who holds it now wrote only what was written since it does.
        is_its = lease.claimed_at is None or record.blob.last_modified >= lease.claimed_at
        found = self._of_owner(lease.owner) if lease.owner and is_its else UNPROVEN

        if found is UNPROVEN and record.client_identifier:  # .NET alone writes it
            return Proven(Proof.PROCESSED, Writer.DOTNET)

        return found

    def is_any_undone(self, partitions: Sequence[GroupPartition]) -> bool:
        """Whether some checkpoint is known to prove less than that events were processed.

        A thousand partitions have a handful of kinds of records: only where one of these could be
        such a one is each looked at.
        """
        kinds = {
            (record.layout, record.blob.container, partition.lease.owner)
            for partition in partitions
            if (record := partition.checkpoint) is not None
        }
        could_be = any(
            container == FUNCTIONS_CONTAINER
            or _BY_LAYOUT.get(layout, UNPROVEN).is_done is False
            or (owner is not None and self._of_owner(owner).is_done is False)
            for layout, container, owner in kinds
        )
        return could_be and any(self.of(partition).is_done is False for partition in partitions)

    def _of_owner(self, owner: str) -> Proven:
        program, evidence = self._told.get(owner, ("", None))
        if program.startswith(_DAPR_PROGRAM) or owner.startswith(_DAPR_ID):
            return _DAPR

        hints = hints_of(program or None, evidence)
        writer = next(iter(hints)) if len(hints) == 1 else None

        return Proven(Proof.PROCESSED, Writer(writer)) if writer in set(Writer) else UNPROVEN
