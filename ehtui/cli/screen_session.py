"""The session of a screen: the monitor begins when the screen stands."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from typing_extensions import override

from ehtui.cli.session import MonitorSession

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.domain.snapshot import Snapshot

# The monitor's thread first imports the Azure libraries: a second in which it takes turns with
# whoever paints. Measured on two busy cores: first paint after 3.3 s beside it, 1.3 s before it.
PAINTED_AFTER_S = 0.2


class ScreenSession(MonitorSession):
    """Starts the monitor a moment after the screen subscribed; subscribe on the screen's loop."""

    _has_begun = False

    @override
    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        unsubscribe = super().subscribe(callback)

        if not self._has_begun:
            self._has_begun = True
            asyncio.get_running_loop().call_later(PAINTED_AFTER_S, self._monitor.start)

        return unsubscribe
