"""How often a lost connection was tried again, and how long the next try waits."""

from __future__ import annotations

from ehtui.domain.problems import Problem, ProblemKind
from ehtui.wire.event_problems import is_lasting

RETRIES_S = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
STEADY_S = 5.0  # a connection that spoke for so long was well
LONG_S = 300.0  # and one that stood for so long, even where it kept silent in the end
FEW_RETRIES = 4  # for whoever does not follow


class Retries:
    """Tries since the last connection that was of use. Times are of the loop's clock."""

    def __init__(self, *, follows: bool) -> None:
        self.tries = 0
        self._follows = follows
        self._connected_at: float | None = None

    def connected(self, now: float) -> None:
        """Connected, and attached to every partition."""
        self._connected_at = now

    def failed(self, problem: Problem, now: float, event_at: float) -> None:
        """A connection came to nothing, or ended; the last event came at `event_at`.

        One that keeps silent counts however long that took: silence itself takes long to notice.
        """
        connected_at, self._connected_at = self._connected_at, None

        if connected_at is None:
            self.tries += 1
            return

        held_s = now - connected_at

        if problem.kind is not ProblemKind.TIMEOUT and held_s > STEADY_S:
            self.tries = 0
        elif event_at > connected_at or held_s > LONG_S:
            self.tries = 1
        else:
            self.tries += 1

    def is_over(self, problem: Problem) -> bool:
        """Whether to try no more."""
        return is_lasting(problem) or (not self._follows and self.tries > FEW_RETRIES)

    def wait_s(self, problem: Problem) -> float:
        """How long the next try waits."""
        wait_s = RETRIES_S[min(self.tries, len(RETRIES_S) - 1)]
        return max(wait_s, problem.retry_after_s or 0.0)
