"""Many hubs watched at once: what the overview and the commands over all of them work with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.domain.hubs import WatchedHub
    from ehtui.monitor.backend import Backend

UNWATCHED_EVERY_S = 30.0  # between reads of a hub that nobody looks at and that has no finding


class Hubs(Protocol):
    """Every hub of the profiles that were chosen. Methods may be called from any thread.

    It begins to read with the first subscription, each hub seldom: every `UNWATCHED_EVERY_S`, and
    at its configured pace while it has a finding that is more than information, while events wait
    for longer than usual, or while somebody looks at it.
    """

    @property
    def watched(self) -> Sequence[WatchedHub]:
        """All of them as they are known now, in the order of the configuration."""

    def subscribe(self, callback: Callable[[Sequence[WatchedHub]], None]) -> Callable[[], None]:
        """Call `callback` with all of them whenever one has changed, until unsubscribed.

        It comes from a thread of the monitor, a few times a second at most, and must not block.
        """

    def backend(self, key: str) -> Backend:
        """The one behind a hub: read at its own pace while somebody is subscribed to it.

        Raises:
            KeyError: There is no such hub.
            ProblemError: It cannot be opened, for the `problem` that its `WatchedHub` tells.
        """

    @property
    def last(self) -> str | None:
        """The key of the hub that somebody looked at last, in this session or an earlier one."""

    def refresh(self) -> None:
        """Read every hub now, and look whether configuration files have changed."""

    def close(self) -> Sequence[Outcome]:
        """Finish, hang up and stop reading; how the unfinished ended. Blocks."""
