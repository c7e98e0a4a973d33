"""When Python looks for garbage: not while it imports, and seldom among what stays."""

from __future__ import annotations

import gc

# Pictures hold no cycles, so reference counts free them. Each look for cycles holds every thread,
# and one at a large hub takes tens of milliseconds; by default there are several in a refresh.
# The more is young, the longer a look: a key may wait 5 ms for one among 10,000. (Textual's strips
# hold themselves in their caches, so that only a look frees them.)
YOUNG, OLDER, OLDEST = 10_000, 20, 50


def hold() -> None:
    """Look for none until `settle`: what imports make is no garbage."""
    gc.disable()


def settle() -> None:
    """From now on look seldom, and never again at what is there now."""
    gc.freeze()
    gc.set_threshold(YOUNG, OLDER, OLDEST)
    gc.enable()
