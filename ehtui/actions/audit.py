"""Who did what, when: one JSON line before an action and one after it."""

from __future__ import annotations

import getpass
import json
import os
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ehtui.actions.state_files import append_line, open_records

if TYPE_CHECKING:
    from pathlib import Path

    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.domain.actions.plans import Plan


class AuditLog:
    """Appends to a file that only its owner can read. Event bodies are told by size and hash."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def intent(self, plan: Plan, at: float) -> str | None:
        """Note what is about to be done; returns why it could not be noted, or None."""
        return self._append({"at": _iso(at), "event": "intent", **who(), "plan": _told(plan)})

    def outcome(self, outcome: Outcome) -> str | None:
        """Note how it ended; returns why it could not be noted, or None."""
        return self._append(
            {
                "at": _iso(outcome.at),
                "event": "outcome",
                **who(),
                "plan": _told(outcome.plan),
                "state": outcome.state.value,
                "refused": _refused(outcome),
                "error": outcome.error,
                "details": dict(outcome.details),
            }
        )

    def _append(self, record: dict[str, object]) -> str | None:
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":"))

        try:
            descriptor = open_records(self.path)

            try:
                append_line(descriptor, line.encode(errors="backslashreplace"))
            finally:
                os.close(descriptor)
        except OSError as error:
            return f"{self.path}: {error.strerror or error}"

        return None


def _refused(outcome: Outcome) -> str | None:
    refusal = outcome.refusal

    if refusal is None:
        return None

    return ": ".join(filter(None, (refusal.reason.value, refusal.obstacle, refusal.detail)))


def _told(plan: Plan) -> dict[str, object]:
    return {"kind": plan.kind, **plan.record}


def who() -> dict[str, object]:
    """Who acts, and where."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # no name for this uid
        user = str(os.getuid())

    return {"user": user, "host": socket.gethostname(), "ehtui_pid": os.getpid()}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
