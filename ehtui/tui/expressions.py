"""Regular expressions that somebody types: they may be foolish, and must never hang the screen.

Those of the `regex` package can be given up after a while; Python's own cannot, and `(a+)+$` takes
for ever.
"""

from __future__ import annotations

import regex

LONGEST_S = 0.1  # for all texts together, since it takes turns with whoever paints


class ExpressionError(ValueError):
    """It cannot be read, or takes too long; the text says what is wrong with it."""


class Expression:
    """One of any case, with so much time for everything that it is asked."""

    def __init__(self, pattern: str) -> None:
        try:
            self._pattern = regex.compile(pattern, regex.IGNORECASE)
        except (regex.error, RecursionError, OverflowError) as error:
            raise ExpressionError(str(error)) from error

    def is_in(self, text: str) -> bool:
        """Whether it is found somewhere in a text.

        Raises:
            ExpressionError: It takes too long to tell.
        """
        try:
            return self._pattern.search(text, timeout=LONGEST_S) is not None
        except TimeoutError:
            raise ExpressionError("takes too long") from None
