"""Text from outside: Korean and emoji keep columns aligned, escapes and secrets never pass."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from ehtui.domain.evidence import TakeoverWindow, facts
from ehtui.domain.snapshot import LeaseState, PartitionState, Severity, Snapshot, Subject
from ehtui.views import keys
from ehtui.views.cells import Table
from ehtui.views.details import (
    consumer_details,
    event_details,
    finding_details,
    partition_details,
)
from ehtui.views.headline import headline
from ehtui.views.phrasing import Phrasing
from ehtui.views.report import GAP, report, table_lines
from ehtui.views.status import document
from ehtui.views.tables import (
    consumers_table,
    findings_table,
    partitions_table,
    timeline_table,
)
from ehtui.views.width import width
from tests.evidence import event_evidence
from tests.views import world

KOREAN, EMOJI = "회의록 소비자", "🎉 파티 👩‍💻"
EVIL = "\x1b[2J\x07[bold]password=hunter2\u202e\r\n"


def told_by(text: str) -> Snapshot:
    """A snapshot whose every outside text is `text`, beside rows of plain ones."""
    plain = world.snapshot()
    group = plain.groups[0]
    strange = world.partition(
        text,
        world.lease(LeaseState.OVERDUE, text, etag=text, blob=text),
        20,
        17,
        takeover=TakeoverWindow(None, None, text),
        rule=text,
    )
    consumer = world.consumer(
        9, 90, text, (text,), command=text, consumer_name=text, user=text, cwd=text, status=text
    )
    lapse = {**world.LAPSE, "owner": text, "partitions": (text,), "takeover_basis": text}
    found = world.finding("lease.overdue", Severity.WARNING, lapse, owner=text, partition=text)
    details = {**facts(world.KILLED.details), "owned": (f"{text}/{text}",), "error": text}
    event = replace(
        world.KILLED,
        number=9,
        details=event_evidence("action.signal", details),
        subject=Subject(group=text, partition=text),
    )
    claim = replace(
        event,
        number=10,
        kind="lease.claimed",
        details=event_evidence("lease.claimed", {"owner": text}),
    )

    return replace(
        plain,
        partitions=(*plain.partitions, PartitionState(text, world.sample(text, 20))),
        groups=(replace(group, partitions=(*group.partitions, strange)),),
        consumers=(*plain.consumers, consumer),
        findings=(*plain.findings, found, replace(found, id=text)),
        timeline=(*plain.timeline, event, claim, replace(event, number=11, kind=text)),
    )


TABLES = {
    "partitions": partitions_table,
    "consumers": consumers_table,
    "findings": findings_table,
    "timeline": timeline_table,
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("text", [KOREAN, EMOJI], ids=["korean", "emoji"])
def test_columns_stay_aligned(name: str, text: str) -> None:
    table: Table = TABLES[name](told_by(text), world.GROUP)  # type: ignore[operator]
    lines = table_lines(table)[1:]
    widths = [
        max(width(row.cells[n].text) for row in table.rows) if column.grows else column.width
        for n, column in enumerate(table.columns)
    ]
    starts = [sum(widths[:n]) for n in range(len(widths))]

    for line in lines:
        for place, start in enumerate(starts[1:], 1):
            before = start + len(GAP) * place
            prefix = prefix_of(line, before)

            assert prefix is None or (width(prefix) == before and prefix.endswith(GAP))


def prefix_of(line: str, cells: int) -> str | None:
    """The beginning of a line that takes exactly so many cells; None where the line ends first."""
    for end in range(len(line) + 1):
        if width(line[:end]) >= cells:
            return line[:end]

    return None


def everything_shown(snapshot: Snapshot) -> str:
    say = Phrasing(snapshot, group=world.GROUP)
    sections = [
        *partition_details(snapshot, world.GROUP, snapshot.partitions[-1].id, say),
        *consumer_details(snapshot, keys.process_key(snapshot.consumers[-1].process.id), say),
        *finding_details(snapshot, keys.finding_key(snapshot.findings[-1]), say),
        *event_details(snapshot, "9", say),
    ]
    tables: list[Table] = [table(snapshot, world.GROUP) for table in TABLES.values()]  # type: ignore[operator]

    return "\n".join(
        [
            headline(snapshot, world.GROUP).text,
            report(snapshot, world.GROUP),
            json.dumps(document(snapshot), ensure_ascii=False),
            *(cell.text for table in tables for row in table.rows for cell in row.cells),
            *(
                f"{section.heading} {line.label} {line.value}"
                for section in sections
                for line in section.lines
            ),
        ]
    )


def test_escapes_and_secrets_never_pass() -> None:
    shown = everything_shown(told_by(EVIL))

    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "\r" not in shown
    assert "\u202e" not in shown
    assert "hunter2" not in shown
    assert "[bold]" in shown  # markup is text here, and shown as text
