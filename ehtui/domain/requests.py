"""What somebody asks for: one class an action. A planner makes a plan of it, or refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ehtui.domain.plans import Refusal, SendTarget
from ehtui.domain.process import ProcessId
from ehtui.domain.restarts import NOT_REHEARSED, Ended, Rehearsal


@dataclass(frozen=True, slots=True)
class SignalRequest:
    """Send a signal, and KILL to whoever is still there after a while."""

    processes: tuple[ProcessId, ...]
    signal: str = "TERM"
    escalate_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class RestartRequest:
    """Stop processes and start them again as they were; several one after the other."""

    processes: tuple[ProcessId, ...]
    signal: str = "TERM"
    kill_after_s: float | None = None
    # What trying their start found, or why they cannot be started; a supervisor needs none.
    rehearsals: Mapping[ProcessId, Rehearsal | Refusal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StartRequest:
    """Start a consumer of the configuration in a group."""

    consumer: str
    group: str


@dataclass(frozen=True, slots=True)
class StartAgainRequest:
    """Start one that has ended as it was started before."""

    ended: Ended
    rehearsal: Rehearsal | Refusal = NOT_REHEARSED
    is_remembered: bool = False  # with its own environment, which was read while it ran


@dataclass(frozen=True, slots=True)
class SendRequest:
    """Send test events."""

    template: str
    target: SendTarget
    partition: str | None = None
    key: str | None = None
    count: int = 1


Request = SignalRequest | RestartRequest | StartRequest | StartAgainRequest | SendRequest
