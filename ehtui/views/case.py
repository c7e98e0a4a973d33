"""A check of Why? about to be told: its subject and typed access to its flat facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ehtui.domain.evidence import FlatFacts
from ehtui.domain.snapshot import Subject
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.telling import Telling, partitions

SOMEBODY = "somebody"


@dataclass(frozen=True, slots=True)
class Case:
    """Facts with their words at hand. A key that is missing or of another type is unknown."""

    subject: Subject
    evidence: FlatFacts
    say: Telling

    def number(self, key: str) -> float | None:
        """A count, a length, a rate or a moment."""
        value = self.evidence.get(key)

        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def whole(self, key: str) -> int | None:
        """A count."""
        value = self.number(key)

        return None if value is None else int(value)

    def text(self, key: str) -> str:
        """Text from outside, safe; empty where unknown."""
        value = self.evidence.get(key)

        return "" if value is None or isinstance(value, tuple) else safe(str(value))

    def names(self, key: str) -> tuple[str, ...]:
        """A list."""
        value = self.evidence.get(key)

        return value if isinstance(value, tuple) else ()

    def is_set(self, key: str) -> bool:
        """Whether a yes-or-no is known to be yes."""
        return self.evidence.get(key) is True

    def is_denied(self, key: str) -> bool:
        """Whether a yes-or-no is known to be no."""
        return self.evidence.get(key) is False

    def count(self, key: str) -> str:
        """A count, or `–`."""
        return formats.count(self.whole(key))

    def rate(self, key: str) -> str:
        """Events a second: `13/s`."""
        value = self.number(key)

        return formats.UNKNOWN if value is None else f"{formats.rate(value)}/s"

    def lasting(self, key: str) -> str:
        """A length."""
        return formats.duration(self.number(key))

    def time(self, key: str) -> str:
        """A moment."""
        return self.say.time(self.number(key))

    def since(self, key: str) -> str:
        """How long since a moment."""
        return self.say.since(self.number(key))

    def owner(self, key: str = "owner") -> str:
        """An owner's short id."""
        return formats.owner(self.text(key)) if self.text(key) else SOMEBODY

    def owners(self, key: str = "owners") -> str:
        """Owners' short ids."""
        return formats.listed([formats.owner(owner) for owner in self.names(key)])

    @property
    def pid(self) -> str:
        """A process's number, or `–`."""
        pid = self.whole("pid")

        return formats.UNKNOWN if pid is None else str(pid)

    @property
    def places(self) -> tuple[str, ...]:
        """The partitions that it is about."""
        if self.subject.partition is not None:
            return (self.subject.partition,)

        return self.names("partitions")

    @property
    def where(self) -> str:
        """Those partitions in a sentence, with the group where that is not on screen."""
        return f"{partitions(self.places)}{self.say.of_group(self.subject.group)}"

    @property
    def group(self) -> str:
        """The group's name."""
        return safe(self.subject.group or "") or "the group"


Sentence = Callable[[Case], str]
