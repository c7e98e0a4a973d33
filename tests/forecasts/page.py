"""docs/forecasts.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median

from tests.forecasts.settings import Setting
from tests.forecasts.world import Window

HEAD = """\
# Forecasts

A confirmation of `K` says when somebody else will have the partitions. Here that is held against
what happens: real consumers on the embedded sandbox are killed one after the other through ehtui's
own session, each confirmation is read for half a second to eight, and a second program looks at the
store ten times a second for who holds what since when. A window counts as met only where it
contains that moment strictly; a window that was marked `~` counts like any other.

A window is as wide as one renewal and one round: how long ago the owner renewed for the last time
depends on when it is killed, and how soon a survivor looks depends on its round. Last-Modified has
whole seconds, and so have windows: that is up to two more. Where an expiry was set (it is no SDK's
default, and not six intervals of Python), the first window of a group is a guess, marked `~`:
nothing tells it before a lease was seen to lapse.

```sh
make forecasts                                    # all of it; writes this page
python -m tests.forecasts --list
python -m tests.forecasts --kills 3 py-3-9-5-greedy-4
```

"""


def page(settings: Sequence[Setting], windows: Sequence[Window], took_s: float) -> str:
    """All of it; the second paragraph is the summary."""
    day = datetime.now(UTC).date().isoformat()
    kills = len({(w.setting, w.kill) for w in windows})
    rows = [row(s, [w for w in windows if w.setting == s.name]) for s in settings]
    facts = [w for w in windows if not w.is_guess]
    summary = (
        f"Last run: {day}, {kills} kills in {took_s / 60:.0f} minutes. {met(windows)} windows "
        f"contain the takeover; of those without `~` {met(facts)}. ehtui's own stopwatch agrees "
        f"for {sum(w.is_kept is w.is_inside for w in windows)} of {len(windows)}. The machine was "
        f"too busy for a survivor's rounds in {sum(w.slipped_s > 0 for w in windows)} of them "
        f"(load up to {max((w.load for w in windows), default=0.0):.0f})."
    )
    title, rest = HEAD.split("\n\n", 1)
    table = (
        "| client | interval / expiry | strategy | owners | polls | timed after | kills | met "
        "| of them `~` | width: median, longest | one renewal + its rounds | missed |\n"
    )
    return f"{title}\n\n{summary}\n\n{rest}{table}|{'---|' * 12}\n" + "\n".join(rows) + "\n"


def met(windows: Sequence[Window]) -> str:
    """`97 of 100 (97 %)`."""
    inside = sum(w.is_inside for w in windows)
    return f"{inside} of {len(windows)} ({100 * inside / max(1, len(windows)):.0f} %)"


def row(setting: Setting, windows: Sequence[Window]) -> str:
    widths = [w.latest_s - w.earliest_s for w in windows if w.latest_s is not None]
    guesses = [w for w in windows if w.is_guess]
    missed = [
        f"{'~' if w.is_guess else ''}{w.earliest_s:.0f}–{w.latest_s or 0:.0f} s: {w.taken_s:.1f} s"
        f"{f', a round {w.slipped_s:.0f} s late' if w.slipped_s else ''}"
        for w in windows
        if not w.is_inside
    ]
    cells = (
        setting.sdk,
        f"{setting.interval_s:g} / {setting.expiry_s:g} s",
        setting.strategy,
        f"{setting.owners}",
        f"{setting.store_s:g} s",
        f"{windows[0].timed_s:.0f} s" if windows else "–",
        f"{len({w.kill for w in windows})}{'' if setting.signal == 'KILL' else ' (SIGTERM)'}",
        f"{sum(w.is_inside for w in windows)} of {len(windows)}",
        f"{sum(w.is_inside for w in guesses)} of {len(guesses)}" if guesses else "–",
        f"{median(widths):.0f} s, {max(widths):.0f} s" if widths else "–",
        f"{setting.honest_s:.1f} s",
        "<br>".join(missed) or "–",
    )
    return f"| {' | '.join(cells)} |"
