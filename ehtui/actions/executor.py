"""Runs a plan: re-checks identity at the moment of acting, honours read-only, audits."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ehtui.actions.signals import (
    IdentityChangedError,
    ProcessGoneError,
    ProgramChangedError,
)
from ehtui.actions.supervisors import SupervisorChangedError
from ehtui.domain.plans import (
    Outcome,
    OutcomeState,
    Plan,
    Refusal,
    RefusalReason,
    RestartPlan,
    SendPlan,
    SignalPlan,
    StartPlan,
    SupervisedPlan,
)
from ehtui.domain.problems import ProblemError
from ehtui.domain.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.actions.audit import AuditLog
    from ehtui.actions.hands import EventSender, ProcessHands
    from ehtui.actions.launch import Launch, Launched
    from ehtui.domain.process import ProcessId

Details = tuple[tuple[str, str], ...]
_OTHER_TARGET = (ProcessGoneError, IdentityChangedError, ProgramChangedError, PermissionError)


class Executor:
    """The one place that acts. Read-only and dry-run are decided here; a UI only shows them."""

    def __init__(
        self,
        *,
        sender: EventSender,
        hands: ProcessHands,
        audit: AuditLog,
        clock: Callable[[], float],
        read_only: bool = False,
        dry_run: bool = False,
    ) -> None:
        self._sender = sender
        self._hands = hands
        self._audit = audit
        self._clock = clock
        self.read_only = read_only
        self.dry_run = dry_run

    async def run(self, plan: Plan) -> Outcome:
        """Do what the plan says, or say why not. Never raises for a failure of the world."""
        if self.read_only:
            return self._refused(plan, RefusalReason.READ_ONLY, plan.kind)

        if self.dry_run:
            return Outcome(plan, OutcomeState.DRY_RUN, self._clock())

        fault = await asyncio.to_thread(self._audit.intent, plan, self._clock())

        if fault is not None:  # what nobody could trace afterwards is not done
            refusal = Refusal(RefusalReason.NOT_AUDITED, plan.kind, safe(fault))
            return Outcome(plan, OutcomeState.REFUSED, self._clock(), refusal)

        try:
            outcome = await self._do(plan)
        except asyncio.CancelledError as error:
            # What was begun is not undone.
            self._audit.outcome(self._failed(plan, str(error) or "Interrupted on the way."))
            raise

        fault = await asyncio.to_thread(self._audit.outcome, outcome)

        if fault is None:
            return outcome

        told = f"Its end is not in the audit log: {fault}."

        return replace(outcome, details=(*outcome.details, ("audit", told)))

    async def close(self) -> None:
        """Let go of what sending opened; on the loop that sent."""
        await self._sender.close()

    async def _do(self, plan: Plan) -> Outcome:
        try:
            return await self._act(plan)
        except OSError as error:  # a program, folder or log file that cannot be opened
            return self._failed(plan, safe(str(error)))
        except Exception as error:  # a fault of ours: what was begun must be told all the same
            return self._failed(plan, safe(f"{type(error).__name__}: {error}"))

    async def _act(self, plan: Plan) -> Outcome:
        match plan:
            case SendPlan():
                return await self._send(plan)
            case SignalPlan():
                return await self._signal(plan)
            case RestartPlan():
                return await self._restart(plan)
            case SupervisedPlan():
                return await self._ask(plan)
            case StartPlan():
                return await self._start(plan)

    async def _send(self, plan: SendPlan) -> Outcome:
        try:
            await self._sender.send(
                body=plan.body.encode(),
                partition=plan.partition,
                key=plan.key,
                properties=dict(plan.properties),
                count=plan.count,
            )
        except ProblemError as error:
            return self._failed(plan, error.problem.summary)

        return Outcome(plan, OutcomeState.DONE, self._clock())

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
            raise asyncio.CancelledError(_unsent(plan)) from None

        refusals = [result for result in results if isinstance(result, Refusal)]
        details = tuple(
            (r.subject, r.reason.value) if isinstance(r, Refusal) else r for r in results
        )
        failed = [f"{pid}: {what}" for pid, what in details if what.startswith("failed")]

        if failed:
            return replace(self._failed(plan, "; ".join(failed)), details=details)

        state = OutcomeState.REFUSED if refusals else OutcomeState.DONE

        return Outcome(
            plan, state, self._clock(), refusals[0] if refusals else None, details=details
        )

    async def _signal_one(self, plan: SignalPlan, process: ProcessId) -> tuple[str, str] | Refusal:
        pid = str(process.pid)

        try:
            await asyncio.to_thread(self._hands.signal, process, plan.signal)

            if plan.escalate_to is None or plan.escalate_after_s is None:
                return pid, "sent"

            if await asyncio.to_thread(self._hands.wait_for_exit, process, plan.escalate_after_s):
                return pid, f"ended after {plan.signal}"

            with suppress(ProcessGoneError):  # it went in the last moment
                await asyncio.to_thread(self._hands.signal, process, plan.escalate_to)
                return pid, f"{plan.escalate_to} after {plan.escalate_after_s:g} s"
        except _OTHER_TARGET as error:
            return Refusal(_reason(error), pid)
        except OSError as error:
            return pid, safe(f"failed: {error.strerror or error}")

        return pid, f"ended after {plan.signal}"

    async def _restart(self, plan: RestartPlan) -> Outcome:
        """Capture first: what cannot be started again is not stopped.

        Raises:
            asyncio.CancelledError: On the way; it says what the process was left as.
        """
        process = plan.target.process
        left = "nothing was done"

        try:
            try:
                launch = await asyncio.to_thread(self._hands.capture, process, Path(plan.log_path))
                left = f"{process.pid} was sent SIG{plan.signal} and is not started again"
                await asyncio.to_thread(self._hands.signal, process, plan.signal)
            except _OTHER_TARGET as error:
                return self._refused(plan, _reason(error), str(process.pid))

            if not await asyncio.to_thread(self._hands.wait_for_exit, process, plan.wait_s):
                return self._failed(
                    plan,
                    f"{process.pid} is still running {plan.wait_s:g} s after {plan.signal}; "
                    "nothing was started.",
                )

            left = f"{process.pid} has ended and is being started again: see {plan.log_path}"

            return await self._launch(plan, launch)
        except asyncio.CancelledError:
            raise asyncio.CancelledError(f"Interrupted: {left}.") from None

    async def _ask(self, plan: SupervisedPlan) -> Outcome:
        """Its supervisor stops and starts it; how long that may take is not ours to say.

        Raises:
            asyncio.CancelledError: On the way; the command goes on, and the supervisor too.
        """
        process, supervisor = plan.target.process, plan.supervisor

        try:
            await asyncio.to_thread(self._hands.check_supervisor, process, supervisor)
        except (*_OTHER_TARGET, SupervisorChangedError) as error:
            return self._refused(plan, _reason(error), str(process.pid))

        try:
            answer = await asyncio.to_thread(self._hands.ask, supervisor, plan.wait_s)
        except asyncio.CancelledError:
            left = f"{supervisor.label} goes on with {process.pid}, and nobody looks how that ends"
            raise asyncio.CancelledError(f"Interrupted: {left}.") from None

        lines: Details = tuple(("line", line) for line in answer.last_lines)

        if answer.exit_code is None:
            told = f"No end of {supervisor.name}'s command within {plan.wait_s:g} s; it was ended."
            return replace(self._failed(plan, told), details=lines)

        details = (("exit_code", str(answer.exit_code)), *lines)

        if answer.exit_code:
            told = f"{supervisor.name}'s command ended with exit code {answer.exit_code}."
            return replace(self._failed(plan, told), details=details)

        return Outcome(plan, OutcomeState.DONE, self._clock(), details=details)

    async def _start(self, plan: StartPlan) -> Outcome:
        launch = await asyncio.to_thread(self._hands.prepare, plan)

        return await self._launch(plan, launch)

    async def _launch(self, plan: Plan, launch: Launch) -> Outcome:
        launched = await asyncio.to_thread(self._hands.start, launch)

        # Whoever is interrupted from here on has started it all the same.
        with suppress(asyncio.CancelledError):
            launched = await asyncio.to_thread(self._hands.watch, launched)

        return self._launched(plan, launched)

    def _launched(self, plan: Plan, launched: Launched) -> Outcome:
        details: Details = (
            ("pid", str(launched.process.pid)),
            ("log", str(launched.log_path)),
        )

        if launched.exit_code is None:
            return Outcome(plan, OutcomeState.DONE, self._clock(), details=details)

        lines = tuple(("line", line) for line in launched.last_lines)
        told = f"It ended at once with exit code {launched.exit_code}."

        return replace(
            self._failed(plan, told),
            details=(*details, ("exit_code", str(launched.exit_code)), *lines),
        )

    def _failed(self, plan: Plan, error: str) -> Outcome:
        return Outcome(plan, OutcomeState.FAILED, self._clock(), error=error)

    def _refused(self, plan: Plan, reason: RefusalReason, subject: str) -> Outcome:
        return Outcome(plan, OutcomeState.REFUSED, self._clock(), Refusal(reason, subject))


def _unsent(plan: SignalPlan) -> str:
    if plan.escalate_to is None:
        return ""

    return (
        f"Interrupted: SIG{plan.signal} was sent; who is still there gets no SIG{plan.escalate_to}."
    )


def _reason(error: Exception) -> RefusalReason:
    if isinstance(error, ProcessGoneError):
        return RefusalReason.GONE

    if isinstance(error, IdentityChangedError):
        return RefusalReason.IDENTITY_CHANGED

    if isinstance(error, ProgramChangedError):
        return RefusalReason.PROGRAM_CHANGED

    if isinstance(error, SupervisorChangedError):
        return RefusalReason.SUPERVISOR_CHANGED

    return RefusalReason.FOREIGN_USER
