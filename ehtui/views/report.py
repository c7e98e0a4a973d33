"""`ehtui status`: the whole screen as one aligned text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.snapshot import Snapshot, SourceStatus
from ehtui.domain.text import safe
from ehtui.domain.values import Value
from ehtui.views import findings
from ehtui.views.cells import Column, Row, Table, Tone, fitted
from ehtui.views.costs import last_deployment
from ehtui.views.formats import UTC_CLOCK, Clock
from ehtui.views.glyphs import UNICODE, Glyphs
from ehtui.views.groups import groups_table
from ehtui.views.headline import headline
from ehtui.views.pending import enough_s, not_judged, nothing_wrong, undecided
from ehtui.views.phrasing import Phrasing
from ehtui.views.sources import detours, sources_table
from ehtui.views.states import SEVERITY_TONE
from ehtui.views.tables import consumers_table, partitions_table, timeline_table
from ehtui.views.tables.columns import Slot, arrange
from ehtui.views.tables.findings import findings_title, in_order
from ehtui.views.width import pad, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


GAP = "  "
_SENTENCES = frozenset({"finding", "event", "trouble"})  # columns
_SGR = {
    Tone.PLAIN: "",
    Tone.DIM: "2",
    Tone.GOOD: "32",
    Tone.INFO: "36",
    Tone.WARNING: "33",
    Tone.CRITICAL: "1;31",
}


def painted(text: str, tone: Tone, *, colour: bool) -> str:
    """`text` in the colour of its tone, where colour was asked for."""
    code = _SGR[tone] if colour else ""
    return f"\x1b[{code}m{text}\x1b[0m" if code else text


def table_lines(table: Table, cells: int | None = None, *, colour: bool = False) -> list[str]:
    """Header and rows in at most `cells` cells (None: as wide as they are), aligned."""
    if not table.rows:
        return [table.empty] if table.empty else []

    growing = [column.key for column in table.columns if column.grows]
    columns = fitted(table.columns, table.rows, growing)
    room = sum(column.width for column in columns) + len(GAP) * len(columns)
    slots = arrange(columns, room if cells is None else cells, gaps=(len(GAP),))
    header = GAP.join(
        pad(columns[slot.index].title, slot.width, align_right=columns[slot.index].align_right)
        for slot in slots
    )
    lines = [painted(header.rstrip(), Tone.DIM, colour=colour)]
    return [*lines, *(line for row in table.rows for line in _row(row, columns, slots, colour))]


def _row(
    row: Row,
    columns: Sequence[Column],
    slots: Sequence[Slot],
    colour: bool,  # noqa: FBT001
) -> Iterator[str]:
    """A row's lines: sentences go on below, broken at words."""
    texts = [
        wrap(row.cells[slot.index].text, slot.width)
        if columns[slot.index].key in _SENTENCES
        else [row.cells[slot.index].within(slot.width)]
        for slot in slots
    ]

    for number in range(max(map(len, texts))):
        shown = []

        for slot, lines in zip(slots, texts, strict=True):
            text = lines[number] if number < len(lines) else ""
            align_right = columns[slot.index].align_right
            text = pad(text, slot.width, align_right=align_right)
            shown.append(painted(text, row.cells[slot.index].tone, colour=colour))

        yield GAP.join(shown).rstrip()


TIMELINE_ROWS = 20
_INDENT = "  "


class OutputFormat(Value, frozen=True):
    """How a report is printed."""

    cells: int | None = None  # None: as wide as it is, for a pipe
    colour: bool = False
    glyphs: Glyphs = UNICODE
    clock: Clock = UTC_CLOCK


WIDE = OutputFormat()


def report(snapshot: Snapshot, group: str, output: OutputFormat = WIDE, *more_groups: str) -> str:
    """Hub, header sentence, partitions, consumers, findings with advice, timeline, sources.

    The partitions of `more_groups` come behind those of the group that goes without saying.
    """
    return "\n".join(_lines(snapshot, (group, *more_groups), output)) + "\n"


def consumers_report(snapshot: Snapshot, group: str, output: OutputFormat = WIDE) -> str:
    """This host's consumers alone, and what ties each to its owner."""
    table = consumers_table(snapshot, group, glyphs=output.glyphs)
    lines = [*_pane("Consumers on this host", table, output), ""]
    lines += [
        f"{consumer.process.id.pid} is {safe(link.owner)}: "
        f"{safe(link.basis.value)}, {safe(link.evidence)}"
        for consumer in snapshot.consumers
        for link in consumer.links
    ]
    return "\n".join(lines[1:] if table.rows else [table.empty]) + "\n"


def findings_report(snapshot: Snapshot, group: str, output: OutputFormat = WIDE) -> str:
    """Findings alone, each with its id and how long it has lasted."""
    at = output.clock.full(snapshot.host_at(snapshot.taken_at))
    told = _findings(snapshot, group, output, has_ids=True)
    say = Phrasing(snapshot, output.clock, group)
    lines = [
        *_wrapped(f"{where(snapshot, group)}  {at}", output),
        *(told if snapshot.findings else ("", *_wrapped(nothing_wrong(say), output))),
        *_sources(snapshot, output),
        *_not_judged(snapshot, output),
    ]
    return "\n".join(lines) + "\n"


def _lines(snapshot: Snapshot, groups: Sequence[str], output: OutputFormat) -> Iterator[str]:
    group, glyphs, clock = groups[0], output.glyphs, output.clock
    top = headline(snapshot, group, glyphs=glyphs, clock=clock)
    at = f"  {clock.full(snapshot.host_at(snapshot.taken_at))}" if snapshot.taken_at else ""
    yield from _wrapped(f"{where(snapshot, group)}{at}", output)
    yield from _wrapped(top.text, output, tone=top.tone)

    for line in detours(snapshot):
        yield from _wrapped(line, output)

    if len(snapshot.groups) > 1:
        yield from _pane("Groups", groups_table(snapshot, has_past=False), output)

    for each in groups:
        name = f"Partitions of {safe(each)}" if len(groups) > 1 else "Partitions"
        yield from _pane(name, partitions_table(snapshot, each, glyphs=glyphs), output)

    if snapshot.consumers:
        consumers = consumers_table(snapshot, group, glyphs=glyphs)
        yield from _pane("Consumers on this host", consumers, output)

    yield from _findings(snapshot, group, output)
    yield from _takeovers(snapshot, group, output)
    timeline = timeline_table(snapshot, group, glyphs=glyphs, clock=clock)

    if timeline.rows:
        newest = replace(timeline, rows=timeline.rows[:TIMELINE_ROWS])
        yield from _pane("Timeline", newest, output)

    yield from _sources(snapshot, output)
    yield from _not_judged(snapshot, output)


def _sources(snapshot: Snapshot, output: OutputFormat) -> Iterator[str]:
    """Those that there is something to say of, beside the others."""
    if any(s.status is not SourceStatus.OK or s.problem for s in snapshot.sources):
        yield from _pane("Sources", sources_table(snapshot, clock=output.clock), output)


def where(snapshot: Snapshot, group: str) -> str:
    """The hub, as far as it is known, and the group: `ehtui  ns / hub ▸ $Default`."""
    if snapshot.hub is None:
        return f"ehtui  {safe(group)}"

    factor = snapshot.hub.georeplication_factor or 1
    regions = f" (geo-replicated, {factor} regions)" if factor > 1 else ""
    name = f"{safe(snapshot.hub.name)}{regions}"
    return f"ehtui  {safe(snapshot.hub.namespace)} / {name} ▸ {safe(group)}"


def _pane(name: str, table: Table, output: OutputFormat) -> Iterator[str]:
    yield ""
    title = f"{name}: {table.title}"
    yield from _wrapped(f"{title} ({', '.join(table.notes)})" if table.notes else title, output)
    yield from table_lines(table, output.cells, colour=output.colour)


def _findings(
    snapshot: Snapshot, group: str, output: OutputFormat, *, has_ids: bool = False
) -> Iterator[str]:
    say = Phrasing(snapshot, output.clock, group)
    yield ""
    yield f"Findings: {findings_title(snapshot)}"

    if not snapshot.findings and any(undecided(snapshot)):
        yield from _wrapped(nothing_wrong(say), output)

    advised: set[str] = set()

    for finding in in_order(snapshot, say):
        tone = SEVERITY_TONE[finding.severity]
        mark = output.glyphs.mark(finding.severity)
        word = findings.severity_word(finding.severity, say.language)
        yield from _wrapped(f"{mark} {word}: {findings.sentence(finding, say)}", output, tone=tone)

        if has_ids:
            since = f"{safe(finding.id)}, since {say.time(finding.since)}"
            lasting = f"{since} ({say.ago(finding.since)})"
            yield from _wrapped(lasting, output, tone=Tone.DIM, indent=_INDENT * 2)

        # The same kind of finding has much the same advice: once is enough.
        if finding.id not in advised:
            for line in findings.advice(finding, say):
                yield from _wrapped(line, output, indent=_INDENT * 2)

        advised.add(finding.id)


def _takeovers(snapshot: Snapshot, group: str, output: OutputFormat) -> Iterator[str]:
    """What the newest deployment cost the group."""
    state = snapshot.group(group)
    told = last_deployment(state.ledger, Phrasing(snapshot, output.clock, group)) if state else ""

    if told:
        yield ""
        yield from _wrapped(f"Takeovers: {told}", output)


def _not_judged(snapshot: Snapshot, output: OutputFormat) -> Iterator[str]:
    missing = not_judged(snapshot)

    if missing:
        yield ""
        longer = f"Watch longer: --for {enough_s(snapshot)}s."
        text = f"Not judged yet: {', '.join(missing)}. {longer}"
        yield from _wrapped(text, output, tone=Tone.DIM)


def _wrapped(
    text: str, output: OutputFormat, *, tone: Tone = Tone.PLAIN, indent: str = ""
) -> Iterator[str]:
    lines = [text] if output.cells is None else wrap(text, max(20, output.cells - len(indent) - 2))

    for place, line in enumerate(lines):
        hanging = _INDENT if place else ""
        yield indent + hanging + painted(line, tone, colour=output.colour)
