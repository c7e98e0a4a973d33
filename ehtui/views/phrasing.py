"""What every sentence needs beside its own facts: whose now, which clock, which group is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.text import safe
from ehtui.domain.values import Value
from ehtui.views import formats
from ehtui.views.formats import UTC_CLOCK, Clock, Language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.snapshot import Snapshot


_NAMED_PARTITIONS = 3
_LISTED_PARTITIONS = 24  # characters of "0–3,7"


class Phrasing(Value, frozen=True):
    """A snapshot about to be put into words. Moments given to it are server times."""

    snapshot: Snapshot
    clock: Clock = UTC_CLOCK
    group: str | None = None  # the group on screen: goes without saying
    as_of: float | None = None  # words of then; None: of the snapshot
    started_with: tuple[str, ...] = ()  # flags by which a command finds the same hub and store

    @property
    def language(self) -> Language:
        """In which sentences are told: the reader's."""
        return self.clock.language

    @property
    def now(self) -> float:
        """Server time at which the words are true."""
        return self.snapshot.server_now if self.as_of is None else self.as_of

    def time(self, at: float | None) -> str:
        """A server moment as this host's clock shows it."""
        return self.clock.moment(self._local(at), self._today)

    def span(self, from_at: float | None, to_at: float | None) -> str:
        """Two server moments as this host's clock shows them."""
        return self.clock.span(self._local(from_at), self._local(to_at), self._today)

    def full(self, at: float | None) -> str:
        """A server moment with its date, its zone and its age."""
        if at is None:
            return formats.UNKNOWN

        return f"{self.clock.full(self._local(at))} ({self.distance(at)})"

    def host_time(self, local_at: float | None) -> str:
        """A moment of this session's own time as this host's clock shows it."""
        shown = None if local_at is None else self.snapshot.host_at(local_at)
        return self.clock.moment(shown, self._today)

    def distance(self, at: float) -> str:
        """How far a server moment is: `2m19s ago`, `in 41s`."""
        ahead = at - self.now
        return f"in {formats.duration(ahead)}" if ahead >= 1 else self.ago(at)

    def since(self, at: float | None) -> str:
        """How long it has lasted since a server moment."""
        return formats.duration(self.elapsed(at))

    def ago(self, at: float | None) -> str:
        """How long ago a server moment was."""
        return formats.age(self.elapsed(at))

    def elapsed(self, at: float | None) -> float | None:
        """Seconds since a server moment; a moment to come counts as now."""
        return None if at is None else max(0.0, self.now - at)

    def command(self, *words: str) -> str:
        """What somebody types to have `ehtui WORDS` done; empty without words."""
        flagged = map(safe, (*self.started_with, *words))
        return formats.command("ehtui", *flagged) if words else ""

    def is_meant(self, group: str | None) -> bool:
        """Whether that group needs no name: there is none, or it is on screen."""
        return group is None or (self.group is not None and group.lower() == self.group.lower())

    def of_group(self, group: str | None) -> str:
        """` of analytics` where the group has to be named."""
        return "" if self.is_meant(group) or group is None else f" of {safe(group)}"

    @property
    def _today(self) -> float:
        return self.snapshot.host_at(self.snapshot.taken_at)

    def _local(self, at: float | None) -> float | None:
        return None if at is None else at - (self.snapshot.clock_skew_s or 0.0)


def hub_words(
    namespace: str,
    hub: str,
    profile: str | None,
    is_production: bool,  # noqa: FBT001 - of few callers
) -> str:
    """Which hub a plan is about: `myns / orders (profile live, production)`."""
    known = [f"profile {safe(profile)}"] if profile else []
    more = ", ".join([*known, "production"] if is_production else known)
    return f"{safe(namespace)} / {safe(hub)}" + (f" ({more})" if more else "")


def partition(name: str) -> str:
    """A partition's name in a sentence: `P2`."""
    return f"P{safe(name)}"


def partitions(names: Sequence[str]) -> str:
    """Partitions in a sentence: `P0, P1 and P2`, `partitions 0–7`, `40 partitions`."""
    if len(names) <= _NAMED_PARTITIONS:
        return formats.listed([partition(name) for name in names])

    ranges = formats.number_ranges(names)

    if len(ranges) <= _LISTED_PARTITIONS:
        return f"partitions {ranges}"

    return formats.plural(len(names), "partition")


def it(names: Sequence[str]) -> str:
    """`it` or `them`, as a sentence takes up what it named."""
    return "it" if len(names) == 1 else "them"


def have(names: Sequence[str]) -> str:
    """`has` or `have`."""
    return "has" if len(names) == 1 else "have"


def joined(*parts: str) -> str:
    """Parts of a sentence, without those that have nothing to say."""
    return "; ".join(part for part in parts if part)
