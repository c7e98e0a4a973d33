"""The checks behind a consumer group."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ehtui.domain.snapshot import Finding, GroupState, Health, LeaseState, Snapshot, Subject
from ehtui.domain.why import checks as ask_for
from ehtui.domain.why.checks import STUCK, UNTOLD, Check, Why
from ehtui.domain.why.verdicts import BY_HEALTH, FREE, about, as_far_as_read, is_failing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

T = TypeVar("T", int, float)


def why_group(snapshot: Snapshot, subject: Subject, group: GroupState | None) -> Why:
    """Why a group gets on, or does not."""
    name = subject.group or snapshot.policy.default_group
    others = tuple(g.name for g in snapshot.groups if group is None or g.name != group.name)
    spellings = group.spellings if group is not None else ()
    checks = [
        *ask_for.sources(snapshot),
        Check(
            "group.has_records",
            None if not snapshot.groups else bool(spellings),
            {"group": name, "spellings": spellings, "other_groups": others},
        ),
    ]

    if group is None or not spellings:
        findings = about(snapshot, group=name)
        is_elsewhere = any(finding.id == "store.other_name" for finding in findings)
        unseen = "other_name" if is_elsewhere else "not_visible"
        verdict = unseen if snapshot.groups else "unknown"
        return Why(subject, verdict, tuple(checks), findings)

    findings = about(snapshot, group=group.name)
    checks += _of_owners(group, findings)
    checks += [
        ask_for.is_stable(findings, is_owned=bool(group.owners)),
        _moves(group),
        _keeps_up(snapshot, group),
    ]
    verdict = as_far_as_read(_verdict(group, findings), checks)
    return Why(subject, verdict, tuple(checks), findings)


def _verdict(group: GroupState, findings: Sequence[Finding]) -> str:
    if is_failing(findings):
        return "failing"

    if not group.owners:
        return "no_consumers"

    return "uncovered" if group.health is Health.UNOWNED else BY_HEALTH.get(group.health, "unknown")


def _of_owners(group: GroupState, findings: Sequence[Finding]) -> list[Check]:
    """One name, somebody alive, every partition held, evenly."""
    told = {finding.id for finding in findings}
    uncovered = tuple(p.id for p in group.partitions if p.lease.state in FREE)
    is_hidden = any(p.lease.state is LeaseState.UNREADABLE for p in group.partitions)
    count, sizes = len(group.partitions), [len(o.partitions) for o in group.owners]
    owners = tuple(o.id for o in group.owners)
    return [
        Check(
            "group.has_one_name",
            False if "store.two_names" in told else len(group.spellings) <= 1 or None,
            {"spellings": group.spellings},
        ),
        Check("group.has_owners", bool(owners), {"owners": owners, "partition_count": count}),
        Check(
            "group.is_covered",
            False if uncovered else not is_hidden or None,
            {"partition_count": count, "uncovered": uncovered},
        ),
        Check(
            "group.is_balanced",
            "group.imbalanced" not in told if sizes else None,
            {
                "most": max(sizes, default=None),
                "least": min(sizes, default=None),
                "owners": len(sizes),
            },
        ),
    ]


def _keeps_up(snapshot: Snapshot, group: GroupState) -> Check:
    """Whether what is read is read as fast as events arrive."""
    read = [p for p in group.partitions if ask_for.is_read(p)]
    ids = {p.id for p in read}
    behind = tuple(p.id for p in read if p.health is Health.BEHIND)
    # The lag of one that keeps up is what came since its last checkpoint: it has no end.
    is_endless = any(p.drain_s is None for p in read if p.health is Health.BEHIND)
    drains = [p.drain_s for p in read if p.drain_s is not None]
    return Check(
        "group.keeps_up",
        not behind if read else None,
        {
            "behind": behind,
            "lag": _total(p.lag for p in read),
            "in_per_s": _total(p.in_per_s for p in snapshot.partitions if p.id in ids),
            "out_per_s": _total(p.out_per_s for p in read),
            "drain_s": None if is_endless else max(drains, default=None),
        },
    )


def _total(values: Iterable[T | None]) -> T | None:
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known else None


def _moves(group: GroupState) -> Check:
    stuck = tuple(p.id for p in group.partitions if p.health in STUCK)
    worst = max(group.partitions, key=lambda p: list(Health).index(p.health), default=None)
    return Check(
        "group.moves",
        False if stuck else None if group.health in UNTOLD or not group.owners else True,
        {
            "health": group.health.value,
            "worst_partition": worst.id if worst else None,
            "lag": group.lag,
            "stuck": stuck,
        },
    )
