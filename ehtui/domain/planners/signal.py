"""What a signal would do to consumers, judged before it is sent."""

from __future__ import annotations

import signal as signals
from typing import TYPE_CHECKING, TypeVar

from ehtui.domain.consequences import after_death, after_release
from ehtui.domain.plans import (
    BasePlan,
    Halt,
    OwnedPartition,
    Refusal,
    RefusalReason,
    RestartPlan,
    SignalEffect,
    SignalPlan,
    SignalTarget,
    SupervisedPlan,
    TakeoverWindow,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.planners.host import Host
    from ehtui.domain.process import ProcessId, ProcessSample
    from ehtui.domain.snapshot import ConsumerState, Snapshot
    from ehtui.domain.takeover import Span

P = TypeVar("P", bound=BasePlan)

_HALTS = {"stopped": Halt.STOP, "tracing-stop": Halt.DEBUGGER}
OFFERED_SIGNALS = ("TERM", "INT", "KILL", "HUP", "USR1", "USR2", "STOP", "CONT", "QUIT")
HARMLESS_SIGNALS = frozenset({"CONT"})


def signal_number(name: str) -> int | None:
    """The number of `TERM`, `SIGTERM` or `15` on this platform; None when there is no such."""
    if name.isdecimal():
        return int(name) if int(name) in {int(s) for s in signals.Signals} else None

    full = name.upper() if name.upper().startswith("SIG") else f"SIG{name.upper()}"

    return int(signals.Signals[full]) if full in signals.Signals.__members__ else None


def signal_name(number: int) -> str:
    """`TERM` for 15."""
    return signals.Signals(number).name.removeprefix("SIG")


def plan_signal(
    snapshot: Snapshot,
    processes: Sequence[ProcessId],
    signal: str,
    *,
    host: Host,
    read_only: bool,
    at: float,
    escalate_after_s: float | None = None,
    lets_go_on: bool = False,
) -> SignalPlan | Refusal:
    """Plan one signal for pinned processes; one target that must not be touched refuses all.

    With `lets_go_on` a stopped process is sent CONT after it: else it acts on nothing but KILL.
    """
    if read_only:
        return Refusal(RefusalReason.READ_ONLY, "signal")

    number = signal_number(signal)

    if number is None:
        return Refusal(RefusalReason.UNKNOWN_SIGNAL, signal)

    if not processes:
        return Refusal(RefusalReason.NOTHING_SELECTED, "consumer")

    targets = []

    for process in dict.fromkeys(processes):
        consumer = next((c for c in snapshot.consumers if c.process.id == process), None)
        refusal = _refusal(consumer, process, snapshot, host)

        if refusal is not None or consumer is None:
            return refusal or Refusal(RefusalReason.GONE, str(process.pid))

        halted_by = _halted(consumer, lets_go_on=lets_go_on)
        targets.append(_target(snapshot, consumer, number, at, escalate_after_s, halted_by))

    escalate_to = "KILL" if escalate_after_s is not None else None

    return SignalPlan(signal_name(number), tuple(targets), at, escalate_to, escalate_after_s)


def reforecast(plan: P, snapshot: Snapshot, at: float) -> P:
    """The same plan as of now: owners renew while somebody reads a confirmation."""
    targets = _targets_now(plan, snapshot, at)

    return plan.judged_anew(targets, at) if targets else plan


def _targets_now(plan: BasePlan, snapshot: Snapshot, at: float) -> list[SignalTarget]:
    match plan:
        case SignalPlan():
            return _judged_anew(plan, plan.signal, plan.escalate_after_s, snapshot, at)
        case RestartPlan():
            return _judged_anew(plan, plan.signal, plan.wait_s, snapshot, at, lets_go_on=True)
        case SupervisedPlan():
            return _judged_anew(plan, plan.signal, plan.wait_s, snapshot, at)
        case _:
            return []


def _judged_anew(
    plan: SignalPlan | RestartPlan | SupervisedPlan,
    signal: str,
    escalate_after_s: float | None,
    snapshot: Snapshot,
    at: float,
    *,
    lets_go_on: bool = False,
) -> list[SignalTarget]:
    number = signal_number(signal)
    seen = {consumer.process.id: consumer for consumer in snapshot.consumers}
    targets = []

    for target in plan.targets:
        consumer = seen.get(target.process)

        if number is None or consumer is None:
            targets.append(target)
            continue

        halted_by = _halted(consumer, lets_go_on=lets_go_on)
        targets.append(_target(snapshot, consumer, number, at, escalate_after_s, halted_by))

    return targets


def halt_of(consumer: ConsumerState) -> Halt | None:
    """What keeps it from running now."""
    return _HALTS.get(consumer.process.status)


def _halted(consumer: ConsumerState, *, lets_go_on: bool) -> Halt | None:
    """What keeps it from acting on a signal."""
    halt = halt_of(consumer)

    return None if lets_go_on and halt is Halt.STOP else halt


def _refusal(
    consumer: ConsumerState | None, process: ProcessId, snapshot: Snapshot, host: Host
) -> Refusal | None:
    pid = str(process.pid)
    untouchable = _untouchable(consumer, process, host)

    if untouchable is not None:
        return Refusal(untouchable, pid)

    if consumer is None:
        reused = any(c.process.id.pid == process.pid for c in snapshot.consumers)
        return Refusal(RefusalReason.IDENTITY_CHANGED if reused else RefusalReason.GONE, pid)

    if consumer.process.has_ended:
        return Refusal(RefusalReason.GONE, pid, consumer.process.status)

    if not process.runs_on_in(consumer.process.id):
        return Refusal(RefusalReason.PROGRAM_CHANGED, pid)

    if not (host.is_root or host.user in {None, consumer.process.user}):
        return Refusal(RefusalReason.FOREIGN_USER, pid, consumer.process.user or "")

    return None


def _untouchable(
    consumer: ConsumerState | None, process: ProcessId, host: Host
) -> RefusalReason | None:
    if process.pid == 1:
        return RefusalReason.INIT

    if consumer is not None and consumer.process.is_kernel_thread:
        return RefusalReason.KERNEL_THREAD

    if process.pid == host.own_pid or process.pid in host.ancestors:
        return RefusalReason.SELF_OR_ANCESTOR

    return None


def _target(
    snapshot: Snapshot,
    consumer: ConsumerState,
    number: int,
    at: float,
    escalate_after_s: float | None,
    halted_by: Halt | None,
) -> SignalTarget:
    effect = signal_effect(consumer.process, number)

    if halted_by is not None and number not in {signals.SIGKILL, signals.SIGCONT}:
        effect = SignalEffect.UNKNOWN  # it waits with the process

    now = at + (snapshot.clock_offset_s or 0.0)
    ends = (now, now)

    # Who does not heed the first signal is killed: that is what the plan has to tell.
    if escalate_after_s is not None and effect in {SignalEffect.IGNORED, SignalEffect.UNKNOWN}:
        killed_at = now + escalate_after_s  # and renews until then
        ends = (killed_at if effect is SignalEffect.IGNORED else now, killed_at)
        effect = SignalEffect.DIES

    owner = consumer.link.owner if consumer.link else None
    owns = tuple(
        OwnedPartition(
            group.name, partition.id, _takeover(snapshot, group.name, partition.id, effect, ends)
        )
        for name, partition_id in consumer.owns
        if (group := snapshot.group(name)) is not None
        for partition in group.partitions
        if partition.id == partition_id
    )

    return SignalTarget(
        consumer.process.id, consumer.process.command, owner, owns, effect, halted_by
    )


def signal_effect(process: ProcessSample, number: int) -> SignalEffect:
    """What evidence (SigCgt, SigIgn) says that a signal does; KILL is never caught."""
    if number == signals.SIGKILL:
        return SignalEffect.DIES

    if signal_name(number) in HARMLESS_SIGNALS:
        return SignalEffect.IGNORED

    if process.caught_signals is None or process.ignored_signals is None:
        return SignalEffect.UNKNOWN

    if number in process.ignored_signals:
        return SignalEffect.IGNORED

    if number == signals.SIGSTOP:
        return SignalEffect.UNKNOWN  # frozen: keeps the lease until it lapses, then may come back

    return SignalEffect.RELEASES if number in process.caught_signals else SignalEffect.DIES


def _takeover(
    snapshot: Snapshot, group: str, partition: str, effect: SignalEffect, ends: Span
) -> TakeoverWindow:
    """When somebody else can have it. What may release may not: only a seen handler counts."""
    if effect is SignalEffect.RELEASES:
        return after_release(snapshot, group, partition, ends[0])

    return after_death(snapshot, group, partition, ends)
