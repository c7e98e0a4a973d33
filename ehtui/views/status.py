"""The JSON document of `ehtui status --json`, schema `ehtui.status/1`, and the exit code.

Additive only. Moments are ISO 8601 in UTC, lengths seconds; unknown is null, never 0.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.evidence import FlatFacts, facts
from ehtui.domain.snapshot import (
    ConsumerState,
    Finding,
    PartitionState,
    Severity,
    Snapshot,
    SourceState,
    SourceStatus,
    Subject,
    TimelineEvent,
)
from ehtui.domain.text import safe
from ehtui.domain.world.hub import StartPosition, end_of
from ehtui.views import findings, timeline
from ehtui.views.lags import ConsumerLag, ConsumerLags
from ehtui.views.pending import not_judged, unread_partitions
from ehtui.views.phrasing import Phrasing
from ehtui.views.status_groups import group_document
from ehtui.views.status_values import moment, rounded
from ehtui.views.takeovers import takeover_document
from ehtui.views.timeline import noticed_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.domain.world.hub import HubDescription, PartitionSample
    from ehtui.domain.world.process import OwnerLink
    from ehtui.domain.world.route import Route
    from ehtui.views.status_document import (
        ConsumerDocument,
        EventDocument,
        Fact,
        FindingDocument,
        HubDocument,
        HubPartitionDocument,
        OwnerLinkDocument,
        RouteDocument,
        SourceDocument,
        StatusDocument,
        SubjectDocument,
    )


class FailOn(StrEnum):
    """From which severity on the exit code tells of findings."""

    WARNING = "warning"
    CRITICAL = "critical"
    NEVER = "never"


OK, WARNING, CRITICAL, UNREADABLE = 0, 1, 2, 3


def exit_code(snapshot: Snapshot, fail_on: FailOn = FailOn.CRITICAL) -> int:
    """0 fine, 1 warning, 2 critical (both only as `fail_on` allows), 3 a source was not read whole.

    That comes first: what it would have told is not judged.
    """
    unread = {SourceStatus.FAILED, SourceStatus.STARTING}

    if any(source.status in unread for source in snapshot.sources) or unread_partitions(snapshot):
        return UNREADABLE

    return finding_code(snapshot.findings, fail_on)


def finding_code(findings_: Iterable[Finding], fail_on: FailOn) -> int:
    """What the exit code tells of findings alone."""
    found = {finding.severity for finding in findings_}

    if Severity.CRITICAL in found and fail_on is not FailOn.NEVER:
        return CRITICAL

    return WARNING if Severity.WARNING in found and fail_on is FailOn.WARNING else OK


def document(snapshot: Snapshot) -> StatusDocument:
    """Everything known, as plain values."""
    say, lags = Phrasing(snapshot), ConsumerLags(snapshot)
    return {
        "schema": "ehtui.status/1",
        "taken_at": moment(snapshot.taken_at),
        "clock_offset_s": rounded(snapshot.clock_skew_s),
        "hub": _hub(snapshot),
        "groups": [group_document(group, snapshot) for group in snapshot.groups],
        "consumers": [_consumer(consumer, lags.of(consumer)) for consumer in snapshot.consumers],
        "findings": [finding_document(finding, say) for finding in snapshot.findings],
        "timeline": [event_document(event, say) for event in snapshot.timeline],
        "takeovers": [takeover_document(measured) for measured in snapshot.takeovers],
        "sources": [_source(source, snapshot) for source in snapshot.sources],
        "not_judged": list(not_judged(snapshot)),
    }


def findings_document(snapshot: Snapshot) -> dict[str, object]:
    """`ehtui.findings/1`: what `findings` tells, each as the status document has it."""
    say = Phrasing(snapshot)
    return {
        "schema": "ehtui.findings/1",
        **_about(snapshot),
        "findings": [finding_document(finding, say) for finding in snapshot.findings],
        "sources": [_source(source, snapshot) for source in snapshot.sources],
        "not_judged": list(not_judged(snapshot)),
    }


def timeline_document(snapshot: Snapshot, watched_s: float) -> dict[str, object]:
    """`ehtui.timeline/1`: what happened, each event as the status document has it."""
    say = Phrasing(snapshot)
    return {
        "schema": "ehtui.timeline/1",
        **_about(snapshot),
        "watched_s": rounded(watched_s),
        "events": [event_document(event, say) for event in snapshot.timeline],
    }


def _about(snapshot: Snapshot) -> dict[str, object]:
    hub = snapshot.hub
    return {
        "taken_at": moment(snapshot.taken_at),
        "namespace": safe(hub.namespace) if hub else None,
        "hub": safe(hub.name) if hub else None,
    }


def _hub(snapshot: Snapshot) -> HubDocument | None:
    hub = snapshot.hub

    if hub is None:
        return None

    return {
        "namespace": safe(hub.namespace),
        "name": safe(hub.name),
        "created_at": moment(hub.created_at),
        "georeplication_factor": hub.georeplication_factor,
        "partitions": [_partition(partition, hub) for partition in snapshot.partitions],
    }


def _is_start(hub: HubDescription, sample: PartitionSample | None) -> bool | None:
    """Whether a client may be given that offset to read on behind it."""
    return isinstance(end_of(hub, sample), StartPosition) if sample is not None else None


def _partition(partition: PartitionState, hub: HubDescription) -> HubPartitionDocument:
    sample = partition.sample
    return {
        "id": safe(partition.id),
        "begin_sequence": sample.begin_sequence if sample else None,
        "last_sequence": sample.last_sequence if sample else None,
        "last_offset": safe(sample.last_offset) if sample else None,
        "last_offset_is_start": _is_start(hub, sample),
        "last_enqueued_at": moment(sample.last_enqueued_at) if sample else None,
        "is_empty": sample.is_empty if sample else None,
        "in_per_s": rounded(partition.in_per_s),
        "sampled_at": moment(sample.sampled_at) if sample else None,
    }


def _consumer(consumer: ConsumerState, lag: ConsumerLag) -> ConsumerDocument:
    process, link = consumer.process, consumer.link

    return {
        "pid": process.id.pid,
        "started_at": moment(process.id.started_at),
        "name": safe(process.consumer_name) if process.consumer_name else None,
        "status": safe(process.status),
        "role": consumer.role,
        "owner": safe(link.owner) if link else None,
        "owner_basis": link.basis if link else None,
        "owner_evidence": safe(link.evidence) if link else None,
        "owners": [_link(each) for each in consumer.links],
        "idle_in": [{"group": safe(group), "role": role} for group, role in consumer.idle],
        "owns": [
            {"group": safe(group), "partition": safe(partition)}
            for group, partition in consumer.owns
        ],
        "lag": lag.events,
        "lag_is_partial": lag.is_partial,
        "lag_is_bound": lag.is_bound,
        "cpu_percent": rounded(process.cpu_percent),
        "memory_percent": rounded(process.memory_percent),
        "rss_bytes": process.rss_bytes,
        "threads": process.threads,
        "connections": process.connections,
        "log": consumer.log,
        "command": safe(process.command),
    }


def _link(link: OwnerLink) -> OwnerLinkDocument:
    return {
        "id": safe(link.owner),
        "group": safe(link.group) if link.group is not None else None,
        "basis": link.basis,
        "evidence": safe(link.evidence),
    }


def finding_document(finding: Finding, say: Phrasing) -> FindingDocument:
    """A finding with its sentence and advice, as the document has it."""
    return {
        "id": safe(finding.id),
        "severity": finding.severity,
        "subject": _subject(finding.subject),
        "since_at": moment(finding.since),
        "summary": findings.sentence(finding, say),
        "evidence": _evidence(facts(finding.evidence)),
        "advice": list(findings.advice(finding, say)),
    }


def event_document(event: TimelineEvent, say: Phrasing) -> EventDocument:
    """One event."""
    return {
        "number": event.number,
        "at": moment(event.at),
        "is_approximate": event.is_approximate,
        "kind": safe(event.kind),
        "subject": _subject(event.subject),
        "summary": timeline.sentence(event, say),
        "details": _evidence(facts(event.details)),
        "finding": _then(event, say),
    }


def _then(event: TimelineEvent, say: Phrasing) -> FindingDocument | None:
    """The finding that began or ended, as it was when it began."""
    if event.finding is None:
        return None

    return finding_document(event.finding, replace(say, as_of=noticed_at(event)))


def _subject(subject: Subject) -> SubjectDocument:
    return {
        "group": safe(subject.group) if subject.group is not None else None,
        "partition": safe(subject.partition) if subject.partition is not None else None,
        "owner": safe(subject.owner) if subject.owner is not None else None,
        "pid": subject.pid,
        "source": safe(subject.source) if subject.source is not None else None,
    }


def _evidence(evidence: FlatFacts) -> dict[str, Fact]:
    told: dict[str, Fact] = {}

    for key, fact in evidence.items():
        if isinstance(fact, tuple):
            told[key] = [safe(item) for item in fact]
        elif isinstance(fact, str):
            told[key] = safe(fact)
        elif isinstance(fact, float):
            told[key] = moment(fact) if key.endswith("_at") else rounded(fact)
        else:
            told[key] = fact

    return told


def _source(source: SourceState, snapshot: Snapshot) -> SourceDocument:
    age_s = None if source.read_at is None else snapshot.taken_at - source.read_at
    problem = source.problem
    return {
        "name": safe(source.name),
        "state": source.status,
        "age_s": rounded(age_s),
        "error": safe(problem.summary) if problem else None,
        "error_kind": problem.kind if problem else None,
        "advice": safe(problem.advice) if problem and problem.advice else None,
        "failing_since_at": moment(source.failing_since),
        "route": _route(source.route) if source.route else None,
    }


def _route(route: Route) -> RouteDocument:
    return {
        "carrier": route.carrier,
        "host": safe(route.host),
        "port": route.port,
        "tls": route.uses_tls,
        "proxy": safe(route.proxy) if route.proxy else None,
        "chosen": route.is_chosen,
    }
