"""What this host tells: processes that come and go."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ehtui.domain import timeline
from ehtui.domain.snapshot import ConsumerState, Subject
from ehtui.domain.state import Departure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.folds.builder import SnapshotBuilder
    from ehtui.domain.updates import ProcessesRead
    from ehtui.domain.world.process import ProcessId, ProcessSample

MOST_DEPARTURES = 64


def fold_processes(builder: SnapshotBuilder, update: ProcessesRead) -> None:
    """Fold in a scan: who is new, who is gone."""
    builder.restarts = update.restarts
    alive = {p.id: p for p in update.processes if not p.has_ended}
    known = {c.process.id: c for c in builder.consumers}
    _exchange(builder, known, alive, update.at)
    host = builder.host

    if host.listed_at is not None:
        for process in alive.values():
            if process.id not in known:
                _tell_start(builder, process)

    for id_, consumer in known.items():
        if id_ not in alive:
            _depart(builder, consumer, update.at)

    host = builder.host
    builder.host = replace(
        host,
        listed_at=update.at - update.duration_s,
        incidents={k: v for k, v in host.incidents.items() if k[0] in alive},
        troubles={k: v for k, v in host.troubles.items() if k[0] in alive},
        idle_since={k: v for k, v in host.idle_since.items() if k[0] in alive},
    )
    builder.consumers = tuple(
        replace(before, process=process)
        if (before := known.get(process.id)) is not None
        else ConsumerState(process)
        for process in update.processes
    )


def _exchange(
    builder: SnapshotBuilder,
    known: dict[ProcessId, ConsumerState],
    alive: Mapping[ProcessId, ProcessSample],
    at: float,
) -> None:
    """Whose process has exec'd another program is gone; a launcher that never owned is passed over.

    `known` loses it, so that it begins anew.
    """
    for id_, process in alive.items():
        before = known.get(id_)
        if before is None or before.process.id.runs_on_in(process.id):
            continue

        if not before.owners:
            known[id_] = ConsumerState(process)
            continue

        _depart(builder, before, at)
        links = {o: link for o, link in builder.host.links.items() if link.process != id_}
        builder.host = replace(builder.host, links=links)
        del known[id_]


def _tell_start(builder: SnapshotBuilder, process: ProcessSample) -> None:
    offset_s = builder.clock_offset_s or 0.0
    builder.tell(
        timeline.CONSUMER_STARTED,
        process.id.started_at + offset_s,
        Subject(pid=process.id.pid),
        timeline.ConsumerStarted(
            pid=process.id.pid,
            command=process.command,
            consumer_name=process.consumer_name,
            owner=None,
        ),
    )


def _depart(builder: SnapshotBuilder, consumer: ConsumerState, at: float) -> None:
    """A process is gone: remember which owners it was, so that a lapse can name its cause."""
    host, process = builder.host, consumer.process
    owners = tuple(
        link.owner
        for link in host.links.values()
        if link.process == process.id and not link.is_guess
    )

    if any(d.process == process.id for d in host.departures):
        return

    sent = [s.signal for s in host.signals if s.process == process.id]
    departure = Departure(
        process=process.id,
        at=builder.now,
        owners=owners,
        command=process.command,
        consumer_name=process.consumer_name,
        lived_s=max(0.0, at - process.id.started_at),
        signal=sent[-1] if sent else None,
        home=consumer.home,
    )
    builder.host = replace(host, departures=(*host.departures[-(MOST_DEPARTURES - 1) :], departure))
    owner = consumer.link.owner if consumer.link is not None else None
    builder.tell(
        timeline.CONSUMER_GONE,
        builder.now,
        Subject(pid=process.id.pid, owner=owner),
        timeline.ConsumerGone(
            pid=process.id.pid,
            command=process.command,
            consumer_name=process.consumer_name,
            owner=owner,
            lived_s=departure.lived_s,
            partitions=tuple("/".join(owned) for owned in consumer.owns),
            signal=departure.signal,
        ),
        is_approximate=True,
    )
