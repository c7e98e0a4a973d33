"""What a row is about, in full, beside what its cells say: what filters ask and copies take."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from ehtui.domain.snapshot import ConsumerRole, LeaseState
from ehtui.domain.values import Value
from ehtui.views.keys import event_key, finding_key, partitions_of, process_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ehtui.domain.snapshot import (
        ConsumerState,
        Finding,
        GroupPartition,
        Snapshot,
        Subject,
        TimelineEvent,
    )

_UNOWNED = {LeaseState.RELEASED, LeaseState.NEVER_OWNED}
_IDLE = {ConsumerRole.STANDBY, ConsumerRole.STARVED}


class RowFacts(Value, frozen=True):
    """Empty is not known, or does not apply; texts are as they are, not yet safe to show."""

    partitions: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()  # whole ids
    owns_none: bool = False  # nobody owns it, or it owns nothing: known, not guessed
    pids: tuple[int, ...] = ()
    age_s: float | None = None  # of a lease since its renewal, a process, a finding, an event
    group: str | None = None
    kind: str | None = None  # of a finding or an event
    command: str | None = None
    blobs: tuple[str, ...] = ()  # names: of the ownership, then of the checkpoint

    @property
    def owner_words(self) -> tuple[str, ...]:
        """Whose it is, for a search: whole ids, or `none`."""
        return (*self.owners, *(("none",) if self.owns_none else ()))


NOTHING = RowFacts()


class FactsOf:
    """The facts of a pane's rows in one picture, by key; looked up when they are asked for."""

    def __init__(self, snapshot: Snapshot, group: str, pane: str) -> None:
        self.snapshot = snapshot
        self.group = group
        self.pane = pane

    def of(self, key: str) -> RowFacts:
        """What that row is about; nothing once it is gone."""
        make = self._by_key.get(key)
        return make() if make is not None else NOTHING

    @cached_property
    def _by_key(self) -> Mapping[str, Callable[[], RowFacts]]:
        snapshot = self.snapshot
        match self.pane:
            case "partitions":
                return dict(self._partitions())
            case "consumers":
                known = snapshot.consumers
                return {process_key(c.process.id): partial(self._consumer, c) for c in known}
            case "findings":
                return {finding_key(f): partial(self._finding, f) for f in snapshot.findings}
            case "timeline":
                return {event_key(e): partial(self._event, e) for e in snapshot.timeline}
            case _:
                return {g.name: partial(RowFacts, group=g.name) for g in snapshot.groups}

    def _partitions(self) -> Iterable[tuple[str, Callable[[], RowFacts]]]:
        state = self.snapshot.group(self.group)

        for partition in self.snapshot.partitions:
            yield partition.id, partial(RowFacts, (partition.id,))

        for known in (*state.partitions, *state.strays) if state else ():
            yield known.id, partial(self._partition, known)

    def _partition(self, partition: GroupPartition) -> RowFacts:
        lease = partition.lease
        owners = (lease.owner,) if lease.owner and lease.state not in _UNOWNED else ()
        holders = self._processes_of(owners)
        at = lease.renewed_at
        return RowFacts(
            partitions=(partition.id,),
            owners=owners,
            owns_none=lease.state in _UNOWNED,
            pids=tuple(c.process.id.pid for c in holders),
            age_s=None if at is None or not owners else max(0.0, self.snapshot.server_now - at),
            group=self.group,
            command=holders[0].process.command if holders else None,
            blobs=_blobs(partition),
        )

    def _consumer(self, consumer: ConsumerState) -> RowFacts:
        process = consumer.process
        return RowFacts(
            partitions=tuple(partition for _, partition in consumer.owns),
            owners=consumer.owners,
            owns_none=consumer.role in _IDLE,
            pids=(process.id.pid,),
            age_s=max(0.0, self.snapshot.taken_at - process.id.started_at),
            group=consumer.home,
            command=process.command,
        )

    def _finding(self, finding: Finding) -> RowFacts:
        return self._about(finding.subject, partitions_of(finding), finding.since, finding.id)

    def _event(self, event: TimelineEvent) -> RowFacts:
        about = event.subject.partition
        partitions: tuple[str, ...] = (about,) if about is not None else ()

        if not partitions and event.finding is not None:
            partitions = partitions_of(event.finding)

        return self._about(event.subject, partitions, event.at, event.kind)

    def _about(
        self, subject: Subject, partitions: tuple[str, ...], at: float, kind: str
    ) -> RowFacts:
        owners = (subject.owner,) if subject.owner else ()
        holders = self._processes_of(owners, subject.pid)
        pids = tuple(c.process.id.pid for c in holders)
        return RowFacts(
            partitions=partitions,
            owners=owners,
            pids=(subject.pid,) if subject.pid is not None else pids,
            age_s=max(0.0, self.snapshot.server_now - at),
            group=subject.group,
            kind=kind,
            command=holders[0].process.command if holders else None,
        )

    def _processes_of(
        self, owners: tuple[str, ...], pid: int | None = None
    ) -> tuple[ConsumerState, ...]:
        return tuple(
            consumer
            for consumer in self.snapshot.consumers
            if consumer.process.id.pid == pid
            or (pid is None and not {*owners}.isdisjoint(consumer.owners))
        )


def _blobs(partition: GroupPartition) -> tuple[str, ...]:
    names = [partition.lease.blob] if partition.lease.blob else []

    if partition.checkpoint is not None:
        names.append(partition.checkpoint.blob.name)

    return tuple(dict.fromkeys(names))
