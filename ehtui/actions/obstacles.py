"""Why a restart is refused before anything is stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ehtui.domain.world.restarts import StartObstacle


class CannotStartError(Exception):
    """It could not be started again as it was; `detail` is safe to show."""

    def __init__(self, obstacle: StartObstacle, detail: str = "") -> None:
        super().__init__(obstacle.value, detail)
        self.obstacle = obstacle
        self.detail = detail


class NotKnownError(Exception):
    """Nobody remembers how it was started."""


class BeingRestartedError(Exception):
    """Somebody else is restarting it right now."""

    def __init__(self, who: str = "") -> None:
        super().__init__(who)
        self.who = who  # safe to show
