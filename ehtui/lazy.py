"""What the first paint can do without: modules, and looking for garbage."""

from __future__ import annotations

import gc
from importlib import import_module


class LazyModule:
    """Stands for a module until something of it is asked for.

    Import the real one under `TYPE_CHECKING`, so that types are those of the module.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> object:
        return getattr(import_module(self._name), attribute)


# Pictures hold no cycles, so reference counts free them. Each look for cycles holds every thread,
# and one at a large hub takes tens of milliseconds; by default there are several in a refresh.
# The more is young, the longer a look: a key may wait 5 ms for one among 10,000. (Textual's strips
# hold themselves in their caches, so that only a look frees them.)
YOUNG, OLDER, OLDEST = 10_000, 20, 50


def hold_garbage() -> None:
    """Look for none until `settle_garbage`: what imports make is no garbage."""
    gc.disable()


def settle_garbage() -> None:
    """From now on look seldom, and never again at what is there now."""
    gc.freeze()
    gc.set_threshold(YOUNG, OLDER, OLDEST)
    gc.enable()
