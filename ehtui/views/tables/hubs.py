"""The overview's table: hubs and their groups, with how each is and how old that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.snapshot import SourceStatus
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.cells import Cell, Column, Row, Table, Tone, fitted
from ehtui.views.glyphs import UNICODE, Glyphs
from ehtui.views.hubs import by_hub, held_partitions, live_owners
from ehtui.views.lags import by_minute
from ehtui.views.sources import POLLS, aged
from ehtui.views.states import HEALTH, SOURCE, Word
from ehtui.views.tables.titles import group_lag

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ehtui.views.hubs import HubRow

_DOMAIN = ".servicebus.windows.net"
_TREND_CELLS = 12

# What gives way first has the highest number: 60 cells keep hub, group, health and lag.
COLUMNS = (
    Column(
        "profile",
        "PROFILE",
        7,
        gives_way=3,
        meaning="the profile that the hub is configured in, in its colour",
    ),
    Column("production", "", 0, gives_way=9, is_extra=True),
    Column(
        "namespace",
        "NAMESPACE",
        9,
        gives_way=8,
        is_extra=True,
        meaning="the Event Hubs namespace, without the service's domain",
    ),
    Column("hub", "HUB", 8, min_width=8, meaning="event hub"),
    Column("group", "GROUP", 8, min_width=8),
    Column("health", "HEALTH", 9),
    Column(
        "held",
        "HELD",
        8,
        align_right=True,
        gives_way=2,
        meaning="partitions with a live lease / partitions of the hub, by so many owners",
    ),
    Column("lag", "LAG", 6, align_right=True),
    Column("behind", "BEHIND", 7, align_right=True, gives_way=4),
    Column("trend", "BY MINUTE", 9, gives_way=6, min_width=9),
    Column(
        "age",
        "AGE",
        4,
        align_right=True,
        gives_way=5,
        meaning="how old the picture of that hub is; with < it comes in time",
    ),
    Column(
        "worst",
        "WORST",
        40,
        gives_way=7,
        grows=True,
        min_width=12,
        good_width=30,
        meaning="the worst finding of that group or its hub; else how it is",
    ),
)
_FITTED = (
    "profile",
    "production",
    "namespace",
    "hub",
    "group",
    "health",
    "held",
    "lag",
    "behind",
    "age",
)


def hubs_table(rows: Sequence[HubRow], *, glyphs: Glyphs = UNICODE) -> Table:
    """The rows as they are drawn, in their order."""
    drawn = tuple(_drawn(row, glyphs) for row in rows)
    return Table(
        columns=fitted(COLUMNS, drawn, _FITTED),
        rows=drawn,
        title=_title(rows),
        notes=tuple(_notes(rows)),
        empty="No hub is configured.",
    )


def _drawn(row: HubRow, glyphs: Glyphs) -> Row:
    watched = row.watched
    namespace = safe(watched.namespace.removesuffix(_DOMAIN))
    judged = {"health": _health(row), "held": _held(row), "lag": _lag(row)}
    return Row(
        row.key,
        (
            Cell(safe(watched.profile), sort=watched.profile.lower(), colour=watched.colour),
            Cell("production" if watched.is_production else "", Tone.WARNING),
            Cell(namespace, Tone.DIM, sort=namespace.lower()),
            Cell(safe(watched.hub), sort=watched.hub.lower()),
            Cell(safe(row.group.name), sort=row.group.name.lower())
            if row.group is not None
            else Cell(formats.UNKNOWN, Tone.DIM),
            *aged(judged, row.old_s),
            _behind(row),
            _trend(row, glyphs),
            _age(row),
            row.said,
        ),
        row.rank,
        row.old_s,
    )


def _health(row: HubRow) -> Cell:
    word = _word(row)
    return Cell(word.text, word.tone, sort=float(word.rank))


def _word(row: HubRow) -> Word:
    """A hub that cannot be read has no other health than that."""
    if row.group is not None:
        return HEALTH[row.group.health]

    if row.watched.problem is not None:
        return SOURCE[SourceStatus.FAILED]

    if row.is_unread:
        return SOURCE[SourceStatus.STARTING]

    sources = row.snapshot.sources if row.snapshot is not None else ()
    is_failing = any(source.status is SourceStatus.FAILED for source in sources)
    return SOURCE[SourceStatus.FAILED] if is_failing else Word(formats.UNKNOWN, Tone.DIM)


def _held(row: HubRow) -> Cell:
    snapshot = row.snapshot
    known = max(
        len(snapshot.partitions) if snapshot is not None else 0,
        len(row.group.partitions) if row.group is not None else 0,
    )
    partitions = formats.count(known) if known else formats.UNKNOWN

    if row.group is None:
        return Cell(f"{formats.UNKNOWN}/{partitions}" if known else formats.UNKNOWN, Tone.DIM)

    held, owners = held_partitions(row.group), live_owners(row.group)
    tone = Tone.PLAIN if owners else Tone.WARNING
    whose = f" by {formats.count(owners)}" if owners else ""
    return Cell(f"{formats.count(held)}/{partitions}{whose}", tone, sort=float(held))


def _lag(row: HubRow) -> Cell:
    if row.group is None or row.group.lag is None:
        return Cell(formats.UNKNOWN, Tone.DIM)

    return Cell(group_lag(row.group), sort=float(row.group.lag))


def _behind(row: HubRow) -> Cell:
    """Of the partition that is behind the most."""
    found = [p.behind for p in row.group.partitions if p.behind] if row.group is not None else []
    worst = max(found, key=lambda behind: behind.seconds, default=None)

    if worst is None:
        return Cell(formats.UNKNOWN, Tone.DIM)

    if row.old_s is not None:
        text = formats.duration(worst.seconds).lstrip("<")
        return Cell(f"~{text}", Tone.DIM, sort=worst.seconds)

    return Cell(formats.behind(worst), sort=worst.seconds)


def _trend(row: HubRow, glyphs: Glyphs) -> Cell:
    if row.group is None:
        return Cell("")

    minutes = by_minute(row.group)[-_TREND_CELLS:]
    newest = minutes[-1] if minutes else None
    tone = HEALTH[row.group.health].tone if row.old_s is None else Tone.DIM
    return Cell(glyphs.trend(minutes), tone, sort=newest, keeps_end=True)


def _age(row: HubRow) -> Cell:
    """A bound while it comes in time, so that what is well stands still."""
    snapshot = row.snapshot

    age_s = row.age_s

    if snapshot is None or age_s is None:
        return Cell(formats.UNKNOWN, Tone.DIM)

    if row.old_s is not None:
        return Cell(formats.duration(row.old_s), Tone.WARNING, sort=age_s)

    policy = snapshot.policy
    in_time_s = POLLS * max(policy.hub_interval_s, policy.store_interval_s)
    text = formats.duration(age_s if age_s >= in_time_s else in_time_s)
    return Cell(text if age_s >= in_time_s else f"<{text}", Tone.DIM, sort=age_s)


def _title(rows: Sequence[HubRow]) -> str:
    """Hubs, and the rows that they make: `10 · 12 groups · 2 hubs without a group`."""
    hubs = len({row.watched.key for row in rows})
    groups = sum(row.group is not None for row in rows)
    parts = [formats.count(hubs), formats.plural(groups, "group")]

    if len(rows) > groups:
        parts.append(f"{formats.plural(len(rows) - groups, 'hub')} without a group")

    return " · ".join(parts)


def _notes(rows: Sequence[HubRow]) -> Iterable[str]:
    hubs = by_hub(rows)
    unread = sum(first.is_unread for first, *_ in hubs)
    old = [row.old_s for row, *_ in hubs if row.old_s is not None]

    if unread:
        yield f"{unread} not read yet"

    if old:
        yield f"{formats.plural(len(old), 'hub')} stale, up to {formats.duration(max(old))}"
