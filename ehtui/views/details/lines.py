"""A fact with its label; facts that belong together under one heading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ehtui.views import formats
from ehtui.views.cells import Tone

if TYPE_CHECKING:
    from collections.abc import Iterable

Fact = tuple[str, str | None]  # None is unknown


@dataclass(frozen=True, slots=True)
class Line:
    """One fact."""

    label: str
    value: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Section:
    """Facts under a heading; one without a label is a sentence of its own."""

    heading: str
    lines: tuple[Line, ...]


def section(heading: str, facts: Iterable[Fact]) -> Section:
    """A section of plain facts; what is unknown is dim."""
    return Section(
        heading,
        tuple(
            Line(label, formats.UNKNOWN, Tone.DIM)
            if value is None or value == formats.UNKNOWN
            else Line(label, value)
            for label, value in facts
        ),
    )
