"""Which events a timeline keeps: what one look told is whole for whoever follows it by number.

Whoever follows looks several times a second. An event that a look both told and dropped would be
told to nobody, and on a large hub one dead owner is worth more events than are kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.timeline import FindingBegan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.snapshot import Finding, TimelineEvent

TIMELINE_LENGTH = 500  # of what was told before
NEWS_S = 10.0  # so long what was told stays whole
MOST_NEWS = 20_000  # beyond, only what is news of a finding stays whole: some MB of memory

Looks = tuple[tuple[float, int], ...]  # local time of a look, and the first number that it told


def recent(looks: Looks, at: float) -> Looks:
    """Those looks whose events are still news; a clock that was set back keeps none longer."""
    return tuple(look for look in looks if abs(at - look[0]) <= NEWS_S)


def kept(
    timeline: tuple[TimelineEvent, ...], first_news: int, standing: Sequence[Finding]
) -> tuple[TimelineEvent, ...]:
    """The newest `TIMELINE_LENGTH`, all from number `first_news` on, and how what stands began."""
    spare = len(timeline) - TIMELINE_LENGTH

    if spare <= 0:
        return timeline

    begun = _begun(timeline, standing)
    old = [e.number for e in timeline if e.number < first_news and e.number not in begun]
    news = [e.number for e in timeline if e.number >= first_news and e.finding is None]
    gone = set(old[:spare])
    gone.update(news[: max(0, len(timeline) - len(gone) - MOST_NEWS)])

    return tuple(event for event in timeline if event.number not in gone)


def _begun(timeline: tuple[TimelineEvent, ...], standing: Sequence[Finding]) -> set[int]:
    """The numbers of those events that tell how a finding which is still there began."""
    threads = {finding.thread for finding in standing}
    newest: dict[object, TimelineEvent] = {}

    for event in timeline:
        finding = event.finding

        if finding is not None and finding.thread in threads:
            known = newest.get(finding.key)

            if known is None or known.number < event.number:
                newest[finding.key] = event

    return {e.number for e in newest.values() if isinstance(e.details, FindingBegan)}
