"""The seam between the monitor and the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from ehtui.domain.updates import Update


class Source(Protocol):
    """Something that can be read again and again. One read is in flight at a time."""

    @property
    def name(self) -> str:
        """Its stable name: "hub", "store", "processes", "logs"."""

    async def read(self) -> Update:
        """Read once.

        Raises:
            ProblemError: It could not be read; the next read may succeed (reconnects by itself).
        """

    async def close(self) -> None:
        """Let go of connections; never raises, ends within a second."""


@runtime_checkable
class Paced(Protocol):
    """A source that may be read only so often just now, whatever was asked for."""

    @property
    def min_every_s(self) -> float:
        """Seconds between reads, at least; 0 where it does not matter."""


@runtime_checkable
class Eager(Protocol):
    """A source that knows when there is more to read already."""

    @property
    def is_behind(self) -> bool:
        """Whether the next read should come at once."""
