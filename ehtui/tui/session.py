"""What the screen needs of the rest: one seam, so that a test can be the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ehtui.domain.outcomes import Outcome
    from ehtui.domain.planners.again import Ended
    from ehtui.domain.plans import (
        Plan,
        Refusal,
        RestartPlan,
        RollingPlan,
        SendPlan,
        SendTarget,
        SignalPlan,
        StartPlan,
        SupervisedPlan,
    )
    from ehtui.domain.process import LogLine, ProcessDetails, ProcessId, ProcessSample
    from ehtui.domain.restarts import Rehearsal
    from ehtui.domain.snapshot import Snapshot

Unsubscribe = Callable[[], None]


class Tail(Protocol):
    """A file that is followed."""

    def read(self) -> Sequence[LogLine]:
        """Lines since the read before; blocks, so it belongs into a thread.

        Raises:
            OSError: The file is missing or not ours to read; a later read may succeed.
        """


class Session(Protocol):
    """A running monitor and the actions that it allows. Methods return at once."""

    @property
    def snapshot(self) -> Snapshot:
        """The newest picture."""

    @property
    def is_paused(self) -> bool:
        """Whether reading is held."""

    @property
    def read_only(self) -> bool:
        """Whether actions are refused; the executor refuses them too."""

    @property
    def templates(self) -> Sequence[str]:
        """Names of the configured test events."""

    @property
    def signals(self) -> Sequence[str]:
        """Signals that can be sent, gentlest first: "INT", "TERM", "KILL"."""

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Unsubscribe:
        """Call `callback` with every new picture, from any thread, until unsubscribed."""

    def refresh(self) -> None:
        """Read every source now."""

    def pause(self, paused: bool) -> None:  # noqa: FBT001 - the name of the call says it
        """Hold or resume reading."""

    @property
    def startable(self) -> Sequence[str]:
        """Names of configured consumers that can be started."""

    def plan_signal(
        self,
        processes: Sequence[ProcessId],
        signal: str,
        *,
        escalate_after_s: float | None = None,
    ) -> SignalPlan | Refusal:
        """What sending `signal` will do, and KILL after a while where asked for."""

    async def rehearse(self, process: ProcessId) -> Rehearsal | Refusal:
        """What starting it again would find, everything left as it is."""

    def plan_restart(
        self, process: ProcessId, *, rehearsal: Rehearsal | Refusal
    ) -> RestartPlan | SupervisedPlan | Refusal:
        """What stopping this process and starting it again will do."""

    def plan_rolling(
        self,
        processes: Sequence[ProcessId],
        *,
        rehearsals: Mapping[ProcessId, Rehearsal | Refusal],
    ) -> RollingPlan | Refusal:
        """What restarting these one after the other will do."""

    @property
    def ended(self) -> Sequence[Ended]:
        """Consumers that have ended and can be started again, the last to end first."""

    async def rehearse_again(self, ended: Ended) -> Rehearsal | Refusal:
        """What starting one of those again would find."""

    def plan_again(self, ended: Ended, rehearsal: Rehearsal | Refusal) -> StartPlan | Refusal:
        """What starting it again will do."""

    def plan_start(self, consumer: str, group: str) -> StartPlan | Refusal:
        """What starting a configured consumer in `group` will do."""

    async def list_processes(self) -> Sequence[ProcessSample]:
        """Every process of this host, likely consumers first."""

    async def inspect(self, process: ProcessId) -> ProcessDetails | None:
        """A close look at one process; None once it is gone."""

    def adopt(self, process: ProcessId) -> None:
        """Take a process for a consumer, because somebody says so."""

    def follow_log(self, path: str) -> Tail:
        """A consumer's log as it grows."""

    def plan_send(
        self,
        template: str,
        target: SendTarget,
        partition: str | None,
        key: str | None,
        count: int,
    ) -> SendPlan | Refusal:
        """What sending test events will do."""

    async def execute(self, plan: Plan) -> Outcome:
        """Do it; awaited on the screen's loop, done wherever the work belongs."""

    @property
    def unfinished(self) -> Sequence[Plan]:
        """Plans that leaving now would leave half done."""

    def finish(self) -> Sequence[Outcome]:
        """Wait a few seconds for what is unfinished, then give it up. The one call that blocks."""

    def give_up(self) -> None:
        """Leave everything as it stands."""


@dataclass(frozen=True, slots=True)
class UiOptions:
    """How the screen looks and starts."""

    group: str = "$Default"
    theme: str | None = None  # None: ehtui-dark
    ascii: bool = False
    mono: bool = False
    banner: str | None = None  # e.g. "sandbox"; shown in the header
    keymap: Mapping[str, str] = field(default_factory=dict)  # key id → keys
    sort: Mapping[str, str] = field(default_factory=dict)  # pane → column, "-" first: descending
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)  # pane → those to show
    start_view: str = "overview"  # or the pane that is maximised first
    notify: str | None = None  # "osc9" or "osc777": tell the desktop of a new critical finding
    bell: bool = False  # on a new critical finding
    utc_offset_s: float = 0.0  # of the zone in which moments are told
