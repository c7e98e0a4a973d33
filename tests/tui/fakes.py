"""A backend without a monitor: pictures are published by hand, plans are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress

from msgspec.structs import replace
from textual.message import Message

from ehtui.domain.actions.audited import AuditEntry
from ehtui.domain.actions.base import OwnedPartition, Place, SignalEffect, SignalTarget
from ehtui.domain.actions.checkpoint_plan import Change, KeptBackup
from ehtui.domain.actions.checkpoints import CheckpointRequest
from ehtui.domain.actions.landing import Accepted
from ehtui.domain.actions.outcomes import Outcome, OutcomeState, Refusal, RefusalReason
from ehtui.domain.actions.plans import (
    EnvironmentOf,
    Plan,
    RestartPlan,
    RollingPlan,
    SignalPlan,
    StartPlan,
)
from ehtui.domain.actions.release import ReleaseRequest
from ehtui.domain.actions.requests import Actor, PlanningContext, Request
from ehtui.domain.actions.send import SendRequest
from ehtui.domain.actions.sending import BodySource, Content, Outgoing, SendPlan
from ehtui.domain.actions.signal import SignalRequest
from ehtui.domain.actions.start import RestartRequest, StartAgainRequest, StartRequest
from ehtui.domain.diagnosis import Check, Verdict
from ehtui.domain.evidence import TakeoverWindow
from ehtui.domain.problems import Problem, ProblemError
from ehtui.domain.snapshot import ConsumerState, Snapshot
from ehtui.domain.world.events import Event, EventQuery, EventStream
from ehtui.domain.world.process import LogLine, ProcessDetails, ProcessId, ProcessSample, Relative
from ehtui.domain.world.restarts import NOT_REHEARSED, Ended, Rehearsal
from ehtui.tui.typeahead import FLOOD_ENDS_S
from tests.waiting import wait_for

EVENT = Outgoing(
    '{"eventType": "MINUTES_FINALIZED", "title": "주간 회의록"}'.encode(), (("type", "minutes"),)
)


class FakeTail:
    """Two lines once, then a file that went away."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._reads = 0

    def read(self) -> Sequence[LogLine]:
        self._reads += 1

        if self._reads > 1:
            raise FileNotFoundError(2, "No such file", self._path)

        return (
            LogLine("INFO receiving [/b] 회의록", None, is_ownership=False),
            LogLine("EventProcessor '73fda457' has claimed", None, is_ownership=True),
        )


class FakeStream:
    """Implements `EventStream`: gives what it holds, `most` at a time; more may be put in."""

    def __init__(self, events: Sequence[Event] = (), *, follows: bool = False) -> None:
        self._waiting = list(events)
        self._follows = follows
        self._changed = asyncio.Event()
        self.dropped = 0
        self.unreadable = 0
        self.trouble: Problem | None = None
        self.problem: Problem | None = None  # raised by the next batch
        self.is_closed = False

    @property
    def is_at_end(self) -> bool:
        return not self._follows and not self._waiting

    def put(self, *events: Event) -> None:
        self._waiting += events
        self._changed.set()

    async def next_batch(self, within_s: float, most: int = 1000) -> Sequence[Event]:
        if self.problem is not None:
            raise ProblemError(self.problem)

        if not self._waiting and self._follows:
            self._changed.clear()

            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), within_s)

        taken, self._waiting = self._waiting[:most], self._waiting[most:]
        return taken

    async def close(self) -> None:
        self.is_closed = True


class FakeBackend:
    """Implements `monitor.backend.Backend`."""

    def __init__(self, snapshot: Snapshot, *, read_only: bool = False) -> None:
        self.snapshot = snapshot
        self.read_only = read_only
        self.place: Place | None = None
        self.is_paused = False
        self.templates: Sequence[str] = ("minutes-finalized", "heartbeat")
        self.signals: Sequence[str] = ("INT", "TERM", "KILL")
        self.startable: Sequence[str] = ("minutes", "spare")
        self.adopted: list[ProcessId] = []
        self.ended: Sequence[Ended] = ()
        self.rehearsed: list[ProcessId] = []
        self.refreshed = 0
        self.paces: list[float] = []
        self.executed: list[Plan] = []
        self.tried: list[Plan] = []
        self.audit: Sequence[AuditEntry] = ()
        self.kept: Sequence[KeptBackup] = ()
        self.changes: tuple[Change, ...] = ()  # that looking at checkpoints finds
        self.gate: asyncio.Event | None = None  # set: an action waits for it
        self.unfinished: Sequence[Plan] = ()
        self.given_up = 0
        self.cancelled: list[Plan | None] = []
        self.callbacks: list[Callable[[Snapshot], None]] = []
        self.peek_group: str | None = "ehtui-peek"
        self.queries: list[EventQuery] = []
        self.stream = FakeStream()  # what `open_events` gives
        self.events_problem: Problem | None = None  # set: it is refused

    def publish(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

        for callback in self.callbacks:
            callback(snapshot)

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        self.callbacks.append(callback)

        return lambda: self.callbacks.remove(callback)

    def refresh(self) -> None:
        self.refreshed += 1

    def read_every(self, every_s: float) -> None:
        self.paces.append(every_s)

    def pause(self, paused: bool) -> None:
        self.is_paused = paused

    async def rehearse(self, request: Request) -> Request:
        match request:
            case RestartRequest(processes=processes):
                self.rehearsed += processes
                return replace(request, rehearsals=dict.fromkeys(processes, NOT_REHEARSED))
            case StartAgainRequest(ended=ended):
                found = Rehearsal(tuple(ended.command.split(" ")), ended.folder)
                return replace(request, rehearsal=found, is_remembered=True)
            case CheckpointRequest():
                return replace(request, found=self.changes)
            case _:
                return request

    def plan(self, request: Request) -> Plan | Refusal:  # noqa: PLR0911 - one a request
        match request:
            case SignalRequest(processes, signal, after_s):
                return self.plan_signal(processes, signal, escalate_after_s=after_s)
            case RestartRequest(processes=(process,), rehearsals=rehearsals):
                return self.plan_restart(process, rehearsal=rehearsals[process])
            case RestartRequest(processes=processes, rehearsals=rehearsals):
                return self.plan_rolling(processes, rehearsals=rehearsals)
            case StartAgainRequest():
                return self.plan_again(request.ended, request.rehearsal)
            case StartRequest():
                return self.plan_start(request.consumer, request.group)
            case SendRequest():
                return self.plan_send(request)
            case ReleaseRequest() | CheckpointRequest():
                return request.plan(PlanningContext(self.snapshot, 1.0, Actor(own_pid=1)))
            case _:
                raise NotImplementedError

    def plan_restart(
        self, process: ProcessId, *, rehearsal: Rehearsal | Refusal
    ) -> RestartPlan | Refusal:
        if isinstance(rehearsal, Refusal):
            return rehearsal

        return Refusal(RefusalReason.SUPERVISED, str(process.pid), "systemd")

    def plan_rolling(
        self,
        processes: Sequence[ProcessId],
        *,
        rehearsals: Mapping[ProcessId, Rehearsal | Refusal],
    ) -> RollingPlan | Refusal:
        restarts = []

        for process in processes:
            plan = self.plan_restart(process, rehearsal=rehearsals[process])

            if isinstance(plan, Refusal):
                return plan

            restarts.append(plan)

        return RollingPlan(tuple(restarts), 300.0, self.snapshot.taken_at)

    def plan_again(self, ended: Ended, rehearsal: Rehearsal | Refusal) -> StartPlan | Refusal:
        if isinstance(rehearsal, Refusal):
            return rehearsal

        return StartPlan(
            ended.consumer,
            rehearsal.command,
            rehearsal.folder,
            "$Default",
            (),
            "/var/log/again.log",
            self.snapshot.taken_at,
            ended.process,
            EnvironmentOf.ITSELF,
        )

    def plan_start(self, consumer: str, group: str) -> StartPlan | Refusal:
        return StartPlan(
            consumer=consumer,
            command=("python", "consumer.py"),
            cwd="/srv",
            group=group,
            variables=("EVENTHUB_CONSUMER_GROUP",),
            log_path="/var/log/consumer.log",
            planned_at=self.snapshot.taken_at,
        )

    async def open_events(self, query: EventQuery) -> EventStream:
        self.queries.append(query)

        if self.events_problem is not None:
            raise ProblemError(self.events_problem)

        return self.stream

    async def examine(self) -> Sequence[Check]:
        return (
            Check("hub.port", Verdict.OK, "Port 5671 is open."),
            Check("hub.group", Verdict.FAILED, "There is no group [b]x[/b].", "Create it."),
        )

    async def backups(self, group: str) -> Sequence[KeptBackup]:
        return self.kept if group else ()

    async def audited(self) -> Sequence[AuditEntry]:
        return self.audit

    async def list_processes(self) -> Sequence[ProcessSample]:
        return [consumer.process for consumer in self.snapshot.consumers]

    async def inspect(self, process: ProcessId) -> ProcessDetails | None:
        parents = (Relative(4, "bash [/b] -l"),)

        return ProcessDetails(process, parents, (), (), (), frozenset({15}), frozenset())

    def adopt(self, process: ProcessId) -> None:
        self.adopted.append(process)

    def follow_log(self, path: str) -> FakeTail:
        return FakeTail(path)

    def plan_signal(
        self,
        processes: Sequence[ProcessId],
        signal: str,
        *,
        escalate_after_s: float | None = None,
    ) -> SignalPlan | Refusal:
        if any(process.pid == 1 for process in processes):
            return Refusal(RefusalReason.INIT, "pid 1")

        consumers = {c.process.id: c for c in self.snapshot.consumers}

        for process in processes:
            if process not in consumers:
                return Refusal(RefusalReason.GONE, str(process.pid))

        return SignalPlan(
            signal,
            tuple(
                SignalTarget(
                    process,
                    consumers[process].process.command,
                    consumers[process].link.owner if consumers[process].link else None,  # type: ignore[union-attr]
                    self._owned(consumers[process]),
                    SignalEffect.DIES if signal == "KILL" else SignalEffect.RELEASES,
                )
                for process in processes
            ),
            self.snapshot.taken_at,
            escalate_to=None if escalate_after_s is None else "KILL",
            escalate_after_s=escalate_after_s,
        )

    def _owned(self, consumer: ConsumerState) -> tuple[OwnedPartition, ...]:
        now = self.snapshot.server_now
        window = TakeoverWindow(now + 150, now + 186, "python-180/30")

        return tuple(OwnedPartition(group, part, window) for group, part in consumer.owns)

    def plan_send(self, request: SendRequest) -> SendPlan | Refusal:
        hub = self.snapshot.hub

        if hub is None:
            return Refusal(RefusalReason.NOT_CONNECTED, request.template)

        return SendPlan(
            namespace=hub.namespace,
            hub=hub.name,
            template=request.template,
            body=EVENT.body.decode(),
            target=request.target,
            partition=request.partition,
            key=request.key,
            properties=(("type", "minutes"),),
            count=request.count,
            planned_at=self.snapshot.taken_at,
            content=request.content or Content(BodySource.TEMPLATE, request.template, (EVENT,)),
            follow=request.follow,
            is_production=self.snapshot.policy.is_production,
        )

    async def most_bytes(self) -> int | None:
        return 1 << 20

    async def template(self, name: str) -> Content:
        return Content(BodySource.TEMPLATE, name, (EVENT,))

    def finish(self) -> Sequence[Outcome]:
        return ()

    def give_up(self, plan: Plan | None = None) -> None:
        self.given_up += 1
        self.cancelled.append(plan)

        if self.gate is not None and plan is not None:
            self.gate.set()

    def close(self) -> Sequence[Outcome]:
        return ()

    def begin(self, plan: Plan) -> Future[Outcome]:
        raise NotImplementedError

    async def try_out(self, plan: Plan) -> Outcome:
        self.tried.append(plan)

        return Outcome(plan, OutcomeState.DRY_RUN, self.snapshot.taken_at)

    async def execute(self, plan: Plan) -> Outcome:
        if self.gate is not None:
            self.unfinished = (plan,)
            await self.gate.wait()
            self.unfinished = ()

        if plan in self.cancelled:
            accepted = Accepted({})
            return Outcome(plan, OutcomeState.STOPPED, self.snapshot.taken_at, accepted=accepted)

        self.executed.append(plan)

        return Outcome(plan, OutcomeState.DONE, self.snapshot.taken_at)


async def burst_is_over() -> None:
    """Wait until a key no longer counts as the rest of what was typed before it."""
    ends_at = Message().time + FLOOD_ENDS_S
    await wait_for(lambda: Message().time > ends_at)
