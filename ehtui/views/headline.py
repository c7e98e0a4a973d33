"""The one sentence at the top of the screen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.progress import Rule
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
from ehtui.views.cells import Cell, Tone
from ehtui.views.formats import UTC_CLOCK, Clock
from ehtui.views.glyphs import UNICODE, Glyphs
from ehtui.views.headline_words import ENGLISH, HeadlineText
from ehtui.views.phrasing import Phrasing
from ehtui.views.sources import old_source_at, staleness
from ehtui.views.states import SEVERITY_RANK, SEVERITY_TONE
from ehtui.views.tables.titles import group_lag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.views import findings
    from ehtui.views.formats import Language
    from ehtui.views.korean import headline as korean
else:
    korean = LazyModule("ehtui.views.korean.headline")
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
    words = _words(say.language)

    if failing:
        text = _failing(failing, say, words)
        return Cell(f"{glyphs.mark(Severity.WARNING)} {text}", Tone.WARNING)

    if snapshot.hub is None:
        return Cell(words.first_read, Tone.DIM)

    return _calm(snapshot, snapshot.group(group), glyphs, say)


_DOMAIN = re.compile(r"(?<=\w)\.(?:servicebus|blob\.core)\.[a-z]+\.[a-z]+\b")
_BRACKETS = re.compile(r"(?: |(?<=[가-힣]))\([^()]*\)")  # Korean has no space before them
_SENTENCE = re.compile(r"(?<=니다)\. ")  # which it has where English has a semicolon


def shorter(text: str) -> Iterator[str]:
    """A sentence with less and less: without brackets, the service's domain, the last clauses."""
    plain = text

    for least in (_BRACKETS, _DOMAIN):
        before, plain = plain, least.sub("", plain)

        if plain != before:
            yield plain

    *sentences, _ = _SENTENCE.split(plain)

    for count in range(len(sentences), 0, -1):
        plain = ". ".join(sentences[:count])
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


def _words(language: Language) -> HeadlineText:
    return korean.TEXT if language == "ko" else ENGLISH


def _failing(sources: list[SourceState], say: Phrasing, words: HeadlineText) -> str:
    first = min(sources, key=lambda source: source.failing_since or say.snapshot.taken_at)
    since = say.host_time(first.failing_since)
    summary = first.problem.summary.rstrip(".") if first.problem else words.no_answer
    return words.unread([source.name for source in sources], since, summary)


def _reserved(snapshot: Snapshot, group: GroupState, words: HeadlineText) -> str:
    """What keeps a lag from meaning that so much is done, where its checkpoints prove less."""
    proofs = Proofs(snapshot, group)
    told = dict.fromkeys(words.reservation(proofs.of(p)) for p in group.partitions)
    told.pop("", None)
    return next(iter(told), "")


def _calm(snapshot: Snapshot, group: GroupState | None, glyphs: Glyphs, say: Phrasing) -> Cell:
    mark, old_at, words = glyphs.mark(None), old_source_at(snapshot), _words(say.language)

    if old_at is not None:  # it was well then; whether it is, nobody has looked
        then = _calm(replace(snapshot, taken_at=old_at), group, glyphs, say)
        text = then.text.removeprefix(mark).strip()
        return Cell(words.as_of(say.host_time(old_at), text), Tone.PLAIN)

    if group is None:
        return Cell(words.group_unknown(len(snapshot.partitions)), Tone.PLAIN)

    known = LIVE_STATES | {LeaseState.UNREADABLE}  # not known is not free
    free = [p.id for p in group.partitions if p.lease.state not in known]
    is_old = bool(staleness(snapshot).ages)
    events = group_lag(group, is_old=is_old) if group.lag is not None else None
    reserved = _reserved(snapshot, group, words)
    lag = words.lag_unknown if events is None else words.lag(events, reserved)

    if free:
        return Cell(words.free(free, lag), Tone.PLAIN)

    waiting = [p.id for p in group.partitions if p.rule == Rule.WAITING]

    if waiting:
        return Cell(words.waiting(waiting, lag), Tone.PLAIN)

    owners = len({p.lease.owner for p in group.partitions})
    return Cell(f"{mark} {words.held(owners, len(group.partitions), lag)}", Tone.GOOD)
