"""What the table of consumers says of one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.snapshot import ConsumerRole, ConsumerState
from ehtui.domain.text import safe
from ehtui.domain.world.process import LogState
from ehtui.views import formats
from ehtui.views.cells import Cell, Tone
from ehtui.views.processes import brief
from ehtui.views.states import ROLE

if TYPE_CHECKING:
    from ehtui.views.glyphs import Glyphs, OwnerMark
    from ehtui.views.lags import ConsumerLag

_LOG = {
    LogState.NONE: "none",
    LogState.NAMED: "named",
    LogState.BEHIND: "behind",
    LogState.SILENT: "silent",
    LogState.SHARED: "shared",
    None: formats.UNKNOWN,
}
_USUAL = {"running", "sleeping", "disk-sleep", "idle", "parked", "waking"}
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
        _measured(formats.count(process.connections), process.connections),
        Cell(_LOG[consumer.log], Tone.PLAIN if consumer.log is LogState.NAMED else Tone.DIM),
        _command(consumer),
    )


def _measured(text: str, sort: float | str | None) -> Cell:
    return Cell(text, Tone.DIM if sort is None else Tone.PLAIN, sort=sort)


def _owner(consumer: ConsumerState, mark: OwnerMark | None, glyphs: Glyphs) -> Cell:
    role = ROLE[consumer.role]

    # Who owns nothing is told by that; its owner id, where known, is in the details.
    if consumer.link is None or mark is None or consumer.role in _IDLE:
        return Cell(role.text, role.tone, mark.colour if mark else None, f"~{role.text}")

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

    texts = [
        ("" if name.lower() == group.lower() else f"{safe(name)}:")
        + (formats.number_ranges(ids) if ids else "none")
        for name, ids in sorted(by_group.items(), key=lambda item: item[0].lower() != group.lower())
    ]
    return Cell(" ".join(texts), sort=float(len(consumer.owns)))


def _command(consumer: ConsumerState) -> Cell:
    process = consumer.process
    command = brief(safe(process.command or process.name))

    if process.status in _USUAL or not process.status:
        return Cell(command, sort=command)

    return Cell(f"[{safe(process.status)}] {command}", Tone.WARNING, sort=command)
