"""What processes say and do: complaints of their logs, restarts that did not end well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings import evidence as kinds
from ehtui.domain.findings.context import finding
from ehtui.domain.folds.host import WINDOW_S, partitions_of
from ehtui.domain.snapshot import Finding, Severity, Subject
from ehtui.domain.values import Value
from ehtui.domain.world.process import LogIncidentKind as Kind
from ehtui.domain.world.restarts import RestartStage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ehtui.domain.findings.context import GroupContext
    from ehtui.domain.folds.builder import SnapshotBuilder
    from ehtui.domain.snapshot import ConsumerState
    from ehtui.domain.state import LogBurst, LogTrouble
    from ehtui.domain.world.process import ProcessSample
    from ehtui.domain.world.restarts import RestartRecord


LASTING_S = 20.0  # one burst is one event, however many lines it writes
RECENT_S = 120.0  # a trouble that went quiet for so long is over
UNSEEN_S = 20.0  # a look at the store may show only later what explains a line
SETTLING_S = 60.0  # how far from a change of hands a lost partition is part of it


class Rule(Value, frozen=True):
    """From when on one kind of trouble is worth telling."""

    least: int  # lines within the window
    is_moving: bool = False  # partitions that change hands explain it
    needs: str | None = None  # a source that fails explains it
    lasts_s: float = LASTING_S  # 0: one line says that it stays so until somebody acts


_RULES: Mapping[Kind, Rule] = {
    Kind.CLAIM_FAILED: Rule(3, is_moving=True, needs="store"),
    Kind.LOST_OWNERSHIP: Rule(3, is_moving=True, needs="store"),
    Kind.LINK_STOLEN: Rule(3, is_moving=True),
    Kind.RECEIVER_QUOTA: Rule(2),
    Kind.CHECKPOINT_FAILED: Rule(2, needs="store"),
    Kind.BALANCING_FAILED: Rule(2, needs="store"),
    Kind.RECEIVE_FAILED: Rule(3, is_moving=True, needs="hub"),
    Kind.THROTTLED: Rule(2),
    Kind.ENTITY_DISABLED: Rule(1, lasts_s=0.0),
    Kind.OFFSET_REFUSED: Rule(1, lasts_s=0.0),
    # One refusal may be a token that is renewed late: the SDK asks for another.
    Kind.AUTHORISATION_LOST: Rule(2),
    Kind.OWNER_LEVEL_REFUSED: Rule(2),
}


def troubles(builder: SnapshotBuilder, contexts: Sequence[GroupContext]) -> Iterator[Finding]:
    """One finding a process and kind: recent, repeated, and without a cause told elsewhere."""
    if not builder.host.troubles:
        return

    consumers = {c.process.id: c for c in builder.consumers}

    for (process, kind), trouble in builder.host.troubles.items():
        rule, consumer = _RULES[kind], consumers.get(process)
        held = consumer.owns if consumer is not None else ()
        context = _context_of(builder, contexts, consumer)
        bursts = _unexplained(builder, rule, context, held, trouble)

        if not _is_lasting(builder, rule, bursts):
            continue

        group = context.name if context is not None else builder.policy.default_group
        subject = Subject(group=group, pid=process.pid)
        evidence = kinds.LogComplaint(
            pid=process.pid,
            owner=trouble.owner,
            count=sum(m.lines for m in bursts),
            window_s=WINDOW_S,
            partitions=partitions_of(bursts),
            said_at=bursts[-1].at,
            line=trouble.line,
        )
        told = kinds.LOG_COMPLAINTS[kind]
        yield finding(told, told.severities[0], subject, evidence, bursts[0].at)


def _context_of(
    builder: SnapshotBuilder, contexts: Sequence[GroupContext], consumer: ConsumerState | None
) -> GroupContext | None:
    """The group that the process reads; the configured one where nothing tells."""
    name = (consumer.home if consumer is not None else None) or builder.policy.default_group
    return next((c for c in contexts if c.name.lower() == name.lower()), None)


def _unexplained(
    builder: SnapshotBuilder,
    rule: Rule,
    context: GroupContext | None,
    held: Sequence[tuple[str, str]],
    trouble: LogTrouble,
) -> tuple[LogBurst, ...]:
    if rule.needs is not None and not builder.is_fresh(rule.needs):
        return ()

    if context is None or not rule.is_moving:
        return trouble.bursts

    named = partitions_of(trouble.bursts) or tuple(partition for _, partition in held)

    if context.explained.intersection(named) or context.shuffled.intersection(named):
        return ()

    changes = _changes(builder, context)
    return tuple(
        m
        for m in trouble.bursts
        if builder.now - m.at >= UNSEEN_S and not any(abs(m.at - c) <= SETTLING_S for c in changes)
    )


def _changes(builder: SnapshotBuilder, context: GroupContext) -> list[float]:
    """When partitions changed hands, and when somebody came or went: then links are lost."""
    joined = [t.joined_at for t in context.group.owners.values() if t.joined_at is not None]
    return [
        *(m.at for m in context.group.handovers),
        *joined,
        *(d.at for d in builder.host.departures),
    ]


def _is_lasting(builder: SnapshotBuilder, rule: Rule, bursts: Sequence[LogBurst]) -> bool:
    return bool(
        bursts
        and sum(m.lines for m in bursts) >= rule.least
        and bursts[-1].at - bursts[0].at >= rule.lasts_s
        and builder.now - bursts[-1].at <= RECENT_S
    )


SLOW_S = 10.0  # whoever closes its client in an ordinary way has ended by then


def unfinished(builder: SnapshotBuilder) -> Iterator[Finding]:
    """One for each restart that is stuck, or was left half done."""
    running = {c.process.id: c.process for c in builder.consumers if not c.process.has_ended}

    for record in builder.restarts:
        process = running.get(record.process)

        if process is not None:
            yield from _still_there(builder, record, process)
        elif record.is_down and not any(map(record.runs_again, running.values())):
            yield _down(builder, record)


def _still_there(
    builder: SnapshotBuilder, record: RestartRecord, process: ProcessSample
) -> Iterator[Finding]:
    if record.stage is not RestartStage.STOPPING:
        return

    if record.is_carried and builder.at - record.asked_at < SLOW_S:
        return

    kind = kinds.RESTART_SLOW if record.is_carried else kinds.RESTART_ABANDONED
    asked_at = builder.clocks.server(record.asked_at)
    evidence = kinds.StillRunning(
        pid=record.process.pid,
        signal=record.signal,
        asked_at=asked_at,
        status=process.status,
        command=" ".join(record.command),
    )
    yield finding(kind, Severity.WARNING, Subject(pid=evidence.pid), evidence, asked_at)


def _down(builder: SnapshotBuilder, record: RestartRecord) -> Finding:
    evidence = kinds.Down(
        pid=record.process.pid,
        stage=record.stage,
        obstacle=record.obstacle,
        detail=record.detail,
        exit_code=record.exit_code,
        command=record.command,
        folder=record.folder,
        log_path=record.log_path,
        variables=record.variables,
        consumer_name=record.consumer_name,
        asked_at=builder.clocks.server(record.asked_at),
    )
    subject, since = Subject(pid=evidence.pid), builder.clocks.server(record.at)
    return finding(kinds.CONSUMER_DOWN, Severity.CRITICAL, subject, evidence, since)


OF_SESSION = (unfinished,)
