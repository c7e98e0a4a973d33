"""Asks every rule in the order of causes: what a root cause explains is not told again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings import (
    balance,
    lapses,
    logs,
    progress,
    records,
    restarts,
    roles,
    short_leases,
    sources,
    traffic,
)
from ehtui.domain.findings.case import FROM_NOW, Case, open_case
from ehtui.domain.snapshot import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.domain.draft import Draft

_RANK = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}


def gather(draft: Draft) -> tuple[Finding, ...]:
    """All findings, worst first, then the longest standing."""
    found = [
        *sources.failing(draft),
        *sources.limited(draft),
        *sources.clocks(draft),
        *_unseen(draft),
    ]
    found += [*restarts.unfinished(draft), *records.unreadable(draft), *traffic.hot(draft)]

    cases = [open_case(draft, group) for group in draft.groups.values()]

    for case in cases:
        found.extend(_of_group(case))

    # Last: by then every partition whose cause is told is known.
    found.extend(logs.troubles(draft, cases))

    known = {f.key: f for f in draft.before.findings}
    settled = [_settled(f, known.get(f.key), draft.now) for f in found]
    settled.sort(key=lambda f: (_RANK[f.severity], f.since))
    findings = tuple(settled)
    return draft.before.findings if findings == draft.before.findings else findings


def _unseen(draft: Draft) -> Iterator[Finding]:
    """Why the store shows nothing of the configured group: another name explains it."""
    others = tuple(records.other_name(draft))
    explained = {other.subject.group for other in others}
    yield from others
    yield from (f for f in sources.not_visible(draft) if f.subject.group not in explained)


def _of_group(case: Case) -> Iterator[Finding]:
    moves = balance.recent(case)
    yield from records.two_names(case)
    yield from records.mixed(case)
    yield from records.strays(case)
    yield from progress.recreated(case)
    yield from records.old_offsets(case)
    yield from lapses.no_consumers(case)
    yield from short_leases.too_short(case, moves)
    yield from balance.crash_loop(case, moves)
    yield from lapses.lapsed(case)
    yield from lapses.unowned(case)
    yield from roles.idle(case)
    yield from balance.pingpongs(case, moves)
    yield from balance.newcomers(case, moves)
    yield from balance.churn(case, moves)
    yield from balance.imbalanced(case, moves)
    yield from balance.single_host(case)

    # A hub that stays silent says nothing of progress any more; one lost read unsays nothing.
    if case.draft.failures.get("hub", 0) < sources.SEVERAL:
        yield from _of_progress(case)


def _of_progress(case: Case) -> Iterator[Finding]:
    yield from progress.ahead(case)
    yield from progress.lost(case)
    yield from progress.stuck(case)
    yield from progress.never(case)
    yield from progress.rewound(case)
    yield from progress.at_risk(case)
    yield from progress.behind(case)


def _settled(found: Finding, known: Finding | None, now: float) -> Finding:
    """With its beginning, and the same object while nothing of it changed."""
    if found.since == FROM_NOW:
        since = known.since if known is not None else now
        found = Finding(found.id, found.severity, found.subject, found.evidence, since)

    return known if known is not None and known == found else found
