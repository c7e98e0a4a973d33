"""How long a group's leases live, as take-overs showed it: nobody writes it down (facts.md §2).

Whoever takes over judges with its own settings, in its own rounds. So a lease that lapsed and was
taken tells two bounds: no survivor with room took it in the round before, and one did then.
"""

from __future__ import annotations

from typing import NamedTuple


class SeenExpiry(NamedTuple):
    """Bounds in seconds, both possible. Whole seconds, as Last-Modified has them."""

    at_least_s: float  # survivors with room left a lease of this age alone
    at_most_s: float | None = None  # a lapsed one of this age was taken; None: not seen yet

    def fits(self, expiry_s: float) -> bool:
        """Whether a lease may live so long, by all that was seen."""
        return self.at_least_s <= expiry_s <= (self.at_most_s or expiry_s)


def taken(known: SeenExpiry | None, at_least_s: float, at_most_s: float) -> SeenExpiry:
    """What is known after a lapsed lease was taken over at an age between these two.

    What contradicts it was other settings: the newest counts.
    """
    at_least_s = min(at_least_s, at_most_s)
    new = SeenExpiry(at_least_s, at_most_s)

    if known is None:
        return new

    both = SeenExpiry(
        max(known.at_least_s, at_least_s), min(known.at_most_s or at_most_s, at_most_s)
    )
    return both if both.at_most_s is not None and both.at_least_s <= both.at_most_s else new


def left_alone(known: SeenExpiry | None, age_s: float) -> SeenExpiry | None:
    """What is known after survivors with room looked at a lease of this age and did not take it.

    Where it outlived what had been seen, that is unlearned.
    """
    if age_s <= 0 or (known is not None and age_s <= known.at_least_s):
        return known

    at_most_s = known.at_most_s if known is not None else None
    return SeenExpiry(age_s, None if at_most_s is not None and at_most_s < age_s else at_most_s)
