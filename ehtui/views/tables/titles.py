"""The sentences in the borders of panes: sums, ages and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.rules import FILLING
from ehtui.domain.snapshot import GroupState, Snapshot, SourceState, SourceStatus
from ehtui.views import formats

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def partitions_title(snapshot: Snapshot, group: GroupState | None) -> str:
    """Sums of the pane: `3 · lag 1,823 · in 39/s · out 26/s`; what is unknown is left out."""
    parts = [formats.count(len(snapshot.partitions) or len(group.partitions if group else ()))]
    incoming = total(p.in_per_s for p in snapshot.partitions)
    outgoing = total(p.out_per_s for p in group.partitions) if group else None

    if group is not None and group.lag is not None:
        parts.append(f"lag {group_lag(group)}")

    if incoming is not None:
        parts.append(f"in {incoming:,.0f}/s")

    if outgoing is not None:
        parts.append(f"out {outgoing:,.0f}/s")

    return " · ".join(parts)


def group_lag(group: GroupState) -> str:
    """A group's lag; `≤` and `≥` where some of it is a bound or unknown, `~` where both."""
    is_bound = any(p.lag_is_bound and p.lag for p in group.partitions)
    sign = {(True, False): "≤", (False, True): "≥", (True, True): "~"}

    return sign.get((is_bound, group.lag_is_partial), "") + formats.count(group.lag)


def partitions_notes(
    snapshot: Snapshot, group: GroupState | None, stale: Mapping[str, float], *, quiet: bool = False
) -> tuple[str, ...]:
    """Ages and doubts: `read 2s ago`, `clock +0.3s`, `health 7/10`, `2 rows stale`."""
    notes = [*read_notes(snapshot, ("hub", "store"), quiet=quiet), *_timing_notes(snapshot)]

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
    return (f"timing {whom}: store read every {closer.every_s:g}s",)


def _filling(group: GroupState) -> str:
    windows = [p.window for p in group.partitions if p.rule == FILLING]

    return "health {}/{}".format(*min(windows)) if windows else ""


def read_notes(snapshot: Snapshot, names: Sequence[str], *, quiet: bool = False) -> tuple[str, ...]:
    """When those sources were last read; one that fails is named with its age.

    `quiet` tells of reads that come in time only that they do.
    """
    reads = [
        source.read_at
        for source in snapshot.sources
        if source.name in names and source.status is SourceStatus.OK and source.read_at is not None
    ]
    failing = failing_notes(snapshot, names)

    if not reads:
        return failing

    age_s = snapshot.taken_at - min(reads)
    policy = snapshot.policy
    in_time_s = 2 * max(policy.hub_interval_s, policy.store_interval_s)

    if quiet and age_s < in_time_s:
        return (f"read <{formats.duration(in_time_s)}", *failing)

    return (f"read {formats.age(age_s)}", *failing)


def failing_notes(snapshot: Snapshot, names: Sequence[str]) -> tuple[str, ...]:
    """Those of the sources that cannot be read, with the age of what is shown of them."""
    return tuple(
        _failing(snapshot, source)
        for source in snapshot.sources
        if source.name in names and source.status is SourceStatus.FAILED
    )


def _failing(snapshot: Snapshot, source: SourceState) -> str:
    if source.read_at is None:
        return f"{source.name} never read"

    return f"{source.name} {formats.duration(snapshot.taken_at - source.read_at)} old"


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
