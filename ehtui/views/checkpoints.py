"""Checkpoints as tables and documents: where a group stands, and what a plan will write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.actions.checkpoint_files import rows_of
from ehtui.domain.actions.checkpoint_plan import repeated_in
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.actions.checkpoints import (
    effect,
    owner_words,
    standing_words,
    strategy_words,
    why_unwritten,
)
from ehtui.views.data_table import DataTable, escaped, markdown_text
from ehtui.views.events.reading import PEEK_GROUP
from ehtui.views.new_group import create_group
from ehtui.views.outcomes import refusal_sentence
from ehtui.views.phrasing import hub_words
from ehtui.views.status_values import moment
from ehtui.views.width import pad, width

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ehtui.domain.actions.checkpoint_plan import Change, CheckpointPlan, LiveOwner
    from ehtui.domain.actions.outcomes import Refusal
    from ehtui.domain.snapshot import GroupPartition, GroupState, Snapshot
    from ehtui.domain.world.store import BlobIdentity
    from ehtui.views.data_table import Record

_GAP = "  "
_HEAD = ("PARTITION", "CHECKPOINT", "OFFSET", "LAG", "WRITTEN", "LAYOUT", "BLOB")


def plan_lines(plan: CheckpointPlan, profile: str | None = None) -> list[str]:
    """A plan as a table, partition by partition, below the hub that it is about."""
    head = ("PARTITION", "OLD", "NEW", "NEXT", "REPLAYS", "SKIPS", "CHECKS")
    repeated = repeated_in(plan.changes)
    rows = [_plan_row(change, named=change.partition in repeated) for change in plan.changes]

    return [
        f"Hub: {hub_words(plan.namespace, plan.hub, profile, plan.is_production)}",
        f"Checkpoints of {safe(plan.group)} {strategy_words(plan.strategy)}:",
        "",
        *_aligned([head, *rows], numbers=range(1, 6)),
    ]


def _plan_row(change: Change, *, named: bool) -> tuple[str, ...]:
    after = standing_words(change.before if change.unwritten is not None else change.after)
    is_written = change.unwritten is None
    blob = f"; in {safe(change.container)}/{safe(change.name)}" if named else ""
    known = formats.count if is_written else lambda _: formats.UNKNOWN

    return (
        safe(change.partition),
        standing_words(change.before),
        after,
        formats.UNKNOWN
        if change.next_sequence is None or not is_written
        else str(change.next_sequence),
        known(change.replayed),
        known(change.skipped),
        (f"stays: {why_unwritten(change)}" if not is_written else effect(change)) + blob,
    )


def owner_lines(owners: Sequence[LiveOwner]) -> Iterator[str]:
    """Who would write over it, and how those of this host are stopped."""
    for owner in owners:
        yield f"{owner_words(owner)}."

    pids = [str(owner.process.pid) for owner in owners if owner.process is not None]

    if pids:
        yield f"To stop those on this host first: ehtui signal {' '.join(pids)}"

    if len(pids) < len(owners):
        yield "Stop the others where they run; a lease that nobody renews expires by itself."


def peek_group_lines(plan: CheckpointPlan) -> Iterator[str]:
    """How a group to read events in is made."""
    yield f"To have events read: {create_group(plan.namespace, plan.hub, PEEK_GROUP)},"
    yield f"then set eventhub.peek_group: {PEEK_GROUP}, or use --peek-group {PEEK_GROUP}."


def plan_document(plan: CheckpointPlan, refusal: Refusal | None) -> dict[str, object]:
    """A plan as JSON, which `--from-file` reads again."""
    return {
        "schema": "ehtui.checkpoint-plan/1",
        "namespace": plan.namespace,
        "hub": plan.hub,
        "group": plan.group,
        "strategy": strategy_words(plan.strategy),
        "planned_at": plan.planned_at,
        "owners": [
            {
                "owner": owner.owner,
                "partitions": list(owner.partitions),
                "pid": owner.process.pid if owner.process is not None else None,
            }
            for owner in plan.owners
        ],
        "owners_are_known": plan.owners_are_known,
        "refused": refusal.reason.value if refusal is not None else None,
        "sentence": refusal_sentence(refusal) if refusal is not None else None,
        "changes": rows_of(plan),
    }


def group_lines(snapshot: Snapshot, group: GroupState, *, has_blobs: bool = True) -> list[str]:
    """Where a group stands; the names of its blobs are long."""
    rows = [_group_row(snapshot, partition) for partition in group.partitions]
    shown = [row if has_blobs else row[:-1] for row in (_HEAD, *rows)]

    return [f"{safe(group.name)}:", *_aligned(shown, numbers=range(1, 4))]


def _group_row(snapshot: Snapshot, partition: GroupPartition) -> tuple[str, ...]:
    found = partition.checkpoint
    lag = formats.lag(partition.lag, is_bound=partition.lag_is_bound)

    if found is None:
        return (safe(partition.id), "none", formats.UNKNOWN, lag, formats.UNKNOWN, "", "")

    blob = found.blob

    return (
        safe(partition.id),
        formats.UNKNOWN if found.sequence is None else str(found.sequence),
        formats.UNKNOWN if found.offset is None else safe(found.offset),
        lag,
        formats.age(max(0.0, snapshot.server_now - blob.last_modified)),
        found.layout.value,
        safe(f"{blob.container}/{blob.name}"),
    )


# Each column and what it means.
DATA_COLUMNS: Mapping[str, str] = {
    "group": "consumer group",
    "partition": "its id",
    "sequence": "sequence number of the last event that is done",
    "offset": "its offset: opaque",
    "lag": "events after it that can still be read",
    "lag_is_bound": "whether it was never checkpointed: at most so much",
    "owner": "who holds the partition",
    "written_at": "when the checkpoint was written",
    "layout": "format of its records",
    "container": "of the blob",
    "name": "of the blob",
    "etag": "of the blob",
}


def groups_data(groups: Sequence[GroupState]) -> DataTable:
    """Where groups stand, a row a group and partition."""
    return DataTable.of(
        DATA_COLUMNS,
        (
            {
                **_told(partition),
                "group": safe(group.name),
                "written_at": moment(at.last_modified) if (at := _blob(partition)) else None,
            }
            for group in groups
            for partition in group.partitions
        ),
    )


def groups_page(snapshot: Snapshot, groups: Sequence[GroupState]) -> str:
    """The same for people, as Markdown."""
    tables = [
        DataTable(_HEAD, tuple(_group_row(snapshot, each) for each in group.partitions))
        for group in groups
    ]
    parts = [
        f"### Checkpoints of {escaped(group.name)}\n\n{markdown_text(table)}"
        for group, table in zip(groups, tables, strict=True)
    ]
    return "\n".join(parts) or "No group has checkpoints here.\n"


def _blob(partition: GroupPartition) -> BlobIdentity | None:
    return partition.checkpoint.blob if partition.checkpoint is not None else None


def groups_document(snapshot: Snapshot, groups: Sequence[GroupState]) -> dict[str, object]:
    """Where groups stand, as JSON."""
    return {
        "schema": "ehtui.checkpoints/1",
        "at": snapshot.server_now,
        "groups": [
            {"group": group.name, "partitions": [_told(each) for each in group.partitions]}
            for group in groups
        ],
    }


def _told(partition: GroupPartition) -> Record:
    found = partition.checkpoint

    return {
        "partition": partition.id,
        "sequence": found.sequence if found is not None else None,
        "offset": found.offset if found is not None else None,
        "lag": partition.lag,
        "lag_is_bound": partition.lag_is_bound,
        "owner": partition.lease.owner,
        "written_at": found.blob.last_modified if found is not None else None,
        "layout": found.layout.value if found is not None else None,
        "container": found.blob.container if found is not None else None,
        "name": found.blob.name if found is not None else None,
        "etag": found.blob.etag if found is not None else None,
    }


def _aligned(rows: Sequence[Sequence[str]], numbers: range) -> Iterator[str]:
    cells = [max(map(width, column)) for column in zip(*rows, strict=True)]

    for row in rows:
        told = [
            pad(text, cells[place], align_right=place in numbers) for place, text in enumerate(row)
        ]
        yield _GAP.join(told).rstrip()
