"""A monitor with the right to act: what the screen and the commands work with."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING

from ehtui.actions.folders import default_log_folder
from ehtui.cli.rolling import WITHIN_S, roll
from ehtui.cli.underway import FINISH_WITHIN_S, Action, Underway
from ehtui.clock import steady
from ehtui.domain.outcomes import Outcome, OutcomeState
from ehtui.domain.planners.again import Ended, Seen, ended_consumers, plan_again, seen_with
from ehtui.domain.planners.host import Host
from ehtui.domain.planners.send import plan_send
from ehtui.domain.planners.signal import OFFERED_SIGNALS, plan_signal, reforecast
from ehtui.domain.planners.start import each_once, plan_restart, plan_start
from ehtui.domain.plans import Refusal, RestartPlan, RollingPlan, SignalPlan, SupervisedPlan
from ehtui.domain.restarts import NOT_REHEARSED
from ehtui.domain.updates import ActionDone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ehtui.actions.executor import Executor
    from ehtui.config.settings import Settings
    from ehtui.domain.plans import (
        Plan,
        SendPlan,
        SendTarget,
        SinglePlan,
        StartPlan,
    )
    from ehtui.domain.process import ProcessDetails, ProcessId, ProcessSample
    from ehtui.domain.restarts import Rehearsal
    from ehtui.domain.snapshot import Snapshot
    from ehtui.monitor import Monitor
    from ehtui.sources.log_text.tail import LogTail

HANG_UP_WITHIN_S = 1.0
LOOK_WITHIN_S = 1.5  # for a last look before a signal; it does not wait for a store that is slow


class MonitorSession:
    """The one implementation of `tui.session.Session`: plans here, acts on the monitor's loop."""

    def __init__(
        self,
        monitor: Monitor,
        settings: Settings,
        executor: Executor,
        *,
        adopted: list[int] | None = None,
        clock: Callable[[], float] = steady,
    ) -> None:
        self._monitor = monitor
        # The process source looks at this very list at every scan.
        self._adopted = [] if adopted is None else adopted
        self._executor = executor
        self._clock = clock
        self._host: Host | None = None
        self._seen: Seen = {}
        self._underway = Underway()
        self._events = {
            name: (event.body, event.properties) for name, event in settings.test_events.items()
        }
        self._commands = {
            name: (consumer.command, consumer.cwd) for name, consumer in settings.consumers.items()
        }
        self._log_folder = str(default_log_folder())

    @property
    def snapshot(self) -> Snapshot:
        """The newest picture."""
        return self._monitor.snapshot

    @property
    def is_paused(self) -> bool:
        """Whether reading is held."""
        return self._monitor.is_paused

    @property
    def read_only(self) -> bool:
        """Whether actions are refused."""
        return self._executor.read_only

    @property
    def templates(self) -> Sequence[str]:
        """Names of the configured test events."""
        return tuple(self._events)

    @property
    def startable(self) -> Sequence[str]:
        """Names of the configured consumers that have a command."""
        return tuple(name for name, (command, _) in self._commands.items() if command)

    @property
    def signals(self) -> Sequence[str]:
        """Signals on offer, gentlest first."""
        return OFFERED_SIGNALS

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Call `callback` with every new picture, on the monitor's thread."""

        def called(snapshot: Snapshot) -> None:
            self._remember(snapshot)
            callback(snapshot)

        return self._monitor.subscribe(called)

    def _remember(self, snapshot: Snapshot) -> None:
        """How those began that a picture shows, for when they have ended."""
        before, self._seen = self._seen, seen_with(self._seen, snapshot)
        new = [
            each.process
            for id_, each in self._seen.items()
            if id_ not in before or not before[id_].process.runs_on_in(each.process)
        ]

        if new and not self._executor.read_only:
            self._monitor.submit(lambda: self._executor.remember(new))

    def refresh(self) -> None:
        """Read every source now."""
        self._monitor.refresh()

    def pause(self, paused: bool) -> None:  # noqa: FBT001 - the name of the call says it
        """Hold or resume reading."""
        self._monitor.pause(paused)

    def plan_signal(
        self,
        processes: Sequence[ProcessId],
        signal: str,
        *,
        escalate_after_s: float | None = None,
    ) -> SignalPlan | Refusal:
        """What sending `signal` will do, and KILL after a while where asked for."""
        return plan_signal(
            self.snapshot,
            processes,
            signal,
            host=self._own_host(),
            read_only=self.read_only,
            at=self._clock(),
            escalate_after_s=escalate_after_s,
        )

    async def rehearse(self, process: ProcessId) -> Rehearsal | Refusal:
        """What starting it again would find; nothing where its supervisor is asked, or nobody."""
        plan = self.plan_restart(process)

        if not isinstance(plan, RestartPlan):
            return NOT_REHEARSED

        return await self._executor.rehearse(process, plan.log_path)

    def plan_restart(
        self,
        process: ProcessId,
        signal: str = "TERM",
        *,
        kill_after_s: float | None = None,
        rehearsal: Rehearsal | Refusal = NOT_REHEARSED,
    ) -> RestartPlan | SupervisedPlan | Refusal:
        """What stopping this process and starting it again will do."""
        return plan_restart(
            self.snapshot,
            process,
            log_folder=self._log_folder,
            host=self._own_host(),
            read_only=self.read_only,
            at=self._clock(),
            signal=signal,
            kill_after_s=kill_after_s,
            rehearsal=rehearsal,
        )

    def plan_rolling(
        self,
        processes: Sequence[ProcessId],
        signal: str = "TERM",
        *,
        kill_after_s: float | None = None,
        rehearsals: Mapping[ProcessId, Rehearsal | Refusal],
    ) -> RollingPlan | Refusal:
        """What restarting these one after the other will do."""
        plans = []

        for process in processes:
            plan = self.plan_restart(
                process, signal, kill_after_s=kill_after_s, rehearsal=rehearsals[process]
            )

            if isinstance(plan, Refusal):
                return plan

            plans.append(plan)

        return RollingPlan(each_once(plans), WITHIN_S, self._clock())

    @property
    def ended(self) -> Sequence[Ended]:
        """Consumers that have ended and can be started again, the last to end first."""
        return ended_consumers(self._seen, self.snapshot)

    async def rehearse_again(self, ended: Ended) -> Rehearsal | Refusal:
        """What starting it again would find."""
        path = f"{self._log_folder}/rehearsal.log"

        return await self._executor.rehearse(ended.process, path, has_ended=True)

    def plan_again(self, ended: Ended, rehearsal: Rehearsal | Refusal) -> StartPlan | Refusal:
        """What starting it again will do."""
        return plan_again(
            ended,
            rehearsal,
            is_remembered=self._executor.remembers(ended.process),
            variables=frozenset(os.environ),
            default_group=self.snapshot.policy.default_group,
            log_folder=self._log_folder,
            read_only=self.read_only,
            at=self._clock(),
        )

    def plan_start(self, consumer: str, group: str) -> StartPlan | Refusal:
        """What starting a configured consumer in `group` will do."""
        return plan_start(
            consumer,
            self._commands,
            group=group,
            log_folder=self._log_folder,
            read_only=self.read_only,
            at=self._clock(),
        )

    def plan_send(
        self,
        template: str,
        target: SendTarget,
        partition: str | None,
        key: str | None,
        count: int,
    ) -> SendPlan | Refusal:
        """What sending test events will do."""
        return plan_send(
            self.snapshot,
            template,
            self._events,
            target=target,
            partition=partition,
            key=key,
            count=count,
            read_only=self.read_only,
            at=self._clock(),
        )

    async def list_processes(self) -> Sequence[ProcessSample]:
        """Every process of this host, Python first."""
        from ehtui.sources.process_list import list_processes  # noqa: PLC0415 - psutil

        return await asyncio.to_thread(list_processes)

    async def inspect(self, process: ProcessId) -> ProcessDetails | None:
        """A close look at one process; None once it is gone."""
        from ehtui.sources.process_inspect import inspect_process  # noqa: PLC0415 - psutil

        return await asyncio.to_thread(inspect_process, process)

    def adopt(self, process: ProcessId) -> None:
        """Take a process for a consumer, because somebody says so."""
        if process.pid not in self._adopted:
            self._adopted.append(process.pid)

        self._monitor.refresh("processes")

    def follow_log(self, path: str) -> LogTail:
        """A consumer's log as it grows; its reads block and belong into a thread."""
        from ehtui.sources.log_text.tail import LogTail  # noqa: PLC0415 - only when asked for

        return LogTail(path)

    async def execute(self, plan: Plan) -> Outcome:
        """Do it. Who stops waiting does not stop it: what was stopped is started again."""
        return await asyncio.shield(asyncio.wrap_future(self.begin(plan)))

    def begin(self, plan: Plan) -> Future[Outcome]:
        """Act on the monitor's loop, where Azure clients live; the outcome joins the timeline."""
        action = Action(plan)

        async def act() -> Outcome:
            action.task = asyncio.current_task()
            begun = plan

            try:
                if isinstance(plan, RollingPlan):
                    return await roll(plan, self._run, lambda: self.snapshot, self._clock)

                begun = await self._looked_at_again(plan)
                outcome = await self._executor.run(begun)
            except asyncio.CancelledError as error:
                if not action.is_given_up:
                    raise

                outcome = self._executor.interrupted(begun, error)

            return self._told(outcome)

        future = self._monitor.submit(act)
        self._underway.add(future, action)

        return future

    async def _run(self, plan: SinglePlan) -> Outcome:
        """One of several."""
        return self._told(await self._executor.run(await self._looked_at_again(plan)))

    def _told(self, outcome: Outcome) -> Outcome:
        self._watch_started(outcome)
        self._monitor.tell(ActionDone(outcome.at, outcome))
        self._monitor.refresh()

        return outcome

    async def _looked_at_again(self, plan: SinglePlan) -> SinglePlan:
        """The plan as of now: owners renew while somebody reads a confirmation."""
        if plan.targets:
            await self._monitor.look_again("store", LOOK_WITHIN_S)

        return reforecast(plan, self.snapshot, self._clock())

    def _watch_started(self, outcome: Outcome) -> None:
        """What ehtui started is a consumer, whether or not a pattern says so."""
        if outcome.state is OutcomeState.DONE and outcome.new_pid is not None:
            self._adopted.append(outcome.new_pid)

    @property
    def unfinished(self) -> Sequence[Plan]:
        """Plans that leaving now would leave half done."""
        return self._underway.promised

    def finish(self, within_s: float = FINISH_WITHIN_S) -> Sequence[Outcome]:
        """Wait so long for what was promised, then give it up; how that ended. Blocking."""
        return self._underway.finish(within_s)

    def close(self) -> Sequence[Outcome]:
        """Wait for what is unfinished, hang up and stop reading; how the unfinished ended."""
        ended = self.finish()
        # A link that is only dropped would count among the hub's until it times out.
        wait([self._monitor.submit(self._executor.close)], HANG_UP_WITHIN_S)
        self._monitor.stop()

        return ended

    def give_up(self) -> None:
        """Leave everything as it stands; the audit says how that is."""
        self._underway.give_up()

    def _own_host(self) -> Host:
        """Asked once: who runs ehtui does not change, and neither do its ancestors."""
        if self._host is None:
            # psutil, after the first paint.
            from ehtui.sources.processes import own_line, own_user  # noqa: PLC0415

            self._host = Host(
                own_pid=os.getpid(),
                ancestors=own_line(),
                user=own_user(),
                is_root=hasattr(os, "geteuid") and os.geteuid() == 0,
            )

        return self._host
