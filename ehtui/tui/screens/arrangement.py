"""How many lines each pane of the overview gets: arithmetic, without a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TITLE = 1
HEADINGS = 2  # title and column names
_LEAST = {"partitions": 4, "consumers": 3, "findings": 2, "timeline": 2}
_WEIGHTS = {"partitions": 5, "consumers": 3, "findings": 2, "timeline": 2}
PANES = tuple(_LEAST)
_BAND_LEAST = 8  # a rule, a curve of five lines, its moments, air
_TIMELINE_KEEPS = 6  # beside a band: its newest lines


def shares(
    height: int, rows: Mapping[str, int], *, stacked: bool, focused: str | None
) -> dict[str, int]:
    """Lines per pane, which fill `height`. Side by side, consumers and findings share theirs.

    Every pane gets what its rows need up to its fair share; then the focused pane, then the others
    in their order, get what they still want. What is left goes to the timeline.
    """
    bands = _bands(stacked=stacked)
    wanted = {band[0]: max(_wanted(pane, rows.get(pane, 0)) for pane in band) for band in bands}
    least = {band[0]: max(_LEAST[pane] for pane in band) for band in bands}
    total = sum(_WEIGHTS[band[0]] for band in bands)
    fair = {name: max(least[name], height * _WEIGHTS[name] // total) for name in wanted}
    lines = {name: min(fair[name], wanted[name]) for name in wanted}
    spare = height - sum(lines.values())
    order = sorted(lines, key=lambda name: not _holds(bands, name, focused))

    for name in order if spare > 0 else ():
        more = min(spare, wanted[name] - lines[name])
        lines[name] += more
        spare -= more

    lines[bands[-1][0]] += spare

    return {pane: max(1, lines[band[0]]) for band in bands for pane in band}


def band_lines(height: int, rows: Mapping[str, int], *, stacked: bool) -> int:
    """Lines for the lag chart and the groups: what no table needs, at most a third; 0 is none."""
    if stacked or not rows.get("partitions"):
        return 0

    tables = [
        max(_wanted(pane, rows.get(pane, 0)) for pane in band) for band in _bands(stacked=False)
    ]
    spare = height - sum(tables[:-1]) - _TIMELINE_KEEPS

    return min(spare, height // 3) if spare >= _BAND_LEAST else 0


def _bands(*, stacked: bool) -> Sequence[tuple[str, ...]]:
    if stacked:
        return [(pane,) for pane in PANES]

    return [("partitions",), ("consumers", "findings"), ("timeline",)]


def _wanted(pane: str, rows: int) -> int:
    head = HEADINGS if pane in {"partitions", "consumers"} else TITLE

    return head + max(1, rows) + 1


def _holds(bands: Sequence[tuple[str, ...]], name: str, focused: str | None) -> bool:
    return any(band[0] == name and focused in band for band in bands)
