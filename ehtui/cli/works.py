"""What a backend works with once it is opened."""

from __future__ import annotations

from concurrent.futures import wait
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ehtui.actions.executor import Executor
    from ehtui.monitor import Monitor
    from ehtui.monitor.carried import CarriedReader

HANG_UP_WITHIN_S = 1.0


class Works:
    """Of one hub with one set of settings: opened together, and let go together."""

    def __init__(
        self, monitor: Monitor, executor: Executor, adopted: list[int], reader: CarriedReader
    ) -> None:
        self.monitor = monitor
        self.reader = reader
        self.executor = executor
        self.adopted = adopted  # the process source looks at this very list at every scan

    def let_go(self) -> None:
        """Hang up and stop reading. Blocking."""
        # A link that is only dropped would count among the hub's until it times out.
        closing = [self.monitor.submit(each) for each in (self.executor.close, self.reader.close)]
        wait(closing, HANG_UP_WITHIN_S)
        self.monitor.stop()
