"""Starting and restarting consumers, also such that have ended, judged beforehand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import field
from msgspec.structs import replace
from typing_extensions import override

from ehtui.domain.actions.base import SignalEffect
from ehtui.domain.actions.outcomes import Refusal, RefusalReason
from ehtui.domain.actions.plans import (
    EnvironmentOf,
    RestartPlan,
    RollingPlan,
    SignalPlan,
    StartPlan,
    SupervisedPlan,
)
from ehtui.domain.actions.requests import Request
from ehtui.domain.actions.signal import SignalRequest, halt_of, plan_signal
from ehtui.domain.text import mask_arguments, visible
from ehtui.domain.world.process import LAUNCH_VARIABLE, ProcessId, RecognisedBy
from ehtui.domain.world.restarts import NOT_REHEARSED, Ended, Rehearsal, RestartRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.actions.requests import PlanningContext
    from ehtui.domain.snapshot import ConsumerState, Snapshot
    from ehtui.domain.world.process import ProcessSample, Supervisor

SUPERVISOR_WAIT_S = 120.0  # systemd gives a service 90 s to stop
ROLLING_WITHIN_S = 300.0  # a lease that nobody released takes up to three minutes

AnyRestart = RestartPlan | SupervisedPlan | RollingPlan


def with_group(text: str, group: str) -> str:
    """`{group}` in a command or environment value becomes the consumer group."""
    return text.replace("{group}", group)


def log_name(consumer: str, group: str, at: float) -> str:
    """A file name for a started consumer's output: its name, group and start second."""
    plain = re.sub(r"[^A-Za-z0-9_.]+", "-", f"{consumer}-{group}").strip("-.") or "consumer"

    return f"{plain}-{int(at)}.log"


class RestartRequest(Request, frozen=True):
    """Stop processes and start them again as they were; several one after the other."""

    processes: tuple[ProcessId, ...]
    signal: str = "TERM"
    kill_after_s: float | None = None
    # What trying their start found, or why they cannot be started; a supervisor needs none.
    rehearsals: Mapping[ProcessId, Rehearsal | Refusal] = field(default_factory=dict)

    @override
    def plan(self, context: PlanningContext) -> AnyRestart | Refusal:
        if not self.processes:
            return Refusal(RefusalReason.NOTHING_SELECTED, "consumer")

        plans = []

        for process in self.processes:
            plan = _plan_one(self, process, context)

            if isinstance(plan, Refusal) or len(self.processes) == 1:
                return plan

            plans.append(plan)

        return RollingPlan(each_once(plans), ROLLING_WITHIN_S, context.at)


def _plan_one(
    request: RestartRequest, process: ProcessId, context: PlanningContext
) -> RestartPlan | SupervisedPlan | Refusal:
    """By its supervisor where it has one, who would start it too."""
    consumers = context.snapshot.consumers
    found = next((c.process for c in consumers if c.process.id == process), None)
    supervisor = found.supervisor if found is not None else None

    if supervisor is not None and supervisor.obstacle is None:
        return _plan_supervised(process, supervisor, context)

    asked = SignalRequest((process,), request.signal, request.kill_after_s)
    stopping = plan_signal(asked, context, lets_go_on=True)

    if isinstance(stopping, Refusal):
        return stopping

    if supervisor is not None:
        pid = str(process.pid)
        return Refusal(RefusalReason.SUPERVISED, pid, supervisor.label, supervisor)

    if stopping.targets[0].effect is SignalEffect.IGNORED:
        return Refusal(RefusalReason.SIGNAL_IGNORED, str(process.pid), stopping.signal)

    rehearsal = request.rehearsals.get(process, NOT_REHEARSED)

    if isinstance(rehearsal, Refusal):
        return rehearsal

    return _restart_plan(stopping, rehearsal, context)


def _restart_plan(
    stopping: SignalPlan, rehearsal: Rehearsal, context: PlanningContext
) -> RestartPlan:
    (target,) = stopping.targets
    running = next(c for c in context.snapshot.consumers if c.process.id == target.process)
    consumer = running.process
    group = running.home or context.snapshot.policy.default_group
    name = log_name(consumer.consumer_name or consumer.name, group, context.at)

    return RestartPlan(
        signal=stopping.signal,
        target=replace(target, halted_by=halt_of(running)),
        wait_s=stopping.escalate_after_s,
        cwd=rehearsal.folder or consumer.cwd,
        log_path=f"{context.log_folder}/{name}",
        planned_at=context.at,
        rehearsal=rehearsal,
        consumer=consumer.consumer_name,
        group=running.home,
    )


def _plan_supervised(
    process: ProcessId, supervisor: Supervisor, context: PlanningContext
) -> SupervisedPlan | Refusal:
    """Plan the supervisor's own restart, with everybody whom it restarts along."""
    alike = (
        c.process.id
        for c in context.snapshot.consumers
        if c.process.supervisor == supervisor and not c.process.has_ended
    )
    # Every supervisor kills who does not stop; who may restart what is theirs to judge.
    asked = SignalRequest((process, *alike), supervisor.stops_with, SUPERVISOR_WAIT_S)
    stopping = plan_signal(asked, replace(context, actor=replace(context.actor, is_root=True)))

    if isinstance(stopping, Refusal):
        return stopping

    target, *others = stopping.targets

    return SupervisedPlan(
        supervisor=supervisor,
        signal=stopping.signal,
        target=target,
        others=tuple(others),
        wait_s=SUPERVISOR_WAIT_S,
        planned_at=context.at,
    )


def each_once(
    plans: Sequence[RestartPlan | SupervisedPlan],
) -> tuple[RestartPlan | SupervisedPlan, ...]:
    """Without those that a supervisor restarts along with an earlier one."""
    done: set[ProcessId] = set()
    kept = []

    for plan in plans:
        if plan.target.process not in done:
            kept.append(plan)
            done |= {target.process for target in plan.targets}

    return tuple(kept)


class StartRequest(Request, frozen=True):
    """Start a consumer of the configuration in a group."""

    consumer: str
    group: str

    @override
    def plan(self, context: PlanningContext) -> StartPlan | Refusal:
        consumer, group = self.consumer, self.group

        if context.read_only:
            return Refusal(RefusalReason.READ_ONLY, "start")

        if consumer not in context.commands:
            return Refusal(RefusalReason.UNKNOWN_CONSUMER, consumer)

        command, cwd = context.commands[consumer]

        if not command:
            return Refusal(RefusalReason.NO_COMMAND, consumer)

        return StartPlan(
            consumer=consumer,
            command=tuple(
                visible(word)
                for word in mask_arguments([with_group(part, group) for part in command])
            ),
            cwd=cwd,
            group=group,
            variables=("EVENTHUB_CONSUMER_GROUP", LAUNCH_VARIABLE),
            log_path=f"{context.log_folder}/{log_name(consumer, group, context.at)}",
            planned_at=context.at,
        )


MOST = 32  # the longest ended go first
SLACK_S = 2.0  # of a scan: who came in the same moment may be the one that came after it


Seen = Mapping[ProcessId, Ended]


def seen_with(seen: Seen, snapshot: Snapshot) -> Seen:
    """Whom pictures have shown so far, this one included: bounded, newest last."""
    running = {
        c.process.id: c for c in snapshot.consumers if not c.process.has_ended and is_of_interest(c)
    }
    known = dict(seen)

    for id_, consumer in running.items():
        process = consumer.process
        name = process.consumer_name or process.name or "consumer"
        known[id_] = Ended(id_, process.command, process.cwd, consumer.home, name)

    for id_, each in seen.items():
        if id_ not in running and each.ended_at is None:
            known[id_] = replace(each, ended_at=snapshot.taken_at)

    over = sorted((each.ended_at, id_) for id_, each in known.items() if each.ended_at is not None)

    for _, id_ in over[: max(0, len(over) - MOST)]:
        del known[id_]

    return known


def is_of_interest(consumer: ConsumerState) -> bool:
    """Whether it is a consumer for sure: who only was connected may be anything."""
    is_named = consumer.process.recognised_by is not RecognisedBy.CONNECTION

    return is_named or bool(consumer.owners)


def ended_consumers(seen: Seen, snapshot: Snapshot) -> tuple[Ended, ...]:
    """Those that can be started again, the last to end first: nobody runs in their place."""
    running = [c.process for c in snapshot.consumers if not c.process.has_ended]
    of_records = {
        r.process: _of_record(r)
        for r in snapshot.restarts
        if r.is_down and all(r.process != process.id for process in running)
    }
    ended = {id_: each for id_, each in seen.items() if each.ended_at is not None}
    merged = [replace(of_records.get(id_, each), group=each.group) for id_, each in ended.items()]
    merged += [each for id_, each in of_records.items() if id_ not in ended]
    left = [each for each in merged if not _runs_again(each, running)]

    return tuple(sorted(left, key=lambda each: -(each.ended_at or 0.0)))


def _of_record(record: RestartRecord) -> Ended:
    return Ended(
        process=record.process,
        command=" ".join(record.command),
        folder=record.folder,
        group=record.group,
        consumer=record.consumer_name or record.command[0].rpartition("/")[2],
        ended_at=record.at,
        record=record,
    )


def _runs_again(each: Ended, running: list[ProcessSample]) -> bool:
    if each.record is not None:
        return any(map(each.record.runs_again, running))

    since = (each.ended_at or 0.0) - SLACK_S
    return any(
        (p.command, p.cwd) == (each.command, each.folder) and p.id.started_at >= since
        for p in running
    )


class StartAgainRequest(Request, frozen=True):
    """Start one that has ended as it was started before."""

    ended: Ended
    rehearsal: Rehearsal | Refusal = NOT_REHEARSED
    is_remembered: bool = False  # with its own environment, which was read while it ran

    @override
    def plan(self, context: PlanningContext) -> StartPlan | Refusal:
        if context.read_only:
            return Refusal(RefusalReason.READ_ONLY, "start")

        ended, rehearsal, is_remembered = self.ended, self.rehearsal, self.is_remembered

        if isinstance(rehearsal, Refusal):
            return rehearsal

        record = ended.record
        had = (
            frozenset(record.variables) if record is not None and not is_remembered else frozenset()
        )
        group = ended.group or context.snapshot.policy.default_group

        return StartPlan(
            consumer=ended.consumer,
            command=rehearsal.command,
            cwd=rehearsal.folder,
            group=group,
            variables=(),
            log_path=f"{context.log_folder}/{log_name(ended.consumer, group, context.at)}",
            planned_at=context.at,
            again=ended.process,
            environment=EnvironmentOf.ITSELF if is_remembered else EnvironmentOf.EHTUI,
            missing=tuple(sorted(had - context.variables)),
            rehearsal=rehearsal,
            is_recorded=record is not None,
        )
