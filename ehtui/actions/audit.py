"""The audit log: what was begun, by whom, and how it ended. Lines are whole, and only grow.

Several ehtui write into one file: each line under a lock, in one piece. A file that has grown is
set aside once; what is older than that goes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from msgspec.structs import replace

from ehtui import system
from ehtui.actions.sending import StoppedLateError
from ehtui.actions.state_files import append_line, open_records, who
from ehtui.domain.actions.audited import AuditEntry, entries
from ehtui.domain.text import mask_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.domain.actions.plans import Plan

MOST_BYTES = 8 << 20  # of one file; then it is set aside, over the one before
_LOG = logging.getLogger(__name__)
_LONGEST_LINE = 256 << 10


class AuditLog:
    """Appends to a file that only its owner can read. Event bodies are told by size and hash."""

    def __init__(self, path: Path, identity: str = "", *, most_bytes: int = MOST_BYTES) -> None:
        self.path = path
        self._identity = identity  # by which hub and store know whoever acts; no secret
        self._most_bytes = most_bytes
        self._turn = threading.Lock()

    def obstacle(self) -> str | None:
        """Why no line could be written now, or None; nothing is made."""
        known = self.path if self.path.exists() else next(filter(Path.exists, self.path.parents))

        if known == self.path and not known.is_file():
            return f"{self.path}: is not a regular file"

        return None if os.access(known, os.W_OK) else f"{self.path}: may not be written"

    def begin(self, plan: Plan, at: float) -> Step:
        """Note what is about to be done; the step says where it could not be noted."""
        return Step(self, plan, at)

    def entries(self) -> tuple[AuditEntry, ...]:
        """What is noted so far.

        Raises:
            OSError: It cannot be read.
        """
        return read(self.path)

    def append(self, record: dict[str, object]) -> str | None:
        """One line; why it could not be written, or None."""
        told = {**record, **who(), "identity": self._identity}
        line = json.dumps(_masked(told), ensure_ascii=False, separators=(",", ":"))

        try:
            with self._turn:
                self._write(line.encode(errors="backslashreplace"))
        except OSError as error:
            return f"{self.path}: {error.strerror or error}"

        return None

    def _write(self, line: bytes) -> None:
        descriptor = open_records(self.path)

        try:
            append_line(descriptor, line)
            size = os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)

        if size > self._most_bytes:
            self._set_aside(size)

    def _set_aside(self, size: int) -> None:
        """Unless another ehtui just did: then the file of this name is a small one again."""
        if self.path.stat().st_size >= size:
            with suppress(PermissionError):  # at the next line, then: this one is written
                system.put_in_place(self.path, set_aside(self.path))


def set_aside(path: Path) -> Path:
    """Where the older lines are."""
    return path.with_name(f"{path.name}.1")


class Step:
    """One plan that is being done, from its intent to its end."""

    def __init__(self, log: AuditLog, plan: Plan, at: float) -> None:
        self._log = log
        self._at = at
        self._id = uuid4().hex[:16]
        _LOG.info("%s begins; in the audit log: %s", plan.kind, self._id)
        self.fault = log.append(
            {"at": _iso(at), "event": "intent", "id": self._id, "plan": _told(plan)}
        )

    async def noted(self, outcome: Outcome) -> Outcome:
        """The same once its end is noted, with why that could not be.

        Raises:
            StoppedLateError: Nobody waits any more; it is noted all the same, by its thread.
        """
        try:
            fault = await asyncio.to_thread(self.end, outcome)
        except asyncio.CancelledError:
            raise StoppedLateError(outcome) from None

        if fault is None:
            return outcome

        return replace(outcome, audit_problem=f"Its end is not in the audit log: {fault}.")

    def end(self, outcome: Outcome) -> str | None:
        """Note how it ended; why that could not be noted, or None."""
        why = outcome.error or _refused(outcome) or "no complaint"
        _LOG.info("%s %s: %s", outcome.plan.kind, outcome.state.value, why)
        return self._log.append(
            {
                "at": _iso(outcome.at),
                "event": "outcome",
                "id": self._id,
                "plan": _told(outcome.plan),
                "state": outcome.state.value,
                "duration_s": round(max(0.0, outcome.at - self._at), 3),
                "refused": _refused(outcome),
                "error": outcome.error,
                "steps": dict(outcome.steps),
                "details": outcome.details,  # pairs: a send lands in several partitions
            }
        )


def read(path: Path) -> tuple[AuditEntry, ...]:
    """Every action that is noted, the older file first. Lines that are none are passed over.

    Raises:
        OSError: A file is there and cannot be read.
    """
    return entries(
        record for each in (set_aside(path), path) if each.exists() for record in _records(each)
    )


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as lines:
        while line := lines.readline(_LONGEST_LINE):
            try:
                record = json.loads(line)
            except ValueError:  # the half line of somebody who failed
                continue

            if isinstance(record, dict):
                yield record


def _masked(value: object) -> object:
    """The same without keys and tokens that an error or a command line may quote."""
    if isinstance(value, dict):
        return {str(name): _masked(each) for name, each in value.items()}

    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(each) for each in value]

    return value if isinstance(value, int | float | None) else mask_secrets(str(value))


def _refused(outcome: Outcome) -> str | None:
    refusal = outcome.refusal

    if refusal is None:
        return None

    return ": ".join(filter(None, (refusal.reason.value, refusal.obstacle, refusal.detail)))


def _told(plan: Plan) -> dict[str, object]:
    # What a plan says itself of its hub goes first: it is the same, and no check compares them.
    hub = {} if plan.place is None else {"hub": plan.place.name}
    return {"kind": plan.kind, **hub, **plan.record}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
