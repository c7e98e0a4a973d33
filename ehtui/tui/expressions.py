"""Regular expressions that somebody types: they may be foolish, and must never hang the screen.

Those of the `regex` package can be given up after a while; Python's own cannot, and `(a+)+$` takes
for ever.
"""

from __future__ import annotations

import time

import regex

LONGEST_S = 0.1  # of each second, since it takes turns with whoever paints
_TURN_S = 1.0


class ExpressionError(ValueError):
    """It cannot be read, or takes too long; the text says what is wrong with it."""


class Expression:
    """One of any case, with so much time for all that it is asked in a second.

    No single search takes longer than `LONGEST_S`.
    """

    def __init__(self, pattern: str, *, per_turn_s: float = LONGEST_S) -> None:
        self._began_at = self._spent_s = 0.0
        self._per_turn_s = per_turn_s

        try:
            self._pattern = regex.compile(pattern, regex.IGNORECASE)
        except (regex.error, ValueError, RecursionError, OverflowError) as error:
            raise ExpressionError(str(error)) from error

    @property
    def rests_s(self) -> float:
        """How long to wait before it is asked again, so that a search has its time.

        Who asks it of very many texts can so tell one that takes long from texts that are many.
        """
        left_s = self._began_at + _TURN_S - time.monotonic()

        return max(0.0, left_s) if self._left_s < LONGEST_S / 2 else 0.0

    @property
    def _left_s(self) -> float:
        return self._per_turn_s - self._spent_s

    def is_in(self, text: str) -> bool:
        """Whether it is found somewhere in a text.

        Raises:
            ExpressionError: It takes too long to tell.
        """
        now = time.monotonic()

        if now - self._began_at > _TURN_S:
            self._began_at, self._spent_s = now, 0.0

        left_s = min(self._left_s, LONGEST_S)

        if left_s <= 0:
            raise ExpressionError("takes too long")

        try:
            return self._pattern.search(text, timeout=left_s) is not None
        except TimeoutError:
            raise ExpressionError("takes too long") from None
        finally:
            self._spent_s += time.monotonic() - now
