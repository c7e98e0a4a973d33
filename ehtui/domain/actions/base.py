"""What every plan is, whatever it does: its targets, how it is asked for, what it loses whom."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from msgspec.structs import replace

from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.evidence import TakeoverWindow
    from ehtui.domain.world.process import ProcessId, Supervisor


Record = dict[str, object]


class SignalEffect(StrEnum):
    """What a signal will do to a consumer's leases, as far as evidence says."""

    RELEASES = "releases"  # a handler is caught: it can close its client
    DIES = "dies"  # no handler: dies without release, leases run out
    IGNORED = "ignored"
    UNKNOWN = "unknown"


class Halt(StrEnum):
    """What keeps a process from running, though it lives."""

    STOP = "stop"  # SIGSTOP, or Ctrl-Z
    DEBUGGER = "debugger"


class Risk(StrEnum):
    """How a plan is asked for before it is done; dialogs and commands obey this alone."""

    READ = "read"  # it changes nothing: it is done unasked
    ASK = "ask"  # asked, with the focus on Cancel; a command takes --yes
    TYPE_NAME = "type_name"  # asked for by `typed_name`; a command takes --yes and --confirm NAME


class OwnedPartition(Value, frozen=True):
    """A partition that a target loses, and when somebody else can have it."""

    group: str
    partition: str
    takeover: TakeoverWindow


class SignalTarget(Value, frozen=True):
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


class Place(Value, frozen=True):
    """Which hub and store something is meant for, and how they are guarded. Nothing is secret."""

    namespace: str
    hub: str
    endpoint: str = ""  # that is connected to instead of the namespace
    store: str = ""  # the account's address; "" where there is none
    containers: tuple[str, ...] = ()
    is_production: bool = False

    @property
    def name(self) -> str:
        """The hub, as people name it."""
        return f"{self.namespace}/{self.hub}"


class BasePlan(Value, frozen=True, kw_only=True):
    """What can be asked of every plan, so that nobody asks which one it is.

    Each also has `kind`, `planned_at`, `targets` (processes that it signals, or has signalled:
    each loses what it owns) and `group` (the one that it is about, where it is one).
    """

    place: Place | None = None  # what it was planned for; None: nobody said

    @property
    def record(self) -> Record:
        """What the audit log keeps of it: no body, no environment."""
        raise NotImplementedError

    def meant_for(self, place: Place | None) -> Self:
        """The same plan, to be done there and nowhere else."""
        return replace(self, place=place)

    def as_told(self) -> Self:
        """The same as JSON tells it: without what could fill it by the megabyte."""
        return self

    @property
    def typed_name(self) -> str | None:
        """What has to be typed before it is done: the name of who would be hurt. None: nothing."""
        return None

    @property
    def risk(self) -> Risk:
        """How it is asked for."""
        return Risk.ASK if self.typed_name is None else Risk.TYPE_NAME

    @property
    def is_promise(self) -> bool:
        """Whether leaving on the way would leave the world half done."""
        return False

    @property
    def stops_at_once(self) -> bool:
        """Whether whoever interrupts it wants it to end where it stands."""
        return False

    @property
    def awaited(self) -> ProcessId | None:
        """Whose end it waits for, however long that takes."""
        return None

    @property
    def replaces(self) -> ProcessId | None:
        """Who runs, or ran, and is started again: without it a consumer is down."""
        return None

    @property
    def asks(self) -> Supervisor | None:
        """Who does it, where that is not ehtui."""
        return None

    def judged_anew(self, targets: Sequence[SignalTarget], at: float) -> Self:
        """The same plan for the same targets, as they are judged at `at`."""
        del targets, at
        return self

    def log_of(self, process: ProcessId) -> str | None:
        """Where the output of who follows this process goes, where the plan says."""
        del process
        return None

    def keeping_logs_of(self, shown: BasePlan) -> Self:
        """Logs are named by the second: those that were shown first are what is made."""
        del shown
        return self
