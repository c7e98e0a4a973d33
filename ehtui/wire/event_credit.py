"""Credit of a stream's partitions: what nobody takes stays with the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.wire.event_merge import HELD_BYTES, EventMerge, Lane, credit_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.wire.reading_session import ReadingSession

KEPT_S = 8.0  # room is kept so long for a large message


class Credit:
    """Given where there is room; where messages are larger than they were, the socket waits."""

    def __init__(self, merge: EventMerge, clock: Callable[[], float], *, may_drop: bool) -> None:
        self._merge = merge
        self._clock = clock
        self._may_drop = may_drop
        self.session: ReadingSession | None = None
        self.holds = 0  # how often the socket was held
        self._resumed_at = 0.0  # of the loop's clock

    @property
    def has_room(self) -> bool:
        """Whether more may come at all."""
        return self._may_drop or self._merge.held_bytes <= HELD_BYTES

    @property
    def is_half_free(self) -> bool:
        """Whether a message of unknown size may be tried again."""
        session = self.session
        is_free = self._merge.held_bytes <= HELD_BYTES // 2
        return is_free and session is not None and not session.receivers.held_bytes

    def promise(self, lane: Lane) -> int:
        """What a new receiver of a lane begins with: none where there is no room."""
        lane.receiver = None
        lane.promised = 0
        lane.granted = lane.promised = credit_for(lane, self._merge, may_drop=self._may_drop)
        lane.asked_at = self._clock()
        return lane.granted

    def grant(self, lane: Lane) -> None:
        """Give credit where half of what may be on its peek has come."""
        receiver = lane.receiver

        if receiver is None or receiver.error or receiver.credit > lane.granted // 2:
            return

        wanted = credit_for(lane, self._merge, may_drop=self._may_drop) or self._least(lane)

        if wanted > 2 * receiver.credit:
            lane.granted = wanted
            lane.asked_at = self._clock()
            receiver.grant(wanted)

    def _least(self, lane: Lane) -> int:
        """One, where room is kept for large messages of others that do not come."""
        return int(not self._merge.held_events and self.silent_s(lane) > KEPT_S)

    def grant_all(self) -> None:
        """The same for every partition of which more is read; and send it."""
        for lane in self._merge.open_lanes:
            self.grant(lane)

        if self.session is not None:
            self.hold_where_full()
            self.session.flush()

    def hold_where_full(self) -> None:
        """Credit counts messages. Where they are larger than they were, the socket waits."""
        session, held = self.session, self._merge.held_bytes

        if session is None:
            return

        connection = session.connection

        if held > 2 * HELD_BYTES and not self._may_drop:
            self.holds += not connection.is_reading_held
            connection.hold_reading(is_held=True)
        elif held <= HELD_BYTES and connection.is_reading_held:
            self._resumed_at = self._clock()
            connection.hold_reading(is_held=False)

    def silent_s(self, lane: Lane) -> float:
        """For how long a partition has sent nothing although it could."""
        return self._clock() - max(lane.seen_at, lane.asked_at, self._resumed_at)
