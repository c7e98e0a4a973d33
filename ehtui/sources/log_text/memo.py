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
        stamp = leading_stamp(text) if len(text) <= MOST_CHARACTERS else None

        if stamp is None:
            return read_text(text, now)

        rest = text[stamp.end :]

        if known := self._told.get(rest):
            cleaned, fact = known
            said = f"{text[: stamp.end]}{cleaned.text}"
            return cleaned._replace(text=said, written_at=stamp.written_at), fact

        cleaned, fact = told = read_text(text, now)

        # Only where the record keeps its own stamp can another's be put in its place.
        if cleaned.written_at == stamp.written_at and cleaned.text.startswith(text[: stamp.end]):
            self._keep(rest, cleaned._replace(text=cleaned.text[stamp.end :]), fact)

        return told

    def _keep(self, rest: str, cleaned: Cleaned, fact: LogFact | None) -> None:
        if len(self._told) >= MOST_SENTENCES:
            self._told.clear()

        self._told[rest] = cleaned, fact
