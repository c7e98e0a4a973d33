"""The one sentence at the top of the screen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.progress.proofs import Proofs
from ehtui.domain.snapshot import (
    LIVE_STATES,
    Finding,
    GroupState,
    LeaseState,
    Severity,
    Snapshot,
    SourceState,
    SourceStatus,
)
from ehtui.lazy import LazyModule
from ehtui.views import formats
from ehtui.views.cells import Cell, Tone
from ehtui.views.formats import UTC_CLOCK, Clock
from ehtui.views.glyphs import UNICODE, Glyphs
from ehtui.views.phrasing import Phrasing, have, partitions
from ehtui.views.sources import old_source_at, staleness
from ehtui.views.states import SEVERITY_RANK, SEVERITY_TONE, reservation
from ehtui.views.tables.titles import group_lag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.views import findings
else:
    findings = LazyModule("ehtui.views.findings")


def headline(
    snapshot: Snapshot, group: str, *, glyphs: Glyphs = UNICODE, clock: Clock = UTC_CLOCK
) -> Cell:
    """The worst finding; without one, which source fails; without that, that all is well.

    The shown group comes first among equals; another group is named.
    """
    say = Phrasing(snapshot, clock, group)
    worst = worst_finding(snapshot, say)

    if worst is not None and worst.severity is not Severity.INFO:
        text = findings.headline(worst, say)
        return Cell(f"{glyphs.mark(worst.severity)} {text}", SEVERITY_TONE[worst.severity])

    failing = [s for s in snapshot.sources if s.status is SourceStatus.FAILED]

    if failing:
        text = _failing(failing, say)
        return Cell(f"{glyphs.mark(Severity.WARNING)} {text}", Tone.WARNING)

    if snapshot.hub is None:
        return Cell("Reading the hub for the first time", Tone.DIM)

    return _calm(snapshot, snapshot.group(group), glyphs, say)


_DOMAIN = re.compile(r"(?<=\w)\.(?:servicebus|blob\.core)\.[a-z]+\.[a-z]+\b")
_BRACKETS = re.compile(r" \([^()]*\)")


def shorter(text: str) -> Iterator[str]:
    """A sentence with less and less: without brackets, the service's domain, the last clauses."""
    plain = text

    for least in (_BRACKETS, _DOMAIN):
        before, plain = plain, least.sub("", plain)

        if plain != before:
            yield plain

    for separator in ("; ", ", "):
        while separator in plain:
            plain = plain.rpartition(separator)[0]
            yield plain


def worst_finding(snapshot: Snapshot, say: Phrasing) -> Finding | None:
    """The worst; the shown group's first among equals, then the one the rules put first."""
    return max(
        snapshot.findings,
        key=lambda finding: (SEVERITY_RANK[finding.severity], say.is_meant(finding.subject.group)),
        default=None,
    )


def _failing(sources: list[SourceState], say: Phrasing) -> str:
    names = formats.listed([source.name for source in sources])
    first = min(sources, key=lambda source: source.failing_since or say.snapshot.taken_at)
    since = say.host_time(first.failing_since)
    summary = first.problem.summary.rstrip(".") if first.problem else "no answer"
    return f"{names.capitalize()} not read since {since}: {summary}"


def _reserved(snapshot: Snapshot, group: GroupState) -> str:
    """What keeps a lag from meaning that so much is done, where its checkpoints prove less."""
    proofs = Proofs(snapshot, group)
    told = dict.fromkeys(reservation(proofs.of(p)) for p in group.partitions)
    told.pop("", None)
    return f", {next(iter(told))}" if told else ""


def _calm(snapshot: Snapshot, group: GroupState | None, glyphs: Glyphs, say: Phrasing) -> Cell:
    mark, old_at = glyphs.mark(None), old_source_at(snapshot)

    if old_at is not None:  # it was well then; whether it is, nobody has looked
        then = _calm(replace(snapshot, taken_at=old_at), group, glyphs, say)
        text = then.text.removeprefix(mark).strip()
        return Cell(f"As of {say.host_time(old_at)}: {text}", Tone.PLAIN)

    if group is None:
        count = formats.plural(len(snapshot.partitions), "partition")
        return Cell(f"The hub has {count}; owners and lag are not known", Tone.PLAIN)

    known = LIVE_STATES | {LeaseState.UNREADABLE}  # not known is not free
    free = [p.id for p in group.partitions if p.lease.state not in known]
    is_old = bool(staleness(snapshot).ages)
    lag = f"lag {group_lag(group, is_old=is_old)}" if group.lag is not None else "lag not known"
    lag += _reserved(snapshot, group)

    if free:
        return Cell(f"{partitions(free)} {have(free)} no live owner; {lag}", Tone.PLAIN)

    owners = len({p.lease.owner for p in group.partitions})
    verb = "holds" if owners == 1 else "hold"
    count = formats.plural(len(group.partitions), "partition")
    every = "the only partition" if len(group.partitions) == 1 else f"all {count}"

    return Cell(f"{mark} {formats.plural(owners, 'owner')} {verb} {every}; {lag}", Tone.GOOD)
