"""The seam between the monitor and the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

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
