"""Starting and restarting consumers, judged beforehand."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ehtui.domain.launch_mark import LAUNCH_VARIABLE
from ehtui.domain.planners.signal import halt_of, plan_signal
from ehtui.domain.plans import (
    Refusal,
    RefusalReason,
    RestartPlan,
    SignalEffect,
    SignalPlan,
    StartPlan,
    SupervisedPlan,
)
from ehtui.domain.restarts import NOT_REHEARSED
from ehtui.domain.text import mask_arguments, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ehtui.domain.planners.host import Host
    from ehtui.domain.process import ProcessId, Supervisor
    from ehtui.domain.restarts import Rehearsal
    from ehtui.domain.snapshot import Snapshot

SUPERVISOR_WAIT_S = 120.0  # systemd gives a service 90 s to stop


def with_group(text: str, group: str) -> str:
    """`{group}` in a command or environment value becomes the consumer group."""
    return text.replace("{group}", group)


def log_name(consumer: str, group: str, at: float) -> str:
    """A file name for a started consumer's output: its name, group and start second."""
    plain = re.sub(r"[^A-Za-z0-9_.]+", "-", f"{consumer}-{group}").strip("-.") or "consumer"

    return f"{plain}-{int(at)}.log"


def plan_restart(
    snapshot: Snapshot,
    process: ProcessId,
    *,
    log_folder: str,
    host: Host,
    read_only: bool,
    at: float,
    signal: str = "TERM",
    kill_after_s: float | None = None,
    rehearsal: Rehearsal | Refusal = NOT_REHEARSED,
) -> RestartPlan | SupervisedPlan | Refusal:
    """Plan a restart of one process: by its supervisor where it has one, who would start it too.

    `rehearsal` is what trying its start found; a supervisor needs none.
    """
    found = next((c.process for c in snapshot.consumers if c.process.id == process), None)
    supervisor = found.supervisor if found is not None else None

    if supervisor is not None and supervisor.obstacle is None:
        return _plan_supervised(
            snapshot, process, supervisor, host=host, read_only=read_only, at=at
        )

    stopping = plan_signal(
        snapshot,
        [process],
        signal,
        host=host,
        read_only=read_only,
        at=at,
        escalate_after_s=kill_after_s,
        lets_go_on=True,
    )

    if isinstance(stopping, Refusal):
        return stopping

    if supervisor is not None:
        pid = str(process.pid)
        return Refusal(RefusalReason.SUPERVISED, pid, supervisor.label, supervisor)

    if stopping.targets[0].effect is SignalEffect.IGNORED:
        return Refusal(RefusalReason.SIGNAL_IGNORED, str(process.pid), stopping.signal)

    if isinstance(rehearsal, Refusal):
        return rehearsal

    return _restart_plan(snapshot, stopping, kill_after_s, rehearsal, log_folder, at)


def _restart_plan(
    snapshot: Snapshot,
    stopping: SignalPlan,
    kill_after_s: float | None,
    rehearsal: Rehearsal,
    log_folder: str,
    at: float,
) -> RestartPlan:
    (target,) = stopping.targets
    running = next(c for c in snapshot.consumers if c.process.id == target.process)
    consumer, group = running.process, running.home or snapshot.policy.default_group
    name = log_name(consumer.consumer_name or consumer.name, group, at)

    return RestartPlan(
        signal=stopping.signal,
        target=replace(target, halted_by=halt_of(running)),
        wait_s=kill_after_s,
        cwd=rehearsal.folder or consumer.cwd,
        log_path=f"{log_folder}/{name}",
        planned_at=at,
        rehearsal=rehearsal,
        consumer=consumer.consumer_name,
        group=running.home,
    )


def _plan_supervised(
    snapshot: Snapshot,
    process: ProcessId,
    supervisor: Supervisor,
    *,
    host: Host,
    read_only: bool,
    at: float,
) -> SupervisedPlan | Refusal:
    """Plan the supervisor's own restart, with everybody whom it restarts along."""
    alike = (
        c.process.id
        for c in snapshot.consumers
        if c.process.supervisor == supervisor and not c.process.has_ended
    )
    stopping = plan_signal(
        snapshot,
        [process, *alike],
        supervisor.stops_with,
        host=replace(host, is_root=True),  # who may restart what is the supervisor's to judge
        read_only=read_only,
        at=at,
        escalate_after_s=SUPERVISOR_WAIT_S,  # every one of them kills who does not stop
    )

    if isinstance(stopping, Refusal):
        return stopping

    target, *others = stopping.targets

    return SupervisedPlan(
        supervisor, stopping.signal, target, tuple(others), SUPERVISOR_WAIT_S, planned_at=at
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


def plan_start(
    consumer: str,
    commands: Mapping[str, tuple[tuple[str, ...], str | None]],
    *,
    group: str,
    log_folder: str,
    read_only: bool,
    at: float,
) -> StartPlan | Refusal:
    """Plan the start of a configured consumer. `commands` maps a name to (command, cwd)."""
    if read_only:
        return Refusal(RefusalReason.READ_ONLY, "start")

    if consumer not in commands:
        return Refusal(RefusalReason.UNKNOWN_CONSUMER, consumer)

    command, cwd = commands[consumer]

    if not command:
        return Refusal(RefusalReason.NO_COMMAND, consumer)

    return StartPlan(
        consumer=consumer,
        command=tuple(
            visible(word) for word in mask_arguments([with_group(part, group) for part in command])
        ),
        cwd=cwd,
        group=group,
        variables=("EVENTHUB_CONSUMER_GROUP", LAUNCH_VARIABLE),
        log_path=f"{log_folder}/{log_name(consumer, group, at)}",
        planned_at=at,
    )
