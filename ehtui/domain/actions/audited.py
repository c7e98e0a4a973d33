"""What an audit log tells of one action: who did what to which hub, and how that ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zlib import crc32

from msgspec.structs import replace

from ehtui.domain.actions.outcomes import OutcomeState
from ehtui.domain.text import safe
from ehtui.domain.values import Value

_PAIR = 2
_MOST_TEXT = 2_000  # characters of one value: nobody knows who wrote the file
_BAD = frozenset(
    {OutcomeState.FAILED.value, OutcomeState.REFUSED.value, OutcomeState.LEFT.value, None}
)


class AuditedStep(Value, frozen=True):
    """One target of an action."""

    subject: str  # a pid, or `P2`
    state: str


class AuditEntry(Value, frozen=True):
    """One action; times are of the host that did it. All texts are safe to show."""

    id: str
    at: float  # when it was begun, else when it ended
    user: str
    host: str
    ehtui_pid: int | None
    identity: str  # by which the service knows it; "" where that was not noted
    kind: str
    plan: Mapping[str, object]
    state: str | None = None  # how it ended; None: no end is noted
    duration_s: float | None = None
    refused: str | None = None
    error: str | None = None
    steps: tuple[AuditedStep, ...] = ()

    @property
    def is_bad(self) -> bool:
        """Whether it failed, was refused, or has no end that anybody knows."""
        return self.state in _BAD


def entries(records: Iterable[Mapping[str, Any]]) -> tuple[AuditEntry, ...]:
    """Actions in the order in which they were begun, of lines in the order of the file."""
    found: dict[str, AuditEntry] = {}

    for record in records:
        entry = entry_of(record)

        if entry is not None:
            begun = found.get(entry.id)
            found[entry.id] = entry if begun is None else _joined(begun, entry)

    return tuple(found.values())


def _joined(begun: AuditEntry, ended: AuditEntry) -> AuditEntry:
    if ended.state is None:
        return begun

    took = ended.duration_s if ended.duration_s is not None else max(0.0, ended.at - begun.at)

    return replace(
        begun,
        identity=begun.identity or ended.identity,
        state=ended.state,
        duration_s=took,
        refused=ended.refused,
        error=ended.error,
        steps=ended.steps or begun.steps,
    )


def entry_of(record: Mapping[str, Any]) -> AuditEntry | None:
    """One line; None where it is none that tells of an action."""
    plan, event = record.get("plan"), record.get("event")
    at = _moment(record.get("at"))

    if not isinstance(plan, Mapping) or event not in {"intent", "outcome"} or at is None:
        return None

    pid = record.get("ehtui_pid")
    host, kind = _text(record.get("host")), _text(plan.get("kind"))
    id_ = _text(record.get("id")) or f"{host}/{pid}/{crc32(repr(sorted(plan.items())).encode()):x}"
    details = record.get("steps") or record.get("details")
    duration = record.get("duration_s")

    return AuditEntry(
        id=id_,
        at=at,
        user=_text(record.get("user")),
        host=host,
        ehtui_pid=pid if isinstance(pid, int) else None,
        identity=_text(record.get("identity")),
        kind=kind,
        plan=plan,
        state=_text(record.get("state")) or None,
        duration_s=float(duration) if isinstance(duration, int | float) else None,
        refused=_text(record.get("refused")) or None,
        error=_text(record.get("error")) or None,
        steps=_steps(details),
    )


def _steps(details: object) -> tuple[AuditedStep, ...]:
    """Of pairs, and of a mapping as older lines have it."""
    pairs = details.items() if isinstance(details, Mapping) else details

    if not isinstance(pairs, Iterable) or isinstance(pairs, str):
        return ()

    return tuple(
        AuditedStep(_text(pair[0]), _text(pair[1]))
        for pair in pairs
        if isinstance(pair, list | tuple) and len(pair) == _PAIR
    )


def _moment(value: object) -> float | None:
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except (ValueError, OverflowError):
        return None


def _text(value: object) -> str:
    return "" if value is None else safe(str(value)[:_MOST_TEXT])
