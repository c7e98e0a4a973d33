"""Evidence in words: as label and value lines, and how a kind of finding is told by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple

from ehtui.domain.evidence import E
from ehtui.domain.text import safe
from ehtui.domain.values import Value
from ehtui.views import formats
from ehtui.views.phrasing import Phrasing, partitions
from ehtui.views.takeovers import basis

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ehtui.domain.evidence import Evidence, FlatFacts, Scalar
    from ehtui.domain.findings.evidence import FindingKind
    from ehtui.domain.snapshot import Subject


_LABELS = {
    "pid": "process",
    "in_per_s": "coming in",
    "out_per_s": "read",
    "lag_bound": "lag at most",
    "not_claimed": "“hasn't claimed …”",
    "live_owners": "live owners",
    "problem_kind": "kind of problem",
    "takeover_earliest_at": "earliest takeover",
    "takeover_latest_at": "latest takeover",
    "takeover_basis": "takeover judged by",
    "expiry_basis": "expiry judged by",
}
_ENDINGS = ("_per_s", "_bytes", "_at", "_s")


def evidence_lines(evidence: FlatFacts, say: Phrasing) -> tuple[tuple[str, str], ...]:
    """Every fact, in the order in which it was given."""
    return tuple((label(key), value(key, fact, say)) for key, fact in evidence.items())


def label(key: str) -> str:
    """A key as words: `renewed at`, `expires after`, `coming in`."""
    if key in _LABELS:
        return _LABELS[key]

    words = key.removeprefix("is_")

    for ending in _ENDINGS:
        if words.endswith(ending):
            words = words.removesuffix(ending) + (" at" if ending == "_at" else "")
            break

    return words.replace("_", " ")


def value(key: str, fact: Scalar | tuple[str, ...], say: Phrasing) -> str:
    """A value as text: moments with date and age, lengths, rates, yes or no; `–` is unknown."""
    if fact is None:
        return formats.UNKNOWN

    if isinstance(fact, bool):
        return "yes" if fact else "no"

    if isinstance(fact, tuple):
        return ", ".join(safe(item) for item in fact) or "none"

    if isinstance(fact, str):
        text = safe(fact)
        return (basis(text) if key.endswith("_basis") else text) or "none"

    return _number(key, float(fact), say)


def _number(key: str, fact: float, say: Phrasing) -> str:
    forms: Mapping[str, Callable[[float], str]] = {
        "_per_s": lambda per_s: f"{formats.rate(per_s)}/s",
        "_bytes": lambda amount: formats.size(int(amount)),
        "_at": say.full,
        "_s": formats.duration,
    }
    form = next((forms[ending] for ending in _ENDINGS if key.endswith(ending)), None)

    if form is not None:
        return form(fact)

    if key == "pid":
        return str(int(fact))

    return formats.count(int(fact)) if fact.is_integer() else f"{fact:,.3g}"


class About(Value, frozen=True):
    """What something is about, beside its evidence."""

    subject: Subject
    places: tuple[str, ...]  # the partitions
    say: Phrasing

    @property
    def where(self) -> str:
        """Those partitions in a sentence, with the group where that is not on screen."""
        return f"{partitions(self.places)}{self.say.of_group(self.subject.group)}"

    @property
    def group(self) -> str:
        """The group's name."""
        return safe(self.subject.group or "") or "the group"


def advise(*lines: str) -> Callable[[Evidence, About], tuple[str, ...]]:
    """The same advice whatever the evidence."""
    return lambda *_: lines


class Meaning(NamedTuple):
    """A finding in general, whatever the evidence of one: for help, `ehtui explain`, the docs."""

    means: str
    why: str
    what_to_do: str


class FindingText(Value, Generic[E], frozen=True):
    """How one kind of finding is told; a sentence takes no other evidence than its rule gives."""

    kind: FindingKind[E]
    sentence: Callable[[E, About], str]
    advice: Callable[[E, About], tuple[str, ...]]
    meaning: Meaning
    headline: Callable[[E, About], str] | None = None  # where the header says it otherwise
