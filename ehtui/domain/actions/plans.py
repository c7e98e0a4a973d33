"""What an action will do, and to which process. Plans are data; their words live in `views`."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Self

from msgspec.structs import replace
from typing_extensions import override

from ehtui.domain.actions.base import BasePlan, Record, SignalTarget
from ehtui.domain.actions.checkpoint_plan import CheckpointPlan
from ehtui.domain.actions.release_plan import ReleasePlan
from ehtui.domain.actions.sending import SendPlan
from ehtui.domain.world.restarts import NOT_REHEARSED, Rehearsal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.actions.base import Place
    from ehtui.domain.world.process import ProcessId, Supervisor


class SignalPlan(BasePlan, frozen=True):
    """Send a signal to pinned processes."""

    signal: str  # "INT", "TERM", "KILL", …
    targets: tuple[SignalTarget, ...]
    planned_at: float
    escalate_to: str | None = None  # sent to whoever is still there after `escalate_after_s`
    escalate_after_s: float | None = None
    kind: str = "signal"
    group: ClassVar[str | None] = None

    @property
    @override
    def record(self) -> Record:
        return {"signal": self.signal, "targets": [each.record for each in self.targets]}

    @property
    @override
    def is_promise(self) -> bool:
        return self.escalate_to is not None

    @override
    def judged_anew(self, targets: Sequence[SignalTarget], at: float) -> Self:
        return replace(self, targets=tuple(targets), planned_at=at)


class RestartPlan(BasePlan, frozen=True):
    """Signal one process, wait for its exit, start it again as it was started."""

    signal: str
    target: SignalTarget
    wait_s: float | None  # for the exit; then it is killed. None: as long as that takes
    cwd: str | None
    log_path: str  # where its output will go
    planned_at: float
    rehearsal: Rehearsal = NOT_REHEARSED
    consumer: str | None = None  # its name in the configuration
    group: str | None = None  # that it reads in, where that is known
    kind: str = "restart"

    @property
    @override
    def record(self) -> Record:
        return {"signal": self.signal, "targets": [self.target.record]}

    @property
    def targets(self) -> tuple[SignalTarget, ...]:
        """The one."""
        return (self.target,)

    @property
    @override
    def is_promise(self) -> bool:
        return True

    @property
    @override
    def awaited(self) -> ProcessId:
        return self.target.process

    @property
    @override
    def replaces(self) -> ProcessId:
        return self.target.process

    @override
    def judged_anew(self, targets: Sequence[SignalTarget], at: float) -> Self:
        target = replace(targets[0], halted_by=self.target.halted_by)

        return replace(self, target=target, planned_at=at)

    @override
    def log_of(self, process: ProcessId) -> str | None:
        return self.log_path if process == self.target.process else None

    @override
    def keeping_logs_of(self, shown: BasePlan) -> Self:
        return replace(self, log_path=shown.log_of(self.target.process) or self.log_path)


class SupervisedPlan(BasePlan, frozen=True):
    """Have a process restarted by who supervises it, with that one's own command."""

    supervisor: Supervisor
    signal: str  # with which it stops by default
    target: SignalTarget
    others: tuple[SignalTarget, ...]  # consumers that it restarts along with the target
    wait_s: float  # for the command; the supervisor may go on without it
    planned_at: float
    kind: str = "supervised_restart"
    group: ClassVar[str | None] = None

    @property
    @override
    def record(self) -> Record:
        return {
            "supervisor": self.supervisor.label,
            "command": list(self.supervisor.command),
            "targets": [each.record for each in self.targets],
        }

    @property
    def targets(self) -> tuple[SignalTarget, ...]:
        """It, and those whom its supervisor restarts along."""
        return (self.target, *self.others)

    @property
    @override
    def asks(self) -> Supervisor:
        return self.supervisor

    @override
    def judged_anew(self, targets: Sequence[SignalTarget], at: float) -> Self:
        return replace(self, target=targets[0], others=tuple(targets[1:]), planned_at=at)


class EnvironmentOf(StrEnum):
    """Whose environment a started consumer gets."""

    CONFIGURED = "configured"  # ehtui's own and the consumer's env_file
    ITSELF = "itself"  # as it had it; remembered while it ran
    EHTUI = "ehtui"  # ehtui's values for the names that it had: its own are kept nowhere


class StartPlan(BasePlan, frozen=True):
    """Start a configured consumer, or one that has ended, detached."""

    consumer: str  # its name in the configuration, or what it was called
    command: tuple[str, ...]  # safe to show
    cwd: str | None
    group: str
    variables: tuple[str, ...]  # names of what its environment gets beside ehtui's own
    log_path: str
    planned_at: float
    again: ProcessId | None = None  # whom it was before
    environment: EnvironmentOf = EnvironmentOf.CONFIGURED
    missing: tuple[str, ...] = ()  # names that it had, and that have no value any more
    rehearsal: Rehearsal = NOT_REHEARSED
    is_recorded: bool = False  # a restart of it was left half done: others can finish it too
    kind: str = "start"
    targets: ClassVar[tuple[SignalTarget, ...]] = ()

    @property
    @override
    def record(self) -> Record:
        return {
            "consumer": self.consumer,
            "group": self.group,
            "log": self.log_path,
            "again": self.again.pid if self.again is not None else None,
        }

    @property
    @override
    def replaces(self) -> ProcessId | None:
        return self.again


class RollingPlan(BasePlan, frozen=True):
    """Restart several consumers one after the other, each once the one before owns again."""

    restarts: tuple[RestartPlan | SupervisedPlan, ...]
    within_s: float  # for each to own again; then the others are left as they are
    planned_at: float
    kind: str = "rolling_restart"
    group: ClassVar[str | None] = None

    @property
    @override
    def record(self) -> Record:
        return {"plans": [{"kind": each.kind, **each.record} for each in self.restarts]}

    @property
    def targets(self) -> tuple[SignalTarget, ...]:
        """Those of every restart, in their order."""
        return tuple(target for each in self.restarts for target in each.targets)

    @override
    def meant_for(self, place: Place | None) -> Self:
        each = tuple(restart.meant_for(place) for restart in self.restarts)

        return replace(self, restarts=each, place=place)

    @override
    def log_of(self, process: ProcessId) -> str | None:
        return next(filter(None, (each.log_of(process) for each in self.restarts)), None)

    @override
    def keeping_logs_of(self, shown: BasePlan) -> Self:
        kept = tuple(each.keeping_logs_of(shown) for each in self.restarts)

        return replace(self, restarts=kept)

    @property
    @override
    def is_promise(self) -> bool:
        return True


SinglePlan = (
    SignalPlan | SendPlan | RestartPlan | SupervisedPlan | StartPlan | CheckpointPlan | ReleasePlan
)
Plan = SinglePlan | RollingPlan
