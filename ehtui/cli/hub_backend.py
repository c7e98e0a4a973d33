"""The backend of one hub among several: others look at it too, and its settings may change."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from typing_extensions import override

from ehtui.cli.backend import MonitorBackend
from ehtui.clock import steady

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from ehtui.cli.works import Works
    from ehtui.config.settings import Settings
    from ehtui.domain.actions.outcomes import Outcome, Refusal
    from ehtui.domain.actions.plans import Plan
    from ehtui.domain.actions.requests import Request
    from ehtui.domain.snapshot import Snapshot
    from ehtui.monitor.urgency import Attention


class HubBackend(MonitorBackend):
    """Looks as closely as `attention` says whenever the number of viewers, or that, changes.

    Who follows it without looking at it is no viewer. It can be opened anew while it is used.
    """

    def __init__(
        self,
        open_works: Callable[[], Works],
        settings: Settings,
        first: Snapshot,
        *,
        attention: Callable[[], Attention],
        on_viewed: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = steady,
    ) -> None:
        super().__init__(open_works, settings, first, clock=clock)
        self._attention = attention
        self._on_viewed = on_viewed
        self._turn = threading.RLock()
        self._listeners: dict[int, tuple[Callable[[Snapshot], None], Callable[[], None]]] = {}
        self._numbers = 0
        self._viewers: set[int] = set()

    @property
    def settings(self) -> Settings:
        """Those that it was opened with last."""
        return self._settings

    @property
    def is_viewed(self) -> bool:
        """Whether somebody looks at it."""
        return bool(self._viewers)

    @property
    def is_open(self) -> bool:
        """Whether anything was opened."""
        return self._works is not None

    @override
    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Look at it: it is read at its full pace until the last viewer has unsubscribed."""
        unsubscribe = self._listen(callback, is_viewer=True)
        self._on_viewed()
        return unsubscribe

    def follow(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Hear of every picture without looking at it."""
        return self._listen(callback, is_viewer=False)

    def attend(self) -> None:
        """Look as closely as is wanted by now."""
        if self._works is not None:
            self._works.monitor.attend(self._attention())

    def reopen(
        self, open_works: Callable[[], Works], settings: Settings, first: Snapshot
    ) -> Callable[[], None] | None:
        """Open it with other settings, for everybody who uses it; what closes the old one blocks.

        None, and nothing is done, while an action is under way: that is the old one's.
        """
        with self._turn:
            if self._actions.running:
                return None

            old, self._works = self._works, None
            self._open, self._settings, self._first = open_works, settings, first
            self._actor, self._seen = None, {}  # who has ended was the old one's

            for unsubscribe in [each[1] for each in self._listeners.values()]:
                unsubscribe()

            self._listeners = {
                number: (callback, super(HubBackend, self).subscribe(callback))
                for number, (callback, _) in self._listeners.items()
            }
            self.attend()

        return lambda: None if old is None else old.let_go()

    @override
    def plan(self, request: Request) -> Plan | Refusal:
        """See `MonitorBackend`: all of it is of one opening."""
        with self._turn:
            return super().plan(request)

    @override
    def begin(self, plan: Plan) -> Future[Outcome]:
        """See `MonitorBackend`: nothing is opened anew in between."""
        with self._turn:
            return super().begin(plan)

    @property
    @override
    def _opened(self) -> Works:
        with self._turn:
            if self._works is None:
                works = self._open()
                works.monitor.attend(self._attention())
                self._works = works

            return self._works

    def _listen(
        self, callback: Callable[[Snapshot], None], *, is_viewer: bool
    ) -> Callable[[], None]:
        with self._turn:
            number = self._numbers = self._numbers + 1

            if is_viewer:
                self._viewers.add(number)

            self._listeners[number] = (callback, super().subscribe(callback))
            self.attend()

        def unsubscribe() -> None:
            with self._turn:
                self._viewers.discard(number)
                known = self._listeners.pop(number, None)

                if known is not None:
                    known[1]()
                    self.attend()

        return unsubscribe
