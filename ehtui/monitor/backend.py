"""What the screen and the commands work with: pictures, and what may be done about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from ehtui.domain.actions.audited import AuditEntry
    from ehtui.domain.actions.base import Place
    from ehtui.domain.actions.checkpoint_plan import KeptBackup
    from ehtui.domain.actions.outcomes import Outcome, Refusal
    from ehtui.domain.actions.plans import Plan
    from ehtui.domain.actions.requests import Request
    from ehtui.domain.actions.sending import Content
    from ehtui.domain.diagnosis import Check
    from ehtui.domain.snapshot import Snapshot
    from ehtui.domain.world.events import EventQuery, EventStream
    from ehtui.domain.world.process import LogLine, ProcessDetails, ProcessId, ProcessSample
    from ehtui.domain.world.restarts import Ended


class Tail(Protocol):
    """A file that is followed."""

    def read(self) -> Sequence[LogLine]:
        """Lines since the read before; blocks, so it belongs into a thread.

        Raises:
            OSError: The file is missing or not ours to read; a later read may succeed.
        """


class Backend(Protocol):
    """A running monitor and the actions that it allows.

    An action is a request, tried where that takes trying, planned, confirmed, executed. Methods
    return at once but for those that say that they block.
    """

    @property
    def snapshot(self) -> Snapshot:
        """The newest picture."""

    @property
    def is_paused(self) -> bool:
        """Whether reading is held."""

    @property
    def read_only(self) -> bool:
        """Whether actions are refused; the executor refuses them too."""

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Call `callback` with every new picture, from any thread, until unsubscribed."""

    def refresh(self) -> None:
        """Read every source now."""

    def read_every(self, every_s: float) -> None:
        """Read hub, store and processes so often from now on."""

    def pause(self, paused: bool) -> None:  # noqa: FBT001 - the name of the call says it
        """Hold or resume reading."""

    @property
    def templates(self) -> Sequence[str]:
        """Names of the configured test events."""

    async def template(self, name: str) -> Content:
        """A configured test event as it would be sent now.

        Raises:
            KeyError: None is configured by that name.
            OSError: Its file cannot be read.
        """

    async def most_bytes(self) -> int | None:
        """How large a message the hub takes; connects. None: it does not say, or cannot be sent to.

        Whoever asks waits for the connection; a send that follows has it already.
        """

    @property
    def signals(self) -> Sequence[str]:
        """Signals that can be sent, gentlest first: "INT", "TERM", "KILL"."""

    @property
    def startable(self) -> Sequence[str]:
        """Names of configured consumers that can be started."""

    @property
    def ended(self) -> Sequence[Ended]:
        """Consumers that have ended and can be started again, the last to end first."""

    @property
    def place(self) -> Place | None:
        """Which hub and store are open now: settings may change. None: none is configured."""

    async def rehearse(self, request: Request) -> Request:
        """The same request with what trying it found, everything left as it is."""

    def plan(self, request: Request) -> Plan | Refusal:
        """What doing it will do, by the newest picture."""

    async def try_out(self, plan: Plan) -> Outcome:
        """A dry run: what doing it now would do or be refused for, with nothing touched."""

    def begin(self, plan: Plan) -> Future[Outcome]:
        """Do it wherever the work belongs; it goes on where nobody waits for it."""

    async def execute(self, plan: Plan) -> Outcome:
        """Begin it, and wait for its end on the caller's loop."""

    @property
    def unfinished(self) -> Sequence[Plan]:
        """Plans that leaving now would leave half done."""

    def finish(self) -> Sequence[Outcome]:
        """Wait a few seconds for what is unfinished, then give it up; how that ended. Blocks."""

    def give_up(self, plan: Plan | None = None) -> None:
        """Leave everything, or what this plan began, as it stands."""

    def close(self) -> Sequence[Outcome]:
        """Finish, hang up and stop reading; how the unfinished ended. Blocks."""

    @property
    def peek_group(self) -> str | None:
        """The consumer group that events are looked at in; None where none is configured."""

    async def open_events(self, query: EventQuery) -> EventStream:
        """Begin to look at events, in the peek group; from any loop.

        Raises:
            ProblemError: Nothing can be read: no peek group, no right, receivers that are in the
                way, no connection. Its advice says what to do.
        """

    async def examine(self) -> Sequence[Check]:
        """Everything that must be right to read hub and store, checked once; from any loop."""

    async def backups(self, group: str) -> Sequence[KeptBackup]:
        """What `Undo` can put back for a group of this hub, the newest first."""

    async def audited(self) -> Sequence[AuditEntry]:
        """What was done with ehtui by this user, the oldest first.

        Raises:
            OSError: The audit log cannot be read.
        """

    async def list_processes(self) -> Sequence[ProcessSample]:
        """Every process of this host, likely consumers first."""

    async def inspect(self, process: ProcessId) -> ProcessDetails | None:
        """A close look at one process; None once it is gone."""

    def adopt(self, process: ProcessId) -> None:
        """Take a process for a consumer, because somebody says so."""

    def follow_log(self, path: str) -> Tail:
        """A consumer's log as it grows."""
