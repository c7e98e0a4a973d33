"""Watching for a while, as long as somebody reads what comes of it, or until Ctrl-C."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from ehtui.cli.flags import ExitCode

if TYPE_CHECKING:
    from ehtui.domain.snapshot import Snapshot
    from ehtui.monitor import Monitor

LOOKS_EVERY_S = 1.0


def notice_reader() -> None:
    """Whoever waits with nothing to write asks here whether anybody would still read it.

    Raises:
        BrokenPipeError: Nobody would.
    """
    notice = getattr(sys.stdout, "notice_reader", None)

    if notice is not None:
        notice()


def watch_for(monitor: Monitor, for_s: float) -> Snapshot:
    """Let the monitor work for so long; what is known then.

    Raises:
        BrokenPipeError: Nobody reads any more what would be told.
    """
    from ehtui.monitor import watch  # noqa: PLC0415 - not for --help

    ends_at = time.monotonic() + for_s

    while (left_s := ends_at - time.monotonic()) > 0:
        watch(monitor, min(left_s, LOOKS_EVERY_S))
        notice_reader()

    return monitor.snapshot


class Watched(NamedTuple):
    """How long it was, and whether somebody ended it before its time."""

    for_s: float
    is_interrupted: bool = False

    def code(self, snapshot: Snapshot) -> ExitCode:
        """Interrupted, a hub or a store that was not read, or fine."""
        if self.is_interrupted:
            return ExitCode.INTERRUPTED

        return ExitCode.UNREADABLE if is_unread(snapshot) else ExitCode.OK


def is_unread(snapshot: Snapshot) -> bool:
    """Whether hub or store could not be read: of what happens there nothing can be told."""
    from ehtui.domain.snapshot import SourceStatus  # noqa: PLC0415

    unread = {SourceStatus.FAILED, SourceStatus.STARTING}
    return any(s.name in {"hub", "store"} and s.status in unread for s in snapshot.sources)


def watched_for(monitor: Monitor, for_s: float) -> Watched:
    """Watch so long, or until Ctrl-C: what was seen by then is told all the same."""
    from ehtui.views.formats import duration  # noqa: PLC0415

    began = time.monotonic()

    if for_s and sys.stderr.isatty():
        print(
            f"ehtui: watching for {duration(for_s)}; Ctrl-C tells what was seen so far.",
            file=sys.stderr,
        )

    try:
        watch_for(monitor, for_s)
    except KeyboardInterrupt:
        return Watched(time.monotonic() - began, is_interrupted=True)

    return Watched(for_s)
