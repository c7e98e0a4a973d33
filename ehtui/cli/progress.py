"""Says on standard error how much of a large hub was read; a report has standard output alone."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

from ehtui.views.unjudged import unread_partitions

if TYPE_CHECKING:
    from ehtui.domain.snapshot import Snapshot


class Progress:
    """One line that is written over, and gone at the end of the block; only in a terminal."""

    def __init__(self) -> None:
        self._line = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._line:
            print(end=f"\r{' ' * len(self._line)}\r", file=sys.stderr, flush=True)

    def tell(self, read: int, of: int) -> None:
        """So many partitions of so many were read."""
        if sys.stderr.isatty():
            self._line = f"ehtui: {read:,} of {of:,} partitions read"
            print(end=f"\r{self._line}", file=sys.stderr, flush=True)


def tell_unread(snapshot: Snapshot) -> None:
    """Say of a report how much of the hub it leaves out, if any."""
    unread, every = unread_partitions(snapshot), len(snapshot.partitions)

    if unread:
        print(
            f"ehtui: {unread:,} of {every:,} partitions were not read: nothing is judged of them.",
            "  Watch longer: --for 5m reads on meanwhile.",
            sep="\n",
            file=sys.stderr,
        )
