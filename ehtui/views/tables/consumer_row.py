"""What the table of consumers says of one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.snapshot import ConsumerRole, ConsumerState
from ehtui.domain.text import safe
from ehtui.domain.world.process import LogState, ProcessSample
from ehtui.views import formats
from ehtui.views.cells import Cell, Tone
from ehtui.views.processes import LOG, brief
from ehtui.views.states import ROLE

if TYPE_CHECKING:
    from ehtui.views.glyphs import Glyphs, OwnerMark
    from ehtui.views.lags import ConsumerLag

_USUAL = {"running", "sleeping", "disk-sleep", "idle", "parked", "waking"}
_MOST_PIECES = 40  # what a screen can show of a list
_IDLE = {ConsumerRole.STANDBY, ConsumerRole.STARVED}


def cells_of(
    consumer: ConsumerState,
    group: str,
    *,
    up: str,
    lag: ConsumerLag,
    mark: OwnerMark | None,
    glyphs: Glyphs,
) -> tuple[Cell, ...]:
    """The cells of a consumer's row, in the table's order; `up` is how long it runs."""
    process = consumer.process

    return (
        Cell(str(process.id.pid), sort=float(process.id.pid)),
        Cell(up, sort=-process.id.started_at),
        _measured(formats.percent(process.cpu_percent), process.cpu_percent),
        _measured(formats.percent(process.memory_percent), process.memory_percent),
        _owner(consumer, mark, glyphs),
        _owns(consumer, group),
        _measured(lag.text, lag.events),
        _measured(safe(process.consumer_name or formats.UNKNOWN), process.consumer_name),
        _measured(formats.size(process.rss_bytes), process.rss_bytes),
        _measured(formats.count(process.threads), process.threads),
        _connections(process),
        _log(consumer.log),
        _command(consumer),
    )


def _connections(process: ProcessSample) -> Cell:
    guess = "~" if process.may_be_anothers else ""
    return _measured(f"{guess}{formats.count(process.connections)}", process.connections)


def _log(state: LogState | None) -> Cell:
    text = formats.UNKNOWN if state is None else LOG[state]
    return Cell(text, Tone.PLAIN if state is LogState.NAMED else Tone.DIM)


def _measured(text: str, sort: float | str | None) -> Cell:
    return Cell(text, Tone.DIM if sort is None else Tone.PLAIN, sort=sort)


def _owner(consumer: ConsumerState, mark: OwnerMark | None, glyphs: Glyphs) -> Cell:
    role = ROLE[consumer.role]

    # Who owns nothing is told by that; its owner id, where known, is in the details.
    if consumer.link is None or mark is None or consumer.role in _IDLE:
        return Cell(role.text, role.tone, sort=f"~{role.text}")

    guess = "~" if consumer.link.is_guess else " "
    # Several clients in one process: the details name them all.
    more = f" +{len(consumer.more_links)}" if consumer.more_links else ""
    text = f"{glyphs.owners[mark.glyph]}{guess}{formats.owner(consumer.link.owner)}{more}"
    return Cell(text, Tone.PLAIN, mark.colour, safe(" ".join(consumer.owners)))


def _owns(consumer: ConsumerState, group: str) -> Cell:
    by_group: dict[str, list[str]] = {}

    for name, partition in consumer.owns:
        by_group.setdefault(name, []).append(partition)

    for name, _ in consumer.idle:
        by_group.setdefault(name, [])

    if not by_group:
        is_known = consumer.role is not ConsumerRole.UNKNOWN
        return Cell("none", sort=0.0) if is_known else Cell(formats.UNKNOWN, Tone.DIM)

    groups = sorted(by_group.items(), key=lambda item: item[0].lower() != group.lower())
    pieces = [piece for name, ids in groups for piece in _pieces(name, ids, group)]
    text, *shorter = _wordings(pieces)
    return Cell(text, sort=float(len(consumer.owns)), shorter=tuple(shorter))


def _pieces(name: str, ids: list[str], group: str) -> list[tuple[str, int]]:
    """What is owned in one group, piece by piece; a piece of another begins with its name."""
    prefix = "" if name.lower() == group.lower() else f" {safe(name)}:"
    (first, many), *others = formats.runs(ids) or [("none", 0)]
    return [(prefix + first, many), *((f", {run}", many) for run, many in others)]


def _wordings(pieces: list[tuple[str, int]]) -> list[str]:
    """All of it, then less and less of it with the number of the others: `0–3, 7, +12`."""
    starts = [text for text, _ in pieces]
    wordings = ["".join(starts).lstrip()]

    for kept in range(min(len(pieces) - 1, _MOST_PIECES), 0, -1):
        others = sum(many for _, many in pieces[kept:])
        more = f"+{others}" if others else "…"  # groups in which it only waits
        wordings.append(f"{''.join(starts[:kept]).lstrip()}, {more}")

    prefix, _, run = starts[0].lstrip().rpartition(":")
    others = sum(many for _, many in pieces) - 1
    more = f", +{others}" if len(pieces) > 1 else ""
    first = run.partition("–")[0] if more else run
    shortest = f"{'…:' if prefix else ''}{first}{more}"
    return [*wordings, shortest] if len(shortest) < len(wordings[-1]) else wordings


def _command(consumer: ConsumerState) -> Cell:
    process = consumer.process
    command = brief(safe(process.command or process.name))

    if process.status in _USUAL or not process.status:
        return Cell(command, sort=command)

    return Cell(f"[{safe(process.status)}] {command}", Tone.WARNING, sort=command)
