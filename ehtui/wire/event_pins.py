"""Where partitions that are only followed go on after a loss, before anything of them came.

Of a large hub, asking all how far they go would delay the beginning by seconds: it is done a few at
a time while it is read. Until then such a partition goes on at the moment when it was attached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.world.events import AtSequence, AtTime, Latest
from ehtui.wire.reading import BURST

if TYPE_CHECKING:
    from ehtui.domain.world.events import Position
    from ehtui.wire.event_merge import EventMerge, Lane
    from ehtui.wire.reading_session import PeekGroup, ReadingSession


class Pins:
    """Of the partitions of one stream."""

    def __init__(self, merge: EventMerge, peek: PeekGroup, *, follows: bool) -> None:
        self._merge = merge
        self._peek = peek
        self._follows = follows
        self._attached_at: dict[str, float] = {}  # first, where that was at the end
        self._found: dict[str, int] = {}  # last sequence numbers, not in force yet

    def needs_end(self, lane: Lane) -> bool:
        """Whether reading waits for how far a partition goes."""
        return not self._is_loose(lane) or len(self._merge.lanes) <= BURST

    def begin(self, lane: Lane) -> Position:
        """Where a receiver begins, now that one is asked for."""
        if self._is_loose(lane):
            now = self._peek.clock()
            at = self._attached_at.setdefault(lane.partition, now)

            if at < now:
                lane.position = AtTime(at)

        return lane.position

    async def ask(self, session: ReadingSession) -> None:
        """Ask some that have none for their ends, and put into force what was found before.

        Not at once: what was enqueued before the answer may still be on its way.

        Raises:
            ProblemError: One of them could not be read.
        """
        for partition, sequence in self._found.items():
            if self._is_loose(lane := self._merge.lanes[partition]):
                lane.position = AtSequence(sequence, is_inclusive=False)

        self._found.clear()
        loose = [lane.partition for lane in self._merge.open_lanes if self._is_loose(lane)]

        if loose:
            samples = await session.ends(loose[:BURST])
            self._found = {name: sample.last_sequence for name, sample in samples.items()}

    def lost(self) -> None:
        """The connection is gone, and with it what was on its way."""
        self._found.clear()

    def _is_loose(self, lane: Lane) -> bool:
        return self._follows and isinstance(lane.position, Latest)
