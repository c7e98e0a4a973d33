"""Processes that an action is for: what it does to each, and what that one loses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from ehtui.domain.world.process import ProcessId

Record = dict[str, object]


class SignalEffect(StrEnum):
    """What a signal will do to a consumer's leases, as far as evidence says."""

    RELEASES = "releases"  # a handler is caught: it can close its client
    DIES = "dies"  # no handler: dies without release, leases run out
    IGNORED = "ignored"
    UNKNOWN = "unknown"


class Doubt(StrEnum):
    """Why a forecast is a guess."""

    UNTIMED = "untimed"  # an SDK's defaults: no survivor's renewals were timed
    RATIO = "ratio"  # their interval was set, and perhaps their expiry too
    OUTLIVED = "outlived"  # leases were seen to live longer than was thought


class Halt(StrEnum):
    """What keeps a process from running, though it lives."""

    STOP = "stop"  # SIGSTOP, or Ctrl-Z
    DEBUGGER = "debugger"


@dataclass(frozen=True, slots=True)
class TakeoverWindow:
    """When survivors can own a partition again, server time in whole seconds, both included.

    None where nobody can, or where nothing bounds it.
    """

    earliest_at: float | None
    latest_at: float | None
    basis: str  # a code such as "python-180/30", "observed", "configured", "released"
    doubt: Doubt | None = None

    @property
    def is_guess(self) -> bool:
        """Whether it rests on more than what was configured, seen, or is an SDK's default."""
        return self.doubt is not None


@dataclass(frozen=True, slots=True)
class OwnedPartition:
    """A partition that a target loses, and when somebody else can have it."""

    group: str
    partition: str
    takeover: TakeoverWindow


@dataclass(frozen=True, slots=True)
class SignalTarget:
    """One process that a signal goes to; the command line is for the confirmation."""

    process: ProcessId
    command: str
    owner: str | None
    owns: tuple[OwnedPartition, ...]
    effect: SignalEffect
    halted_by: Halt | None = None  # it acts on no signal but KILL before it goes on

    @property
    def record(self) -> Record:
        """What the audit log keeps of it."""
        began = datetime.fromtimestamp(self.process.started_at, UTC)
        return {
            "pid": self.process.pid,
            "started_at": began.isoformat(timespec="milliseconds"),
            "owner": self.owner,
            "owns": [f"{owned.group}/{owned.partition}" for owned in self.owns],
            "effect": self.effect.value,
        }
