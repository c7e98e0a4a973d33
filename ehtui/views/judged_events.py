"""Events that say when a finding began and ended: both in the words of its beginning."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ehtui.domain.timeline import FindingBegan, FindingEnded
from ehtui.views import findings, formats

if TYPE_CHECKING:
    from ehtui.domain.snapshot import Finding, TimelineEvent
    from ehtui.views.telling import Telling


def noticed_at(event: TimelineEvent) -> float | None:
    """When the finding that it is about was judged first."""
    details = event.details

    return details.noticed_at if isinstance(details, FindingBegan | FindingEnded) else None


def judged(finding: Finding, details: object, say: Telling) -> str:
    """A finding that began, or the same words once more as it ends."""
    if isinstance(details, FindingBegan):
        return findings.sentence(finding, replace(say, as_of=details.noticed_at))

    if not isinstance(details, FindingEnded):
        return findings.sentence(finding, say)

    words = findings.sentence(finding, replace(say, as_of=details.noticed_at))

    return f"{ended(details, say)}: {words}"


def ended(details: FindingEnded, _: Telling) -> str:
    """That a finding is over, without saying which."""
    end = "over" if details.is_judged else "not judged any more"

    return f"{end} after {formats.duration(details.lasted_s)}"
