"""What the screen needs of the rest: one seam, so that a test can be the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ehtui.domain.plans import (
        Outcome,
        Plan,
        Refusal,
        SendPlan,
        SendTarget,
        SignalPlan,
    )
    from ehtui.domain.process import ProcessId
    from ehtui.domain.snapshot import Snapshot

Unsubscribe = Callable[[], None]


class Session(Protocol):
    """A running monitor and the actions that it allows. Every method returns at once."""

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

    def plan_signal(self, processes: Sequence[ProcessId], signal: str) -> SignalPlan | Refusal:
        """What sending `signal` to these processes will do."""

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
    bell: bool = False  # on a new critical finding
    utc_offset_s: float = 0.0  # of the zone in which moments are told
