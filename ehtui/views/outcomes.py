"""Why an action is not done, and how one ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.actions.outcomes import (
    Comeback,
    Outcome,
    OutcomeState,
    PartialOutcome,
    Refusal,
    RefusalReason,
)
from ehtui.domain.actions.plans import RollingPlan
from ehtui.domain.text import safe
from ehtui.domain.world.process import Obstacle
from ehtui.views import formats
from ehtui.views.actions import confirmation, text_of
from ehtui.views.actions.costs import obstacle_words
from ehtui.views.actions.send import unsure_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ehtui.domain.world.process import Supervisor
    from ehtui.views.phrasing import Phrasing


_REFUSALS: Mapping[RefusalReason, str] = {
    RefusalReason.READ_ONLY: "Read-only: nothing is sent, signalled or started.",
    RefusalReason.NOTHING_SELECTED: "Nothing is selected: {subject}.",
    RefusalReason.UNKNOWN_PARTITION: "The hub has no partition “{subject}”.",
    RefusalReason.UNKNOWN_TEMPLATE: "There is no test event “{subject}”: see test_events.",
    RefusalReason.NOTHING_TO_SEND: "There is no event in {subject}.",
    RefusalReason.UNREADABLE_FILE: "The file of test event “{subject}” can't be read{detail}.",
    RefusalReason.NOT_CONNECTED: "The hub has not been read yet: try again once it answers.",
    RefusalReason.CANNOT_START: "Nothing was done: {subject} could not be started again{detail}.",
    RefusalReason.BEING_RESTARTED: "{subject} is already being restarted{detail}.",
    RefusalReason.OTHER_HUB: (
        "Nothing was done: the settings have changed, and this was meant for {subject} as it was "
        "configured before{detail}. Look again."
    ),
    RefusalReason.REHEARSAL_CHANGED: (
        "{subject} would no longer start as the plan says: look at it again."
    ),
    RefusalReason.NOT_KNOWN_ANY_MORE: "How {subject} was started is no longer known.",
    RefusalReason.NOT_AUDITED: "Nothing was done: the audit log can't be written{detail}.",
    RefusalReason.SELF_OR_ANCESTOR: "{subject} is ehtui itself, or what it runs in.",
    RefusalReason.INIT: "{subject} is the init process: it is never signalled.",
    RefusalReason.KERNEL_THREAD: "{subject} is a kernel thread.",
    RefusalReason.FOREIGN_USER: "{subject} belongs to another user{detail}.",
    RefusalReason.GONE: "{subject} is gone: there is nothing left to signal.",
    RefusalReason.IDENTITY_CHANGED: "{subject} is another process now: its pid was reused.",
    RefusalReason.PROGRAM_CHANGED: "{subject} runs a different program than when it was chosen.",
    RefusalReason.UNKNOWN_SIGNAL: "There is no signal “{subject}” here.",
    RefusalReason.SIGNAL_IGNORED: (
        "{subject} ignores the signal{detail}, so it would not end: send it SIGKILL and start it "
        "again with S, or use --then-kill."
    ),
    RefusalReason.SUPERVISED: "{subject} is started again by its supervisor{detail}: use that.",
    RefusalReason.SUPERVISOR_CHANGED: "{subject} has a different supervisor than a moment ago.",
    RefusalReason.UNKNOWN_CONSUMER: "There is no consumer “{subject}”: see consumers in config.",
    RefusalReason.NO_STORE: "No checkpoint store could be read for {subject}{detail}.",
    RefusalReason.UNKNOWN_GROUP: "The store has no records of group {subject}{detail}.",
    RefusalReason.GROUP_ACTIVE: (
        "Group {subject} has live owners{detail}, which would write over it: stop them first, or "
        "use --force."
    ),
    RefusalReason.OWNERS_UNREAD: (
        "Who owns partitions of {subject} could not be read just now{detail}: try again, or use "
        "--force."
    ),
    RefusalReason.NOTHING_TO_CHANGE: "Nothing to do: every checkpoint of {subject} stays.",
    RefusalReason.NO_BACKUP: "The backup {subject} can't be used{detail}.",
    RefusalReason.NOT_BACKED_UP: (
        "Nothing was written: what stands there can't be kept in {subject}{detail}."
    ),
    RefusalReason.ALREADY_FREE: "P{subject} has no owner: there is nothing to release.",
    RefusalReason.OWNER_UNKNOWN: "P{subject}'s ownership can't be read: who owns it is unknown.",
    RefusalReason.BLOB_LEASED: (
        "{subject} is held by a host's blob lease{detail}: nobody else can write it until that "
        "host stops."
    ),
    RefusalReason.CHANGED: (
        "{subject}'s record was written since the plan{detail}: it is left alone. Look again."
    ),
    RefusalReason.NOT_CONFIRMED: (
        "Nothing was done: this has to be confirmed by name. Add --confirm {subject}{detail}."
    ),
    RefusalReason.NO_COMMAND: "“{subject}” has no command: set consumers.{subject}.command.",
}


# Why a supervisor is not asked by ehtui. {tool} and {command} are its own, as they would be typed.
_OBSTACLES: Mapping[Obstacle, str] = {
    Obstacle.NO_COMMAND: "which has no restart command: restart it there.",
    Obstacle.NO_NAME: "but its name there cannot be read from here: restart it there.",
    Obstacle.NO_TOOL: "but `{tool}` is not on the PATH. The command would be: {command}",
    Obstacle.FOREIGN: "which belongs to another user: restart it as that user.",
    Obstacle.CLUSTER: "on a cluster that decides: restart it there, for example with `kubectl`.",
}


def refusal_sentence(refusal: Refusal) -> str:
    """Why an action is not offered or not done."""
    if refusal.supervisor is not None and refusal.supervisor.obstacle is not None:
        return _supervised(refusal.subject, refusal.supervisor, refusal.supervisor.obstacle)

    if refusal.obstacle is not None:
        words = obstacle_words(refusal.obstacle, refusal.detail)
        return f"Nothing was done: {safe(refusal.subject)} could not be started again: {words}."

    detail = f" ({safe(refusal.detail)})" if refusal.detail else ""
    words = _REFUSALS.get(refusal.reason, f"Refused: {refusal.reason.value} {{subject}}{{detail}}")
    return words.format(subject=safe(refusal.subject), detail=detail)


def _supervised(subject: str, supervisor: Supervisor, obstacle: Obstacle) -> str:
    command = safe(formats.command(*supervisor.command))
    words = _OBSTACLES[obstacle].format(tool=supervisor.tool, command=command)
    return f"{safe(subject)} is run by {safe(supervisor.label)}, {words}"


def outcome_sentence(outcome: Outcome, started_with: tuple[str, ...] = ()) -> str:
    """How an action ended, what its log says where it failed, and the command that takes it back.

    `started_with` are flags by which that command finds the same hub and store.
    """
    told = _told(outcome, started_with)
    audit = outcome.audit_problem
    return f"{told} {safe(audit)}" if audit else told


_DONE = frozenset({OutcomeState.DONE, OutcomeState.STOPPED})


def _told(outcome: Outcome, started_with: tuple[str, ...]) -> str:
    if outcome.state is OutcomeState.DRY_RUN:
        step = text_of(outcome.plan).step(outcome.plan)
        return " ".join((f"Dry run, nothing was done: {step}.", *_objections(outcome)))

    if outcome.parts:
        return _rolled(outcome)

    if outcome.state in _DONE or _has_several_ends(outcome):
        text = text_of(outcome.plan)
        back = map(safe, (*started_with, *undo)) if (undo := text.undo(outcome)) else ()
        way = f" To undo: {formats.command('ehtui', *back)}" if undo else ""
        return f"{text.done(outcome.plan, outcome)}{way}"

    if outcome.state is OutcomeState.FAILED:
        return _failed(outcome)

    if outcome.state is OutcomeState.LEFT:
        return safe(outcome.error or "It continues without ehtui.")

    return refusal_sentence(outcome.refusal) if outcome.refusal else "Refused."


def dry_run_lines(outcome: Outcome, say: Phrasing) -> Iterator[str]:
    """What a dry run found: each step that would be done, and what would keep it from being done.

    Where nothing would, that is said too.
    """
    if outcome.state is not OutcomeState.DRY_RUN:
        yield outcome_sentence(outcome)
        return

    yield f"Dry run at {say.host_time(outcome.at)}: nothing was done. It would:"

    for number, step in enumerate(confirmation(outcome.plan, say).steps, start=1):
        yield f"{number}. {step}"

    objections = _objections(outcome)
    yield from objections or ["Nothing was found that would keep it from being done now."]


def _objections(outcome: Outcome) -> list[str]:
    """Why a dry run would not be done, each once."""
    each = (outcome, *(part.outcome for part in outcome.parts))
    refusals = [found.refusal for found in each if found.refusal is not None]
    refusals += [result.refusal for result in outcome.results if result.refusal is not None]
    told = [f"Refused now: {refusal_sentence(refusal)}" for refusal in refusals]
    told += [f"It would fail: {safe(found.error).rstrip('.')}." for found in each if found.error]

    return list(dict.fromkeys(told))


def _has_several_ends(outcome: Outcome) -> bool:
    """Whether some target of a plan may have got it, though another one did not."""
    has_parts = bool(outcome.releases or outcome.changes)
    return has_parts or (len(outcome.plan.targets) > 1 and bool(outcome.results))


_COMEBACKS: Mapping[Comeback, str] = {
    Comeback.OWNS: "owns again after {}",
    Comeback.STANDS_BY: "is on standby after {}: others own what it had",
    Comeback.RUNS: "is running",
    Comeback.ENDED: "has ended",
    Comeback.LATE: "owns nothing after {}",
}


def _parts(outcome: Outcome) -> str:
    return "; ".join(_part(part) for part in outcome.parts)


def _part(part: PartialOutcome) -> str:
    if part.comeback is None:
        return outcome_sentence(part.outcome).rstrip(".")

    pid, new = part.outcome.plan.targets[0].process.pid, part.outcome.new_pid
    now = f" as {new}" if new is not None else ""
    became = _COMEBACKS[part.comeback].format(formats.duration(part.after_s))
    return f"{pid}{now} {became}"


def _rolled(outcome: Outcome) -> str:
    plan = outcome.plan
    restarts = plan.restarts if isinstance(plan, RollingPlan) else ()

    if outcome.state is OutcomeState.DONE:
        return f"Restarted {formats.plural(len(restarts), 'consumer')}: {_parts(outcome)}."

    left = [str(each.target.process.pid) for each in restarts[len(outcome.parts) :]]
    untouched = f" Not touched: {formats.listed(left)}." if left else ""
    return f"Stopped halfway: {_parts(outcome)}.{untouched}"


def _failed(outcome: Outcome) -> str:
    error = safe(outcome.error or "no reason given").rstrip(".")

    if outcome.obstacle is not None:
        error = obstacle_words(outcome.obstacle, outcome.error or "")

    lines = outcome.last_lines
    last = f" Its last line: “{safe(lines[-1]).rstrip('.')}”." if lines else ""
    taken = outcome.accepted
    some = ""

    if taken is not None and taken.total:
        some = f" The hub took {formats.count(taken.total)} before{unsure_words(outcome)}."
    elif outcome.unsure:
        some = f" The hub may have taken {formats.count(outcome.unsure)} all the same."

    return f"Failed: {error}.{some}{last}{_down(outcome) if outcome.is_down else ''}"


def _down(outcome: Outcome) -> str:
    """What somebody has to know at once, and what to do about it."""
    plan = outcome.plan
    by_hand, process = text_of(plan).by_hand, plan.replaces

    if by_hand is None or process is None:
        return ""

    return f" {process.pid} is down: nothing runs in its place. By hand: {by_hand(plan)}"
