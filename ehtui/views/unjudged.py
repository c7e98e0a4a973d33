"""What so short a look cannot judge: rates, health and findings need a history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.progress.rules import FILLING
from ehtui.domain.snapshot import LIVE_STATES, Snapshot, SourceStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.views.status_document import NotJudged

# Findings that compare what was seen with what came before.
NEED_HISTORY: tuple[NotJudged, ...] = (
    "handler.stuck",
    "checkpoint.never",
    "group.behind",
    "group.churn",
    "group.leases_too_short",
    "group.imbalanced",
    "partition.pingpong",
    "partition.hot",
    "owner.crash_loop",
    "retention.risk",
    "consumer.starved",
)
NEED_HUB: NotJudged = "partitions"
NEED_STORE: tuple[NotJudged, ...] = ("owners", "leases", "checkpoints", "lag")


def not_judged(snapshot: Snapshot) -> tuple[NotJudged, ...]:
    """Codes of what is missing: fields of the document, parts of it, ids of findings."""
    fields = tuple(name for name, is_missing in _fields(snapshot).items() if is_missing)
    store = next((source for source in snapshot.sources if source.name == "store"), None)
    has_store = store is None or store.status is SourceStatus.OK

    return (
        *fields,
        *((NEED_HUB,) if unread_partitions(snapshot) else ()),
        *(() if has_store else NEED_STORE),
        *(NEED_HISTORY if _is_first_look(snapshot) or "health" in fields else ()),
    )


def unread_partitions(snapshot: Snapshot) -> int:
    """How many partitions the hub named and has told nothing of: a large one takes minutes."""
    return sum(partition.sample is None for partition in snapshot.partitions)


def _fields(snapshot: Snapshot) -> Mapping[NotJudged, bool]:
    """Which fields some row lacks though they will be known."""
    rows = [partition for group in snapshot.groups for partition in group.partitions]
    leases = [row.lease for row in rows if row.lease.state in LIVE_STATES]

    return {
        "in_per_s": any(p.sample is not None and p.in_per_s is None for p in snapshot.partitions),
        "out_per_s": any(row.checkpoint is not None and row.out_per_s is None for row in rows),
        "behind_s": any(row.lag and not row.lag_is_bound and row.behind is None for row in rows),
        "renewed_every_s": any(lease.renewed_every_s is None for lease in leases),
        "health": any(row.rule == FILLING for row in rows),
        "cpu_percent": any(c.process.cpu_percent is None for c in snapshot.consumers),
    }


def _is_first_look(snapshot: Snapshot) -> bool:
    """Whether no partition was seen twice: a rate takes two looks."""
    return all(partition.in_per_s is None for partition in snapshot.partitions)
