"""What consumers' logs complain of again and again, and nothing else explains."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ehtui.domain.findings import catalogue
from ehtui.domain.findings.case import finding
from ehtui.domain.findings.evidence import LogComplaint
from ehtui.domain.folds.logs import WINDOW_S, partitions_of
from ehtui.domain.process import LogIncidentKind as Kind
from ehtui.domain.snapshot import Finding, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ehtui.domain.draft import Draft
    from ehtui.domain.findings.case import Case
    from ehtui.domain.findings.kind import FindingKind
    from ehtui.domain.memory import LogMark, LogTrouble
    from ehtui.domain.process import ProcessId
    from ehtui.domain.snapshot import ConsumerState

LASTING_S = 20.0  # one burst is one event, however many lines it writes
RECENT_S = 120.0  # a trouble that went quiet for so long is over
UNSEEN_S = 20.0  # a look at the store may show only later what explains a line
SETTLING_S = 60.0  # how far from a change of hands a lost partition is part of it


class Rule(NamedTuple):
    """From when on one kind of trouble is worth telling."""

    kind: FindingKind[LogComplaint]
    least: int  # lines within the window
    is_moving: bool = False  # partitions that change hands explain it
    needs: str | None = None  # a source that fails explains it
    lasts_s: float = LASTING_S  # 0: one line says that it stays so until somebody acts


_RULES: Mapping[Kind, Rule] = {
    Kind.CLAIM_FAILED: Rule(catalogue.LOG_CLAIM_FAILED, 3, is_moving=True, needs="store"),
    Kind.LOST_OWNERSHIP: Rule(catalogue.LOG_OWNERSHIP_LOST, 3, is_moving=True, needs="store"),
    Kind.LINK_STOLEN: Rule(catalogue.LOG_LINK_STOLEN, 3, is_moving=True),
    Kind.RECEIVER_QUOTA: Rule(catalogue.LOG_RECEIVER_QUOTA, 2),
    Kind.CHECKPOINT_FAILED: Rule(catalogue.LOG_CHECKPOINT_FAILED, 2, needs="store"),
    Kind.BALANCING_FAILED: Rule(catalogue.LOG_BALANCING_FAILED, 2, needs="store"),
    Kind.RECEIVE_FAILED: Rule(catalogue.LOG_RECEIVE_FAILED, 3, is_moving=True, needs="hub"),
    Kind.THROTTLED: Rule(catalogue.LOG_THROTTLED, 2),
    Kind.ENTITY_DISABLED: Rule(catalogue.LOG_ENTITY_DISABLED, 1, lasts_s=0.0),
    Kind.OFFSET_REFUSED: Rule(catalogue.LOG_OFFSET_REFUSED, 1, lasts_s=0.0),
    # One refusal may be a token that is renewed late: the SDK asks for another.
    Kind.AUTHORISATION_LOST: Rule(catalogue.LOG_AUTHORISATION_LOST, 2),
    Kind.OWNER_LEVEL_REFUSED: Rule(catalogue.LOG_OWNER_LEVEL_REFUSED, 2),
}


def troubles(draft: Draft, cases: Sequence[Case]) -> Iterator[Finding]:
    """One finding a process and kind: recent, repeated, and without a cause told elsewhere."""
    if not draft.host.troubles:
        return

    consumers = {c.process.id: c for c in draft.consumers}

    for (process, kind), trouble in draft.host.troubles.items():
        rule, consumer = _RULES[kind], consumers.get(process)
        held = consumer.owns if consumer is not None else ()
        case = _case_of(draft, cases, consumer)
        marks = _unexplained(draft, rule, case, held, trouble)

        if not _is_lasting(draft, rule, marks):
            continue

        group = case.name if case is not None else draft.policy.default_group
        subject = Subject(group=group, pid=process.pid)
        evidence = _evidence(process, trouble, marks)
        yield finding(rule.kind, rule.kind.severities[0], subject, evidence, marks[0].at)


def _case_of(draft: Draft, cases: Sequence[Case], consumer: ConsumerState | None) -> Case | None:
    """The group that the process reads; the configured one where nothing tells."""
    name = (consumer.home if consumer is not None else None) or draft.policy.default_group
    return next((c for c in cases if c.name.lower() == name.lower()), None)


def _unexplained(
    draft: Draft,
    rule: Rule,
    case: Case | None,
    held: Sequence[tuple[str, str]],
    trouble: LogTrouble,
) -> tuple[LogMark, ...]:
    if rule.needs is not None and not draft.is_fresh(rule.needs):
        return ()

    if case is None or not rule.is_moving:
        return trouble.marks

    named = partitions_of(trouble.marks) or tuple(partition for _, partition in held)

    if case.explained.intersection(named) or case.shuffled.intersection(named):
        return ()

    changes = _changes(draft, case)
    return tuple(
        m
        for m in trouble.marks
        if draft.now - m.at >= UNSEEN_S and not any(abs(m.at - c) <= SETTLING_S for c in changes)
    )


def _changes(draft: Draft, case: Case) -> list[float]:
    """When partitions changed hands, and when somebody came or went: then links are lost."""
    joined = [t.joined_at for t in case.group.owners.values() if t.joined_at is not None]
    return [*(m.at for m in case.group.moves), *joined, *(d.at for d in draft.host.departures)]


def _is_lasting(draft: Draft, rule: Rule, marks: Sequence[LogMark]) -> bool:
    return bool(
        marks
        and sum(m.lines for m in marks) >= rule.least
        and marks[-1].at - marks[0].at >= rule.lasts_s
        and draft.now - marks[-1].at <= RECENT_S
    )


def _evidence(process: ProcessId, trouble: LogTrouble, marks: Sequence[LogMark]) -> LogComplaint:
    return LogComplaint(
        pid=process.pid,
        owner=trouble.owner,
        count=sum(m.lines for m in marks),
        window_s=WINDOW_S,
        partitions=partitions_of(marks),
        said_at=marks[-1].at,
        line=trouble.line,
    )
