"""A polite share of what a namespace allows: 50 management reads a second for everybody."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

RATE_PER_S = 16.0
HANDFUL_S = 0.25  # of reads, so that a large hub is not read one by one
BURST = 33  # a hub of the Standard tier in one go; with the rate, under 50 in any second


class Limiter:
    """A token bucket that every reader of one namespace shares, first come first served.

    `rate_per_s` None switches it off. One loop only.
    """

    def __init__(
        self,
        rate_per_s: float | None = RATE_PER_S,
        burst: int = BURST,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._filled_at = clock()
        self._turn = asyncio.Lock()

    async def take(self, wanted: int) -> int:
        """Take up to `wanted` reads, at least one; waits for a handful where there is none."""
        if self._rate_per_s is None:
            return wanted

        handful = min(wanted, self._burst, max(1, int(self._rate_per_s * HANDFUL_S)))

        async with self._turn:
            while (missing := handful - self._available()) > 0:  # noqa: ASYNC110 - time must pass
                await asyncio.sleep(max(missing / self._rate_per_s, 0.001))

            granted = min(wanted, int(self._tokens))
            self._tokens -= granted
            return granted

    def back_off(self, seconds: float) -> None:
        """The service said that it is busy: nobody reads for so long."""
        if self._rate_per_s is not None:
            self._tokens = min(self._available(), -seconds * self._rate_per_s)

    def _available(self) -> float:
        now = self._clock()
        gained = (now - self._filled_at) * (self._rate_per_s or 0.0)
        self._tokens = min(self._tokens + gained, float(self._burst))
        self._filled_at = now
        return self._tokens
