"""Why?: finds what a text may name, and asks the ordered checks behind it.

Typed values only: `evidence` lists every check, `checks` asks them; `views` has the words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.progress import Rule
from ehtui.domain.progress.proofs import Proofs
from ehtui.domain.snapshot import (
    LIVE_STATES,
    Finding,
    GroupState,
    Health,
    LeaseState,
    Snapshot,
    Subject,
)
from ehtui.domain.values import total
from ehtui.domain.why import checks as ask_for
from ehtui.domain.why import evidence as kinds
from ehtui.domain.why.checks import (
    BY_HEALTH,
    FREE,
    STUCK,
    UNTOLD,
    Check,
    Verdict,
    Why,
    about,
    as_far_as_read,
    check,
    is_failing,
    verdict_of,
)
from ehtui.domain.why.process import why_owner, why_process

if TYPE_CHECKING:
    from collections.abc import Sequence


def subjects_of(snapshot: Snapshot, text: str, group: str | None = None) -> tuple[Subject, ...]:
    """What `text` may name: a partition, pid, consumer, owner (or its beginning) or group.

    Best first. A partition is one of `group`, else of the configured one.
    """
    name = group or snapshot.policy.default_group
    wanted = snapshot.group(name)
    found = []

    if any(text == p.id for p in snapshot.partitions) or (
        wanted is not None and any(text == p.id for p in (*wanted.partitions, *wanted.strays))
    ):
        found.append(Subject(group=wanted.name if wanted else name, partition=text))

    found += [
        Subject(pid=c.process.id.pid)
        for c in snapshot.consumers
        if text in {str(c.process.id.pid), c.process.consumer_name}
    ]
    owners = dict.fromkeys(o.id for g in snapshot.groups for o in g.owners)
    owners |= dict.fromkeys(owner for c in snapshot.consumers for owner in c.owners)
    found += [Subject(owner=o) for o in owners if text and o.startswith(text)]
    known = snapshot.group(text)
    return (*found, *([Subject(group=known.name)] if known is not None else []))


def why(snapshot: Snapshot, subject: Subject) -> Why:
    """The checks behind a subject; the most particular part that it names decides."""
    if subject.pid is not None:
        return why_process(snapshot, subject, subject.pid)

    group = snapshot.group(subject.group or snapshot.policy.default_group)

    if subject.partition is not None:
        return why_partition(snapshot, subject, group, subject.partition)

    if subject.owner is not None:
        return why_owner(snapshot, subject, subject.owner)

    return why_group(snapshot, subject, group)


def why_partition(
    snapshot: Snapshot, subject: Subject, group: GroupState | None, partition: str
) -> Why:
    """Why it is read, or not."""
    of_group = (*group.partitions, *group.strays) if group else ()
    shown = next((p for p in of_group if p.id == partition), None)
    state = next((p for p in snapshot.partitions if p.id == partition), None)
    count = len(snapshot.hub.partition_ids) if snapshot.hub is not None else None
    is_stray = shown is not None and shown.rule == Rule.NOT_IN_HUB
    exists = None if count is None and shown is None else state is not None or shown is not None
    exists = False if is_stray else exists
    checks = [
        *ask_for.sources(snapshot),
        check(kinds.PARTITION_EXISTS, kinds.PartitionName(partition, count), passed=exists),
    ]

    if group is None or shown is None:
        is_untold = exists is None or state is not None
        verdict = Verdict.UNKNOWN if is_untold else Verdict.MISSING
        return Why(subject, verdict, (*checks, ask_for.has_events(state)))

    findings = about(snapshot, group=group.name, partition=partition)
    fails = is_failing(findings)
    checks += [
        ask_for.has_events(state),
        ask_for.is_owned(group, shown),
        ask_for.is_renewed(shown),
        ask_for.is_known(snapshot, shown.lease.owner),
        ask_for.is_stable(findings, is_owned=shown.lease.state in LIVE_STATES),
        ask_for.checkpoint_exists(shown),
        ask_for.is_within(shown, state),
        *ask_for.proves(shown, Proofs(snapshot, group)),
        ask_for.handovers(shown, is_failing=fails),
        ask_for.keeps_up(shown, state, is_failing=fails),
    ]
    verdict = as_far_as_read(verdict_of(shown, state, findings), checks)
    return Why(subject, verdict, tuple(checks), findings)


def why_group(snapshot: Snapshot, subject: Subject, group: GroupState | None) -> Why:
    """Why a group gets on, or does not."""
    name = subject.group or snapshot.policy.default_group
    stored = [each.name for each in snapshot.groups if each.spellings]
    others = tuple(other for other in stored if group is None or other != group.name)
    spellings = group.spellings if group is not None else ()
    checks = [
        *ask_for.sources(snapshot),
        check(
            kinds.GROUP_HAS_RECORDS,
            kinds.GroupRecords(name, spellings, others),
            passed=bool(spellings) if snapshot.groups else None,
        ),
    ]

    if group is None or not spellings:
        findings = about(snapshot, group=name)
        is_elsewhere = any(finding.id == "store.other_name" for finding in findings)
        unseen = Verdict.OTHER_NAME if is_elsewhere else Verdict.NOT_VISIBLE
        verdict = unseen if snapshot.groups else Verdict.UNKNOWN
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


def _verdict(group: GroupState, findings: Sequence[Finding]) -> Verdict:
    if is_failing(findings):
        return Verdict.FAILING

    if not group.owners:
        return Verdict.NO_CONSUMERS

    if group.health is Health.UNOWNED:
        return Verdict.UNCOVERED

    return BY_HEALTH.get(group.health, Verdict.UNKNOWN)


def _of_owners(group: GroupState, findings: Sequence[Finding]) -> list[Check]:
    """One name, somebody alive, every partition held, evenly."""
    told = {finding.id for finding in findings}
    uncovered = tuple(p.id for p in group.partitions if p.lease.state in FREE)
    is_hidden = any(p.lease.state is LeaseState.UNREADABLE for p in group.partitions)
    count, sizes = len(group.partitions), [len(o.partitions) for o in group.owners]
    owners = tuple(o.id for o in group.owners)
    balance = kinds.GroupBalance(
        most=max(sizes, default=None), least=min(sizes, default=None), owners=len(sizes)
    )
    return [
        check(
            kinds.GROUP_HAS_ONE_NAME,
            kinds.GroupNames(group.spellings),
            passed=False if "store.two_names" in told else len(group.spellings) <= 1 or None,
        ),
        check(kinds.GROUP_HAS_OWNERS, kinds.GroupOwners(owners, count), passed=bool(owners)),
        check(
            kinds.GROUP_IS_COVERED,
            kinds.GroupCover(count, uncovered),
            passed=False if uncovered else not is_hidden or None,
        ),
        check(
            kinds.GROUP_IS_BALANCED,
            balance,
            passed="group.imbalanced" not in told if sizes else None,
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
    evidence = kinds.GroupPace(
        behind=behind,
        lag=total(p.lag for p in read),
        in_per_s=total(p.in_per_s for p in snapshot.partitions if p.id in ids),
        out_per_s=total(p.out_per_s for p in read),
        drain_s=None if is_endless else max(drains, default=None),
    )
    return check(kinds.GROUP_KEEPS_UP, evidence, passed=not behind if read else None)


def _moves(group: GroupState) -> Check:
    stuck = tuple(p.id for p in group.partitions if p.health in STUCK)
    worst = max(group.partitions, key=lambda p: list(Health).index(p.health), default=None)
    evidence = kinds.GroupProgress(
        health=group.health,
        worst_partition=worst.id if worst else None,
        lag=group.lag,
        stuck=stuck,
    )
    is_untold = group.health in UNTOLD or not group.owners
    passed = False if stuck else None if is_untold else True
    return check(kinds.GROUP_MOVES, evidence, passed=passed)
