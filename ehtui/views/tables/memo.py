"""Rows kept while what they show is the same object: a large hub never changes all at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from ehtui.views.cells import Row

_Kept = tuple[tuple[object, ...], Hashable, Row]


class RowMemo:
    """One pane's rows of the build before. Two panes must not share one."""

    def __init__(self) -> None:
        self._before: dict[Hashable, _Kept] = {}
        self._now: dict[Hashable, _Kept] = {}

    def begin(self) -> None:
        """Start a build: what the build before did not use is forgotten."""
        self._before, self._now = self._now, {}

    def row(
        self,
        key: Hashable,
        sources: tuple[object, ...],
        looks: Hashable,
        build: Callable[[], Row],
    ) -> Row:
        """The row kept under `key`, if `sources` are the same objects and `looks` are equal."""
        kept = self._before.get(key)

        if (
            kept is None
            or kept[1] != looks
            or any(a is not b for a, b in zip(kept[0], sources, strict=True))
        ):
            kept = (sources, looks, build())

        self._now[key] = kept

        return kept[2]
