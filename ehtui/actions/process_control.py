"""What an executor acts with, the real hands, and what they raise before anything is done."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from errno import ENOENT
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from dotenv import dotenv_values

from ehtui.actions import launch, targets
from ehtui.actions.blueprint import Remembered
from ehtui.actions.preparing import Places, prepare_again, prepare_restart
from ehtui.actions.state_files import default_audit_path, default_records_folder
from ehtui.actions.targets import (
    BeingRestartedError,
    CannotStartError,
    IdentityChangedError,
    NotKnownError,
    ProcessGoneError,
    ProgramChangedError,
    SupervisorChangedError,
)
from ehtui.config.settings import ConsumerSettings
from ehtui.domain.actions.outcomes import Refusal, RefusalReason
from ehtui.domain.actions.start import with_group
from ehtui.domain.world.process import LAUNCH_VARIABLE, LaunchMark
from ehtui.sources.restarts import restarted_as

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.actions.launch import Launch, Launched, Prepared, Restarted
    from ehtui.actions.targets import Answer
    from ehtui.domain.actions.plans import SignalPlan, StartPlan
    from ehtui.domain.world.process import ProcessId, Supervisor
    from ehtui.domain.world.restarts import Rehearsal

Named = dict[str, str | None]  # what else a restart's record tells: consumer_name, group


class PreparedStart(Protocol):
    """A start for which everything is open and rehearsed; it is carried out or released."""

    @property
    def rehearsal(self) -> Rehearsal:
        """What was found."""

    def carry_out(
        self,
        signal: str = "TERM",
        *,
        kill_after_s: float | None = None,
        lets_go_on: bool = False,
        who: dict[str, Any] | None = None,
        tell: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> Restarted:
        """Stop what runs, wait for its end, start it again; goes on where nobody waits for it."""

    def release(self) -> None:
        """Leave everything as it is."""


class ProcessControl(Protocol):
    """Touches processes of this host. All blocking; raises instead of guessing.

    ProcessGoneError, IdentityChangedError, ProgramChangedError, SupervisorChangedError,
    CannotStartError, BeingRestartedError, PermissionError, OSError.
    """

    def signal(self, process: ProcessId, signal: str) -> None:
        """Signal the process if it is still the one that was meant."""

    def check(self, process: ProcessId) -> None:
        """Raise unless a signal would reach the process that was meant; sends none."""

    def prepare_restart(self, process: ProcessId, log_path: str, named: Named) -> PreparedStart:
        """Open and rehearse what starting this running process again takes."""

    def prepare_again(self, process: ProcessId, log_path: str, named: Named) -> PreparedStart:
        """The same for one that has ended."""

    def remembers(self, process: ProcessId) -> bool:
        """Whether it was read how it was started."""

    def remember(self, process: ProcessId) -> None:
        """Read how it was started, while it runs; what cannot be read is not remembered."""

    def wait_for_exit(self, process: ProcessId, timeout_s: float) -> bool:
        """Whether it ended in time."""

    def prepare(self, plan: StartPlan) -> Launch:
        """How a configured consumer is started."""

    def start(self, launch: Launch) -> Launched:
        """Start it, detached."""

    def watch(self, launched: Launched) -> Launched:
        """See whether it dies at once."""

    def check_supervisor(self, process: ProcessId, supervisor: Supervisor) -> None:
        """Raise unless the process is the one that was meant and still under that supervisor."""

    def ask(self, supervisor: Supervisor, timeout_s: float) -> Answer:
        """Run the supervisor's own command."""


OTHER_TARGET = (ProcessGoneError, IdentityChangedError, ProgramChangedError, PermissionError)
NOT_DONE = (*OTHER_TARGET, CannotStartError, BeingRestartedError, NotKnownError)
_REASONS: dict[type[Exception], RefusalReason] = {
    ProcessGoneError: RefusalReason.GONE,
    IdentityChangedError: RefusalReason.IDENTITY_CHANGED,
    ProgramChangedError: RefusalReason.PROGRAM_CHANGED,
    SupervisorChangedError: RefusalReason.SUPERVISOR_CHANGED,
    NotKnownError: RefusalReason.NOT_KNOWN_ANY_MORE,
}


def refusal_of(error: Exception, subject: str) -> Refusal:
    """Why it was not done."""
    if isinstance(error, CannotStartError):
        return Refusal(RefusalReason.CANNOT_START, subject, error.detail, obstacle=error.obstacle)

    if isinstance(error, BeingRestartedError):
        return Refusal(RefusalReason.BEING_RESTARTED, subject, error.who)

    return Refusal(_REASONS.get(type(error), RefusalReason.FOREIGN_USER), subject)


GROUP_VARIABLE = "EVENTHUB_CONSUMER_GROUP"


@dataclass(frozen=True, slots=True)
class LocalControl:
    """Signals, restarts and starts processes of this host."""

    consumers: Mapping[str, ConsumerSettings] = field(default_factory=dict)
    records: Path = field(default_factory=default_records_folder)
    audit: Path = field(default_factory=default_audit_path)
    remembered: Remembered = field(default_factory=Remembered)
    namespace: str | None = None  # of the hub that is watched
    hub: str | None = None

    signal = staticmethod(targets.send_signal)
    check = staticmethod(targets.check_reach)
    wait_for_exit = staticmethod(targets.wait_for_exit)
    start = staticmethod(launch.start)
    watch = staticmethod(launch.watch)
    check_supervisor = staticmethod(targets.check_supervisor)
    ask = staticmethod(targets.ask)

    def prepare_restart(self, process: ProcessId, log_path: str, named: Named) -> Prepared:
        """Open what its start takes, and rehearse it.

        Raises:
            BeingRestartedError: Somebody else was quicker, and another one runs in its place.
        """
        try:
            return prepare_restart(process, self._places(log_path), named)
        except ProcessGoneError:
            if (pid := restarted_as(self.records, str(process.pid))) is not None:
                raise BeingRestartedError(f"{pid} runs in its place") from None

            raise

    def prepare_again(self, process: ProcessId, log_path: str, named: Named) -> Prepared:
        """The same by what is remembered of it, or by the record of its restart.

        Raises:
            NotKnownError: Neither is there.
        """
        blueprint = self.remembered.blueprint(process, self.records)

        return prepare_again(blueprint, self._places(log_path), named)

    def remembers(self, process: ProcessId) -> bool:
        """Whether it is in memory."""
        return self.remembered.knows(process)

    def remember(self, process: ProcessId) -> None:
        """In memory only, environment and all."""
        self.remembered.learn(process)

    def prepare(self, plan: StartPlan) -> launch.Launch:
        """The configured command with the plan's group, in the consumer's own environment.

        Raises:
            FileNotFoundError: Its env_file is not there: without it, it would be another consumer.
        """
        consumer = self.consumers[plan.consumer]
        environment = dict(os.environ)

        if consumer.env_file:
            path = Path(consumer.env_file).expanduser()

            if not path.is_file():
                raise FileNotFoundError(ENOENT, "its env_file is missing", str(path))

            # Its own values only: what is inherited may hold the word for another program.
            environment |= {
                k: with_group(v, plan.group)
                for k, v in dotenv_values(path).items()
                if v is not None
            }

        environment[GROUP_VARIABLE] = plan.group
        mark = LaunchMark(plan.consumer, plan.group, self.namespace, self.hub)
        environment[LAUNCH_VARIABLE] = mark.text
        argv = tuple(with_group(part, plan.group) for part in consumer.command)
        cwd = str(Path(consumer.cwd).expanduser()) if consumer.cwd else None

        return launch.Launch(argv, cwd, environment, Path(plan.log_path))

    def _places(self, log_path: str) -> Places:
        return Places(Path(log_path), self.records, self.audit)


def unsent(plan: SignalPlan) -> str:
    """What is not sent any more where somebody interrupts on the way; "": there is nothing more."""
    if plan.escalate_to is None:
        return ""

    return (
        f"Interrupted: SIG{plan.signal} was sent; who is still there gets no SIG{plan.escalate_to}."
    )
