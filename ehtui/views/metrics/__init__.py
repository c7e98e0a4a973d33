"""A snapshot as metrics: what `ehtui metrics` writes, serves and pushes.

Names and units are OpenTelemetry's (dots; `{event}` is an annotation); `metrics_text` makes them
Prometheus' by the rules of OpenTelemetry's specification, so that scraped and pushed series are
called the same. Its conventions for messaging know metrics of clients alone, and none of what a
monitor sees: what it has is the attributes, so labels are these. No label grows without bound:
owner ids and process ids change with every start, and are counted instead. Unknown has no sample.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, TypeVar

import ehtui
from ehtui.domain.snapshot import ConsumerRole, Health, LeaseState, Severity, SourceStatus
from ehtui.domain.text import safe
from ehtui.views.metrics.reads import GROUP_PARTITIONS, GROUPS, PARTITIONS, SOURCES, Read
from ehtui.views.metrics.values import (
    GROUP,
    OF_BOTH,
    OF_GROUP,
    OF_HUB,
    PARTITION,
    Family,
    Kind,
    Labels,
    Metric,
    Picture,
    Sample,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from enum import StrEnum

    from ehtui.domain.snapshot import Finding, GroupState, Snapshot

T = TypeVar("T")
K = TypeVar("K", bound="StrEnum")

_BUILD = Metric("ehtui.build", "", "The ehtui that tells this.", ("version",), Kind.INFO)
_USABLE = Metric(
    "ehtui.hub.usable",
    "{flag}",
    "1 where what is configured for the hub can be used, 0 where it cannot: then it is not "
    "watched, or goes on with what was configured before. What is not known has no label.",
    OF_HUB,
)
_LEASES = Metric(
    "ehtui.group.lease_partitions",
    "{partition}",
    "Partitions of the group by the state of their lease: held, overdue, expired, released, "
    "never_owned, unreadable.",
    (*OF_GROUP, "state"),
)
_HEALTH = Metric(
    "ehtui.group.health_partitions",
    "{partition}",
    "Partitions of the group by their health: " + ", ".join(Health) + ".",
    (*OF_GROUP, "health"),
)
_CONSUMERS = Metric(
    "ehtui.consumers",
    "{process}",
    "Processes on this host that are, or may be, consumers of the hub, by their role: "
    + ", ".join(ConsumerRole)
    + ".",
    (*OF_HUB, "role"),
)
_FINDINGS = Metric(
    "ehtui.findings",
    "{finding}",
    "Findings now, by severity. No sample before hub and store were tried once.",
    (*OF_HUB, "severity"),
)
_SINCE = Metric(
    "ehtui.finding_since_timestamp",
    "s",
    "Since when a finding (docs/legend.md) is there, in epoch seconds; of several of one kind the "
    "oldest. There is a sample while there is the finding.",
    (*OF_BOTH, "finding", "severity"),
)
_CLOCK = Metric(
    "ehtui.clock_offset",
    "s",
    "The storage server's clock minus this host's, by which its consumers judge leases.",
    OF_HUB,
)

METRICS: tuple[Metric, ...] = (
    _BUILD,
    _USABLE,
    *(read.metric for read in SOURCES),
    *(read.metric for read in PARTITIONS),
    *(read.metric for read in GROUPS),
    _LEASES,
    _HEALTH,
    *(read.metric for read in GROUP_PARTITIONS),
    _FINDINGS,
    _SINCE,
    _CONSUMERS,
    _CLOCK,
)


def families(pictures: Iterable[Picture]) -> tuple[Family, ...]:
    """What is known of these hubs, in the order of `METRICS`, without what has no sample."""
    found: dict[str, list[Sample]] = {_BUILD.name: [_sample((("version", ehtui.__version__),), 1)]}

    for picture in pictures:
        for metric, sample in _samples(picture):
            if math.isfinite(sample.value):
                found.setdefault(metric.name, []).append(sample)

    # Of hubs without a name, those of one profile are one.
    found[_USABLE.name] = list(dict.fromkeys(found.get(_USABLE.name, ())))
    return tuple(
        Family(metric, tuple(found[metric.name])) for metric in METRICS if found.get(metric.name)
    )


def _samples(picture: Picture) -> Iterator[tuple[Metric, Sample]]:
    snapshot, labels = picture.snapshot, picture.labels
    yield _USABLE, _sample(labels, int(picture.problem is None))

    for source in snapshot.sources:
        yield from _read(SOURCES, source, picture, (*labels, ("source", safe(source.name))))

    for partition in snapshot.partitions:
        own = (*labels, (PARTITION, safe(partition.id)))
        yield from _read(PARTITIONS, partition, picture, own)

    if snapshot.listed_at is not None or _has_read(snapshot, "store"):
        for group in snapshot.groups:
            if not snapshot.is_only_listed(group):  # of which there is nothing to count
                yield from _of_group(group, picture)

    yield from _of_findings(snapshot, labels)

    if _has_read(snapshot, "processes"):
        roles = Counter(consumer.role for consumer in snapshot.consumers)
        yield from _counted(_CONSUMERS, labels, "role", ConsumerRole, roles)

    if snapshot.clock_skew_s is not None:
        yield _CLOCK, _sample(labels, snapshot.clock_skew_s)


def _has_read(snapshot: Snapshot, name: str) -> bool:
    return any(each.name == name and each.read_at is not None for each in snapshot.sources)


def _of_group(group: GroupState, picture: Picture) -> Iterator[tuple[Metric, Sample]]:
    labels = (*picture.labels, (GROUP, safe(group.name)))
    yield from _read(GROUPS, group, picture, labels)

    states = Counter(partition.lease.state for partition in group.partitions)
    yield from _counted(_LEASES, labels, "state", LeaseState, states)
    yield from _counted(_HEALTH, labels, "health", Health, group.counts)

    for partition in group.partitions:
        own = (*labels, (PARTITION, safe(partition.id)))
        yield from _read(GROUP_PARTITIONS, partition, picture, own)


def _of_findings(snapshot: Snapshot, labels: Labels) -> Iterator[tuple[Metric, Sample]]:
    judged_by = [each for each in snapshot.sources if each.name in {"hub", "store"}]

    is_tried = all(source.status is not SourceStatus.STARTING for source in judged_by)

    if snapshot.taken_at and is_tried:  # else nothing was ever told
        severities = Counter(finding.severity for finding in snapshot.findings)
        yield from _counted(_FINDINGS, labels, "severity", Severity, severities)

    oldest: dict[Labels, float] = {}

    for finding in snapshot.findings:
        own = (*labels, *_of_finding(finding))
        oldest[own] = min(finding.since, oldest.get(own, finding.since))

    for own, since in oldest.items():
        yield _SINCE, _sample(own, since)


def _of_finding(finding: Finding) -> Iterator[tuple[str, str]]:
    """Without owner and process, which come and go."""
    if finding.subject.group is not None:
        yield GROUP, safe(finding.subject.group)

    if finding.subject.partition is not None:
        yield PARTITION, safe(finding.subject.partition)

    yield "finding", safe(finding.id)
    yield "severity", finding.severity


def _read(
    reads: Iterable[Read[T]], of: T, picture: Picture, labels: Labels
) -> Iterator[tuple[Metric, Sample]]:
    for read in reads:
        value = read.of(of, picture)

        if value is not None:
            yield read.metric, _sample(labels, value)


def _counted(
    metric: Metric,
    labels: Labels,
    name: str,
    kinds: type[K],
    counts: Mapping[K, int],
) -> Iterator[tuple[Metric, Sample]]:
    """One sample for each kind, also for those that nothing is of: it was looked."""
    for kind in kinds:
        yield metric, _sample((*labels, (name, kind.value)), counts.get(kind, 0))


def _sample(labels: Labels, value: float) -> Sample:
    return Sample(labels, value)
