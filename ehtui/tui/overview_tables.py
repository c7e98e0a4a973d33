"""The tables and the sentence of the overview; what dialogs say is in `words`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import field

from ehtui.domain.values import Value
from ehtui.lazy import LazyModule
from ehtui.views.formats import UTC_CLOCK, Clock
from ehtui.views.glyphs import UNICODE, Glyphs, OwnerMarks
from ehtui.views.headline import headline
from ehtui.views.tables import (
    RowMemo,
    consumers_table,
    findings_table,
    partitions_table,
    timeline_table,
)
from ehtui.views.tables.timeline import EVERYTHING

if TYPE_CHECKING:
    from ehtui.domain.snapshot import Snapshot
    from ehtui.views import groups
    from ehtui.views.cells import Cell, Table
    from ehtui.views.tables.timeline import TimelineScope
else:
    groups = LazyModule("ehtui.views.groups")


class OverviewTables(Value, frozen=True, eq=False):
    """Tables and sentences in one set of signs and one zone; rows of the last drawing are kept."""

    glyphs: Glyphs = UNICODE
    clock: Clock = UTC_CLOCK
    started_with: tuple[str, ...] = ()
    _partitions: RowMemo = field(default_factory=RowMemo)
    _consumers: RowMemo = field(default_factory=RowMemo)
    _timeline: RowMemo = field(default_factory=RowMemo)
    _livery: OwnerMarks = field(default_factory=OwnerMarks)

    def headline(self, snapshot: Snapshot, group: str) -> Cell:
        """The worst finding in one sentence."""
        return headline(snapshot, group, glyphs=self.glyphs, clock=self.clock)

    def partitions(
        self, snapshot: Snapshot, group: str, selected: str | None, *, screen_cells: int = 0
    ) -> Table:
        """Partitions as the group sees them."""
        return partitions_table(
            snapshot,
            group,
            glyphs=self.glyphs,
            selected=selected,
            memo=self._partitions,
            screen_cells=screen_cells,
            quiet=True,
            marks=self._livery.of(snapshot),
        )

    def consumers(self, snapshot: Snapshot, group: str) -> Table:
        """Consumers on this host."""
        marks = self._livery.of(snapshot)

        return consumers_table(
            snapshot, group, glyphs=self.glyphs, memo=self._consumers, marks=marks
        )

    def findings(self, snapshot: Snapshot, group: str) -> Table:
        """What was judged."""
        return findings_table(snapshot, group, glyphs=self.glyphs, clock=self.clock)

    def groups(self, snapshot: Snapshot) -> Table:
        """The consumer groups, side by side."""
        return groups.groups_table(snapshot, glyphs=self.glyphs)

    def timeline(self, snapshot: Snapshot, group: str, scope: TimelineScope = EVERYTHING) -> Table:
        """What happened, newest first, as far as it is asked for."""
        return timeline_table(
            snapshot,
            group,
            scope=scope,
            glyphs=self.glyphs,
            clock=self.clock,
            memo=self._timeline,
            started_with=self.started_with,
        )
