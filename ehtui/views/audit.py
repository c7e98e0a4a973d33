"""The audit log in words: a table for a terminal, a document for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.cells import Cell, Column, Row, Table, Tone
from ehtui.views.data_table import DataTable
from ehtui.views.status_values import moment, rounded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ehtui.domain.actions.audited import AuditEntry
    from ehtui.views.data_table import Record
    from ehtui.views.formats import Clock

COLUMNS = (
    Column("when", "WHEN", 23),
    Column("who", "WHO", 16, gives_way=2),
    Column("what", "WHAT", 40, grows=True),
    Column("end", "END", 10),
    Column("took", "TOOK", 6, align_right=True, gives_way=3),
    Column("identity", "IDENTITY", 24, gives_way=4),
)
_TONES: Mapping[str | None, Tone] = {
    "done": Tone.GOOD,
    "failed": Tone.CRITICAL,
    "refused": Tone.WARNING,
    None: Tone.WARNING,
}
_SHOWN_STEPS = 6
_SHOWN_OWNER = 8


def audit_table(entries: Sequence[AuditEntry], clock: Clock) -> Table:
    """One row an action, the newest last."""
    rows = [_row(entry, clock) for entry in entries]

    return Table(COLUMNS, rows, "Audit", empty="Nothing is noted.")


def _row(entry: AuditEntry, clock: Clock) -> Row:
    who = f"{entry.user}@{entry.host}"
    took = formats.duration(entry.duration_s) if entry.duration_s is not None else formats.UNKNOWN
    cells = (
        Cell(clock.full(entry.at)),
        Cell(who),
        Cell(what(entry)),
        Cell(entry.state or "no end noted", _TONES.get(entry.state, Tone.PLAIN)),
        Cell(took),
        Cell(entry.identity, Tone.DIM),
    )

    return Row(entry.id, cells, rank=2 if entry.is_bad else 0)


# Each column and what it means.
DATA_COLUMNS: Mapping[str, str] = {
    "at": "when it was begun, by this host's clock",
    "user": "who",
    "host": "where",
    "identity": "by which identity the service knows them",
    "kind": "signal, restart, start, send, release, checkpoint …",
    "hub": "namespace/hub, where the action names one",
    "what": "what was done, in words",
    "state": "how it ended; empty where no end is noted",
    "duration_s": "how long it took",
    "refused": "why it was refused",
    "error": "why it failed",
    "id": "the same in begin and end",
}


def audit_data(entries: Iterable[AuditEntry]) -> DataTable:
    """One row an action, for programs."""
    return DataTable.of(DATA_COLUMNS, map(_record, entries))


def _record(entry: AuditEntry) -> Record:
    hub = entry.plan.get("hub")
    return {
        "at": moment(entry.at),
        "user": entry.user,
        "host": entry.host,
        "identity": entry.identity or None,
        "kind": entry.kind,
        "hub": None if hub is None else _of(hub),
        "what": what(entry),
        "state": entry.state,
        "duration_s": rounded(entry.duration_s),
        "refused": entry.refused,
        "error": entry.error,
        "id": entry.id,
    }


def brief_lines(entries: Iterable[AuditEntry]) -> Iterator[tuple[float, str]]:
    """When each was begun, and the rest in one sentence."""
    for entry in entries:
        took = f" in {formats.duration(entry.duration_s)}" if entry.duration_s is not None else ""
        end = f"{entry.state}{took}" if entry.state is not None else "no end noted"
        by = f" [{entry.identity}]" if entry.identity else ""
        yield entry.at, f"{what(entry)}: {end}, {entry.user}@{entry.host}{by}"


def what(entry: AuditEntry) -> str:
    """What was done, to what, and why it did not end well."""
    words = _PLANS.get(entry.kind)
    told = entry.kind if words is None else words(entry.plan)
    hub = entry.plan.get("hub")
    where = f" ({_of(hub)})" if hub else ""
    steps = [f"{step.subject} {step.state}" for step in entry.steps[:_SHOWN_STEPS]]
    more = len(entry.steps) - _SHOWN_STEPS
    steps += [f"and {more} more"] if more > 0 else []
    ends = [*([", ".join(steps)] if len(entry.steps) > 1 or entry.is_bad else []), _why(entry)]

    return "; ".join(filter(None, [f"{told}{where}", *ends]))


def _why(entry: AuditEntry) -> str:
    return entry.error or (entry.refused or "").replace("_", " ")


def _of(value: object) -> str:
    return safe(str(value))[:200] if value is not None else formats.UNKNOWN


def _all(values: object, shown: int = 200) -> str:
    if not isinstance(values, list):
        return _of(values)

    return ", ".join(_of(each)[:shown] for each in values)


def _targets(plan: Mapping[str, object]) -> str:
    targets = plan.get("targets")
    found = targets if isinstance(targets, list) else []

    return ", ".join(_of(each.get("pid")) for each in found if isinstance(each, dict))


_PLANS: Mapping[str, Callable[[Mapping[str, object]], str]] = {
    "signal": lambda plan: f"SIG{_of(plan.get('signal'))} to {_targets(plan)}",
    "restart": lambda plan: f"restart {_targets(plan)}",
    "supervised_restart": lambda plan: f"restart {_targets(plan)} by {_of(plan.get('supervisor'))}",
    "start": lambda plan: f"start {_of(plan.get('consumer'))} in {_of(plan.get('group'))}",
    "send": lambda plan: f"send {_of(plan.get('count'))} × {_of(plan.get('template'))}",
    "release": lambda plan: (
        f"release {_all(plan.get('partitions'))} of {_of(plan.get('group'))} "
        f"from {_all(plan.get('owners'), _SHOWN_OWNER)}"
    ),
    "checkpoint": lambda plan: (
        f"move checkpoints of {_of(plan.get('group'))}: {_of(plan.get('strategy'))}"
    ),
}


def audit_document(entries: Iterable[AuditEntry]) -> dict[str, Any]:
    """`ehtui.audit/1`."""
    return {"schema": "ehtui.audit/1", "actions": [entry_document(each) for each in entries]}


def entry_document(entry: AuditEntry) -> dict[str, Any]:
    """One action."""
    told: dict[str, Any] = msgspec.to_builtins(entry)

    return told
