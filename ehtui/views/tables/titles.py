"""The sentences in the borders of panes: sums, ages and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.progress import Rule
from ehtui.domain.snapshot import GroupState, Snapshot, SourceState, SourceStatus
from ehtui.views import formats
from ehtui.views.sources import detour_notes, stepped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


_STEPS_FROM_S = 20.0


def partitions_title(snapshot: Snapshot, group: GroupState | None, *, is_old: bool = False) -> str:
    """Sums of the pane: `3 · lag 1,823 · in 39/s · out 26/s`; what is unknown is left out."""
    parts = [formats.count(len(snapshot.partitions) or len(group.partitions if group else ()))]
    incoming = total(p.in_per_s for p in snapshot.partitions)
    outgoing = total(p.out_per_s for p in group.partitions) if group else None

    if group is not None and group.lag is not None:
        parts.append(f"lag {group_lag(group, is_old=is_old)}")

    if incoming is not None:
        parts.append(f"in {incoming:,.0f}/s")

    if outgoing is not None:
        parts.append(f"out {outgoing:,.0f}/s")

    return " · ".join(parts)


def group_lag(group: GroupState, *, is_old: bool = False) -> str:
    """A group's lag; `≤` and `≥` where some of it is a bound or unknown, `~` where both, or old."""
    is_bound = any(p.lag_is_bound and p.lag for p in group.partitions)
    signs = {(True, False): "≤", (False, True): "≥", (True, True): "~"}
    sign = "~" if is_old else signs.get((is_bound, group.lag_is_partial), "")
    return sign + formats.count(group.lag)


def partitions_notes(
    snapshot: Snapshot, group: GroupState | None, stale: Mapping[str, float], *, quiet: bool = False
) -> tuple[str, ...]:
    """Ages and doubts: `read 2s ago`, `clock +0.3s`, `health 7/10`, `2 rows stale`."""
    names = ("hub", "store")
    reads = read_notes(snapshot, names, quiet=quiet, has_old=bool(stale))
    notes = [*reads, *_timing_notes(snapshot)]

    if stale:
        rows_word = formats.plural(len(stale), "row")
        notes.append(f"{rows_word} stale, up to {formats.duration(max(stale.values()))}")

    if group is not None and (filling := _filling(group)):
        notes.append(filling)

    if snapshot.clock_skew_s is not None:
        notes.append(f"clock {formats.signed_s(snapshot.clock_skew_s)}")

    return tuple(notes)


def _timing_notes(snapshot: Snapshot) -> tuple[str, ...]:
    """That more is asked for than was configured, and why."""
    closer = snapshot.closer_looks

    if closer is None:
        return ()

    whom = formats.plural(closer.owners, "new owner")
    s = "s" if closer.owners == 1 else ""
    return (f"store read every {closer.every_s:g}s to learn how often {whom} renew{s}",)


def _filling(group: GroupState) -> str:
    windows = [p.window for p in group.partitions if p.rule == Rule.FILLING]
    return "health {}/{}".format(*min(windows)) if windows else ""


def read_notes(
    snapshot: Snapshot, names: Sequence[str], *, quiet: bool = False, has_old: bool = False
) -> tuple[str, ...]:
    """When those sources were last read; one that fails is named with its age.

    `quiet` tells of reads that come in time only that they do, and not even that beside something
    that is old: they have not come to all of it.
    """
    reads = [
        source.read_at
        for source in snapshot.sources
        if source.name in names and source.status is SourceStatus.OK and source.read_at is not None
    ]
    failing = (
        *failing_notes(snapshot, names, quiet=quiet),
        *detour_notes(snapshot, names),
    )

    if not reads:
        return failing

    age_s = snapshot.taken_at - min(reads)
    policy = snapshot.policy
    in_time_s = 2 * max(policy.hub_interval_s, policy.store_interval_s)

    if quiet and age_s < in_time_s:
        in_time = () if has_old else (f"data under {formats.duration(in_time_s)} old",)
        return (*in_time, *failing)

    return (f"read {formats.age(_shown(age_s, quiet=quiet))}", *failing)


def failing_notes(
    snapshot: Snapshot, names: Sequence[str], *, quiet: bool = False
) -> tuple[str, ...]:
    """Those of the sources that cannot be read, with the age of what is shown of them."""
    return tuple(
        _failing(snapshot, source, quiet=quiet)
        for source in snapshot.sources
        if source.name in names and source.status is SourceStatus.FAILED
    )


def _failing(snapshot: Snapshot, source: SourceState, *, quiet: bool) -> str:
    if source.read_at is None:
        return f"{source.name} never read"

    age_s = _shown(snapshot.taken_at - source.read_at, quiet=quiet)
    return f"{source.name} {formats.duration(age_s)} old"


def _shown(age_s: float, *, quiet: bool) -> float:
    """By the second while that is young, then in steps where what waits is to stand still."""
    return stepped(age_s) if quiet and age_s >= _STEPS_FROM_S else age_s


def no_partitions(snapshot: Snapshot) -> str:
    """What to say where there are no partitions."""
    hub = next((source for source in snapshot.sources if source.name == "hub"), None)

    if hub is not None and hub.problem is not None:
        return f"{hub.problem.summary} {hub.problem.advice}".strip()

    return "Reading the hub for the first time." if snapshot.hub is None else "No partitions."


def total(values: Iterable[float | None]) -> float | None:
    """The sum of what is known; None when nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None
