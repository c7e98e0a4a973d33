"""What an executor acts with, and what that raises before anything is done, as refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ehtui.actions.signals import IdentityChangedError, ProcessGoneError, ProgramChangedError
from ehtui.actions.supervisors import SupervisorChangedError
from ehtui.domain.actions.outcomes import Refusal, RefusalReason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ehtui.actions.launch import Launch, Launched
    from ehtui.actions.restarting import Restarted
    from ehtui.actions.supervisors import Answer
    from ehtui.domain.actions.plans import StartPlan
    from ehtui.domain.world.process import ProcessId, Supervisor
    from ehtui.domain.world.restarts import Rehearsal, StartObstacle

Named = dict[str, str | None]  # what else a restart's record tells: consumer_name, group


class EventSender(Protocol):
    """Sends events to the hub; fails with ProblemError."""

    async def send(
        self,
        *,
        body: bytes,
        partition: str | None,
        key: str | None,
        properties: Mapping[str, str],
        count: int = 1,
    ) -> None:
        """Send `count` equal events and wait until the service has accepted them."""

    async def close(self) -> None:
        """Let go of the connection, if there is one; never raises, ends within a second."""


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


class CannotStartError(Exception):
    """It could not be started again as it was; `detail` is safe to show."""

    def __init__(self, obstacle: StartObstacle, detail: str = "") -> None:
        super().__init__(obstacle.value, detail)
        self.obstacle = obstacle
        self.detail = detail


class NotKnownError(Exception):
    """Nobody remembers how it was started."""


class BeingRestartedError(Exception):
    """Somebody else is restarting it right now."""

    def __init__(self, who: str = "") -> None:
        super().__init__(who)
        self.who = who  # safe to show


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
