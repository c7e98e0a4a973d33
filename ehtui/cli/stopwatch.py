"""Following what a signal did, until its partitions are owned and move again."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from ehtui.domain.stopwatch import advance, is_over, start

if TYPE_CHECKING:
    from ehtui.domain.plans import Outcome
    from ehtui.domain.stopwatch import Lap
    from ehtui.monitor import Monitor

POLL_S = 0.25


def follow(monitor: Monitor, outcome: Outcome, timeout_s: float, *, is_json: bool) -> None:
    """Wait and tell each partition's gap beside its forecast; at Ctrl-C, what is known by then."""
    laps = start(outcome, monitor.snapshot)
    deadline = time.monotonic() + timeout_s

    try:
        while not is_over(laps) and time.monotonic() < deadline:
            time.sleep(POLL_S)
            laps = advance(laps, monitor.snapshot)
    finally:
        _tell(laps, monitor, is_json=is_json)


def _tell(laps: tuple[Lap, ...], monitor: Monitor, *, is_json: bool) -> None:
    from ehtui.cli.paper import utc_offset_s  # noqa: PLC0415
    from ehtui.views.formats import Clock  # noqa: PLC0415
    from ehtui.views.stopwatch import lap_document, lap_sentence  # noqa: PLC0415
    from ehtui.views.telling import Telling  # noqa: PLC0415

    if is_json:
        told = {"schema": "ehtui.stopwatch/1", "laps": [lap_document(lap) for lap in laps]}
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return

    say = Telling(monitor.snapshot, Clock(utc_offset_s()))

    for lap in laps:
        print(lap_sentence(lap, say))

    if not laps:
        print("It is not known to have owned anything: there is nothing to wait for.")
