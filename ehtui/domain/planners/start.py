"""Starting and restarting consumers, judged beforehand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ehtui.domain.planners.signal import plan_signal
from ehtui.domain.plans import Refusal, RefusalReason, RestartPlan, SignalPlan, StartPlan
from ehtui.domain.text import mask_arguments, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.planners.host import Host
    from ehtui.domain.process import ProcessId
    from ehtui.domain.snapshot import Snapshot

RESTART_WAIT_S = 30.0


def with_group(text: str, group: str) -> str:
    """`{group}` in a command or environment value becomes the consumer group."""
    return text.replace("{group}", group)


def log_name(consumer: str, group: str, at: float) -> str:
    """A file name for a started consumer's output: its name, group and start second."""
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", f"{consumer}-{group}").strip("-.") or "consumer"

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
) -> RestartPlan | Refusal:
    """Plan a restart of one process; refused where a supervisor would start it as well."""
    stopping = plan_signal(snapshot, [process], signal, host=host, read_only=read_only, at=at)

    if not isinstance(stopping, SignalPlan):
        return stopping

    consumer = next(c.process for c in snapshot.consumers if c.process.id == process)

    if consumer.supervisor is not None:
        return Refusal(RefusalReason.SUPERVISED, str(process.pid), consumer.supervisor)

    name = log_name(consumer.consumer_name or consumer.name, snapshot.policy.default_group, at)

    return RestartPlan(
        signal=stopping.signal,
        target=stopping.targets[0],
        wait_s=RESTART_WAIT_S,
        cwd=consumer.cwd,
        log_path=f"{log_folder}/{name}",
        planned_at=at,
    )


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
        variables=("EVENTHUB_CONSUMER_GROUP",),
        log_path=f"{log_folder}/{log_name(consumer, group, at)}",
        planned_at=at,
    )
