"""The checks behind a process of this host and behind an owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.evidence import FlatFacts, facts
from ehtui.domain.process import LogState
from ehtui.domain.sdks import runtime_of
from ehtui.domain.snapshot import (
    ConsumerRole,
    ConsumerState,
    Finding,
    Health,
    LeaseState,
    Snapshot,
    Subject,
)
from ehtui.domain.why import checks as ask_for
from ehtui.domain.why.checks import Check, Why
from ehtui.domain.why.verdicts import FREE, about, as_far_as_read, is_failing, verdict_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


# Not members of any group here: nothing to be asked of what they own.
_OTHERS = frozenset({ConsumerRole.PRODUCER, ConsumerRole.ELSEWHERE})


def why_process(snapshot: Snapshot, subject: Subject, pid: int) -> Why:
    """Why a process receives events, or none."""
    consumer = next((c for c in snapshot.consumers if c.process.id.pid == pid), None)
    process = consumer.process if consumer is not None else None
    is_alive = process is not None and not process.has_ended
    checks = [
        Check(
            "process.is_alive",
            is_alive,
            {
                "pid": pid,
                "status": process.status if process else None,
                "started_at": process.id.started_at if process else None,
            },
        )
    ]

    if consumer is None or process is None or not is_alive:
        return Why(subject, "gone", tuple(checks), about(snapshot, pid=pid))

    owner = consumer.link.owner if consumer.link is not None else None
    findings = about(snapshot, pid=pid, owner=owner)
    checks.append(_is_consumer(consumer))

    if consumer.role in _OTHERS:
        return Why(subject, consumer.role.value, tuple(checks), findings)

    checks += [
        *(ask_for.is_known(snapshot, each) for each in consumer.owners or (None,)),
        *_log(consumer),
        *ask_for.sources(snapshot),
        Check(
            "process.owns",
            bool(consumer.owns) if consumer.role is not ConsumerRole.UNKNOWN else None,
            {"pid": pid, "owner": owner, "partitions": _named(consumer.owns)},
        ),
    ]

    if consumer.owns:
        return Why(subject, *_owned(snapshot, consumer.owns, checks), findings)

    checks += _room(snapshot, consumer, findings)
    return Why(subject, _role(consumer, checks), tuple(checks), findings)


def _is_consumer(consumer: ConsumerState) -> Check:
    """What tells that it is one of this hub, or none."""
    process = consumer.process
    is_it = True if consumer.link or process.connections else None
    return Check(
        "process.is_consumer",
        False if consumer.role in _OTHERS else is_it,
        {
            "pid": process.id.pid,
            "recognised_by": process.recognised_by.value,
            "connections": process.connections,
            "command": process.command,
            "traffic": process.traffic.value if process.traffic else None,
            "named_hubs": process.target.named_hubs if process.target else (),
        },
    )


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
        Check("owner.holds", bool(owns), {"owner": owner, "partitions": _named(owns)}),
        ask_for.is_stable(findings, is_owned=bool(owns)),
    ]

    if owns:
        return Why(subject, *_owned(snapshot, owns, checks), findings)

    consumer = next((c for c in snapshot.consumers if owner in c.owners), None)

    if consumer is not None:
        checks += _room(snapshot, consumer, findings)
        return Why(subject, _role(consumer, checks), tuple(checks), findings)

    return Why(subject, "gone" if lapsed else "missing", tuple(checks), findings)


def _log(consumer: ConsumerState) -> Iterator[Check]:
    """Why nothing ties it to an owner."""
    process = consumer.process

    if consumer.link is not None:
        return

    evidence: FlatFacts = {
        "pid": process.id.pid,
        "log": process.log_path,
        "runtime": runtime_of(process.program),
        "is_shared": consumer.log is LogState.SHARED,
    }
    is_no_help = consumer.log in {LogState.SILENT, LogState.NONE, LogState.SHARED}
    yield Check("log.names_owner", False if is_no_help else None, evidence)


def _named(owns: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    return tuple("/".join(owned) for owned in owns)


def _role(consumer: ConsumerState, checks: Sequence[Check]) -> str:
    """Its part; a spare while a partition is free is the next in line, or another one is."""
    is_free = any(check.id == "partitions.are_free" and check.passed for check in checks)

    if consumer.role is ConsumerRole.STANDBY and is_free:
        return "next_in_line"

    if consumer.role in {ConsumerRole.STANDBY, ConsumerRole.STARVED}:
        return consumer.role.value

    return "unknown" if consumer.link or consumer.process.connections else "not_a_consumer"


def _room(snapshot: Snapshot, consumer: ConsumerState, findings: Sequence[Finding]) -> list[Check]:
    """Why an idle consumer gets nothing: are there partitions for it at all?"""
    group = snapshot.group(consumer.home or snapshot.policy.default_group)
    link = consumer.link_in(group.name) if group else None
    own = link.owner if link is not None else None
    others = sum(1 for o in group.owners if o.id != own) if group else 0
    # Of a process without a part nobody knows which owner it is: what others hold, it may hold.
    is_anybody = link is None and consumer.role is ConsumerRole.UNKNOWN
    strangers = sum(1 for o in group.owners if o.link is None) if group and is_anybody else 0
    count = len(group.partitions) if group else None
    free = [p for p in group.partitions if p.lease.state in FREE] if group else []
    late = [p for p in group.partitions if p.lease.state is LeaseState.OVERDUE] if group else []
    windows = [p.takeover for p in (*free, *late) if p.takeover is not None]
    told = next((f for f in findings if f.id in {"consumer.standby", "consumer.starved"}), None)
    heard = facts(told.evidence).get("not_claimed") if told is not None else None
    return [
        Check(
            "partitions.suffice",
            None if count is None or strangers else count > others,
            {
                "partition_count": count,
                "live_owners": None if strangers else others,
                "strangers": strangers,
                "expected_min": None if count is None or strangers else count // (others + 1),
            },
        ),
        Check(
            "partitions.are_free",
            None if group is None or (strangers and not free) else bool(free),
            {
                "free": tuple(p.id for p in free),
                "lapsing": tuple(p.id for p in late),
                "strangers": strangers,
                "takeover_earliest_at": min(
                    (w.earliest_at for w in windows if w.earliest_at is not None), default=None
                ),
                "takeover_latest_at": max(
                    (w.latest_at for w in windows if w.latest_at is not None), default=None
                ),
                "takeover_is_guess": any(w.is_guess for w in windows),
            },
        ),
        Check(
            "log.is_clean",
            None if told is None else not heard,
            {"finding": told.id if told else None, "not_claimed": _int(heard)},
        ),
    ]


def _int(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _owned(
    snapshot: Snapshot, owns: Sequence[tuple[str, str]], checks: list[Check]
) -> tuple[str, tuple[Check, ...]]:
    """The verdict of an owner is that of its worst partition."""
    held = [
        p
        for name, pid in owns
        if (group := snapshot.group(name)) is not None
        for p in group.partitions
        if p.id == pid
    ]

    if not held:
        return "unknown", tuple(checks)

    worst = max(held, key=lambda p: list(Health).index(p.health))
    state = next((p for p in snapshot.partitions if p.id == worst.id), None)
    findings = [f for name, pid in owns for f in about(snapshot, group=name, partition=pid)]
    fails = is_failing(findings)
    more = [
        ask_for.is_renewed(worst),
        ask_for.moves(worst, is_failing=fails),
        ask_for.keeps_up(worst, state, is_failing=fails),
    ]
    verdict = as_far_as_read(verdict_of(worst, state, findings), checks)
    return verdict, (*checks, *more)
