"""Rows kept while what they show is the same object: a large hub never changes all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from ehtui.views.cells import Cell, Row

Built = TypeVar("Built")


class Memo(Generic[Built]):
    """What was built for each key, until the facts that it was built from change."""

    def __init__(self) -> None:
        self._before: dict[Hashable, tuple[tuple[object, ...], Built]] = {}
        self._now: dict[Hashable, tuple[tuple[object, ...], Built]] = {}

    def begin(self) -> None:
        """Start a build: what the build before did not use is forgotten."""
        self._before, self._now = self._now, {}

    def kept(self, key: Hashable, facts: tuple[object, ...], build: Callable[[], Built]) -> Built:
        """What is kept under `key`, if it was built from equal facts.

        Tuples compare by identity first: domain objects that did not change cost nothing.
        """
        kept = self._before.get(key)

        if kept is None or kept[0] != facts:
            kept = (facts, build())

        self._now[key] = kept

        return kept[1]


class RowMemo:
    """One pane's rows of the build before. Two panes must not share one."""

    def __init__(self) -> None:
        self.rows: Memo[Row] = Memo()
        self.cells: Memo[tuple[Cell, ...]] = Memo()  # of a row, without those that count down

    def begin(self) -> None:
        """Start a build."""
        self.rows.begin()
        self.cells.begin()
