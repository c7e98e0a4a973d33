"""What this host tells: processes that come and go, and what their logs say."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain import timeline
from ehtui.domain.snapshot import ConsumerState, SourceState, Subject
from ehtui.domain.state import Departure, HostMemory, LogBurst, LogTrouble
from ehtui.domain.timeline import LogLines
from ehtui.domain.world.joined_listing import natural
from ehtui.domain.world.process import LinkBasis, LogIncidentKind, ProcessId

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ehtui.domain.folds.builder import SnapshotBuilder
    from ehtui.domain.updates import LogsRead, ProcessesRead
    from ehtui.domain.world.process import LogIncident, OwnerLink, ProcessSample


MOST_DEPARTURES = 64
OF_THIS_HOST = frozenset({"processes", "logs"})  # sources


def forget_host(builder: SnapshotBuilder) -> None:
    """Nobody looks at this host any more: what it was seen to run may have ended since."""
    host = builder.host
    builder.host = HostMemory(signals=host.signals, starts=host.starts)
    builder.consumers, builder.restarts = (), ()
    builder.failures = {k: v for k, v in builder.failures.items() if k not in OF_THIS_HOST}
    builder.sources = tuple(
        SourceState(source.name) if source.name in OF_THIS_HOST else source
        for source in builder.sources
    )


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
        alive_at=host.listed_at + (builder.clock_offset_s or 0.0)
        if host.listed_at is not None
        else None,
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


Troubles = dict[tuple[ProcessId, LogIncidentKind], LogTrouble]


WINDOW_S = 300.0  # how long a line counts
TOLD_EVERY_S = 60.0  # a flood is one event a minute
MOST_LINKS, MOST_BURSTS = 1024, 64


def fold_logs(builder: SnapshotBuilder, update: LogsRead) -> None:
    """Fold in what logs told: who is which owner, and how often each trouble was named."""
    incidents, troubles = dict(builder.host.incidents), dict(builder.host.troubles)
    links, doubted = _named(builder, update.links)

    for incident in update.incidents:
        process = incident.process or _process_of(builder, incident.owner)
        if process is None:
            continue

        key = (process, incident.kind)
        incidents[key] = incidents.get(key, 0) + incident.count

        if incident.kind in timeline.LOG_KINDS and not incident.is_past:
            troubles[key] = _noted(builder, troubles.get(key), incident)

    behind = Counter[int]()  # a process may write several logs

    for pid, count in update.behind:
        behind[pid] += count

    if len(links) > MOST_LINKS:
        newest = sorted(links.values(), key=lambda link: link.seen_at)[-MOST_LINKS:]
        links = {link.owner: link for link in newest}

    builder.host = replace(
        builder.host,
        links=links,
        doubted=doubted,
        claims=update.claims,
        incidents=incidents,
        followed=frozenset(pid for pid, _ in update.followed),
        behind=behind,
        shared=_shared(update.links),
        troubles=_told(builder, troubles),
    )


def _named(
    builder: SnapshotBuilder, told: Iterable[OwnerLink]
) -> tuple[dict[str, OwnerLink], dict[str, OwnerLink]]:
    """What logs say now, and what of it is in doubt: each read tells all that is known.

    So what was taken back, as who else writes a log became known, goes.
    """
    before = builder.host.links
    links = {o: k for o, k in before.items() if k.basis is not LinkBasis.LOG}
    doubted: dict[str, OwnerLink] = {}

    for link in told:
        known = before.get(link.owner)
        is_known = known is not None and known.process == link.process and not known.is_guess

        # An appended log names the owners of earlier runs too: they were other processes.
        if link.over_at is not None and not is_known:
            doubted[link.owner] = link
        else:
            links[link.owner] = link

    return links, doubted


def _process_of(builder: SnapshotBuilder, owner: str | None) -> ProcessId | None:
    """Who an owner is, as far as was known before: of a line in a log that several write."""
    link = builder.host.links.get(owner) if owner is not None else None
    return link.process if link is not None else None


def _shared(links: Iterable[OwnerLink]) -> frozenset[str]:
    """Owner ids that the logs of several processes name."""
    processes: dict[str, set[ProcessId]] = {}

    for link in links:
        processes.setdefault(link.owner, set()).add(link.process)

    return frozenset(owner for owner, named in processes.items() if len(named) > 1)


def _noted(builder: SnapshotBuilder, known: LogTrouble | None, incident: LogIncident) -> LogTrouble:
    known = known or LogTrouble()
    at = incident.at + (builder.clock_offset_s or 0.0)
    burst = LogBurst(at, incident.count, incident.partition)
    return replace(
        known,
        bursts=(*known.bursts[-(MOST_BURSTS - 1) :], burst),
        line=incident.line,
        owner=incident.owner or known.owner,
        untold=known.untold + incident.count,
    )


def _told(builder: SnapshotBuilder, troubles: Troubles) -> Troubles:
    """Those that still count; what was not told for a minute goes onto the timeline."""
    kept: Troubles = {}

    for key, trouble in troubles.items():
        if trouble.untold and builder.now - (trouble.told_at or 0.0) >= TOLD_EVERY_S:
            _tell(builder, *key, trouble)
            told = replace(trouble, told_at=builder.now, untold=0)
        else:
            told = trouble

        bursts = tuple(m for m in told.bursts if builder.now - m.at <= WINDOW_S)
        if bursts:
            kept[key] = told if len(bursts) == len(told.bursts) else replace(told, bursts=bursts)

    return kept


def _tell(
    builder: SnapshotBuilder, process: ProcessId, kind: LogIncidentKind, trouble: LogTrouble
) -> None:
    since = trouble.told_at or 0.0
    builder.tell(
        timeline.LOG_KINDS[kind],
        trouble.bursts[-1].at,
        Subject(pid=process.pid, owner=trouble.owner),
        LogLines(
            pid=process.pid,
            owner=trouble.owner,
            count=trouble.untold,
            partitions=partitions_of(m for m in trouble.bursts if m.at > since),
            line=trouble.line,
        ),
        is_approximate=True,
    )


def partitions_of(bursts: Iterable[LogBurst]) -> tuple[str, ...]:
    """The partitions that these lines named, in natural order."""
    return natural({m.partition for m in bursts if m.partition is not None})
