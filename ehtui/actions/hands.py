"""What an executor acts with: seams, so that tests can watch instead of hurt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ehtui.actions.launch import Launch, Launched
    from ehtui.actions.supervisors import Answer
    from ehtui.domain.plans import StartPlan
    from ehtui.domain.process import ProcessId, Supervisor


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


class ProcessHands(Protocol):
    """Touches processes of this host. All blocking; raises instead of guessing.

    ProcessGoneError, IdentityChangedError, SupervisorChangedError, PermissionError, OSError.
    """

    def signal(self, process: ProcessId, signal: str) -> None:
        """Signal the process if it is still the one that was meant."""

    def capture(self, process: ProcessId, log_path: Path) -> Launch:
        """How the running process was started."""

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
