"""How the sources do: what could not be read or done, and what is older than two polls."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from ehtui.domain.snapshot import Snapshot, SourceState, SourceStatus
from ehtui.domain.text import safe
from ehtui.domain.world.route import Carrier
from ehtui.views import formats
from ehtui.views.cells import Cell, Column, Row, Table, Tone
from ehtui.views.formats import UTC_CLOCK, Clock
from ehtui.views.states import SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ehtui.domain.problems import Problem
    from ehtui.domain.world.route import Route


COLUMNS = (
    Column("source", "SOURCE", 9, meaning="what is read: hub, store, processes, logs"),
    Column("state", "STATE", 8, meaning="how reading it goes"),
    Column("read", "READ", 10, meaning="when it was last read"),
    Column(
        "trouble",
        "TROUBLE",
        40,
        grows=True,
        min_width=20,
        meaning="what is wrong with it, and what to do; else the way that it is read over",
    ),
)


def problem_line(problem: Problem) -> str:
    """What is wrong and the next step, on one line."""
    summary, advice = safe(problem.summary).strip(), safe(problem.advice).strip()

    if not advice:
        return summary

    return f"{formats.full_stop(summary)} {advice}"


_CARRIERS = {Carrier.AMQP: "AMQP", Carrier.WEBSOCKET: "WebSockets"}


def route_words(route: Route) -> str:
    """`over WebSockets, ns.servicebus.windows.net:443, through the proxy 10.0.0.1:3128`."""
    host = f"[{route.host}]" if ":" in route.host else route.host
    secured = "" if route.uses_tls else " without TLS"
    proxy = f", through the proxy {safe(route.proxy)}" if route.proxy else ""
    return f"over {_CARRIERS[route.carrier]}{secured}, {safe(host)}:{route.port}{proxy}"


def detours(snapshot: Snapshot) -> Iterator[str]:
    """A line for each source that is not read over its own port and straight."""
    for source in snapshot.sources:
        if source.route is not None and source.route.is_detour:
            yield f"The {safe(source.name)} is read {route_words(source.route)}."


def detour_notes(snapshot: Snapshot, names: Sequence[str]) -> tuple[str, ...]:
    """The same for a title, in few words: `over WebSockets, by proxy`."""
    routes = (s.route for s in snapshot.sources if s.name in names and s.route is not None)
    return tuple(
        f"over {_CARRIERS[route.carrier]}{', by proxy' if route.proxy else ''}"
        for route in routes
        if route.is_detour
    )


def _ago(source: SourceState, taken_at: float) -> str:
    return formats.age(None if source.read_at is None else max(0.0, taken_at - source.read_at))


def sources_table(snapshot: Snapshot, *, clock: Clock = UTC_CLOCK) -> Table:
    """One row a source."""
    return Table(
        columns=COLUMNS,
        rows=tuple(_row(source, snapshot, clock) for source in snapshot.sources),
        title=formats.count(len(snapshot.sources)),
        empty="No source is configured.",
    )


def _row(source: SourceState, snapshot: Snapshot, clock: Clock) -> Row:
    word = SOURCE[source.status]
    told = route_words(source.route) if source.route else ""
    trouble = problem_line(source.problem) if source.problem else told

    if source.status is SourceStatus.FAILED and source.retry_at is not None:
        at, now = snapshot.host_at(source.retry_at), snapshot.host_at(snapshot.taken_at)
        trouble = f"{trouble} Next try at {clock.moment(at, now)}."

    return Row(
        source.name,
        (
            Cell(safe(source.name), sort=source.name),
            Cell(word.text, word.tone, sort=float(word.rank)),
            Cell(_ago(source, snapshot.taken_at), Tone.DIM, sort=source.read_at),
            Cell(trouble, word.tone if source.status is SourceStatus.FAILED else Tone.DIM),
        ),
        word.rank,
    )


POLLS = 2
READING_S = 1.0  # a read may take so long beyond its beat
_STEPS = ((5.0, 1), (60.0, 5), (300.0, 15))  # an age moves by so much: what waits costs few bytes
_LATER_STEP = 60
_UNKNOWN = frozenset({formats.UNKNOWN, "none", ""})
_SIGNS = "~>≤≥"
_TROUBLE = frozenset({Tone.WARNING, Tone.CRITICAL})


class Staleness(NamedTuple):
    """Which rows are old, and by how much."""

    ages: Mapping[str, float]  # by partition, in steps; those of the hub alone
    store_s: float | None = None  # of everything that the store says, in steps
    beyond_step_s: float = 0.0  # how much older that is than its step

    @property
    def is_any(self) -> bool:
        """Whether any row is old."""
        return bool(self.ages) or self.store_s is not None

    def of(self, partition: str, *, is_in_group: bool) -> float | None:
        """The age of a row; None while it is fresh."""
        age_s = self.ages.get(partition)

        if not is_in_group or self.store_s is None:
            return age_s

        return max(self.store_s, age_s or 0.0)


def staleness(snapshot: Snapshot) -> Staleness:
    """Ages of samples and of the store's listing, as far as they are older than two polls."""
    policy, now = snapshot.policy, snapshot.taken_at
    latest_at = now - POLLS * policy.hub_interval_s - READING_S
    ages = {
        p.id: stepped(now - p.sample.sampled_at)
        for p in snapshot.partitions
        if p.sample is not None and p.sample.sampled_at < latest_at
    }
    listed_at = next((s.read_at for s in snapshot.sources if s.name == "store"), None)

    if listed_at is None or now - listed_at <= POLLS * policy.store_interval_s + READING_S:
        return Staleness(ages)

    store_s = stepped(now - listed_at)
    return Staleness(ages, store_s, now - listed_at - store_s)


def stepped(age_s: float) -> float:
    """An age that stands still for a while, never more than it is."""
    step_s = next((step for limit, step in _STEPS if age_s < limit), _LATER_STEP)
    return age_s // step_s * step_s


def old_source_at(snapshot: Snapshot) -> float | None:
    """Local time of the older of the last reads of hub and store; None while they are in time."""
    policy = snapshot.policy
    intervals = {"hub": policy.hub_interval_s, "store": policy.store_interval_s}
    old = [
        read_at
        for name, read_at in _reads(snapshot)
        if snapshot.taken_at - read_at > POLLS * intervals[name] + READING_S
    ]
    return min(old, default=None)


def read_at(snapshot: Snapshot) -> float:
    """Local time of the older of the last reads of hub and store: what is shown is of then."""
    return min((at for _, at in _reads(snapshot)), default=snapshot.taken_at)


def _reads(snapshot: Snapshot) -> list[tuple[str, float]]:
    return [
        (source.name, source.read_at)
        for source in snapshot.sources
        if source.read_at is not None
        and source.status in {SourceStatus.OK, SourceStatus.FAILED}
        and source.name in {"hub", "store"}
    ]


def aged(cells: Mapping[str, Cell], age_s: float | None) -> tuple[Cell, ...]:
    """The cells of a row by column, as old as they are: dim, a guess where they count, dated."""
    if age_s is None:
        return tuple(cells.values())

    return tuple(_AGED.get(key, _dimmed)(cell, age_s) for key, cell in cells.items())


def widest_health(words: Iterable[str], ages: Iterable[float]) -> str:
    """The longest that a dated word of health can be."""
    longest = max((formats.age(age_s) for age_s in ages), key=len, default="")
    return f"{max(words, key=len, default='')} {longest}" if longest else ""


def _dimmed(cell: Cell, _: float = 0.0) -> Cell:
    return Cell(cell.text, Tone.DIM, None, cell.sort)


def _dated(cell: Cell, age_s: float) -> Cell:
    """A trouble keeps its colour: that it was there is known."""
    tone = cell.tone if cell.tone in _TROUBLE else Tone.DIM
    return replace(cell, text=f"{cell.text} {formats.age(age_s)}", tone=tone)


def _guessed(cell: Cell, _: float) -> Cell:
    text = cell.text if cell.text in _UNKNOWN else f"~{cell.text.lstrip(_SIGNS)}"
    return Cell(text, Tone.DIM, None, cell.sort)


_AGED = {"health": _dated, "lease": _guessed, "lag": _guessed}
