"""A flood is the same few sentences again and again: each is read once, its time each time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ehtui.sources.log_text.patterns import read_text
from ehtui.sources.log_text.stamps import quick_stamp

if TYPE_CHECKING:
    from ehtui.sources.log_text.cleaning import Cleaned
    from ehtui.sources.log_text.facts import LogFact
    from ehtui.sources.log_text.stamps import Stamp

MOST_SENTENCES = 512
MOST_CHARACTERS = 1024  # of one that is kept
_STAMP = "\0"  # stands where the time stood


class _Known(NamedTuple):
    """What one sentence told; its text around the stamp that each record has of its own."""

    cleaned: Cleaned
    fact: LogFact | None
    before: str
    after: str | None  # None: the text has no stamp


@dataclass(slots=True)
class RecordMemo:
    """Reads records, and remembers what those that differ only in their time told."""

    _known: dict[str, _Known] = field(default_factory=dict)

    def read(self, text: str, now: float) -> tuple[Cleaned, LogFact | None]:
        """The record cleaned, and what it tells."""
        if len(text) > MOST_CHARACTERS:
            return read_text(text, now)

        stamp = quick_stamp(text)
        key = text if stamp is None else f"{text[: stamp.start]}{_STAMP}{text[stamp.end :]}"

        if known := self._known.get(key):
            return _again(known, text, stamp), known.fact

        cleaned, fact = read_text(text, now)
        self._keep(key, _known(cleaned, fact, text, stamp))
        return cleaned, fact

    def _keep(self, key: str, known: _Known | None) -> None:
        if known is None:
            return

        if len(self._known) >= MOST_SENTENCES:
            self._known.clear()

        self._known[key] = known


def _known(cleaned: Cleaned, fact: LogFact | None, text: str, stamp: Stamp | None) -> _Known | None:
    """What may be told of the next record with other times; None where that is not certain."""
    if stamp is None:
        return _Known(cleaned, fact, cleaned.text, None)

    if cleaned.written_at != stamp.written_at:
        return None

    before, found, after = cleaned.text.partition(text[stamp.start : stamp.end])
    return _Known(cleaned, fact, before, after if found else None)


def _again(known: _Known, text: str, stamp: Stamp | None) -> Cleaned:
    if stamp is None:
        return known.cleaned

    said = known.before

    if known.after is not None:
        said = f"{said}{text[stamp.start : stamp.end]}{known.after}"

    return known.cleaned._replace(text=said, written_at=stamp.written_at)
