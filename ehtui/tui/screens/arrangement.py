"""Where each pane of the overview stands: arithmetic, without a terminal."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

TITLE = 1
HEADINGS = 2  # title and column names
PANES = ("partitions", "consumers", "findings", "timeline")
GROUPS = "groups"
CHARTS = ("lag", "lag-2", "lag-3")
SIDE_BY_SIDE = 100  # columns from which consumers and findings stand beside each other
WIDE = 200  # columns from which findings stand beside the timeline, and each group has a chart
_LEAST = {"partitions": 4, "consumers": 3, "findings": 2, "timeline": 2}
_WEIGHTS = {"partitions": 5, "consumers": 3, "findings": 2, "timeline": 2}
_BAND_LEAST = 8  # a rule, a curve of five lines, its moments, air
_TIMELINE_KEEPS = 6  # beside a band: its newest lines
_CHART_CELLS = 80  # of each where there are several

Band = tuple[str, ...]


class Area(NamedTuple):
    """A pane's place, in cells."""

    x: int
    y: int
    width: int
    height: int


def areas(
    width: int, height: int, rows: Mapping[str, int], *, focused: str | None, groups: int
) -> dict[str, Area]:
    """Where panes stand, by name; who has no place is not there.

    `rows` are the lines that each pane's rows take, `groups` is how many consumer groups there are.
    """
    bands = _bands(width, groups)
    charts = _charts(width, groups)
    is_beside = GROUPS in {pane for band in bands for pane in band}
    band = (*charts, *(() if is_beside else (GROUPS,)))
    lines = band_lines(height, rows, bands) if width >= SIDE_BY_SIDE else 0
    keeps = {bands[-1]: _TIMELINE_KEEPS} if lines else {}
    heights = shares(height - lines, rows, bands, focused, keeps)
    found: dict[str, Area] = {}
    y = 0

    for panes in bands:
        if lines and panes is bands[-1]:
            found |= _side_by_side(band, y, width, lines)
            y += lines

        found |= _side_by_side(panes, y, width, heights[panes])
        y += heights[panes]

    return found


def _bands(width: int, groups: int) -> Sequence[Band]:
    """Panes from top to bottom; those of one band share its lines."""
    if width < SIDE_BY_SIDE:
        return [(pane,) for pane in PANES]

    if width < WIDE:
        return [("partitions",), ("consumers", "findings"), ("timeline",)]

    beside = ("consumers", GROUPS) if groups > 1 else ("consumers",)
    return [("partitions",), beside, ("timeline", "findings")]


def _charts(width: int, groups: int) -> Band:
    """One a group where there is space, always that of the group on screen."""
    many = 1 if width < WIDE else max(1, min(groups, width // _CHART_CELLS, len(CHARTS)))
    return CHARTS[:many]


def _side_by_side(panes: Band, y: int, width: int, height: int) -> dict[str, Area]:
    """Their places, a cell of air between them."""
    if len(panes) == 1:
        return {panes[0]: Area(0, y, width, height)}

    room = width - len(panes) + 1
    last = room * 9 // 20 if len(panes) == 2 else room // len(panes)  # noqa: PLR2004 - a pair

    if panes[-1] == GROUPS and width >= WIDE:
        last = width * 3 // 10
    elif panes[0] in CHARTS and panes[-1] in CHARTS:
        last = room // len(panes)

    first = room - last
    widths = [first // (len(panes) - 1)] * (len(panes) - 1)
    widths[0] += first - sum(widths)
    found, x = {}, 0

    for pane, cells in zip(panes, (*widths, last), strict=True):
        found[pane] = Area(x, y, cells, height)
        x += cells + 1

    return found


def shares(
    height: int,
    rows: Mapping[str, int],
    bands: Sequence[Band],
    focused: str | None,
    keeps: Mapping[Band, int] = MappingProxyType({}),
) -> dict[Band, int]:
    """Lines of each band, which fill `height`.

    Every band gets what its rows need up to its fair share, or to what it `keeps`; then the focused
    one, then the others in their order, get what they still want. What is left goes to the last.
    """
    wanted = {band: _wanted(band, rows) for band in bands}
    least = {band: max(_LEAST.get(pane, 0) for pane in band) for band in bands}
    total = sum(_WEIGHTS[band[0]] for band in bands)
    fair = {
        band: keeps.get(band, max(least[band], height * _WEIGHTS[band[0]] // total))
        for band in bands
    }
    lines = {band: min(fair[band], wanted[band]) for band in bands}
    spare = height - sum(lines.values())
    order = sorted(bands, key=lambda band: focused not in band)

    for band in order if spare > 0 else ():
        more = min(spare, wanted[band] - lines[band])
        lines[band] += more
        spare -= more

    lines[bands[-1]] += max(0, spare)

    return _within(height, lines, focused)


def _within(height: int, lines: dict[Band, int], focused: str | None) -> dict[Band, int]:
    """On a screen that is too low for all the highest give up lines, the focused one last."""

    def gives(band: Band) -> tuple[bool, bool, int]:
        return lines[band] > 1, focused not in band, lines[band]

    while sum(lines.values()) > height and max(lines.values()) > 1:
        lines[max(reversed(lines), key=gives)] -= 1

    return lines


def band_lines(height: int, rows: Mapping[str, int], bands: Sequence[Band]) -> int:
    """Lines for charts, above the last band: what no table needs, 0 where that is too little.

    A third of the screen, and more, up to a half, where there is nothing else to show.
    """
    if not rows.get("partitions"):
        return 0

    *tables, timeline = (_wanted(band, rows) for band in bands)
    spare = height - sum(tables) - _TIMELINE_KEEPS
    idle = height - sum(tables) - timeline
    most = min(height // 2, max(height // 3, idle))

    return min(spare, most) if spare >= _BAND_LEAST else 0


def _wanted(band: Collection[str], rows: Mapping[str, int]) -> int:
    return max(_head(pane) + max(1, rows.get(pane, 0)) + 1 for pane in band)


def _head(pane: str) -> int:
    return TITLE if pane in {"findings", "timeline"} else HEADINGS
