"""How often each source is read: as configured, as what is urgent asks, as somebody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.folds.host import OF_THIS_HOST
from ehtui.domain.updates import AttentionSet
from ehtui.monitor.urgency import FULL, URGENT_S, Urgency

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.snapshot import Snapshot
    from ehtui.monitor.poller import Poller
    from ehtui.monitor.urgency import Attention

_PACED = {"hub", "store", "processes"}


class Paces:
    """Of all pollers of a monitor; on its loop only."""

    def __init__(self) -> None:
        self.pollers: Sequence[Poller] = ()
        self.attention = FULL
        self._urgency = Urgency()
        self._configured_s: dict[str, float] = {}  # between reads, by source

    @property
    def is_seldom(self) -> bool:
        """Whether nobody looks, so that nothing is urgent."""
        return self.attention.seldom_s is not None

    def begin(self, pollers: Sequence[Poller]) -> None:
        """These are the pollers; they have not read yet."""
        self.pollers = pollers
        self._configured_s = {each.name: each.scheduled.every_s for each in pollers}
        self._apply()

    def attend(self, attention: Attention) -> bool:
        """Look as closely as that from now on; whether that is news."""
        before, self.attention = self.attention, attention
        self._apply()

        if before.seldom_s is not None and not self.is_seldom:
            self.refresh(None)

        return before != attention

    def read_every(self, every_s: float) -> None:
        """Somebody asked for another pace."""
        self._configured_s |= {each.name: every_s for each in self.pollers if each.name in _PACED}
        self._apply()

    def told(self, at: float, snapshot: Snapshot) -> AttentionSet:
        """What rules are to know of it."""
        paces = {each.name: each.scheduled.every_s for each in self.pollers}
        policy = snapshot.policy
        return AttentionSet(
            at,
            paces.get("hub", policy.hub_interval_s),
            paces.get("store", policy.store_interval_s),
            reads_host=self.attention.reads_host,
        )

    def refresh(self, source: str | None) -> None:
        """Read one source, or all, now."""
        for poller in self.pollers:
            if source in {None, poller.name}:
                poller.refresh()

    def retime(self, snapshot: Snapshot, now: float, *, is_paused: bool) -> None:
        """A picture, or whether reading is held, has changed."""
        every_s: dict[str, float | None] = {}

        if not self.is_seldom:
            is_open = self._urgency.is_forecast_open(snapshot, now)
            every_s["hub"] = URGENT_S if is_open else None
            every_s["store"] = self._urgency.store_every_s(snapshot, now)

        for poller in self.pollers:
            poller.set_urgency(every_s=every_s.get(poller.name), is_paused=is_paused)

    def changes_with_time(self, snapshot: Snapshot, now: float) -> bool:
        """Whether judging the same facts again could say something new, and somebody looks."""
        return not self.is_seldom and self._urgency.changes_with_time(snapshot, now)

    def _apply(self) -> None:
        least_s = self.attention.seldom_s or 0.0

        for poller in self.pollers:
            configured_s = self._configured_s[poller.name]
            poller.read_every(max(configured_s, least_s) if poller.name in _PACED else configured_s)
            poller.rest(poller.name in OF_THIS_HOST and not self.attention.reads_host)
