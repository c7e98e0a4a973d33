"""Rows kept while what they show is the same: a large hub never changes all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from ehtui.views.cells import Row


class RowMemo:
    """Rows of one pane, until the facts that they were made from change. Panes share none."""

    def __init__(self) -> None:
        self._before: dict[Hashable, tuple[tuple[object, ...], Row]] = {}
        self._now: dict[Hashable, tuple[tuple[object, ...], Row]] = {}

    def begin(self) -> None:
        """Start a table: rows that nobody looked at in the one before are forgotten."""
        self._before, self._now = self._now, {}

    def kept(self, key: Hashable, facts: tuple[object, ...], make: Callable[[], Row]) -> Row:
        """What is kept under `key`, if it was made from equal facts.

        Tuples compare by identity first: domain objects that did not change cost nothing.
        """
        kept = self._now.get(key) or self._before.get(key)

        if kept is None or kept[0] != facts:
            kept = (facts, make())

        self._now[key] = kept

        return kept[1]
