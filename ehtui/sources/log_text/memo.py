"""A flood is the same few sentences again and again: each is read once, its time each time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ehtui.sources.log_text.patterns import read_text
from ehtui.sources.log_text.stamps import leading_stamp

if TYPE_CHECKING:
    from ehtui.sources.log_text.cleaning import Cleaned
    from ehtui.sources.log_text.facts import LogFact

    Told = tuple[Cleaned, LogFact | None]

MOST_SENTENCES = 2048
MOST_CHARACTERS = 2048  # of one that is kept


@dataclass(slots=True)
class RecordMemo:
    """Reads records, and remembers what those that differ only in their time told."""

    _told: dict[str, Told] = field(default_factory=dict)

    def read(self, text: str, now: float) -> Told:
        """The record cleaned, and what it tells."""
        if len(text) > MOST_CHARACTERS:
            return read_text(text, now)

        stamp = leading_stamp(text)
        begin = stamp.end if stamp else 0
        rest = text[begin:]

        if known := self._told.get(rest):
            cleaned, fact = known

            if stamp is not None:
                said = f"{text[:begin]}{cleaned.text}"
                cleaned = cleaned._replace(text=said, written_at=stamp.written_at)

            return cleaned, fact

        cleaned, fact = told = read_text(text, now)

        if stamp is None:
            self._keep(rest, cleaned, fact)
        # Only where the record keeps its own stamp can another's be put in its place.
        elif cleaned.written_at == stamp.written_at and cleaned.text.startswith(text[:begin]):
            self._keep(rest, cleaned._replace(text=cleaned.text[begin:]), fact)

        return told

    def _keep(self, rest: str, cleaned: Cleaned, fact: LogFact | None) -> None:
        if len(self._told) >= MOST_SENTENCES:
            self._told.clear()

        self._told[rest] = cleaned, fact
