"""All hubs and their groups on one page: a row each, worst first, and the worst in one sentence."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from msgspec.structs import replace
from msgspec.structs import replace as changed

from ehtui.domain.snapshot import GroupState, Health, Severity, Snapshot, SourceStatus
from ehtui.domain.text import safe
from ehtui.domain.values import Value
from ehtui.views import formats
from ehtui.views.cells import Cell, Tone
from ehtui.views.formats import UTC_CLOCK, Clock
from ehtui.views.glyphs import UNICODE, Glyphs
from ehtui.views.headline import headline
from ehtui.views.keys import is_about
from ehtui.views.row_facts import RowFacts
from ehtui.views.sources import (
    old_source_at,
    problem_line,
    read_at,
    stepped,
)
from ehtui.views.states import SEVERITY_RANK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ehtui.domain.hubs import WatchedHub

_CRITICAL = SEVERITY_RANK[Severity.CRITICAL]
_FAULT = SEVERITY_RANK[Severity.WARNING]


class HubRow(Value, frozen=True):
    """A group of a hub, or the hub where none is known, as it is judged for the overview."""

    watched: WatchedHub
    snapshot: Snapshot | None  # as old as it is by now; None: never read
    group: GroupState | None
    said: Cell  # the worst of it, with its mark
    rank: int  # as `Row.rank`

    @property
    def key(self) -> str:
        """Its identity: selection and tags follow it."""
        return f"{self.watched.key}/{self.group_name}"

    @property
    def group_name(self) -> str:
        """The group that is gone to; empty where nothing tells one."""
        if self.group is not None:
            return self.group.name

        return self.snapshot.policy.default_group if self.snapshot is not None else ""

    @property
    def old_s(self) -> float | None:
        """How old the picture is, in steps, where it should have been renewed by now."""
        snapshot = self.snapshot
        at = old_source_at(snapshot) if snapshot is not None else None

        return None if snapshot is None or at is None else stepped(snapshot.taken_at - at)

    @property
    def age_s(self) -> float | None:
        """How old the picture is; None where the hub was never read."""
        sources = self.snapshot.sources if self.snapshot is not None else ()
        is_read = any(each.name == "hub" and each.read_at is not None for each in sources)

        if self.snapshot is None or not is_read:
            return None

        return self.snapshot.taken_at - read_at(self.snapshot)

    @property
    def is_unread(self) -> bool:
        """Whether nothing was read yet, for no fault that is known."""
        snapshot = self.snapshot

        if snapshot is None:
            return self.watched.problem is None

        return any(
            source.name == "hub" and source.status is SourceStatus.STARTING
            for source in snapshot.sources
        )

    @property
    def is_unused(self) -> bool:
        """Whether it is a group that the service has, and of which nothing is stored."""
        snapshot, group = self.snapshot, self.group
        return snapshot is not None and group is not None and snapshot.is_only_listed(group)

    @property
    def facts(self) -> RowFacts:
        """What filters ask of it beside its cells."""
        group = self.group
        owners = tuple(owner.id for owner in group.owners) if group is not None else ()
        return RowFacts(
            owners=owners,
            owns_none=group is not None and not live_owners(group),
            age_s=self.age_s,
            group=self.group_name or None,
        )


def hub_rows(
    watched: Iterable[WatchedHub],
    now: float,
    *,
    glyphs: Glyphs = UNICODE,
    clock: Clock = UTC_CLOCK,
) -> tuple[HubRow, ...]:
    """A row for each group of each hub, one for a hub without any; the worst first.

    `now` is local time. Among equals the configuration's order holds, whatever their lags: rows
    change places only where a severity changes.
    """
    rows = [row for each in watched for row in _rows_of(each, now, glyphs, clock)]
    return tuple(sorted(rows, key=lambda row: -row.rank if row.rank >= _FAULT else 0))


def _rows_of(watched: WatchedHub, now: float, glyphs: Glyphs, clock: Clock) -> Iterable[HubRow]:
    snapshot, problem = watched.snapshot, watched.problem

    if snapshot is not None and now > snapshot.taken_at:
        snapshot = changed(snapshot, taken_at=now)  # nobody looked meanwhile: it has grown old

    if snapshot is None and problem is not None:
        said = Cell(f"{glyphs.critical} {problem_line(problem)}", Tone.CRITICAL)
        return [HubRow(watched, None, None, said, _CRITICAL)]

    if snapshot is None:
        return [HubRow(watched, None, None, Cell("Not read yet", Tone.DIM), 0)]

    groups = snapshot.groups or (None,)
    return [_judged(watched, snapshot, each, glyphs, clock) for each in groups]


def _judged(
    watched: WatchedHub, snapshot: Snapshot, group: GroupState | None, glyphs: Glyphs, clock: Clock
) -> HubRow:
    """By the findings about that group or its hub; what is wrong with other groups is theirs.

    A group that nobody ever read has no owner and no finding: it is no fault, and no place on top.
    """
    name = group.name if group is not None else snapshot.policy.default_group
    own = tuple(
        finding for finding in snapshot.findings if group is None or is_about(finding, name)
    )
    rank = max((SEVERITY_RANK[finding.severity] for finding in own), default=0)
    failing = any(source.status is SourceStatus.FAILED for source in snapshot.sources)
    rank = max(rank, failing * _FAULT)
    said = headline(changed(snapshot, findings=own), name, glyphs=glyphs, clock=clock)

    if watched.problem is not None and rank < _CRITICAL:  # it is read by what was known before
        text = f"{glyphs.warning} {problem_line(watched.problem)}"
        return HubRow(watched, snapshot, group, Cell(text, Tone.WARNING), max(rank, _FAULT))

    if rank < _FAULT and group is None and (why := _why_no_group(snapshot)):
        said = Cell(why, Tone.PLAIN)
    elif rank < _FAULT and group is not None and snapshot.is_only_listed(group):
        said = Cell("The store has no records of this group.", Tone.DIM)

    return HubRow(watched, snapshot, group, said, rank)


def _why_no_group(snapshot: Snapshot) -> str:
    """Why a hub that is read has no group to show; empty where that is not known yet."""
    store = next((source for source in snapshot.sources if source.name == "store"), None)

    if store is None or snapshot.hub is None:
        return ""

    if store.status is SourceStatus.OFF:
        return safe(store.problem.summary) if store.problem is not None else ""

    is_read = store.status is SourceStatus.OK
    return "The store has no records of any consumer group." if is_read else ""


def live_owners(group: GroupState) -> int:
    """How many owners hold a live lease."""
    return sum(1 for owner in group.owners if owner.partitions)


def held_partitions(group: GroupState) -> int:
    """How many partitions have an owner with a live lease."""
    return len({name for owner in group.owners for name in owner.partitions})


def by_hub(rows: Sequence[HubRow]) -> Sequence[Sequence[HubRow]]:
    """The rows of each hub together."""
    in_order = sorted(rows, key=lambda row: row.watched.key)
    return [tuple(same) for _, same in groupby(in_order, key=lambda row: row.watched.key)]


def hubs_headline(rows: Sequence[HubRow], *, glyphs: Glyphs = UNICODE) -> Cell:
    """The worst finding of all hubs, with its hub's name; without one, how many are well."""
    if not rows:
        return Cell("No hub is configured", Tone.DIM)

    bad = [row for row in rows if row.said.tone in {Tone.CRITICAL, Tone.WARNING}]
    worst = max(bad, key=lambda row: row.rank, default=None)

    return _calm(by_hub(rows), glyphs) if worst is None else _told_of(worst, rows)


def _told_of(row: HubRow, rows: Sequence[HubRow]) -> Cell:
    """Behind its mark stands whose finding it is."""
    mark, _, text = row.said.text.partition(" ")
    return replace(row.said, text=f"{mark} {place_name(row, rows)}: {text}", shorter=())


def place_name(row: HubRow, rows: Sequence[HubRow]) -> str:
    """The hub's name, with its profile where another hub is called the same."""
    same = {each.watched.key for each in rows if each.watched.hub == row.watched.hub}
    return safe(row.watched.hub if len(same) == 1 else row.watched.key) or safe(row.watched.profile)


def _calm(hubs: Sequence[Sequence[HubRow]], glyphs: Glyphs) -> Cell:
    hubs = [[row for row in each if not row.is_unused] or each for each in hubs]
    unread = sum(first.is_unread for first, *_ in hubs)
    old = sum(first.old_s is not None for first, *_ in hubs)
    well = sum(all(map(_is_well, each)) for each in hubs)
    unjudged = sum(any(_is_unjudged(row) for row in each) for each in hubs)
    unsure = len(hubs) - unread - old - well - unjudged
    every = formats.plural(len(hubs), "hub")

    if well == len(hubs):
        lags = [row.group.lag or 0 for each in hubs for row in each if row.group is not None]
        groups = formats.plural(len(lags), "group")
        told = f"{every} and {groups} are well; lag {formats.count(sum(lags))}"
        return Cell(f"{glyphs.mark(None)} {told}", Tone.GOOD)

    others = {
        "not read yet": unread,
        "with an old picture": old,
        "not judged yet": unjudged,
        "of which owners or lag are not known": unsure,
    }
    told = formats.listed([f"{count} {what}" for what, count in others.items() if count])
    return Cell(f"{formats.count(well)} of {every} known to be well; {told}", Tone.PLAIN)


def _is_well(row: HubRow) -> bool:
    """By its sentence and by its health: no fault found is not yet a group known to be read."""
    is_judged = row.group is None or row.group.health is Health.OK
    return row.said.tone is Tone.GOOD and is_judged and not row.old_s


def _is_unjudged(row: HubRow) -> bool:
    """A group that is read in time, and whose health takes more looks than there were."""
    is_young = row.group is not None and row.group.health is Health.UNKNOWN
    return is_young and row.said.tone is Tone.GOOD and not row.old_s and not row.is_unread


def successor(rows: Iterable[HubRow], gone: HubRow) -> str | None:
    """The key of the row that stands for one whose group appeared or went; None without any."""
    same = (row.key for row in rows if row.watched.key == gone.watched.key)
    return next(same, None)


class NotNamedError(ValueError):
    """No hub or group of that name, or several; the text says which there are."""


class MeantHub(Value, frozen=True):
    """What a name means."""

    watched: WatchedHub
    group: str | None = None  # None: none was named


def meant_hub(watched: Sequence[WatchedHub], name: str) -> MeantHub:
    """What `profile/hub/group`, `profile/hub`, `hub/group` or `hub` means, in any case of letters.

    A group of a hub whose groups are not known yet may be there.

    Raises:
        NotNamedError: Nothing, or several hubs.
    """
    wanted = name.strip()
    found = [(each, rest) for each in watched if (rest := _named(each, wanted)) is not None]

    if not found:
        known = formats.listed([safe(each.key) for each in watched])
        raise NotNamedError(f"There is no hub {safe(wanted)}: there are {known}.")

    if len(found) > 1:
        known = formats.listed([safe(each.key) for each, _ in found], last="or")
        raise NotNamedError(f"{safe(wanted)} names several hubs: say {known}.")

    (hub, group) = found[0]

    return MeantHub(hub, _group_of(hub, group) if group else None)


def _named(watched: WatchedHub, wanted: str) -> str | None:
    """What stands behind the hub's name in `wanted`; None where that names another one."""
    for name in (watched.key, watched.hub):
        start, rest = wanted[: len(name)], wanted[len(name) :]

        if start.casefold() == name.casefold() and (not rest or rest.startswith("/")):
            return rest[1:]

    return None


def _group_of(watched: WatchedHub, name: str) -> str:
    """As the hub spells it."""
    groups = _groups(watched)
    same = [group.name for group in groups if group.name.casefold() == name.casefold()]

    if groups and not same:
        known = formats.listed([safe(group.name) for group in groups])
        place = safe(watched.key)
        raise NotNamedError(f"{place} has no consumer group {safe(name)}: there are {known}.")

    return same[0] if same else name


def hub_names(watched: Iterable[WatchedHub]) -> Sequence[str]:
    """What can be gone to by name: each hub, and each of its groups that is known."""
    return [
        name
        for each in watched
        for name in (each.key, *(f"{each.key}/{group.name}" for group in _groups(each)))
    ]


def _groups(watched: WatchedHub) -> Sequence[GroupState]:
    return watched.snapshot.groups if watched.snapshot is not None else ()


def by_key(rows: Iterable[HubRow]) -> Mapping[str, HubRow]:
    """Rows by their keys."""
    return {row.key: row for row in rows}
