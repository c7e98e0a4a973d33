"""How a group stood before a deployment, and what was seen since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import field
from msgspec.structs import replace

from ehtui.domain import timeline
from ehtui.domain.snapshot import (
    LIVE_STATES,
    Finding,
    GroupPartition,
    Severity,
    Snapshot,
    SourceStatus,
    Subject,
    TimelineEvent,
)
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

NEEDED = ("hub", "store")
_NO_OWNER = ""
_Handover = timeline.Claimed | timeline.TakenOver | timeline.Stolen


class PartitionBefore(Value, frozen=True):
    """One partition before a deployment."""

    id: str
    owner: str | None = None  # with a live lease
    lag: int | None = None  # the most that was seen while the baseline was taken
    last_sequence: int | None = None
    has_checkpoint: bool = True


class Baseline(Value, frozen=True):
    """How a group stood before."""

    at: float  # server time
    namespace: str
    hub: str
    group: str
    partitions: tuple[PartitionBefore, ...]
    # Warnings and worse: one that grows worse is another one.
    findings: tuple[tuple[str, Subject, Severity], ...] = ()

    @property
    def owners(self) -> frozenset[str]:
        """Who held something."""
        return frozenset(p.owner for p in self.partitions if p.owner is not None)


class Gap(Value, frozen=True):
    """A partition that changed hands, and how long nobody read it. `most_s` None: not known."""

    partition: str
    at: float  # server time of the claim
    from_owner: str | None
    to_owner: str | None
    least_s: float
    most_s: float | None


class Passing(Value, frozen=True):
    """A finding that was not there before, and when it was seen. Server times."""

    finding: Finding
    first_at: float
    last_at: float


class Mark(Value, frozen=True):
    """Where a partition stood when the deployment was said to have ended."""

    checkpoint: int | None
    last_sequence: int | None


class Watched(Value, frozen=True):
    """What was seen since the baseline."""

    baseline: Baseline
    until_at: float  # server time of the newest look
    listed_at: float | None = None  # and of the newest one at the store
    number: int = -1  # of the newest event of the timeline
    is_whole: bool = True  # no event was missed
    unread_since: float | None = None  # hub or store cannot be read
    blind_s: float = 0.0  # the longest that it was so
    silent_since: Mapping[str, float] = field(default_factory=dict)  # by partition: last renewal
    gaps: tuple[Gap, ...] = ()
    gone: Mapping[str, float] = field(default_factory=dict)  # owner → when its process had ended
    passing: tuple[Passing, ...] = ()
    ended_at: float | None = None  # the deployment, server time
    marks: Mapping[str, Mark] = field(default_factory=dict)  # by partition, at that moment


def baseline_of(looks: Iterable[Snapshot], group: str) -> Baseline | None:
    """How a group stands by a few looks, oldest first; None where hub or store is not known."""
    known = [look for look in looks if unread(look) == () and look.group(group) is not None]
    if not known or known[-1].hub is None:
        return None

    newest, hub = known[-1], known[-1].hub
    lags: dict[str, int] = {}
    owners: dict[str, str] = {}  # one that changes hands just now has an owner all the same

    for look in known:
        for partition in partitions_of(look, group):
            if (owner := live_owner(partition)) is not None:
                owners[partition.id] = owner

            if partition.lag is not None and not partition.lag_is_bound:
                lags[partition.id] = max(partition.lag, lags.get(partition.id, 0))

    last = last_sequences(newest)
    return Baseline(
        at=newest.server_now,
        namespace=hub.namespace,
        hub=hub.name,
        group=group,
        partitions=tuple(
            PartitionBefore(
                id=p.id,
                owner=owners.get(p.id),
                lag=lags.get(p.id),
                last_sequence=last.get(p.id),
                has_checkpoint=p.checkpoint is not None,
            )
            for p in partitions_of(newest, group)
        ),
        findings=tuple((*finding.key, finding.severity) for finding in grave(newest, group)),
    )


def watch_begun(baseline: Baseline, snapshot: Snapshot) -> Watched:
    """Nothing has happened yet."""
    number = _newest(snapshot.timeline, -1)
    return Watched(baseline, snapshot.server_now, snapshot.listed_at, number)


def followed(watched: Watched, snapshot: Snapshot) -> Watched:
    """With what a newer picture tells."""
    new = [event for event in snapshot.timeline if event.number > watched.number]
    seen = _Seen(dict(watched.gone), dict(watched.silent_since))
    seen.unseen_s = _unseen(watched.listed_at, snapshot.listed_at)
    gaps = [gap for event in new for gap in seen.gaps(event, watched.baseline.group)]
    # In the order of what happened, which is not the one in which it was told.
    first = min((event.number for event in new), default=0)
    missed = bool(new) and watched.number >= 0 and first > watched.number + 1
    since, blind_s = _blind(watched, snapshot)
    return replace(
        watched,
        until_at=snapshot.server_now,
        listed_at=snapshot.listed_at,
        number=_newest(new, watched.number),
        is_whole=watched.is_whole and not missed,
        unread_since=since,
        blind_s=blind_s,
        gaps=(*watched.gaps, *gaps),
        gone=seen.gone,
        silent_since=seen.silent_since,
        passing=_passing(watched, snapshot),
    )


def _blind(watched: Watched, snapshot: Snapshot) -> tuple[float | None, float]:
    """Since when hub or store cannot be read, and the longest that it ever was so."""
    if not unread(snapshot):
        return None, watched.blind_s

    since = watched.unread_since if watched.unread_since is not None else watched.until_at
    return since, max(watched.blind_s, snapshot.server_now - since)


def deployment_ended(watched: Watched, snapshot: Snapshot) -> Watched:
    """From now on it has to be as before."""
    marks = marks_of(snapshot, watched.baseline.group)
    return replace(watched, ended_at=snapshot.server_now, marks=marks)


def marks_of(snapshot: Snapshot, group: str) -> Mapping[str, Mark]:
    """Where each partition stands."""
    last = last_sequences(snapshot)
    return {
        p.id: Mark(p.checkpoint.sequence if p.checkpoint is not None else None, last.get(p.id))
        for p in partitions_of(snapshot, group)
    }


def _newest(events: Sequence[TimelineEvent], otherwise: int) -> int:
    return max((event.number for event in events), default=otherwise)


def _unseen(before_at: float | None, now_at: float | None) -> float | None:
    """How long lay between two looks at the store: what happened in it was not seen."""
    return None if before_at is None or now_at is None else now_at - before_at


class _Seen:
    """What events tell of who held partitions, one after the other."""

    def __init__(self, gone: dict[str, float], silent_since: dict[str, float]) -> None:
        self.gone = gone
        self.silent_since = silent_since
        self.unseen_s: float | None = None

    def gaps(self, event: TimelineEvent, group: str) -> Iterator[Gap]:
        """How long a partition was without a reader, where the event ends such a time."""
        details = event.details

        if isinstance(details, timeline.ConsumerGone):
            if details.owner is not None:
                self.gone[details.owner] = event.at

            return

        partition = event.subject.partition
        if partition is None or (event.subject.group or "").lower() != group.lower():
            return

        match details:
            case timeline.Overdue(renewed_at=float(renewed_at)):
                self.silent_since[partition] = renewed_at
            case timeline.Recovered():
                # Whoever keeps its id may have been another process, or only slow.
                since, owner = self.silent_since.pop(partition, None), event.subject.owner
                most_s = None if since is None else event.at - since
                yield _gap(event, (owner, owner), 0.0, most_s)
            case timeline.Claimed() | timeline.TakenOver() | timeline.Stolen():
                self.silent_since.pop(partition, None)
                yield from self._handover(event, details)

    def _handover(self, event: TimelineEvent, details: _Handover) -> Iterator[Gap]:
        hands = details.previous_owner, details.owner
        least_s: float = 0.0
        most_s: float | None

        match details:
            case timeline.Claimed():
                least_s = details.free_s or 0.0
                most_s = self.unseen_s if details.free_s is None else details.free_s
            case timeline.TakenOver():
                least_s = details.dead_s or 0.0
                most_s = details.gap_s if details.dead_s is None else details.dead_s
            case timeline.Stolen():
                # It was read until then, unless the process of who held it had ended before.
                least_s = max(0.0, event.at - self.gone.get(hands[0] or _NO_OWNER, event.at))
                most_s = least_s

        if details.owner is not None:
            self.gone.pop(details.owner, None)  # it lives, whatever ended before under its id

        if not (isinstance(details, timeline.Claimed) and details.was == "never_owned"):
            yield _gap(event, hands, least_s, most_s)


def _gap(
    event: TimelineEvent, hands: tuple[str | None, str | None], least_s: float, most_s: float | None
) -> Gap:
    return Gap(
        partition=event.subject.partition or "",
        at=event.at,
        from_owner=hands[0],
        to_owner=hands[1],
        least_s=max(0.0, least_s),
        most_s=most_s,
    )


def _passing(watched: Watched, snapshot: Snapshot) -> tuple[Passing, ...]:
    seen = {each.finding.key: each for each in watched.passing}
    at = snapshot.server_now

    for finding in new_findings(watched.baseline, snapshot):
        before = seen.get(finding.key)
        first_at = before.first_at if before is not None else at
        seen[finding.key] = Passing(finding, first_at, at)

    return tuple(seen.values())


def new_findings(baseline: Baseline, snapshot: Snapshot) -> tuple[Finding, ...]:
    """Warnings and worse that were not there before, or were less."""
    known = {(id_, subject): severity for id_, subject, severity in baseline.findings}
    return tuple(
        finding
        for finding in grave(snapshot, baseline.group)
        if known.get(finding.key) not in {finding.severity, Severity.CRITICAL}
    )


def unread(snapshot: Snapshot) -> tuple[str, ...]:
    """Which of hub and store could not be read last."""
    states = {source.name: source.status for source in snapshot.sources}
    return tuple(name for name in NEEDED if states.get(name) is not SourceStatus.OK)


def partitions_of(snapshot: Snapshot, group: str) -> tuple[GroupPartition, ...]:
    """The partitions as a group sees them; none where nobody knows the group."""
    found = snapshot.group(group)
    return found.partitions if found is not None else ()


def last_sequences(snapshot: Snapshot) -> dict[str, int]:
    """The newest event of each partition that was read."""
    return {p.id: p.sample.last_sequence for p in snapshot.partitions if p.sample is not None}


def live_owner(partition: GroupPartition) -> str | None:
    """Who holds it with a lease that has not run out."""
    return partition.lease.owner if partition.lease.state in LIVE_STATES else None


def grave(snapshot: Snapshot, group: str) -> Iterator[Finding]:
    """Warnings and worse of this group, and of what all groups share."""
    for finding in snapshot.findings:
        about = finding.subject.group
        if finding.severity is not Severity.INFO and about in {None, group.lower(), group}:
            yield finding
