"""Following what a signal did, until its partitions are owned and move again."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ehtui.cli.durations import seconds

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from ehtui.domain.lap import Lap
    from ehtui.domain.outcomes import Outcome
    from ehtui.monitor.backend import Backend

POLL_S = 0.25


def add_follow_flag(parser: argparse.ArgumentParser) -> None:
    """`--follow`, for whatever ends a consumer."""
    parser.add_argument(
        "--follow",
        type=seconds,
        default=0.0,
        metavar="5m",
        help="wait that long at most until its partitions are owned again and their checkpoints "
        "move, and tell the gap",
    )


def following(
    backend: Backend, args: argparse.Namespace
) -> Callable[[Outcome], dict[str, Any]] | None:
    """What follows an outcome, where the arguments ask for it."""
    if not args.follow:
        return None

    return lambda outcome: follow(backend, outcome, args.follow, is_json=args.json)


def follow(
    backend: Backend, outcome: Outcome, timeout_s: float, *, is_json: bool
) -> dict[str, Any]:
    """Wait, tell each partition's gap beside its forecast, and return it for JSON.

    Ctrl-C ends the wait, not the telling: what is known by then is told.
    """
    from ehtui.domain.stopwatch import advance, is_over, start  # noqa: PLC0415 - not for --help

    laps = start(outcome, backend.snapshot)
    deadline = time.monotonic() + timeout_s

    with suppress(KeyboardInterrupt):
        while not is_over(laps) and time.monotonic() < deadline:
            time.sleep(POLL_S)
            laps = advance(laps, backend.snapshot)

    if not is_json:
        _tell(laps, backend)

    from ehtui.views.stopwatch import lap_document  # noqa: PLC0415

    return {"laps": [lap_document(lap) for lap in laps]}


def _tell(laps: tuple[Lap, ...], backend: Backend) -> None:
    from ehtui.cli.paper import utc_offset_s  # noqa: PLC0415
    from ehtui.views.formats import Clock  # noqa: PLC0415
    from ehtui.views.stopwatch import lap_sentence  # noqa: PLC0415
    from ehtui.views.telling import Telling  # noqa: PLC0415

    say = Telling(backend.snapshot, Clock(utc_offset_s()))

    for lap in laps:
        print(lap_sentence(lap, say))

    if not laps:
        print("It is not known to have owned anything: there is nothing to wait for.")
