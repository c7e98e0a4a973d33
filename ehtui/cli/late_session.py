"""The session of a screen: it gets its monitor when the screen stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ehtui.cli.session import MonitorSession
    from ehtui.domain.outcomes import Outcome
    from ehtui.domain.plans import Plan
    from ehtui.domain.snapshot import Snapshot
    from ehtui.monitor import Monitor


class LateSession:
    """An empty picture until somebody subscribes, then the session that `open_session` makes.

    Rules, planners and hands are a third of what the first paint would otherwise wait for, and the
    monitor's thread, which imports the Azure libraries, would take turns with whoever paints.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        open_session: Callable[[], tuple[Monitor, MonitorSession]],
        *,
        read_only: bool,
    ) -> None:
        self.read_only = read_only
        self._first = snapshot
        self._open = open_session
        self._opened: tuple[Monitor, MonitorSession] | None = None

    @property
    def snapshot(self) -> Snapshot:
        """The newest picture."""
        return self._opened[1].snapshot if self._opened else self._first

    @property
    def is_paused(self) -> bool:
        """Whether reading is held."""
        return self._opened is not None and self._opened[1].is_paused

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Begin to read, and call `callback` with every new picture, on the monitor's thread."""
        unsubscribe = self._session.subscribe(callback)
        self._monitor.start()

        return unsubscribe

    @property
    def unfinished(self) -> Sequence[Plan]:
        """Plans that leaving now would leave half done."""
        return self._opened[1].unfinished if self._opened else ()

    def finish(self) -> Sequence[Outcome]:
        """Wait a few seconds for what is unfinished, then give it up. Blocking."""
        return self._opened[1].finish() if self._opened else ()

    def close(self) -> Sequence[Outcome]:
        """End the session, if there ever was one; how ended what was unfinished."""
        return self._opened[1].close() if self._opened else ()

    def __getattr__(self, name: str) -> Any:
        """Everything else is the session's own."""
        return getattr(self._session, name)

    @property
    def _monitor(self) -> Monitor:
        return self._both[0]

    @property
    def _session(self) -> MonitorSession:
        return self._both[1]

    @property
    def _both(self) -> tuple[Monitor, MonitorSession]:
        if self._opened is None:
            self._opened = self._open()

        return self._opened
