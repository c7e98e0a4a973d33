"""Evidence for tests: from the keys that JSON has, or from what its fields may hold."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from ehtui.domain.evidence import Evidence
from ehtui.domain.findings.evidence_records import FINDINGS
from ehtui.domain.timeline import TIMELINE_KINDS

if TYPE_CHECKING:
    from ehtui.domain.snapshot import Snapshot

E = TypeVar("E", bound=Evidence)
Values = Mapping[type, Any]  # an example of each plain type
EXAMPLES: Values = {str: "text", int: 3, float: 12.5, bool: True}
ZEROS: Values = {str: "text", int: 0, float: 0.0, bool: False}
BLANK: Values = {str: "", int: 0, float: 0.0, bool: False}


class OfPartitions(Evidence, frozen=True):
    """Of a rule that nobody knows."""

    partitions: tuple[str, ...]


def evidence_of(kind: type[E], told: Mapping[str, Any]) -> E:
    """From JSON's keys; what they leave out is unknown, empty or zero."""
    rest = dict(told)
    made = {name: _from(name, hint, rest) for name, hint in _hints(kind).items()}
    assert not rest, f"{kind.__name__} has no {', '.join(rest)}"
    return kind(**made)


def _from(name: str, hint: Any, rest: dict[str, Any]) -> Any:
    nested = _nested(hint)

    if nested is not None:
        keys = [key for key in rest if key.startswith(f"{name}_")]
        return evidence_of(nested, {k.removeprefix(f"{name}_"): rest.pop(k) for k in keys})

    if name not in rest:
        return _example(hint, BLANK, unknown=True)

    value = rest.pop(name)
    enums = [kind for kind in _options(hint) if isinstance(kind, type) and issubclass(kind, Enum)]
    return next((kind(value) for kind in enums if value in {m.value for m in kind}), value)


def finding_evidence(id_: str, told: Mapping[str, Any]) -> Evidence:
    """That of a finding, from JSON's keys; an unknown one lists partitions."""
    kind = FINDINGS.get(id_)
    evidence: Evidence = evidence_of(kind.evidence if kind else OfPartitions, told)
    return evidence


def event_evidence(id_: str, told: Mapping[str, Any]) -> Evidence:
    """That of a timeline event, from JSON's keys; nothing of one that is not known."""
    kind = TIMELINE_KINDS.get(id_)
    evidence: Evidence = evidence_of(kind.details if kind else Evidence, told)
    return evidence


def example(kind: type[E], values: Values, now: float, *, unknown: bool) -> E:
    """With that of each type; what may be None is, where `unknown`, and lists hold two."""
    made: dict[str, Any] = {}

    for name, hint in _hints(kind).items():
        nested = _nested(hint)

        if nested is not None:
            made[name] = example(nested, values, now, unknown=unknown)
        elif get_origin(hint) is tuple:
            made[name] = ("0", "2")
        else:
            value = _example(hint, values, unknown=unknown)
            is_moment = name.endswith("_at") and value is not None
            made[name] = now - value if is_moment else value

    return kind(**made)


def _example(hint: Any, values: Values, *, unknown: bool) -> Any:
    options = _options(hint)

    if unknown and NoneType in options:
        return None

    option = options[0]

    if get_origin(option) is tuple:
        return ()

    if get_origin(option) is Literal:
        return get_args(option)[-1 if values is ZEROS else 0]

    if isinstance(option, type) and issubclass(option, Enum):
        return next(iter(option))

    return values[option]


def anything(kind: type[E]) -> st.SearchStrategy[E]:
    """Whatever the types of its fields allow."""
    return st.builds(kind, **{name: _any(hint) for name, hint in _hints(kind).items()})


def _any(hint: Any) -> st.SearchStrategy[Any]:
    nested = _nested(hint)

    if nested is not None:
        return anything(nested)

    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: st.text(max_size=12),
        int: st.integers(-(10**6), 10**9),
        float: st.floats(-1e6, 2e9, allow_nan=False),
        tuple[str, ...]: st.lists(st.text(max_size=5), max_size=4).map(tuple),
    }
    return st.one_of([plain[o] if o in plain else st.from_type(o) for o in _options(hint)])


def keys_of(kind: type[Evidence]) -> tuple[str, ...]:
    """The keys that JSON has of it."""
    keys: list[str] = []

    for name, hint in _hints(kind).items():
        nested = _nested(hint)
        keys += [f"{name}_{key}" for key in keys_of(nested)] if nested else [name]

    return tuple(keys)


def _nested(hint: Any) -> type[Evidence] | None:
    return hint if isinstance(hint, type) and issubclass(hint, Evidence) else None


def _options(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)


def _hints(kind: type[Evidence]) -> dict[str, Any]:
    return get_type_hints(kind)


def check_catalogue(snapshot: Snapshot) -> None:
    """Every finding and event says exactly what the catalogue promises to those who word it."""
    for finding in snapshot.findings:
        kind = FINDINGS[finding.id]
        assert type(finding.evidence) is kind.evidence, finding
        assert finding.severity in kind.severities, finding

    for event in snapshot.timeline:
        assert type(event.details) is TIMELINE_KINDS[event.kind].details, event
