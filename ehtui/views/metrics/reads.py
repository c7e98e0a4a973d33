"""What each metric of a partition, a group or a source is read from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from ehtui.domain.snapshot import (
    LIVE_STATES,
    BehindBasis,
    GroupPartition,
    GroupState,
    LeaseState,
    PartitionState,
    SourceState,
    SourceStatus,
)
from ehtui.domain.values import Value
from ehtui.views.metrics.values import (
    OF_BOTH,
    OF_GROUP,
    OF_HUB,
    OF_PARTITION,
    Kind,
    Metric,
    Picture,
)

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Read(Value, Generic[T], frozen=True):
    """How a metric is read from what it is of; None is unknown."""

    metric: Metric
    of: Callable[[T, Picture], float | None]


def _lag(partition: GroupPartition, _: Picture) -> float | None:
    return None if partition.lag_is_bound else partition.lag


def _most_lag(partition: GroupPartition, _: Picture) -> float | None:
    return partition.lag if partition.lag_is_bound else None


def _is_owned(partition: GroupPartition, _: Picture) -> float | None:
    state = partition.lease.state
    return None if state is LeaseState.UNREADABLE else float(state in LIVE_STATES)


def _is_at_least(partition: GroupPartition, _: Picture) -> float | None:
    behind = partition.behind
    return None if behind is None else float(behind.basis is BehindBasis.AT_LEAST)


def _is_up(source: SourceState, _: Picture) -> float | None:
    judged = {SourceStatus.OK: 1.0, SourceStatus.FAILED: 0.0}
    return judged.get(source.status)


def _age(source: SourceState, picture: Picture) -> float | None:
    return None if source.read_at is None else max(0.0, picture.now - source.read_at)


PARTITIONS: tuple[Read[PartitionState], ...] = (
    Read(
        Metric(
            "ehtui.partition.enqueued_events",
            "{event}",
            "Events that were ever enqueued in the partition: its last sequence number, plus one. "
            "It begins again where the hub is recreated.",
            OF_PARTITION,
            Kind.COUNTER,
        ),
        lambda each, _: None if each.sample is None else each.sample.last_sequence + 1,
    ),
    Read(
        Metric(
            "ehtui.partition.last_sequence_number",
            "{sequence_number}",
            "Sequence number of the last event in the partition; -1 before the first one.",
            OF_PARTITION,
        ),
        lambda each, _: None if each.sample is None else each.sample.last_sequence,
    ),
    Read(
        Metric(
            "ehtui.partition.first_sequence_number",
            "{sequence_number}",
            "Sequence number of the oldest event that retention keeps.",
            OF_PARTITION,
        ),
        lambda each, _: (
            None if each.sample is None or each.sample.is_empty else each.sample.begin_sequence
        ),
    ),
    Read(
        Metric(
            "ehtui.partition.last_enqueued_timestamp",
            "s",
            "When the last event was enqueued, by the service's clock, in epoch seconds.",
            OF_PARTITION,
        ),
        lambda each, _: None if each.sample is None else each.sample.last_enqueued_at,
    ),
    Read(
        Metric(
            "ehtui.partition.sample_age",
            "s",
            "How long ago the partition was read: of a large hub not every read reads all.",
            OF_PARTITION,
        ),
        lambda each, at: None if each.sample is None else max(0.0, at.now - each.sample.sampled_at),
    ),
)

GROUP_PARTITIONS: tuple[Read[GroupPartition], ...] = (
    Read(
        Metric(
            "ehtui.group.partition.lag",
            "{event}",
            "Events after the group's checkpoint that can still be read: the last sequence number "
            "minus the checkpoint's, as both stood at one moment, less what retention removed. "
            "It is the lag of `ehtui status`. No sample while it is unknown, or where the "
            "partition was never checkpointed.",
            OF_BOTH,
        ),
        _lag,
    ),
    Read(
        Metric(
            "ehtui.group.partition.lag_limit",
            "{event}",
            "Where the group never checkpointed the partition: its lag is at most so much, all "
            "that retention keeps.",
            OF_BOTH,
        ),
        _most_lag,
    ),
    Read(
        Metric(
            "ehtui.group.partition.behind",
            "s",
            "Age of the oldest event after the checkpoint: lag in time. Zero where nothing waits.",
            OF_BOTH,
        ),
        lambda each, _: None if each.behind is None else each.behind.seconds,
    ),
    Read(
        Metric(
            "ehtui.group.partition.behind_is_lower_bound",
            "{flag}",
            "1 where that event is older than what ehtui has watched: it is behind by at least so "
            "much. 0 where it was measured or lies between two reads.",
            OF_BOTH,
        ),
        _is_at_least,
    ),
    Read(
        Metric(
            "ehtui.group.partition.lost",
            "{event}",
            "Events after the checkpoint that retention removed before the group read them.",
            OF_BOTH,
        ),
        lambda each, _: each.lost,
    ),
    Read(
        Metric(
            "ehtui.group.partition.checkpoint_sequence_number",
            "{sequence_number}",
            "Sequence number in the group's checkpoint. It can go back, when somebody rewinds it.",
            OF_BOTH,
        ),
        lambda each, _: None if each.checkpoint is None else each.checkpoint.sequence,
    ),
    Read(
        Metric(
            "ehtui.group.partition.checkpoint_timestamp",
            "s",
            "When the checkpoint was written, by the storage server's clock, in epoch seconds.",
            OF_BOTH,
        ),
        lambda each, _: None if each.checkpoint is None else each.checkpoint.blob.last_modified,
    ),
    Read(
        Metric(
            "ehtui.group.partition.owned",
            "{flag}",
            "1 while somebody's lease on the partition lives, overdue or not; 0 where it has "
            "expired, was released or never was. No sample where its record cannot be read.",
            OF_BOTH,
        ),
        _is_owned,
    ),
    Read(
        Metric(
            "ehtui.group.partition.lease_renewed_timestamp",
            "s",
            "When the lease was last renewed, by the storage server's clock, in epoch seconds.",
            OF_BOTH,
        ),
        lambda each, _: each.lease.renewed_at,
    ),
    Read(
        Metric(
            "ehtui.group.partition.lease_expiry_timestamp",
            "s",
            "When the lease expires, or did, unless it is renewed: epoch seconds of the storage "
            "server's clock.",
            OF_BOTH,
        ),
        lambda each, _: each.lease.expires_at,
    ),
)

GROUPS: tuple[Read[GroupState], ...] = (
    Read(
        Metric(
            "ehtui.group.owners",
            "{owner}",
            "Owners that hold at least one live lease of the group.",
            OF_GROUP,
        ),
        lambda each, _: sum(bool(owner.partitions) for owner in each.owners),
    ),
    Read(
        Metric(
            "ehtui.group.lag_unknown_partitions",
            "{partition}",
            "Partitions of the group whose lag has no sample: a sum over the others is of less "
            "than all.",
            OF_GROUP,
        ),
        lambda each, _: sum(p.lag is None or p.lag_is_bound for p in each.partitions),
    ),
)

SOURCES: tuple[Read[SourceState], ...] = (
    Read(
        Metric(
            "ehtui.source.up",
            "{flag}",
            "1 where the last read of the source (hub, store, processes, logs) worked, 0 where it "
            "failed. While it fails, what it told before stays, and its age grows.",
            (*OF_HUB, "source"),
        ),
        _is_up,
    ),
    Read(
        Metric(
            "ehtui.source.age",
            "s",
            "How long ago the source was last read: so old is what rests on it.",
            (*OF_HUB, "source"),
        ),
        _age,
    ),
    Read(
        Metric(
            "ehtui.source.read_timestamp",
            "s",
            "When the source was last read, by this host's clock, in epoch seconds: what ages in a "
            "file too.",
            (*OF_HUB, "source"),
        ),
        lambda each, _: each.read_at,
    ),
    Read(
        Metric(
            "ehtui.source.read_duration",
            "s",
            "How long the last read of the source took.",
            (*OF_HUB, "source"),
        ),
        lambda each, _: each.duration_s,
    ),
)
