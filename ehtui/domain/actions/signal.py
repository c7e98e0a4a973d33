"""What a signal would do to consumers, judged before it is sent."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from typing_extensions import override

from ehtui.domain.actions import signalling
from ehtui.domain.actions.base import BasePlan, Halt, OwnedPartition, SignalEffect, SignalTarget
from ehtui.domain.actions.outcomes import Refusal, RefusalReason
from ehtui.domain.actions.plans import RestartPlan, SignalPlan, SupervisedPlan
from ehtui.domain.actions.requests import Request
from ehtui.domain.leases.lease import after_death, after_release
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.actions.requests import Actor, PlanningContext
    from ehtui.domain.leases.lease import Span
    from ehtui.domain.snapshot import ConsumerState, Snapshot
    from ehtui.domain.world.process import ProcessId, ProcessSample

P = TypeVar("P", bound=BasePlan)

_HALTS = {"stopped": Halt.STOP, "tracing-stop": Halt.DEBUGGER}
_ENDING = frozenset({SignalEffect.RELEASES, SignalEffect.DIES})
_REACHES_THE_HALTED = frozenset({signalling.KILL, "CONT"})
_UNHEEDED = frozenset({SignalEffect.IGNORED, SignalEffect.UNKNOWN})


def signal_number(name: str) -> int | None:
    """The number of `TERM`, `SIGTERM` or `15` on this system; None when there is no such."""
    return signalling.here.number(name)


def offered_signals() -> tuple[str, ...]:
    """What this system has, gentlest first."""
    return signalling.here.offered


class SignalRequest(Request, frozen=True):
    """Send a signal, and KILL to whoever is still there after a while."""

    processes: tuple[ProcessId, ...]
    signal: str = "TERM"
    escalate_after_s: float | None = None

    @override
    def plan(self, context: PlanningContext) -> SignalPlan | Refusal:
        return plan_signal(self, context)


def plan_signal(
    request: SignalRequest, context: PlanningContext, *, lets_go_on: bool = False
) -> SignalPlan | Refusal:
    """Plan one signal for pinned processes; one target that must not be touched refuses all.

    With `lets_go_on` a stopped process is sent CONT after it: else it acts on nothing but KILL.
    """
    if context.read_only:
        return Refusal(RefusalReason.READ_ONLY, "signal")

    number = signal_number(request.signal)

    if number is None:
        return Refusal(RefusalReason.UNKNOWN_SIGNAL, request.signal)

    if not request.processes:
        return Refusal(RefusalReason.NOTHING_SELECTED, "consumer")

    sending = _Sending(context.snapshot, context.at, number, request.escalate_after_s, lets_go_on)
    consumers = []

    for process in dict.fromkeys(request.processes):
        consumer = next((c for c in context.snapshot.consumers if c.process.id == process), None)
        refusal = _refusal(consumer, process, context.snapshot, context.actor)

        if refusal is not None or consumer is None:
            return refusal or Refusal(RefusalReason.GONE, str(process.pid))

        consumers.append(consumer)

    return SignalPlan(
        signal=signalling.here.name(number),
        targets=sending.judge_all(consumers),
        planned_at=context.at,
        escalate_to=signalling.KILL if request.escalate_after_s is not None else None,
        escalate_after_s=request.escalate_after_s,
    )


def reforecast(plan: P, snapshot: Snapshot, at: float) -> P:
    """The same plan as of now: owners renew while somebody reads a confirmation."""
    match plan:
        case SignalPlan(targets=before, signal=signal, escalate_after_s=kill_after_s):
            lets_go_on = False
        case RestartPlan(targets=before, signal=signal, wait_s=kill_after_s):
            lets_go_on = True
        case SupervisedPlan(targets=before, signal=signal, wait_s=kill_after_s):
            lets_go_on = False
        case _:
            return plan

    number = signal_number(signal)

    if number is None:
        return plan

    sending = _Sending(snapshot, at, number, kill_after_s, lets_go_on)
    seen = {consumer.process.id: consumer for consumer in snapshot.consumers}
    there = [seen[target.process] for target in before if target.process in seen]
    # Who is restarted comes back, and takes part again.
    anew = sending.judge_all(there) if isinstance(plan, SignalPlan) else map(sending.judge, there)
    judged = {target.process: target for target in anew}

    return plan.judged_anew([judged.get(target.process, target) for target in before], at)


def halt_of(consumer: ConsumerState) -> Halt | None:
    """What keeps it from running now."""
    return _HALTS.get(consumer.process.status)


def _refusal(
    consumer: ConsumerState | None, process: ProcessId, snapshot: Snapshot, actor: Actor
) -> Refusal | None:
    pid = str(process.pid)
    untouchable = _untouchable(consumer, process, actor)

    if untouchable is not None:
        return Refusal(untouchable, pid)

    if consumer is None:
        reused = any(c.process.id.pid == process.pid for c in snapshot.consumers)
        return Refusal(RefusalReason.IDENTITY_CHANGED if reused else RefusalReason.GONE, pid)

    if consumer.process.has_ended:
        return Refusal(RefusalReason.GONE, pid, consumer.process.status)

    if not process.runs_on_in(consumer.process.id):
        return Refusal(RefusalReason.PROGRAM_CHANGED, pid)

    if not (actor.is_root or actor.user in {None, consumer.process.user}):
        return Refusal(RefusalReason.FOREIGN_USER, pid, consumer.process.user or "")

    return None


def _untouchable(
    consumer: ConsumerState | None, process: ProcessId, actor: Actor
) -> RefusalReason | None:
    if process.pid == 1:
        return RefusalReason.INIT

    if consumer is not None and consumer.process.is_kernel_thread:
        return RefusalReason.KERNEL_THREAD

    if process.pid == actor.own_pid or process.pid in actor.ancestors:
        return RefusalReason.SELF_OR_ANCESTOR

    return None


class _Sending(Value, frozen=True):
    """One signal at one moment; who does not heed it is killed after a while, where that is set."""

    snapshot: Snapshot
    at: float
    number: int
    kill_after_s: float | None
    lets_go_on: bool

    def judge_all(self, consumers: Sequence[ConsumerState]) -> tuple[SignalTarget, ...]:
        """What it does to each: who ends along with another is no survivor for it."""
        ending = frozenset(
            consumer.process.id
            for consumer in consumers
            if self._effect(consumer, self._halted_by(consumer))[0] in _ENDING
        )

        return tuple(self.judge(consumer, ending) for consumer in consumers)

    def judge(
        self, consumer: ConsumerState, leaving: frozenset[ProcessId] = frozenset()
    ) -> SignalTarget:
        """What it does to one consumer, and what that one loses; `leaving` end along with it."""
        halted_by = self._halted_by(consumer)
        effect, ends = self._effect(consumer, halted_by)
        # What may release may not: only a seen handler counts.
        forecast = (
            partial(after_release, self.snapshot, at=ends[0], leaving=leaving)
            if effect is SignalEffect.RELEASES
            else partial(after_death, self.snapshot, dies=ends, leaving=leaving)
        )
        owns = tuple(
            OwnedPartition(group.name, id_, forecast(group.name, id_))
            for name, id_ in consumer.owns
            if (group := self.snapshot.group(name)) is not None
            and any(partition.id == id_ for partition in group.partitions)
        )

        return SignalTarget(
            process=consumer.process.id,
            command=consumer.process.command,
            owner=consumer.link.owner if consumer.link else None,
            owns=owns,
            effect=effect,
            halted_by=halted_by,
        )

    def _halted_by(self, consumer: ConsumerState) -> Halt | None:
        halt = halt_of(consumer)

        return None if self.lets_go_on and halt is Halt.STOP else halt

    def _effect(self, consumer: ConsumerState, halted_by: Halt | None) -> tuple[SignalEffect, Span]:
        """What it does, and between which moments its leases were renewed last."""
        effect = signal_effect(consumer.process, self.number)

        if halted_by is not None and signalling.here.name(self.number) not in _REACHES_THE_HALTED:
            effect = SignalEffect.UNKNOWN  # it waits with the process

        now = self.at + (self.snapshot.clock_offset_s or 0.0)

        if self.kill_after_s is None or effect not in _UNHEEDED:
            return effect, (now, now)

        # Who does not heed the first signal is killed: that is what the plan has to tell.
        killed_at = now + self.kill_after_s  # and renews until then

        return SignalEffect.DIES, (killed_at if effect is SignalEffect.IGNORED else now, killed_at)


def signal_effect(process: ProcessSample, number: int) -> SignalEffect:
    """What evidence (SigCgt, SigIgn) says that a signal does; KILL is never caught."""
    name = signalling.here.name(number)

    if name == signalling.KILL:
        return SignalEffect.DIES

    if name in signalling.HARMLESS:
        return SignalEffect.IGNORED

    if process.caught_signals is None or process.ignored_signals is None:
        return SignalEffect.UNKNOWN

    if number in process.ignored_signals:
        return SignalEffect.IGNORED

    if name == "STOP":
        return SignalEffect.UNKNOWN  # frozen: keeps the lease until it lapses, then may come back

    return SignalEffect.RELEASES if number in process.caught_signals else SignalEffect.DIES
