"""Who did what, when: one JSON line before an action and one after it."""

from __future__ import annotations

import getpass
import json
import os
import socket
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from ehtui.actions.whole_lines import append_line, open_records
from ehtui.domain.plans import (
    Plan,
    RestartPlan,
    RollingPlan,
    SendPlan,
    SignalPlan,
    SignalTarget,
    StartPlan,
    SupervisedPlan,
)

if TYPE_CHECKING:
    from pathlib import Path

    from ehtui.domain.outcomes import Outcome


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
    return {"kind": plan.kind, **_record(plan)}


def _record(plan: Plan) -> dict[str, object]:
    match plan:
        case SendPlan():
            return _sent(plan)
        case StartPlan():
            again = plan.again.pid if plan.again is not None else None
            return {
                "consumer": plan.consumer,
                "group": plan.group,
                "log": plan.log_path,
                "again": again,
            }
        case SupervisedPlan():
            supervisor = plan.supervisor
            return {
                "supervisor": supervisor.label,
                "command": list(supervisor.command),
                **_targets(plan),
            }
        case RollingPlan():
            return {"plans": [_told(each) for each in plan.restarts]}
        case SignalPlan() | RestartPlan():
            return {"signal": plan.signal, **_targets(plan)}


def _targets(plan: Plan) -> dict[str, object]:
    return {"targets": [_target(target) for target in plan.targets]}


def _sent(plan: SendPlan) -> dict[str, object]:
    body = plan.body.encode()

    return {
        "hub": f"{plan.namespace}/{plan.hub}",
        "template": plan.template,
        "target": plan.target.value,
        "partition": plan.partition,
        "key": plan.key,
        "count": plan.count,
        "body_bytes": len(body),
        "body_sha256": sha256(body).hexdigest(),
    }


def _target(target: SignalTarget) -> dict[str, object]:
    return {
        "pid": target.process.pid,
        "started_at": _iso(target.process.started_at),
        "owner": target.owner,
        "owns": [f"{owned.group}/{owned.partition}" for owned in target.owns],
        "effect": target.effect.value,
    }


def who() -> dict[str, object]:
    """Who acts, and where."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # no name for this uid
        user = str(os.getuid())

    return {"user": user, "host": socket.gethostname(), "ehtui_pid": os.getpid()}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
