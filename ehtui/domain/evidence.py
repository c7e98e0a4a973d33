"""What findings, events and checks rest on: a frozen class each, flattened where it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, StrEnum
from typing import Generic, TypeVar

from ehtui.domain.values import Value

Scalar = str | int | float | bool | None
FlatFacts = Mapping[str, Scalar | tuple[str, ...]]


class Evidence(Value, frozen=True):
    """What something rests on; each rule has a class of its own, whose fields are JSON's keys.

    None is unknown. `_at` is a server time, `_s` a length, `_per_s` a rate. `partitions` are ids
    in natural order.
    """


class Doubt(StrEnum):
    """Why a forecast is a guess."""

    UNTIMED = "untimed"  # an SDK's defaults: no survivor's renewals were timed
    RATIO = "ratio"  # their interval was set, and perhaps their expiry too
    OUTLIVED = "outlived"  # leases were seen to live longer than was thought


class TakeoverWindow(Value, frozen=True):
    """When survivors can own a partition again, server time in whole seconds, both included.

    None where nobody can, or where nothing bounds it.
    """

    earliest_at: float | None
    latest_at: float | None
    basis: str  # a code such as "python-180/30", "observed", "configured", "released"
    doubt: Doubt | None = None

    @property
    def is_guess(self) -> bool:
        """Whether it rests on more than what was configured, seen, or is an SDK's default."""
        return self.doubt is not None


class TakeoverTimes(Evidence, frozen=True):
    """When somebody else can have a partition (facts.md §2); None where nobody can."""

    earliest_at: float | None  # when a survivor can own it, at the earliest
    latest_at: float | None
    is_guess: bool  # it rests on more than what was configured, seen, or is a default


class Takeover(Evidence, frozen=True):
    """The same, and what that rests on."""

    earliest_at: float | None
    latest_at: float | None
    basis: str | None  # code: python-180/30, configured, released, no-survivor …
    is_guess: bool


def takeover(windows: Sequence[TakeoverWindow]) -> Takeover:
    """Of several windows: from the first to the last; none has an end where one has not."""
    starts = [w.earliest_at for w in windows if w.earliest_at is not None]
    ends = [w.latest_at for w in windows if w.latest_at is not None]
    return Takeover(
        earliest_at=min(starts, default=None),
        latest_at=max(ends, default=None) if len(ends) >= len(starts) else None,
        basis=windows[0].basis if windows else None,
        is_guess=any(w.is_guess for w in windows),
    )


def facts(evidence: Evidence) -> FlatFacts:
    """Its fields by their keys: those of a field that is evidence itself begin with its name."""
    flat: dict[str, Scalar | tuple[str, ...]] = {}

    for name in evidence.__struct_fields__:
        value = getattr(evidence, name)
        if isinstance(value, Evidence):
            flat |= {f"{name}_{key}": fact for key, fact in facts(value).items()}
        else:
            flat[name] = value.value if isinstance(value, Enum) else value

    return flat


def partitions_of(evidence: Evidence) -> tuple[str, ...]:
    """The partitions that it is about, as far as it lists any."""
    listed: tuple[str, ...] = getattr(evidence, "partitions", ())
    return listed


E = TypeVar("E", bound=Evidence)


class EventKind(Value, Generic[E], frozen=True):
    """What an event of this kind says of itself."""

    id: str
    details: type[E]
