"""Reading events on a monitor's loop: for the screen and its actions, and for `status --exact`."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from ehtui.clock import steady
from ehtui.domain.problems import ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.config.settings import Settings
    from ehtui.domain.snapshot import Snapshot
    from ehtui.domain.updates import UnreadSeen
    from ehtui.monitor import Monitor
    from ehtui.monitor.carried import CarriedReader
    from ehtui.wire.event_reader import EventReader
    from ehtui.wire.reading import Limiter


ROUNDS = 3


def carried_reader(
    settings: Settings,
    monitor: Monitor,
    limiter: Limiter | None = None,
    clock: Callable[[], float] = steady,
) -> CarriedReader:
    """What reads events on the monitor's loop; nothing is loaded before it is asked."""
    from ehtui.monitor.carried import CarriedReader  # noqa: PLC0415

    def make() -> EventReader:
        from ehtui.wire.event_reader import EventReader  # noqa: PLC0415

        return EventReader(settings.eventhub, clock=clock, limiter=limiter)

    return CarriedReader(monitor, make)


def measured_behind(monitor: Monitor, settings: Settings) -> Snapshot:
    """The picture once it knows them; where they cannot be read, the estimates stay, and why."""
    from ehtui.monitor.exact import read_unread, unread_positions  # noqa: PLC0415
    from ehtui.wire.event_reader import EventReader  # noqa: PLC0415

    async def read(wanted: set[tuple[str, int]]) -> list[UnreadSeen]:
        reader = EventReader(settings.eventhub)

        try:
            return await read_unread(reader, wanted, monitor.snapshot.taken_at)
        finally:
            await reader.close()

    async def folded() -> None:
        """What was told before is folded by now."""

    monitor.pause(True)  # noqa: FBT003 - the picture must not move on while events are read
    seen: set[tuple[str, int]] = set()

    try:
        # A read that was on its way still counts: where it moved a checkpoint, once more.
        for _ in range(ROUNDS):
            wanted = unread_positions(monitor.snapshot) - seen

            if not wanted:
                break

            seen |= wanted

            for update in monitor.submit(partial(read, wanted)).result():
                monitor.tell(update)

            monitor.submit(folded).result()
    except ProblemError as error:
        told = (f"ehtui: {error.problem.summary}", f"  {error.problem.advice}")
        print(*told, sep="\n", file=sys.stderr)

    return monitor.snapshot
