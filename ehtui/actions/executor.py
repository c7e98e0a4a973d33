"""Runs a plan: re-checks identity at the moment of acting, honours read-only, audits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.actions import checkpoint_writes, releasing, trial
from ehtui.actions.audit import AuditLog
from ehtui.actions.placing import refused_elsewhere
from ehtui.actions.process_control import (
    NOT_DONE,
    OTHER_TARGET,
    Named,
    ProcessControl,
    refusal_of,
    unsent,
)
from ehtui.actions.sending import EventSender, Send, stopped
from ehtui.actions.state_files import who
from ehtui.actions.store_writer import StoreWriter, WritesStoppedError
from ehtui.actions.targets import ProcessGoneError, SupervisorChangedError
from ehtui.domain.actions.base import Halt, Place
from ehtui.domain.actions.checkpoint_plan import CheckpointPlan
from ehtui.domain.actions.outcomes import (
    NewProcess,
    Outcome,
    OutcomeState,
    Refusal,
    RefusalReason,
    TargetResult,
    TargetState,
    refusal_elsewhere,
)
from ehtui.domain.actions.plans import (
    Plan,
    RestartPlan,
    SignalPlan,
    SinglePlan,
    StartPlan,
    SupervisedPlan,
)
from ehtui.domain.actions.release_plan import ReleasePlan
from ehtui.domain.actions.sending import SendPlan
from ehtui.domain.problems import ProblemError
from ehtui.domain.text import safe
from ehtui.domain.world.restarts import NOT_REHEARSED, StartObstacle

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.actions.launch import Launched, Restarted
    from ehtui.domain.world.process import ProcessId
    from ehtui.domain.world.restarts import Rehearsal


Hears = Callable[[SendPlan, int], None]  # how many events of a send were accepted so far


class LeftBehindError(asyncio.CancelledError):
    """Nobody waits for it any more, and it goes on."""


@dataclass(kw_only=True)
class Executor:
    """The one place that acts. Read-only and dry-run are decided here; a UI only shows them."""

    sender: EventSender
    hands: ProcessControl
    audit: AuditLog
    clock: Callable[[], float]
    store: StoreWriter | None = None  # None: no checkpoint store is configured
    read_only: bool = False
    dry_run: bool = False
    place: Place | None = None  # what it acts on; None: plans are not compared with it

    async def run(self, plan: SinglePlan, tell: Hears = lambda *_: None) -> Outcome:
        """Do what the plan says, or say why not. Never raises for a failure of the world.

        `tell` hears how many events of a send were accepted so far.
        """
        if self.read_only:
            return self._refused(plan, RefusalReason.READ_ONLY, plan.kind)

        if self.dry_run:
            return await self.try_out(plan)

        if (other := await refused_elsewhere(plan, self, self.clock())) is not None:
            return other

        step = await asyncio.to_thread(self.audit.begin, plan, self.clock())

        if step.fault is not None:  # what nobody could trace afterwards is not done
            refusal = Refusal(RefusalReason.NOT_AUDITED, plan.kind, safe(step.fault))
            return Outcome(plan, OutcomeState.REFUSED, self.clock(), refusal)

        try:
            outcome = await self._do(plan, tell)
        except asyncio.CancelledError as error:
            # What was begun is not undone.
            step.end(self.interrupted(plan, error))
            raise

        return await step.noted(outcome)

    async def try_out(self, plan: Plan) -> Outcome:
        """A dry run: what doing it now would meet, with nothing touched and nothing audited."""
        if self.read_only:
            return self._refused(plan, RefusalReason.READ_ONLY, plan.kind)

        if (elsewhere := refusal_elsewhere(plan.place, self.place)) is not None:
            return Outcome(plan, OutcomeState.REFUSED, self.clock(), elsewhere)

        tried = await trial.try_out(plan, self.clock(), self.hands, self.store)
        fault = await asyncio.to_thread(self.audit.obstacle)

        if fault is None or tried.refusal is not None:
            return tried

        return replace(tried, refusal=Refusal(RefusalReason.NOT_AUDITED, plan.kind, safe(fault)))

    def interrupted(self, plan: Plan, error: asyncio.CancelledError) -> Outcome:
        """How it ended for somebody who waits no more."""
        if (known := stopped(plan, error, self.clock())) is not None:
            return known

        if isinstance(error, WritesStoppedError):
            return error.outcome

        outcome = self._failed(plan, str(error) or "Interrupted halfway.")
        is_left = isinstance(error, LeftBehindError)

        return replace(outcome, state=OutcomeState.LEFT) if is_left else outcome

    async def close(self) -> None:
        """Let go of what sending opened; on the loop that sent."""
        await self.sender.close()

        if self.store is not None:
            await self.store.close()

    async def _do(self, plan: SinglePlan, tell: Hears) -> Outcome:
        try:
            return await self._act(plan, tell)
        except OSError as error:  # a program, folder or log file that cannot be opened
            return self._failed(plan, safe(str(error)))
        except Exception as error:  # a fault of ours: what was begun must be told all the same
            return self._failed(plan, safe(f"{type(error).__name__}: {error}"))

    async def _act(self, plan: SinglePlan, tell: Hears) -> Outcome:
        match plan:
            case SendPlan():
                return await self._send(
                    Send(plan, self.sender, self.clock, partial(tell, plan)), plan
                )
            case SignalPlan():
                return await self._signal(plan)
            case RestartPlan():
                return await self._restart(plan, plan.target.process)
            case SupervisedPlan():
                return await self._ask(plan)
            case StartPlan():
                return await self._start(plan)
            case ReleasePlan() | CheckpointPlan():
                return await self._write(plan)

    async def _write(self, plan: ReleasePlan | CheckpointPlan) -> Outcome:
        if isinstance(plan, ReleasePlan):
            return await releasing.run(plan, self.store, self.clock)

        return await checkpoint_writes.run(plan, self.store, self.clock)

    async def _send(self, send: Send, plan: SendPlan) -> Outcome:
        """All of it, or as far as the hub took it.

        Raises:
            SendStoppedError: Somebody cancelled it.
        """
        try:
            accepted = await send.run()
        except ProblemError as error:
            failed = self._failed(plan, error.problem.summary)
            return replace(failed, accepted=send.accepted, unsure=send.unsure)

        return Outcome(plan, OutcomeState.DONE, self.clock(), accepted=accepted)

    async def _signal(self, plan: SignalPlan) -> Outcome:
        """Signal each target; one that changed or vanished is told apart from one that failed.

        Raises:
            asyncio.CancelledError: On the way; it says what is not sent any more.
        """
        try:
            results = await asyncio.gather(
                *(self._signal_one(plan, t.process) for t in plan.targets)
            )
        except asyncio.CancelledError:
            raise asyncio.CancelledError(unsent(plan)) from None

        failed = [result for result in results if result.state is TargetState.FAILED]

        if failed:
            told = "; ".join(f"{each.process.pid}: {each.detail}" for each in failed)
            return replace(self._failed(plan, told), results=tuple(results))

        refusals = [result.refusal for result in results if result.refusal is not None]

        return Outcome(
            plan,
            OutcomeState.REFUSED if refusals else OutcomeState.DONE,
            self.clock(),
            refusals[0] if refusals else None,
            results=tuple(results),
        )

    async def _signal_one(self, plan: SignalPlan, process: ProcessId) -> TargetResult:
        ended = TargetResult(process, TargetState.ENDED, signal=plan.signal)

        try:
            await asyncio.to_thread(self.hands.signal, process, plan.signal)

            if plan.escalate_to is None or plan.escalate_after_s is None:
                return replace(ended, state=TargetState.SENT)

            if await asyncio.to_thread(self.hands.wait_for_exit, process, plan.escalate_after_s):
                return ended

            with suppress(ProcessGoneError):  # it went in the last moment
                await asyncio.to_thread(self.hands.signal, process, plan.escalate_to)
                return TargetResult(
                    process,
                    TargetState.ESCALATED,
                    signal=plan.escalate_to,
                    after_s=plan.escalate_after_s,
                )
        except OTHER_TARGET as error:
            refusal = refusal_of(error, str(process.pid))
            return TargetResult(process, TargetState.REFUSED, refusal=refusal)
        except OSError as error:
            return TargetResult(process, TargetState.FAILED, safe(error.strerror or str(error)))

        return ended

    def remembers(self, process: ProcessId) -> bool:
        """Whether it is known how it was started, environment and all."""
        return self.hands.remembers(process)

    async def remember(self, processes: Iterable[ProcessId]) -> None:
        """Read how they were started, so that they can be started again once they have ended."""
        for process in processes:
            await asyncio.to_thread(self.hands.remember, process)

    async def rehearse(
        self, process: ProcessId, log_path: str, *, has_ended: bool = False
    ) -> Rehearsal | Refusal:
        """What starting this process again would find, everything left as it is."""
        prepare = self.hands.prepare_again if has_ended else self.hands.prepare_restart

        try:
            prepared = await asyncio.to_thread(prepare, process, log_path, {})
        except NOT_DONE as error:
            return refusal_of(error, str(process.pid))

        await asyncio.to_thread(prepared.release)

        return prepared.rehearsal

    async def _restart(self, plan: RestartPlan | StartPlan, process: ProcessId) -> Outcome:
        """Open and rehearse first: what cannot be started again is not stopped.

        Raises:
            LeftBehindError: Nobody waits any more; what was begun goes on.
        """
        named: Named = {"consumer_name": plan.consumer, "group": plan.group}
        is_running = isinstance(plan, RestartPlan)
        prepare = self.hands.prepare_restart if is_running else self.hands.prepare_again

        try:
            prepared = await asyncio.to_thread(prepare, process, plan.log_path, named)
        except NOT_DONE as error:
            return self._not_done(plan, error, process)

        carry_out = partial(prepared.carry_out, who=who())

        if isinstance(plan, RestartPlan):
            if plan.rehearsal != NOT_REHEARSED and not plan.rehearsal.holds(prepared.rehearsal):
                await asyncio.to_thread(prepared.release)

                return self._refused(plan, RefusalReason.REHEARSAL_CHANGED, str(process.pid))

            is_halted = plan.target.halted_by is Halt.STOP
            carry_out = partial(
                carry_out, plan.signal, kill_after_s=plan.wait_s, lets_go_on=is_halted
            )

        try:
            restarted = await asyncio.to_thread(carry_out)
        except NOT_DONE as error:
            return self._not_done(plan, error, process)
        except asyncio.CancelledError:
            told = f"The restart of {process.pid} continues without ehtui: see {plan.log_path}."
            raise LeftBehindError(told) from None

        return self._restarted(plan, restarted)

    def _restarted(self, plan: RestartPlan | StartPlan, restarted: Restarted) -> Outcome:
        if restarted.process is None:
            told = restarted.detail or "It was not started."
            failed = self._failed(plan, told)
            is_down = restarted.obstacle is not StartObstacle.LEFT_ALONE  # else nobody knows
            return replace(failed, obstacle=restarted.obstacle, is_down=is_down)

        if restarted.is_by_keeper:
            started = NewProcess(restarted.process, log_path=None, is_by_keeper=True)
            return Outcome(plan, OutcomeState.DONE, self.clock(), started=started)

        return self._ran(plan, restarted.process, restarted)

    def _ran(
        self, plan: RestartPlan | StartPlan, process: ProcessId, ended: Restarted | Launched
    ) -> Outcome:
        """It was started; whether it died at once."""
        started = NewProcess(process, str(ended.log_path))

        if ended.exit_code is None:
            return Outcome(plan, OutcomeState.DONE, self.clock(), started=started)

        return replace(
            self._failed(plan, f"It ended at once with exit code {ended.exit_code}."),
            started=started,
            exit_code=ended.exit_code,
            last_lines=tuple(ended.last_lines),
            is_down=plan.replaces is not None,
        )

    def _not_done(self, plan: Plan, error: Exception, process: ProcessId) -> Outcome:
        refusal = refusal_of(error, str(process.pid))

        return Outcome(plan, OutcomeState.REFUSED, self.clock(), refusal)

    async def _ask(self, plan: SupervisedPlan) -> Outcome:
        """Its supervisor stops and starts it; how long that may take is not ours to say.

        Raises:
            asyncio.CancelledError: On the way; the command goes on, and the supervisor too.
        """
        process, supervisor = plan.target.process, plan.supervisor

        try:
            await asyncio.to_thread(self.hands.check_supervisor, process, supervisor)
        except (*OTHER_TARGET, SupervisorChangedError) as error:
            return self._not_done(plan, error, process)

        try:
            answer = await asyncio.to_thread(self.hands.ask, supervisor, plan.wait_s)
        except asyncio.CancelledError:
            left = f"{supervisor.label} continues with {process.pid}; how that ends is not shown"
            raise asyncio.CancelledError(f"Interrupted: {left}.") from None

        if answer.exit_code is None:
            told = f"No end of {supervisor.name}'s command within {plan.wait_s:g} s; it was ended."
            return replace(self._failed(plan, told), last_lines=answer.last_lines)

        outcome = Outcome(plan, OutcomeState.DONE, self.clock())

        if answer.exit_code:
            told = f"{supervisor.name}'s command ended with exit code {answer.exit_code}."
            outcome = self._failed(plan, told)

        return replace(outcome, exit_code=answer.exit_code, last_lines=answer.last_lines)

    async def _start(self, plan: StartPlan) -> Outcome:
        if plan.again is not None:
            return await self._restart(plan, plan.again)

        launch = await asyncio.to_thread(self.hands.prepare, plan)
        launched = await asyncio.to_thread(self.hands.start, launch)

        # Whoever is interrupted from here on has started it all the same.
        with suppress(asyncio.CancelledError):
            launched = await asyncio.to_thread(self.hands.watch, launched)

        return self._ran(plan, launched.process, launched)

    def _failed(self, plan: Plan, error: str) -> Outcome:
        return Outcome(plan, OutcomeState.FAILED, self.clock(), error=error)

    def _refused(self, plan: Plan, reason: RefusalReason, subject: str) -> Outcome:
        return Outcome(plan, OutcomeState.REFUSED, self.clock(), Refusal(reason, subject))
