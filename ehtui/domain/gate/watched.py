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
    findings: tuple[tuple[str, Subject], ...] = ()  # warnings and worse, by their keys

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

    for look in known:
        for partition in partitions_of(look, group):
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
                p.id, live_owner(p), lags.get(p.id), last.get(p.id), p.checkpoint is not None
            )
            for p in partitions_of(newest, group)
        ),
        findings=tuple(finding.key for finding in grave(newest, group)),
    )


def watch_begun(baseline: Baseline, snapshot: Snapshot) -> Watched:
    """Nothing has happened yet."""
    number = _newest(snapshot.timeline, -1)
    return Watched(baseline, snapshot.server_now, snapshot.listed_at, number)


def followed(watched: Watched, snapshot: Snapshot) -> Watched:
    """With what a newer picture tells."""
    new = [event for event in snapshot.timeline if event.number > watched.number]
    unseen_s = _unseen(watched.listed_at, snapshot.listed_at)
    gone, gaps = dict(watched.gone), list(watched.gaps)
    group = watched.baseline.group.lower()

    for event in new:
        match event.details:
            case timeline.ConsumerGone(owner=str(owner)):
                gone[owner] = event.at
            case _ if (event.subject.group or "").lower() == group:
                gaps.extend(_gap(event, gone, unseen_s))

    # In the order of what happened, which is not the one in which it was told.
    first = min((event.number for event in new), default=0)
    missed = bool(new) and watched.number >= 0 and first > watched.number + 1
    return replace(
        watched,
        until_at=snapshot.server_now,
        listed_at=snapshot.listed_at,
        number=_newest(new, watched.number),
        is_whole=watched.is_whole and not missed,
        gaps=tuple(gaps),
        gone=gone,
        passing=_passing(watched, snapshot),
    )


def deployment_ended(watched: Watched, snapshot: Snapshot) -> Watched:
    """From now on it has to be as before."""
    last = last_sequences(snapshot)
    marks = {
        p.id: Mark(p.checkpoint.sequence if p.checkpoint is not None else None, last.get(p.id))
        for p in partitions_of(snapshot, watched.baseline.group)
    }
    return replace(watched, ended_at=snapshot.server_now, marks=marks)


def _newest(events: Sequence[TimelineEvent], otherwise: int) -> int:
    return max((event.number for event in events), default=otherwise)


def _unseen(before_at: float | None, now_at: float | None) -> float | None:
    """How long lay between two looks at the store: what happened in it was not seen."""
    return None if before_at is None or now_at is None else now_at - before_at


def _gap(event: TimelineEvent, gone: Mapping[str, float], unseen_s: float | None) -> Iterator[Gap]:
    partition = event.subject.partition
    if partition is None:
        return

    def gap(owner: str | None, to: str | None, least_s: float, most_s: float | None) -> Gap:
        return Gap(
            partition=partition,
            at=event.at,
            from_owner=owner,
            to_owner=to,
            least_s=max(0.0, least_s),
            most_s=most_s,
        )

    match event.details:
        case timeline.Claimed(was="released") as claim:
            free_s = claim.free_s
            most_s = unseen_s if free_s is None else free_s  # released and claimed unseen
            yield gap(claim.previous_owner, claim.owner, free_s or 0.0, most_s)
        case timeline.TakenOver() as taken if taken.dead_s is not None:
            yield gap(taken.previous_owner, taken.owner, taken.dead_s, taken.dead_s)
        case timeline.TakenOver() as taken:
            yield gap(taken.previous_owner, taken.owner, 0.0, taken.gap_s)
        case timeline.Stolen() as stolen:
            # It was read until then, unless the process of who held it had ended before.
            ended_at = gone.get(stolen.previous_owner or _NO_OWNER, event.at)
            dead_s = max(0.0, event.at - ended_at)
            yield gap(stolen.previous_owner, stolen.owner, dead_s, dead_s)


def _passing(watched: Watched, snapshot: Snapshot) -> tuple[Passing, ...]:
    known = frozenset(watched.baseline.findings)
    seen = {each.finding.key: each for each in watched.passing}
    at = snapshot.server_now

    for finding in grave(snapshot, watched.baseline.group):
        if finding.key not in known:
            before = seen.get(finding.key)
            first_at = before.first_at if before is not None else at
            seen[finding.key] = Passing(finding, first_at, at)

    return tuple(seen.values())


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
