"""Runs a plan: re-checks identity at the moment of acting, honours read-only, audits."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from ehtui.actions.signals import IdentityChangedError, ProcessGoneError
from ehtui.domain.plans import (
    Outcome,
    OutcomeState,
    Plan,
    Refusal,
    RefusalReason,
    SendPlan,
    SendTarget,
    SignalPlan,
)
from ehtui.domain.problems import ProblemError
from ehtui.domain.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ehtui.actions.audit import AuditLog
    from ehtui.domain.process import ProcessId

Details = tuple[tuple[str, str], ...]


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


class Signaller(Protocol):
    """Signals a process of this host, if it is still the one that was meant."""

    def __call__(self, process: ProcessId, signal: str) -> None:
        """Raise ProcessGoneError, IdentityChangedError or PermissionError instead of guessing."""


class Executor:
    """The one place that acts. Read-only and dry-run are decided here; a UI only shows them."""

    def __init__(
        self,
        *,
        sender: EventSender,
        signaller: Signaller,
        audit: AuditLog,
        clock: Callable[[], float],
        read_only: bool = False,
        dry_run: bool = False,
    ) -> None:
        self._sender = sender
        self._signaller = signaller
        self._audit = audit
        self._clock = clock
        self.read_only = read_only
        self.dry_run = dry_run

    async def run(self, plan: Plan) -> Outcome:
        """Do what the plan says, or say why not. Never raises for a failure of the world."""
        if self.read_only:
            refusal = Refusal(RefusalReason.READ_ONLY, plan.kind)
            return Outcome(plan, OutcomeState.REFUSED, self._clock(), refusal)

        if self.dry_run:
            return Outcome(plan, OutcomeState.DRY_RUN, self._clock())

        noted = await asyncio.to_thread(self._audit.intent, plan, self._clock())
        outcome = await self._do(plan)

        if noted is None:
            noted = await asyncio.to_thread(self._audit.outcome, outcome)

        return outcome if noted is None else _with_detail(outcome, "audit", noted)

    async def _do(self, plan: Plan) -> Outcome:
        if isinstance(plan, SendPlan):
            return await self._send(plan)

        return await self._signal(plan)

    async def _send(self, plan: SendPlan) -> Outcome:
        try:
            await self._sender.send(
                body=plan.body.encode(),
                partition=plan.partition if plan.target is SendTarget.PARTITION else None,
                key=plan.key if plan.target is SendTarget.KEY else None,
                properties=dict(plan.properties),
                count=plan.count,
            )
        except ProblemError as error:
            return Outcome(plan, OutcomeState.FAILED, self._clock(), error=error.problem.summary)

        return Outcome(plan, OutcomeState.DONE, self._clock())

    async def _signal(self, plan: SignalPlan) -> Outcome:
        """Signal each target; one that changed or vanished is told apart from one that failed."""
        results: list[tuple[str, str]] = []
        refusals: list[Refusal] = []
        errors: list[str] = []

        for target in plan.targets:
            pid = str(target.process.pid)

            try:
                await asyncio.to_thread(self._signaller, target.process, plan.signal)
            except ProcessGoneError:
                refusals.append(Refusal(RefusalReason.GONE, pid))
            except IdentityChangedError:
                refusals.append(Refusal(RefusalReason.IDENTITY_CHANGED, pid))
            except PermissionError:
                refusals.append(Refusal(RefusalReason.FOREIGN_USER, pid))
            except OSError as error:
                errors.append(safe(f"{pid}: {error.strerror or error}"))
            else:
                results.append((pid, "sent"))

        return self._signal_outcome(plan, tuple(results), refusals, errors)

    def _signal_outcome(
        self, plan: SignalPlan, results: Details, refusals: list[Refusal], errors: list[str]
    ) -> Outcome:
        state = OutcomeState.DONE

        if errors:
            state = OutcomeState.FAILED
        elif refusals:
            state = OutcomeState.REFUSED

        refused = tuple((r.subject, r.reason.value) for r in refusals)

        return Outcome(
            plan,
            state,
            self._clock(),
            refusal=refusals[0] if refusals else None,
            error="; ".join(errors) or None,
            details=results + refused,
        )


def _with_detail(outcome: Outcome, key: str, value: str) -> Outcome:
    return Outcome(
        outcome.plan,
        outcome.state,
        outcome.at,
        outcome.refusal,
        outcome.error,
        (*outcome.details, (key, value)),
    )
