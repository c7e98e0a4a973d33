"""An executor with a sender and hands that remember what they were told to do."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from msgspec import structs
from typing_extensions import override

from ehtui.actions.audit import AuditLog
from ehtui.actions.executor import Executor
from ehtui.actions.launch import Launch, Launched, Restarted
from ehtui.actions.process_control import Named
from ehtui.actions.targets import (
    Answer,
)
from ehtui.domain.actions.base import SignalEffect, SignalTarget
from ehtui.domain.actions.plans import RestartPlan, SignalPlan, StartPlan
from ehtui.domain.actions.sending import (
    BodySource,
    Content,
    Destination,
    Outgoing,
    SendPlan,
    SendTarget,
)
from ehtui.domain.problems import Problem, ProblemError
from ehtui.domain.world.process import ProcessId, Supervisor
from ehtui.domain.world.restarts import NOT_REHEARSED, Rehearsal

RESTARTED = Restarted(ProcessId(900, 2.0), Path("again.log"))
BODY = '{"title":"테스트 회의"}'


class RecordingSender:
    """Takes batches of at most `most` events; `problem` comes once `fails_at` were accepted."""

    def __init__(
        self, problem: Problem | None = None, *, fails_at: int = 0, limit: int = 1 << 20
    ) -> None:
        self.sent: list[tuple[Outgoing, Destination]] = []
        self.is_closed = False
        self.gate: asyncio.Event | None = None  # set: a batch waits for it
        self._problem = problem
        self._fails_at = fails_at
        self._limit = limit

    async def most_bytes(self) -> int:
        if self._problem is not None and not self._fails_at:
            raise ProblemError(self._problem)

        return self._limit

    def size_of(self, event: Outgoing, key: str | None) -> int:
        return len(event.body) + len(key or "") + 100

    async def send(
        self, events: Sequence[Outgoing], to: Destination, accepted: Callable[[int], None]
    ) -> None:
        for event in events:
            if self._problem is not None and len(self.sent) >= self._fails_at:
                raise ProblemError(self._problem)

            if self.gate is not None:
                await self.gate.wait()

            self.sent.append((event, to))
            accepted(1)

    async def close(self) -> None:
        self.is_closed = True


class RecordingStart:
    """A start that is rehearsed, of hands that remember."""

    def __init__(self, hands: RecordingHands, process: ProcessId, log_path: str) -> None:
        self.rehearsal = hands.rehearsal
        self._hands = hands
        self._process = process
        self._log_path = Path(log_path)

    def carry_out(
        self,
        signal: str = "TERM",
        *,
        kill_after_s: float | None = None,
        lets_go_on: bool = False,
        who: dict[str, Any] | None = None,
        tell: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> Restarted:
        assert who is not None
        tell({"asked": True})
        self._hands.signal(self._process, signal)
        self._hands.done.append(("carry_out", (kill_after_s, lets_go_on)))
        self._hands.wait_for_exit(self._process, 0.0)

        return replace(self._hands.restarted, log_path=self._log_path)

    def release(self) -> None:
        self._hands.done.append(("release", self._process.pid))


class RecordingHands:
    """Remembers what it was told to do; `errors` are by pid, `late_errors` by signal."""

    def __init__(
        self,
        errors: Mapping[int, Exception] | None = None,
        survivors: Collection[int] = (),
        launched: Launched | None = None,
        late_errors: Mapping[str, Exception] | None = None,
        rehearsal: Rehearsal = NOT_REHEARSED,
        restarted: Restarted = RESTARTED,
    ) -> None:
        self.done: list[tuple[str, object]] = []
        self.rehearsal = rehearsal
        self.restarted = restarted
        self.named: Named = {}
        self._errors = errors or {}
        self._survivors = survivors
        self._late_errors = late_errors or {}
        self._launched = launched or Launched(ProcessId(900, 2.0), Path("again.log"))

    def signal(self, process: ProcessId, signal: str) -> None:
        if error := self._errors.get(process.pid) or self._late_errors.get(signal):
            raise error

        self.done.append((signal, process.pid))

    def check(self, process: ProcessId) -> None:
        if error := self._errors.get(process.pid):
            raise error

    def prepare_restart(self, process: ProcessId, log_path: str, named: Named) -> RecordingStart:
        if error := self._errors.get(process.pid):
            raise error

        self.done.append(("prepare", process.pid))
        self.named = named

        return RecordingStart(self, process, log_path)

    def prepare_again(self, process: ProcessId, log_path: str, named: Named) -> RecordingStart:
        self.done.append(("again", process.pid))
        self.named = named

        return RecordingStart(self, process, log_path)

    def remembers(self, process: ProcessId) -> bool:
        return ("remember", process.pid) in self.done

    def remember(self, process: ProcessId) -> None:
        self.done.append(("remember", process.pid))

    def wait_for_exit(self, process: ProcessId, timeout_s: float) -> bool:
        self.done.append(("wait", timeout_s))

        return process.pid not in self._survivors

    def prepare(self, plan: StartPlan) -> Launch:
        return Launch(plan.command, plan.cwd, {}, Path(plan.log_path))

    def start(self, launch: Launch) -> Launched:
        self.done.append(("start", launch.argv))

        return self._launched

    def watch(self, launched: Launched) -> Launched:
        return launched

    def check_supervisor(self, process: ProcessId, supervisor: Supervisor) -> None:
        if error := self._errors.get(process.pid):
            raise error

        self.done.append(("check", supervisor.label))

    def ask(self, supervisor: Supervisor, timeout_s: float) -> Answer:
        self.done.append(("ask", (supervisor.command, timeout_s)))

        return Answer(0, ())


def send_plan() -> SendPlan:
    properties = (("a", "b"),)
    event = Outgoing(BODY.encode(), properties)
    content = Content(BodySource.TEMPLATE, "meeting", (event,))
    target = SendTarget.PARTITION
    plan = SendPlan("ns", "hub", "meeting", BODY, target, "1", None, properties, 2, 1.0)

    return structs.replace(plan, content=content)


def signal_plan(*pids: int) -> SignalPlan:
    return SignalPlan(
        "TERM",
        tuple(
            SignalTarget(ProcessId(pid, 1.0), "python c.py", None, (), SignalEffect.DIES)
            for pid in pids
        ),
        1.0,
    )


class Bench:
    """An executor with recording hands."""

    def __init__(
        self,
        folder: Path,
        *,
        problem: Problem | None = None,
        hands: RecordingHands | None = None,
        read_only: bool = False,
        dry_run: bool = False,
    ) -> None:
        self.sender = RecordingSender(problem)
        self.hands = hands or RecordingHands()
        self.audit = folder / "state" / "audit.jsonl"
        self.executor = Executor(
            sender=self.sender,
            hands=self.hands,
            audit=AuditLog(self.audit),
            clock=lambda: 50.0,
            read_only=read_only,
            dry_run=dry_run,
        )

    def audited(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.audit.read_text().splitlines()]


class SlowHands(RecordingHands):
    """A process that takes its time to end."""

    def __init__(self) -> None:
        super().__init__()
        self.is_waiting = threading.Event()
        self.may_end = threading.Event()

    @override
    def wait_for_exit(self, process: ProcessId, timeout_s: float) -> bool:
        self.is_waiting.set()

        return self.may_end.wait(10)


def restart_plan() -> RestartPlan:
    return RestartPlan("TERM", signal_plan(7).targets[0], None, None, "again.log", 1.0)
