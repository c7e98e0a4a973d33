"""Places on the screen by name, `partition:2/why`: to open at, to go to, to send to a colleague."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from ehtui.domain.snapshot import SourceStatus
from ehtui.domain.text import safe
from ehtui.domain.values import Value
from ehtui.views.formats import command
from ehtui.views.keys import consumer_at, finding_at, finding_key, process_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ehtui.domain.snapshot import Snapshot

# What a place can be about, and the pane in which it stands.
KINDS = {
    "partition": "partitions",
    "consumer": "consumers",
    "finding": "findings",
    "group": "groups",
}
HUB, HUBS = "hub", "hubs"  # one of several, `hub:orders/telemetry/$Default`, and their overview
PANES = ("partitions", "consumers", "findings", "timeline", "groups")
THEN = ("details", "why", "log", "events")
_EXAMPLES = (
    "such as partition:2/why, consumer:51257/log, group:test, finding:lease.overdue, timeline"
)
SETTLES_S = 5.0  # after every source was read: so long may a finding or a consumer take
# What must have been read before it is known that one is not there.
_SOURCES = {
    "partition": ("hub", "store"),
    "consumer": ("processes", "logs"),
    "finding": ("hub", "store", "processes", "logs"),
    "group": ("store",),
}


class PlaceError(ValueError):
    """There is no such place; the text says what is wrong."""


class Place(Value, frozen=True):
    """A row or a pane, and what is opened there."""

    kind: str  # one of KINDS, or of PANES
    name: str = ""
    then: str = ""

    @property
    def pane(self) -> str:
        """The pane in which it stands."""
        return KINDS.get(self.kind, self.kind)


def parse(text: str) -> Place:
    """The place of that name.

    Raises:
        PlaceError: It is none.
    """
    if text.strip() == HUBS:
        return Place(HUBS)

    if text.strip().startswith(f"{HUB}:") and (name := text.strip().partition(":")[2]):
        return Place(HUB, name)

    whole, slash, then = text.strip().rpartition("/")

    if not slash:
        whole, then = then, ""

    kind, colon, name = whole.partition(":")

    if slash and then not in THEN:
        raise PlaceError(f"“{safe(text)}” is not a place: did you mean /{_near(then, THEN)}?")

    if not colon and kind in PANES:
        return Place(kind, then=then)

    if kind not in KINDS:
        near = _near(kind, (*KINDS, HUB, *(() if colon else (*PANES, HUBS))))
        raise PlaceError(f"“{safe(text)}” is not a place: did you mean {near}{colon}{safe(name)}?")

    if not name:
        raise PlaceError(f"“{safe(text)}” names no {kind}; a place is {_EXAMPLES}")

    return Place(kind, name, then)


def _near(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.5)

    return near[0] if near else " or ".join([", ".join(names[:-1]), names[-1]])


def written(place: Place) -> str:
    """As `parse` reads it."""
    what = f"{place.kind}:{place.name}" if place.name else place.kind

    return f"{what}/{place.then}" if place.then else what


def place_of(snapshot: Snapshot, pane: str, key: str | None) -> Place:
    """Where a row stands; of what another session does not know, its pane."""
    consumer = consumer_at(snapshot, key) if pane == "consumers" and key else None
    finding = finding_at(snapshot, key) if pane == "findings" and key else None

    if consumer is not None:
        return Place("consumer", str(consumer.process.id.pid))

    if finding is not None and key is not None:
        is_only = sum(each.id == finding.id for each in snapshot.findings) == 1
        return Place("finding", finding.id if is_only else key)

    kinds = {"partitions": "partition", "groups": "group"}

    return Place(kinds[pane], key) if pane in kinds and key else Place(pane)


def link(place: Place, group: str, started_with: Sequence[str]) -> str:
    """The command that opens there, to paste to a colleague."""
    return command_to(place, (*started_with, "--group", group))


def command_to(place: Place, started_with: Sequence[str]) -> str:
    """The same for a place of no group, such as a hub."""
    words = (*started_with, "--at", written(place))
    return command("ehtui", *map(safe, words))  # no SAS of a URL that ehtui was started with


def key_of(snapshot: Snapshot, group: str, place: Place) -> str | None:
    """The key of the row that is meant; None where it is not there."""
    match place.kind:
        case "partition":
            state = snapshot.group(group)
            known = {each.id for each in snapshot.partitions}
            known |= {each.id for each in (*state.partitions, *state.strays)} if state else set()
            return place.name if place.name in known else None
        case "consumer":
            pids = {str(each.process.id.pid): each.process.id for each in snapshot.consumers}
            return process_key(pids[place.name]) if place.name in pids else None
        case "finding":
            keys = [(finding_key(each), each.id) for each in snapshot.findings]
            return next((key for key, id_ in keys if place.name in (key, id_)), None)
        case _:
            state = snapshot.group(place.name)
            return state.name if state is not None else None


def missing(snapshot: Snapshot, place: Place) -> str:
    """That it is not there, and what is."""
    name = safe(place.name)

    match place.kind:
        case "partition":
            ids = [safe(each.id) for each in snapshot.partitions]
            return f"There is no partition {name}" + (f": {_there(ids)}." if ids else ".")
        case "consumer":
            pids = [str(each.process.id.pid) for each in snapshot.consumers]
            return f"No consumer on this host has pid {name}: {_there(pids)}."
        case "finding":
            ids = list(dict.fromkeys(each.id for each in snapshot.findings))
            return f"There is no finding {name} now: {_there(ids)}."
        case _:
            names = [safe(each.name) for each in snapshot.groups]
            return f"There is no consumer group {name}: {_there(names)}."


_MOST_TOLD = 6


def _there(names: list[str]) -> str:
    if not names:
        return "there is none"

    more = f" and {len(names) - _MOST_TOLD} more" if len(names) > _MOST_TOLD else ""
    verb = "is" if len(names) == 1 else "are"

    return f"there {verb} {', '.join(names[:_MOST_TOLD])}{more}"


def has_been_read(snapshot: Snapshot, place: Place) -> bool:
    """Whether every source that it stands in has answered or failed."""
    awaited = _SOURCES.get(place.kind, ())

    return not any(
        source.name in awaited and source.status is SourceStatus.STARTING
        for source in snapshot.sources
    )


class Arrival:
    """A place to open at, which is not there before it was read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._whole_at: float | None = None  # of the first picture in which all was read

    def look(self, snapshot: Snapshot, group: str) -> Place | None:
        """The place, once it can be gone to; None where it may still come.

        Raises:
            PlaceError: There is none, or it does not come.
        """
        place = parse(self._text)

        if not has_been_read(snapshot, place):
            return None

        if not place.name or key_of(snapshot, group, place) is not None:
            return place

        self._whole_at = self._whole_at or snapshot.taken_at
        may_come = place.kind in {"consumer", "finding"}

        if may_come and snapshot.taken_at - self._whole_at < SETTLES_S:
            return None

        raise PlaceError(missing(snapshot, place))
