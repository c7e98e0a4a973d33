"""Local consumers that own nothing: by design, or starved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.evidence import TakeoverTimes
from ehtui.domain.findings import catalogue
from ehtui.domain.findings.case import Case, finding, first_window
from ehtui.domain.findings.evidence import StandingBy, Starving
from ehtui.domain.memory import Mark
from ehtui.domain.process import LogIncidentKind
from ehtui.domain.snapshot import ConsumerRole, ConsumerState, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator


def idle(case: Case) -> Iterator[Finding]:
    """One finding for each local consumer that takes part and owns nothing."""
    owner_pids = _owner_pids(case) if case.idle else ()

    for consumer in case.idle:
        subject = case.subject(pid=consumer.process.id.pid)

        if (case.name, ConsumerRole.STANDBY) in consumer.idle:
            spare = _standby(case, consumer, owner_pids)
            yield finding(catalogue.CONSUMER_STANDBY, Severity.INFO, subject, spare)
        elif case.draft.is_fresh("store"):
            starved = _starved(case, consumer)
            yield finding(catalogue.CONSUMER_STARVED, Severity.WARNING, subject, starved)


def _others(case: Case, consumer: ConsumerState) -> int:
    own = _owner(case, consumer)
    return sum(1 for o in case.group.state.owners if o.id != own)


def _owner(case: Case, consumer: ConsumerState) -> str | None:
    link = consumer.link_in(case.name)
    return link.owner if link is not None else None


def _not_claimed(case: Case, consumer: ConsumerState) -> int | None:
    return case.draft.host.incidents.get((consumer.process.id, LogIncidentKind.NOT_CLAIMED))


def _owner_pids(case: Case) -> tuple[str, ...]:
    """Processes of this host that own something in the group."""
    return tuple(
        str(c.process.id.pid)
        for c in case.draft.consumers
        if any(group == case.name for group, _ in c.owns)
    )


def _standby(case: Case, consumer: ConsumerState, owner_pids: tuple[str, ...]) -> StandingBy:
    lapsing = [s for s in case.troubled if s.marks & Mark.UNSERVED]
    hub, process, first = case.draft.hub, consumer.process, first_window(lapsing)
    return StandingBy(
        pid=process.id.pid,
        owner=_owner(case, consumer),
        partition_count=len(case.group.seats),
        live_owners=_others(case, consumer),
        owner_pids=owner_pids,
        lapsing=tuple(s.shown.id for s in lapsing),
        takeover=TakeoverTimes(first.earliest_at, first.latest_at, first.is_guess),
        not_claimed=_not_claimed(case, consumer),
        namespace=hub.namespace if hub else None,
        hub=hub.name if hub else None,
        command=process.command,
        consumer_name=process.consumer_name,
    )


def _starved(case: Case, consumer: ConsumerState) -> Starving:
    others, count = _others(case, consumer), len(case.group.seats)
    free = tuple(s.shown.id for s in case.troubled if s.marks & (Mark.FREE | Mark.EXPIRED))
    process = consumer.process
    return Starving(
        pid=process.id.pid,
        owner=_owner(case, consumer),
        partition_count=count,
        live_owners=others,
        expected_min=count // (others + 1),
        unowned=free,
        reason="unclaimed" if free else "unshared",
        starved_since_at=case.draft.host.idle_since.get((process.id, case.group.key), case.now),
        not_claimed=_not_claimed(case, consumer),
        command=process.command,
    )
