"""What every value is made of."""

from __future__ import annotations

from msgspec import Struct


class Value(Struct, frozen=True):
    """A frozen value, equal to one that holds the same.

    A dataclass takes twenty times as long to be made and a hundred times as long to be declared:
    thousands are made in each fold, and the first paint waits for the declarations.
    """
