"""Columns that are as wide as what they show, so that no digit is ever cut off."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ehtui.views.width import width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ehtui.views.cells import Column, Row


def fitted(
    columns: Sequence[Column], rows: Sequence[Row], keys: Iterable[str]
) -> tuple[Column, ...]:
    """`columns`, those named widened to their widest cell."""
    wanted = set(keys)

    return tuple(
        _fit(column, [row.cells[place].text for row in rows]) if column.key in wanted else column
        for place, column in enumerate(columns)
    )


def _fit(column: Column, texts: Sequence[str]) -> Column:
    widest = max((width(text) for text in texts), default=0)

    return replace(column, width=widest) if widest > column.width else column
