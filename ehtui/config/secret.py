"""A string that does not print itself."""

from __future__ import annotations

from typing import final

from typing_extensions import override


@final
class Secret:
    """A connection string, key or SAS. `repr`, `str` and tracebacks show `***`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself: only for the call that signs or connects with it."""
        return self._value

    @override
    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    @override
    def __hash__(self) -> int:
        return hash(self._value)
