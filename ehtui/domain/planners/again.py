"""Starting again what has ended: which consumers those are, and the plan for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from typing_extensions import override

from ehtui.domain.outcomes import Refusal, RefusalReason
from ehtui.domain.planners.context import Request
from ehtui.domain.planners.start import log_name
from ehtui.domain.plans import EnvironmentOf, StartPlan
from ehtui.domain.world.process import ProcessId, RecognisedBy
from ehtui.domain.world.restarts import NOT_REHEARSED, Ended, Rehearsal, RestartRecord

if TYPE_CHECKING:
    from ehtui.domain.planners.context import PlanningContext
    from ehtui.domain.snapshot import ConsumerState, Snapshot
    from ehtui.domain.world.process import ProcessSample

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
    since = (each.ended_at or 0.0) - SLACK_S

    if each.record is not None:
        since = each.record.asked_at

    return any(
        process.command == each.command
        and process.cwd == each.folder
        and process.id.started_at >= since
        for process in running
    )


@dataclass(frozen=True, slots=True)
class StartAgainRequest(Request):
    """Start one that has ended as it was started before."""

    ended: Ended
    rehearsal: Rehearsal | Refusal = NOT_REHEARSED
    is_remembered: bool = False  # with its own environment, which was read while it ran

    @override
    def plan(self, context: PlanningContext) -> StartPlan | Refusal:
        return plan_again(self, context)


def plan_again(request: StartAgainRequest, context: PlanningContext) -> StartPlan | Refusal:
    """Plan to start one again."""
    if context.read_only:
        return Refusal(RefusalReason.READ_ONLY, "start")

    ended, rehearsal, is_remembered = request.ended, request.rehearsal, request.is_remembered

    if isinstance(rehearsal, Refusal):
        return rehearsal

    record = ended.record
    had = frozenset(record.variables) if record is not None and not is_remembered else frozenset()
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
    )
