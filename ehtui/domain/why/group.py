"""The checks behind a consumer group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.snapshot import Finding, GroupState, Health, Snapshot, Subject
from ehtui.domain.why import checks as ask_for
from ehtui.domain.why.checks import STUCK, Check, Why
from ehtui.domain.why.verdicts import BY_HEALTH, FREE, about, is_failing

if TYPE_CHECKING:
    from collections.abc import Sequence


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
        verdict = "not_visible" if snapshot.groups else "unknown"
        return Why(subject, verdict, tuple(checks), about(snapshot, group=name))

    findings = about(snapshot, group=group.name)
    checks += _of_owners(group, findings)
    checks += [ask_for.is_stable(findings), _moves(group)]
    return Why(subject, _verdict(group, findings), tuple(checks), findings)


def _verdict(group: GroupState, findings: Sequence[Finding]) -> str:
    if is_failing(findings):
        return "failing"

    if not group.owners:
        return "no_consumers"

    return "unowned" if group.health is Health.UNOWNED else BY_HEALTH.get(group.health, "unknown")


def _of_owners(group: GroupState, findings: Sequence[Finding]) -> list[Check]:
    """One name, somebody alive, every partition held, evenly."""
    told = {finding.id for finding in findings}
    uncovered = tuple(p.id for p in group.partitions if p.lease.state in FREE)
    count, sizes = len(group.partitions), [len(o.partitions) for o in group.owners]
    owners = tuple(o.id for o in group.owners)
    return [
        Check(
            "group.has_one_name",
            "store.two_names" not in told,
            {"spellings": group.spellings},
        ),
        Check("group.has_owners", bool(owners), {"owners": owners, "partition_count": count}),
        Check(
            "group.is_covered",
            not uncovered,
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


def _moves(group: GroupState) -> Check:
    stuck = tuple(p.id for p in group.partitions if p.health in STUCK)
    worst = max(group.partitions, key=lambda p: list(Health).index(p.health), default=None)
    return Check(
        "group.moves",
        None if group.health is Health.UNKNOWN else not stuck,
        {
            "health": group.health.value,
            "worst_partition": worst.id if worst else None,
            "lag": group.lag,
            "stuck": stuck,
        },
    )
