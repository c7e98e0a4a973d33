"""What could not be read or done, and how the sources do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.snapshot import Snapshot, SourceState, SourceStatus
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.cells import Cell, Column, Row, Table, Tone
from ehtui.views.formats import UTC_CLOCK, Clock
from ehtui.views.states import SOURCE

if TYPE_CHECKING:
    from ehtui.domain.problems import Problem

COLUMNS = (
    Column("source", "SOURCE", 9),
    Column("state", "STATE", 8),
    Column("read", "READ", 10),
    Column("trouble", "TROUBLE", 40, grows=True, min_width=20),
)


def problem_line(problem: Problem) -> str:
    """What is wrong and the next step, on one line."""
    summary, advice = safe(problem.summary).strip(), safe(problem.advice).strip()

    if not advice:
        return summary

    return f"{formats.full_stop(summary)} {advice}"


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
    trouble = problem_line(source.problem) if source.problem else ""

    if source.status is SourceStatus.FAILED and source.retry_at is not None:
        at, now = snapshot.host_at(source.retry_at), snapshot.host_at(snapshot.taken_at)
        trouble = f"{trouble} Next try {clock.moment(at, now)}."

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
