"""A monitor with the right to act: what the screen and the commands work with."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from ehtui.cli.under_way import Action, UnderWay
from ehtui.clock import steady
from ehtui.lazy import LazyModule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future

    from msgspec import structs

    from ehtui.actions import checkpoint_backups as backing
    from ehtui.actions import locating, placing, rolling
    from ehtui.actions.locating import Eyes
    from ehtui.cli import checkpoint_looks as looks
    from ehtui.cli import planning
    from ehtui.cli.works import Works
    from ehtui.config import identity
    from ehtui.config.settings import Settings
    from ehtui.domain import updates
    from ehtui.domain.actions import checkpoints, outcomes, plans
    from ehtui.domain.actions import send as sending
    from ehtui.domain.actions import signal as signalling
    from ehtui.domain.actions import start as starting
    from ehtui.domain.actions.audited import AuditEntry
    from ehtui.domain.actions.base import Place
    from ehtui.domain.actions.checkpoint_plan import KeptBackup
    from ehtui.domain.actions.outcomes import Outcome, Refusal
    from ehtui.domain.actions.plans import Plan, SinglePlan
    from ehtui.domain.actions.requests import Actor, PlanningContext, Request
    from ehtui.domain.actions.sending import Content, SendPlan
    from ehtui.domain.actions.start import Seen
    from ehtui.domain.diagnosis import Check
    from ehtui.domain.snapshot import Snapshot
    from ehtui.domain.world import restarts
    from ehtui.domain.world.events import EventLookup, EventQuery, EventStream
    from ehtui.domain.world.process import ProcessDetails, ProcessId, ProcessSample
    from ehtui.domain.world.restarts import Ended, Rehearsal
    from ehtui.monitor import Monitor
    from ehtui.sources import doctor, processes
    from ehtui.sources.log_text import follow as tail
    from ehtui.sources.log_text.follow import LogTail
else:
    # A screen is painted before the first of them is asked for.
    planning = LazyModule("ehtui.cli.planning")
    sending = LazyModule("ehtui.domain.actions.send")
    checkpoints = LazyModule("ehtui.domain.actions.checkpoints")
    outcomes = LazyModule("ehtui.domain.actions.outcomes")
    starting = LazyModule("ehtui.domain.actions.start")
    plans = LazyModule("ehtui.domain.actions.plans")
    doctor = LazyModule("ehtui.sources.doctor")
    processes = LazyModule("ehtui.sources.processes")
    restarts = LazyModule("ehtui.domain.world.restarts")
    identity = LazyModule("ehtui.config.identity")
    locating = LazyModule("ehtui.actions.locating")
    placing = LazyModule("ehtui.actions.placing")
    rolling = LazyModule("ehtui.actions.rolling")
    backing = LazyModule("ehtui.actions.checkpoint_backups")
    looks = LazyModule("ehtui.cli.checkpoint_looks")
    signalling = LazyModule("ehtui.domain.actions.signal")
    structs = LazyModule("msgspec.structs")
    tail = LazyModule("ehtui.sources.log_text.follow")
    updates = LazyModule("ehtui.domain.updates")


# Whoever leaves, or is told to, waits so long for a consumer that was promised to be started again.
FINISH_WITHIN_S = 5.0


class MonitorBackend:
    """The one implementation of `monitor.backend.Backend`: plans here, acts on the monitor's loop.

    Nothing is made before it is needed, at the latest when somebody subscribes. Rules, planners and
    hands are a third of what a screen's first paint would otherwise wait for, and the monitor's
    thread, which imports the Azure libraries, would take turns with whoever paints.
    """

    def __init__(
        self,
        open_works: Callable[[], Works],
        settings: Settings,
        first: Snapshot,
        *,
        clock: Callable[[], float] = steady,
    ) -> None:
        self._open = open_works
        self._settings = settings
        self._first = first
        self._clock = clock
        self._works: Works | None = None
        self._actor: Actor | None = None
        self._seen: Seen = {}
        self._actions = UnderWay()

    @property
    def monitor(self) -> Monitor:
        """What reads; a command starts it and waits for it itself."""
        return self._opened.monitor

    @property
    def snapshot(self) -> Snapshot:
        """The newest picture."""
        return self._first if self._works is None else self._works.monitor.snapshot

    @property
    def is_paused(self) -> bool:
        """Whether reading is held."""
        return self._works is not None and self._works.monitor.is_paused

    @property
    def read_only(self) -> bool:
        """Whether actions are refused."""
        return self._settings.read_only

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Begin to read, and call `callback` with every new picture, on the monitor's thread."""
        works = self._opened

        def called(snapshot: Snapshot) -> None:
            if works is self._works:
                self._remember(snapshot)

            callback(snapshot)

        unsubscribe = works.monitor.subscribe(called)
        works.monitor.start()

        return unsubscribe

    def refresh(self) -> None:
        """Read every source now."""
        self.monitor.refresh()

    def read_every(self, every_s: float) -> None:
        """Read hub, store and processes so often from now on."""
        self.monitor.read_every(every_s)

    def pause(self, paused: bool) -> None:  # noqa: FBT001 - the name of the call says it
        """Hold or resume reading."""
        self.monitor.pause(paused)

    # What may be asked for.

    @property
    def templates(self) -> Sequence[str]:
        """Names of the configured test events."""
        return tuple(self._settings.test_events)

    async def template(self, name: str) -> Content:
        """A configured test event as it would be sent now."""
        return await planning.content_of(self._settings, name)

    async def most_bytes(self) -> int | None:
        """How large a message the hub takes; None where it cannot be sent to."""
        ask = self._opened.executor.sender.most_bytes
        return None if self.read_only else await planning.answered(self.monitor.submit(ask))

    @property
    def signals(self) -> Sequence[str]:
        """Signals on offer, gentlest first."""
        return signalling.offered_signals()

    @property
    def startable(self) -> Sequence[str]:
        """Names of the configured consumers that have a command."""
        return tuple(name for name, each in self._settings.consumers.items() if each.command)

    @property
    def ended(self) -> Sequence[Ended]:
        """Consumers that have ended and can be started again, the last to end first."""
        return starting.ended_consumers(self._seen, self.snapshot)

    @property
    def place(self) -> Place | None:
        """Which hub and store are open; None: none is configured."""
        return identity.place_of(self._settings)

    async def rehearse(self, request: Request) -> Request:
        """The same request with what trying it found, and where."""
        place = request.place or self.place
        return structs.replace(await self._rehearsed(request), place=place)

    async def _rehearsed(self, request: Request) -> Request:
        match request:
            case starting.RestartRequest(processes=asked):
                found = {process: await self._rehearse(process) for process in asked}
                return structs.replace(request, rehearsals=found)
            case starting.StartAgainRequest(ended=ended):
                executor, path = self._opened.executor, f"{planning.log_folder()}/rehearsal.log"
                rehearsal = await executor.rehearse(ended.process, path, has_ended=True)
                remembered = executor.remembers(ended.process)
                return structs.replace(request, rehearsal=rehearsal, is_remembered=remembered)
            case sending.SendRequest():
                return await planning.with_file(request, self._settings)
            case checkpoints.CheckpointRequest():
                store, look = self._opened.executor.store, looks.rehearsed
                looked = partial(look, request, self.monitor, store, self._lookup, self._clock)
                return await asyncio.wrap_future(self.monitor.submit(looked))
            case _:
                return request

    def plan(self, request: Request) -> Plan | Refusal:
        """What doing it will do."""
        return planning.planned(request, self._context(), self.place)

    # Acting.

    async def try_out(self, plan: Plan) -> Outcome:
        """A dry run on the monitor's loop; it joins neither the timeline nor the audit log."""
        tried = partial(looks.tried, plan, self.monitor, self._opened.executor)
        return await asyncio.wrap_future(self.monitor.submit(tried))

    async def execute(self, plan: Plan) -> Outcome:
        """Do it. Who stops waiting does not stop it: what was stopped is started again."""
        return await asyncio.shield(asyncio.wrap_future(self.begin(plan)))

    def begin(self, plan: Plan) -> Future[Outcome]:
        """Act on the monitor's loop, where Azure clients live; the outcome joins the timeline."""
        action, executor = Action(plan), self._opened.executor

        async def act() -> Outcome:
            action.task = asyncio.current_task()
            begun, eyes = plan, self._eyes()
            before: Mapping[str, int] = {}

            try:
                other = await placing.refused_elsewhere(plan, executor, executor.clock())

                if other is not None:
                    return self._told(other)

                before = await eyes.last_sequences() if plan.kind == "send" else {}

                if executor.dry_run:
                    return self._told(await looks.tried(plan, self.monitor, executor))

                if isinstance(plan, plans.RollingPlan):
                    return await self._roll(plan)

                begun = await self._once_more(plan)
                outcome = await executor.run(begun, locating.seldom(self._goes_on))
            except asyncio.CancelledError as error:
                if not action.is_given_up:
                    raise

                outcome = executor.interrupted(begun, error)

            return self._told(await eyes.located(outcome, before, lambda: action.is_given_up))

        future = self.monitor.submit(act)
        self._actions.add(future, action)

        return future

    @property
    def unfinished(self) -> Sequence[Plan]:
        """Plans that leaving now would leave half done."""
        return self._actions.promised

    def finish(self, within_s: float = FINISH_WITHIN_S) -> Sequence[Outcome]:
        """Wait so long for what was promised, then give it up; how that ended. Blocking."""
        return self._actions.finish(within_s)

    def give_up(self, plan: Plan | None = None) -> None:
        """End every action, or the one of this plan, where it stands; the audit says where."""
        self._actions.give_up(plan)

    def close(self) -> Sequence[Outcome]:
        """Wait for what is unfinished, hang up and stop reading; how the unfinished ended."""
        if self._works is None:
            return ()

        ended = self.finish()
        self._works.let_go()
        return ended

    # Events.

    @property
    def peek_group(self) -> str | None:
        """The consumer group that events are looked at in; None where none is configured."""
        return self._settings.eventhub.peek_group

    async def open_events(self, query: EventQuery) -> EventStream:
        """Begin to look at events; the connection is the monitor's loop's."""
        return await self._opened.reader.open(query)

    async def examine(self) -> Sequence[Check]:
        """What `ehtui doctor` checks, on the monitor's loop."""
        examining = self.monitor.submit(lambda: doctor.examine(self._settings))
        return await asyncio.wrap_future(examining)

    async def backups(self, group: str) -> Sequence[KeptBackup]:
        """What can be put back for a group."""
        return await asyncio.to_thread(backing.kept_of, group, self._settings.eventhub.name)

    async def audited(self) -> Sequence[AuditEntry]:
        """What was done with ehtui by this user."""
        return await asyncio.to_thread(self._opened.executor.audit.entries)

    async def list_processes(self) -> Sequence[ProcessSample]:
        """Every process of this host, Python first."""
        return await asyncio.to_thread(processes.list_processes)

    async def inspect(self, process: ProcessId) -> ProcessDetails | None:
        """A close look at one process; None once it is gone."""
        return await asyncio.to_thread(processes.inspect_process, process)

    def adopt(self, process: ProcessId) -> None:
        """Take a process for a consumer, because somebody says so."""
        if process.pid not in self._opened.adopted:
            self._opened.adopted.append(process.pid)

        self.monitor.refresh("processes")

    def follow_log(self, path: str) -> LogTail:
        """A consumer's log as it grows; its reads block and belong into a thread."""
        return tail.LogTail(path)

    @property
    def _opened(self) -> Works:
        self._works = self._works or self._open()
        return self._works

    def _context(self) -> PlanningContext:
        self._actor = self._actor or planning.own_actor()
        return planning.context_of(self._settings, self.snapshot, self._clock(), self._actor)

    async def _rehearse(self, process: ProcessId) -> Rehearsal | Refusal:
        """What starting it again would find; nothing where its supervisor is asked, or nobody."""
        match self.plan(starting.RestartRequest((process,))):
            case plans.RestartPlan(log_path=path):
                return await self._opened.executor.rehearse(process, path)
            case _:
                return restarts.NOT_REHEARSED

    async def _roll(self, plan: plans.RollingPlan) -> Outcome:
        # psutil, after the first paint.
        from ehtui.sources.process_facts import is_alive  # noqa: PLC0415

        return await rolling.roll(plan, self._run, lambda: self.snapshot, self._clock, is_alive)

    async def _run(self, plan: SinglePlan) -> Outcome:
        """One of several."""
        begun = await self._once_more(plan)
        return self._told(await self._opened.executor.run(begun))

    async def _once_more(self, plan: SinglePlan) -> SinglePlan:
        store = self._opened.executor.store
        return await looks.once_more(plan, self.monitor, store, self._clock)

    def _goes_on(self, plan: SendPlan, accepted: int) -> None:
        self.monitor.tell(updates.SendGoesOn(self._clock(), plan, accepted))

    def _eyes(self) -> Eyes:
        return locating.Eyes(self.monitor, self._lookup, self._clock)

    @property
    def _lookup(self) -> EventLookup | None:
        """Finds single events; None where there is no group to look at them in."""
        return self._opened.reader if self.peek_group is not None else None

    def _told(self, outcome: Outcome) -> Outcome:
        """It joins the timeline. What ehtui started is a consumer, whatever patterns say."""
        if outcome.state is outcomes.OutcomeState.DONE and outcome.new_pid is not None:
            self._opened.adopted.append(outcome.new_pid)

        self.monitor.tell(updates.ActionDone(outcome.at, outcome))
        self.monitor.refresh()

        return outcome

    def _remember(self, snapshot: Snapshot) -> None:
        """How those began that a picture shows, for when they have ended."""
        before, self._seen = self._seen, starting.seen_with(self._seen, snapshot)
        new = [
            each.process
            for id_, each in self._seen.items()
            if id_ not in before or not before[id_].process.runs_on_in(each.process)
        ]

        if new and not self.read_only:
            self.monitor.submit(lambda: self._opened.executor.remember(new))
