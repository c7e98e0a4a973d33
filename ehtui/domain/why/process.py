"""The checks behind a process of this host and behind an owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.evidence import TakeoverTimes
from ehtui.domain.findings.evidence import StandingBy, Starving
from ehtui.domain.leases.sdks import runtime_of
from ehtui.domain.snapshot import (
    ConsumerRole,
    ConsumerState,
    Finding,
    GroupState,
    Health,
    LeaseState,
    Snapshot,
    Subject,
)
from ehtui.domain.why import checks as ask_for
from ehtui.domain.why import evidence as kinds
from ehtui.domain.why.checks import (
    FREE,
    Check,
    Verdict,
    Why,
    about,
    as_far_as_read,
    check,
    is_failing,
    verdict_of,
)
from ehtui.domain.world.process import LogState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Not members of any group here: nothing to be asked of what they own.
_OTHERS = {
    ConsumerRole.PRODUCER: Verdict.PRODUCER,
    ConsumerRole.ELSEWHERE: Verdict.ELSEWHERE,
}
_IDLE = {ConsumerRole.STANDBY: Verdict.STANDBY, ConsumerRole.STARVED: Verdict.STARVED}


def why_process(snapshot: Snapshot, subject: Subject, pid: int) -> Why:
    """Why a process receives events, or none."""
    consumer = next((c for c in snapshot.consumers if c.process.id.pid == pid), None)
    process = consumer.process if consumer is not None else None
    is_alive = process is not None and not process.has_ended
    running = kinds.RunningProcess(
        pid=pid,
        status=process.status if process else None,
        started_at=process.id.started_at if process else None,
    )
    checks = [check(kinds.PROCESS_IS_ALIVE, running, passed=is_alive)]

    if consumer is None or process is None or not is_alive:
        return Why(subject, Verdict.GONE, tuple(checks), about(snapshot, pid=pid))

    owner = consumer.link.owner if consumer.link is not None else None
    findings = about(snapshot, pid=pid, owner=owner)
    checks.append(_is_consumer(consumer))

    if consumer.role in _OTHERS:
        return Why(subject, _OTHERS[consumer.role], tuple(checks), findings)

    checks += [
        *(ask_for.is_known(snapshot, each) for each in consumer.owners or (None,)),
        *_log(consumer),
        *ask_for.sources(snapshot),
        check(
            kinds.PROCESS_OWNS,
            kinds.ProcessOwns(pid, owner, _named(consumer.owns)),
            passed=bool(consumer.owns) if consumer.role is not ConsumerRole.UNKNOWN else None,
        ),
    ]

    if consumer.owns:
        return Why(subject, *_owned(snapshot, consumer.owns, checks), findings)

    checks += _room(snapshot, consumer, findings)
    return Why(subject, _part(consumer, checks), tuple(checks), findings)


def _is_consumer(consumer: ConsumerState) -> Check:
    """What tells that it is one of this hub, or none."""
    process = consumer.process
    is_tied = consumer.link or (process.connections and not process.may_be_anothers)
    is_it = True if is_tied else None
    evidence = kinds.ConsumerSigns(
        pid=process.id.pid,
        recognised_by=process.recognised_by,
        connections=process.connections,
        web_connections=process.web_connections,
        command=process.command,
        traffic=process.traffic,
        named_hubs=process.target.named_hubs if process.target else (),
    )
    passed = False if consumer.role in _OTHERS else is_it
    return check(kinds.PROCESS_IS_CONSUMER, evidence, passed=passed)


def why_owner(snapshot: Snapshot, subject: Subject, owner: str) -> Why:
    """Why an owner holds what it holds."""
    owns = tuple(
        (group.name, pid)
        for group in snapshot.groups
        for state in group.owners
        if state.id == owner
        for pid in state.partitions
    )
    lapsed = any(p.lease.owner == owner for g in snapshot.groups for p in g.partitions)
    findings = about(snapshot, owner=owner)
    checks = [
        *ask_for.sources(snapshot),
        ask_for.is_known(snapshot, owner),
        check(kinds.OWNER_HOLDS, kinds.OwnerHolds(owner, _named(owns)), passed=bool(owns)),
        ask_for.is_stable(findings, is_owned=bool(owns)),
    ]

    if owns:
        return Why(subject, *_owned(snapshot, owns, checks), findings)

    consumer = next((c for c in snapshot.consumers if owner in c.owners), None)

    if consumer is not None:
        checks += _room(snapshot, consumer, findings)
        return Why(subject, _part(consumer, checks), tuple(checks), findings)

    return Why(subject, Verdict.GONE if lapsed else Verdict.MISSING, tuple(checks), findings)


def _log(consumer: ConsumerState) -> Iterator[Check]:
    """Why nothing ties it to an owner."""
    process = consumer.process

    if consumer.link is not None:
        return

    evidence = kinds.OwnerLog(
        pid=process.id.pid,
        log=process.log_path,
        runtime=runtime_of(process.program),
        is_shared=consumer.log is LogState.SHARED,
    )
    is_no_help = consumer.log in {LogState.SILENT, LogState.NONE, LogState.SHARED}
    yield check(kinds.LOG_NAMES_OWNER, evidence, passed=False if is_no_help else None)


def _named(owns: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    return tuple("/".join(owned) for owned in owns)


def _part(consumer: ConsumerState, checks: Sequence[Check]) -> Verdict:
    """Its part; a spare while a partition is free is the next in line, or another one is."""
    is_free = any(each.id == kinds.PARTITIONS_ARE_FREE.id and each.passed for each in checks)

    if consumer.role is ConsumerRole.STANDBY and is_free:
        return Verdict.NEXT_IN_LINE

    if consumer.role in _IDLE:
        return _IDLE[consumer.role]

    is_tied = consumer.link or consumer.process.connections
    return Verdict.UNKNOWN if is_tied else Verdict.NOT_A_CONSUMER


def _room(snapshot: Snapshot, consumer: ConsumerState, findings: Sequence[Finding]) -> list[Check]:
    """Why an idle consumer gets nothing: are there partitions for it at all?"""
    group = snapshot.group(consumer.home or snapshot.policy.default_group)
    link = consumer.link_in(group.name) if group else None
    # Of a process without a part nobody knows which owner it is: what others hold, it may hold.
    is_anybody = link is None and consumer.role is ConsumerRole.UNKNOWN
    strangers = sum(1 for o in group.owners if o.link is None) if group and is_anybody else 0
    own = link.owner if link is not None else None
    return [
        _suffice(group, own, strangers),
        _are_free(group, strangers),
        _log_is_clean(findings),
    ]


def _suffice(group: GroupState | None, own: str | None, strangers: int) -> Check:
    """Whether there are more partitions than other owners."""
    others = sum(1 for o in group.owners if o.id != own) if group else 0
    count = len(group.partitions) if group else None
    shared = None if strangers else count
    evidence = kinds.Places(
        partition_count=count,
        live_owners=None if strangers else others,
        strangers=strangers,
        expected_min=None if shared is None else shared // (others + 1),
    )
    passed = None if shared is None else shared > others
    return check(kinds.PARTITIONS_SUFFICE, evidence, passed=passed)


def _are_free(group: GroupState | None, strangers: int) -> Check:
    """Whether nobody holds one, or its lease runs out."""
    free = [p for p in group.partitions if p.lease.state in FREE] if group else []
    late = [p for p in group.partitions if p.lease.state is LeaseState.OVERDUE] if group else []
    windows = [p.takeover for p in (*free, *late) if p.takeover is not None]
    starts = [w.earliest_at for w in windows if w.earliest_at is not None]
    ends = [w.latest_at for w in windows if w.latest_at is not None]
    evidence = kinds.FreePartitions(
        free=tuple(p.id for p in free),
        lapsing=tuple(p.id for p in late),
        strangers=strangers,
        takeover=TakeoverTimes(
            earliest_at=min(starts, default=None),
            latest_at=max(ends, default=None),
            is_guess=any(w.is_guess for w in windows),
        ),
    )
    passed = None if group is None or (strangers and not free) else bool(free)
    return check(kinds.PARTITIONS_ARE_FREE, evidence, passed=passed)


def _log_is_clean(findings: Sequence[Finding]) -> Check:
    """Whether its log complains of claims."""
    for found in findings:
        told = found.evidence

        if isinstance(told, StandingBy | Starving):
            evidence = kinds.ClaimComplaints(found.id, told.not_claimed)
            return check(kinds.LOG_IS_CLEAN, evidence, passed=not told.not_claimed)

    return check(kinds.LOG_IS_CLEAN, kinds.ClaimComplaints(None, None), passed=None)


def _owned(
    snapshot: Snapshot, owns: Sequence[tuple[str, str]], checks: list[Check]
) -> tuple[Verdict, tuple[Check, ...]]:
    """The verdict of an owner is that of its worst partition."""
    held = [
        p
        for name, pid in owns
        if (group := snapshot.group(name)) is not None
        for p in group.partitions
        if p.id == pid
    ]

    if not held:
        return Verdict.UNKNOWN, tuple(checks)

    worst = max(held, key=lambda p: list(Health).index(p.health))
    state = next((p for p in snapshot.partitions if p.id == worst.id), None)
    findings = [f for name, pid in owns for f in about(snapshot, group=name, partition=pid)]
    fails = is_failing(findings)
    more = [
        ask_for.is_renewed(worst),
        ask_for.handovers(worst, is_failing=fails),
        ask_for.keeps_up(worst, state, is_failing=fails),
    ]
    verdict = as_far_as_read(verdict_of(worst, state, findings), checks)
    return verdict, (*checks, *more)
