"""The owner ids that one process names in its log: a process may run several clients."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ehtui.domain.process import LinkBasis, OwnerLink, ProcessId
from ehtui.domain.text import safe

if TYPE_CHECKING:
    from ehtui.sources.log_text.facts import LogFact

MOST_OWNERS = 8  # a client that is made anew again and again has a new id each time


@dataclass(slots=True)
class LogOwners:
    """What the lines read so far say of one process.

    An appended log holds earlier runs too. So a new id puts those before it in doubt, until they
    speak again; the store may vouch for them by a renewal.
    """

    process: ProcessId
    _links: dict[str, OwnerLink] = field(default_factory=dict)
    _ended: set[str] = field(default_factory=set)

    @property
    def links(self) -> tuple[OwnerLink, ...]:
        """One for each owner id, the newest client last; those in doubt have `over_at`."""
        return tuple(self._links.values())

    def note(self, facts: LogFact, shown: str, at: float) -> None:
        """Take in a line that was read `at`; `shown` is safe to show."""
        owner = facts.owner

        if owner is None:
            return

        known = self._links.get(owner)
        group = safe(facts.group) if facts.group else known.group if known else None

        if facts.is_end:
            self._ended.add(owner)

            if known is not None:
                self._links[owner] = replace(known, over_at=at)
        elif facts.is_start or known is None:
            self._begin(OwnerLink(self.process, owner, LinkBasis.LOG, shown, at, group))
        elif known.group != group or (known.over_at is not None and owner not in self._ended):
            over_at = known.over_at if owner in self._ended else None
            self._links[owner] = replace(known, group=group, over_at=over_at)

    def _begin(self, link: OwnerLink) -> None:
        self._links = {
            owner: replace(other, over_at=other.over_at or link.seen_at)
            for owner, other in self._links.items()
            if owner != link.owner
        }
        self._links[link.owner] = link
        self._ended.discard(link.owner)

        if len(self._links) > MOST_OWNERS:
            dropped = next(iter(self._links))
            del self._links[dropped]
            self._ended.discard(dropped)
