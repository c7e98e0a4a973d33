"""A finding about to be told: what it is about, and its words by the class of its evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

from ehtui.domain.findings.evidence import E, FindingKind
from ehtui.domain.snapshot import Subject
from ehtui.domain.text import safe
from ehtui.views.telling import Telling, partitions


@dataclass(frozen=True, slots=True)
class About:
    """What something is about, beside its evidence."""

    subject: Subject
    places: tuple[str, ...]  # the partitions
    say: Telling

    @property
    def where(self) -> str:
        """Those partitions in a sentence, with the group where that is not on screen."""
        return f"{partitions(self.places)}{self.say.of_group(self.subject.group)}"

    @property
    def group(self) -> str:
        """The group's name."""
        return safe(self.subject.group or "") or "the group"


@dataclass(frozen=True, slots=True)
class FindingText(Generic[E]):
    """How one kind of finding is told; a sentence takes no other evidence than its rule gives."""

    kind: FindingKind[E]
    sentence: Callable[[E, About], str]
    advice: Callable[[E, About], tuple[str, ...]]
    headline: Callable[[E, About], str] | None = None  # where the header says it otherwise
