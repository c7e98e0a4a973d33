"""Columns that are as wide as what they show, so that no digit is ever cut off."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ehtui.views.width import width

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ehtui.views.cells import Column, Row


def fitted(
    columns: Sequence[Column], rows: Sequence[Row], keys: Iterable[str]
) -> tuple[Column, ...]:
    """`columns`, those named widened to their widest cell."""
    places = [(place, column.key) for place, column in enumerate(columns) if column.key in keys]

    return widened(columns, {key: [row.cells[place].text for row in rows] for place, key in places})


def widened(columns: Sequence[Column], texts: Mapping[str, Iterable[str]]) -> tuple[Column, ...]:
    """`columns`, each at least as wide as the texts given for it."""
    widest = {key: max(map(width, some), default=0) for key, some in texts.items()}

    return tuple(
        replace(column, width=widest[column.key])
        if widest.get(column.key, 0) > column.width
        else column
        for column in columns
    )
