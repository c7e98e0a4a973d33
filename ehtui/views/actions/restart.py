"""Words of restarts: by ehtui, by a supervisor, of several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.actions.base import Halt
from ehtui.domain.actions.events import ACTION_RESTART, Restarted
from ehtui.domain.actions.plans import RestartPlan, RollingPlan, SupervisedPlan
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.actions.costs import (
    HALTED,
    by_hand,
    is_grave,
    keeper_note,
    keeper_step,
    rehearsal_notes,
    target_cost,
)
from ehtui.views.actions.start import in_folder, started_words
from ehtui.views.actions.text import ActionText, Confirmation, action_command, seconds
from ehtui.views.event_text import EventText, action_words, owned_words
from ehtui.views.phrasing import it
from ehtui.views.processes import script

if TYPE_CHECKING:
    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.views.phrasing import Phrasing

_WHOLE_UNIT = "Everything else in {} is restarted with it."
_NEW_OWNER = "The new process is a new owner: it claims partitions in its first rounds."


def _restart(plan: RestartPlan, say: Phrasing) -> Confirmation:
    pid = str(plan.target.process.pid)
    rehearsal = plan.rehearsal
    keeper = rehearsal.keeper
    halted_by = plan.target.halted_by
    stop = formats.command("kill", f"-{plan.signal}", pid)
    goes_on = [f"{formats.command('kill', '-CONT', pid)}    # it {HALTED[Halt.STOP]}"]

    return Confirmation(
        heading=f"Restart {pid}?",
        steps=(
            f"{stop}    # {script(safe(plan.target.command))}",
            *(goes_on if halted_by is Halt.STOP else []),
            _wait_step(plan.wait_s),
            *([keeper_step(keeper)] if keeper else []),
            by_hand(plan.cwd, rehearsal.command) if rehearsal.command else _unrehearsed(plan),
            f"its output goes to {safe(plan.log_path)}",
        ),
        costs=(
            target_cost(plan.target, plan.signal, say),
            _NEW_OWNER,
            *rehearsal_notes(rehearsal),
            *([keeper_note(keeper)] if keeper else []),
        ),
        verb="Restart",
        is_grave=is_grave(plan.target),
    )


def _wait_step(wait_s: float | None) -> str:
    if wait_s is None:
        return "wait for it to end, however long that takes; then start it, even if you quit ehtui"

    return f"after {formats.duration(wait_s)}, if it is still running: kill -KILL"


def _unrehearsed(plan: RestartPlan) -> str:
    return in_folder(plan.cwd, safe(plan.target.command))


def _supervised(plan: SupervisedPlan, say: Phrasing) -> Confirmation:
    supervisor, targets = plan.supervisor, (plan.target, *plan.others)
    pids = [str(target.process.pid) for target in targets]
    by = safe(supervisor.label)

    return Confirmation(
        heading=f"Restart {formats.listed(pids)} by {by}?",
        steps=(
            safe(formats.command(*supervisor.command)),
            (
                f"{safe(supervisor.name)} stops {it(pids)} with SIG{plan.signal}, unless "
                f"configured otherwise, and starts {it(pids)} again"
            ),
            (
                f"wait up to {formats.duration(plan.wait_s)} for the command to end; if it fails, "
                "its last lines are shown"
            ),
        ),
        costs=(
            *(target_cost(target, plan.signal, say) for target in targets),
            _NEW_OWNER,
            *([_WHOLE_UNIT.format(by)] if supervisor.is_shared else []),
        ),
        verb="Restart",
        is_grave=any(is_grave(target) for target in targets),
    )


def _rolling(plan: RollingPlan, say: Phrasing) -> Confirmation:
    """Each as it would be told alone, under its number."""
    parts = [_one(each, say) for each in plan.restarts]
    steps = []

    for number, part in enumerate(parts, start=1):
        steps += [f"{number}. {part.heading.removesuffix('?')}", *(f"   {s}" for s in part.steps)]

    costs = dict.fromkeys(cost for part in parts for cost in part.costs)
    within = formats.duration(plan.within_s)

    return Confirmation(
        heading=f"Restart {_pids(plan)}, one after the other?",
        steps=(
            *steps,
            (
                f"after each: wait until it owns partitions again, at most {within}; if one does "
                "not, stop and leave the others alone"
            ),
        ),
        costs=tuple(costs),
        verb="Restart",
        is_grave=any(part.is_grave for part in parts),
    )


def _one(plan: RestartPlan | SupervisedPlan, say: Phrasing) -> Confirmation:
    match plan:
        case RestartPlan():
            return _restart(plan, say)
        case SupervisedPlan():
            return _supervised(plan, say)


def _pids(plan: RollingPlan) -> str:
    return formats.listed([str(each.target.process.pid) for each in plan.restarts])


def _restart_step(plan: RestartPlan) -> str:
    return f"restart {plan.target.process.pid}"


def _supervised_step(plan: SupervisedPlan) -> str:
    return safe(formats.command(*plan.supervisor.command))


def _rolling_step(plan: RollingPlan) -> str:
    return f"restart {_pids(plan)}, one after the other"


def _restart_done(plan: RestartPlan, outcome: Outcome) -> str:
    pid = plan.target.process.pid

    if outcome.is_by_keeper:
        new = formats.UNKNOWN if outcome.new_pid is None else outcome.new_pid
        return f"Stopped {pid}; its parent, not ehtui, started it again as {new}."

    return f"Restarted {pid} as {started_words(outcome)}"


def _supervised_done(plan: SupervisedPlan, _: Outcome) -> str:
    by = safe(plan.supervisor.label)
    return f"{by} restarted {plan.target.process.pid}: its command ended with exit code 0."


def _rolling_done(plan: RollingPlan, _: Outcome) -> str:
    return f"Restarted {formats.plural(len(plan.restarts), 'consumer')}."


def _restart_leaving(plan: RestartPlan) -> tuple[str, str]:
    pid = plan.target.process.pid
    return f"A restart of {pid}", f"It continues without ehtui; see {pid}'s log for how it ends."


def _rolling_leaving(plan: RollingPlan) -> tuple[str, str]:
    return (
        f"A restart of {_pids(plan)}, one after the other,",
        "The one being restarted is started again; those after it are left alone.",
    )


def _by_hand(plan: RestartPlan) -> str:
    return by_hand(plan.cwd, plan.rehearsal.command or (plan.target.command,))


def _words(plan: RestartPlan) -> tuple[str, ...]:
    return _restart_words(str(plan.target.process.pid), signal=plan.signal, wait_s=plan.wait_s)


def _supervised_words(plan: SupervisedPlan) -> tuple[str, ...]:
    """Which signal it sends, and for how long it waits, is the supervisor's own business."""
    return _restart_words(str(plan.target.process.pid))


def _rolling_words(plan: RollingPlan) -> tuple[str, ...]:
    by_ehtui = next((each for each in plan.restarts if isinstance(each, RestartPlan)), None)
    return _restart_words(
        *(str(each.target.process.pid) for each in plan.restarts),
        signal=by_ehtui.signal if by_ehtui is not None else None,
        wait_s=by_ehtui.wait_s if by_ehtui is not None else None,
    )


def _restart_words(
    *pids: str, signal: str | None = None, wait_s: float | None = None
) -> tuple[str, ...]:
    options = (("--signal", signal), ("--then-kill", seconds(wait_s)))
    return action_command("restart", *pids, options=options)


def _event_words(found: Restarted) -> tuple[str, ...]:
    return _restart_words(str(found.pid), signal=None if found.supervisor else found.signal)


def _sentence(found: Restarted, say: Phrasing) -> str:
    owned = found.owned
    holder = f" (owned {owned_words(owned, say)})" if owned else ""
    what = f"restart of {formats.pid(found.pid)}{holder}"

    if supervisor := formats.text(found.supervisor):
        return action_words(found.state, found.error, what, f"done by {supervisor}")

    return action_words(
        found.state,
        found.error,
        what,
        f"started again as {formats.text(found.new_pid) or formats.UNKNOWN}",
    )


TEXT = ActionText(
    RestartPlan,
    _restart,
    _restart_step,
    _restart_done,
    _words,
    leaving=_restart_leaving,
    by_hand=_by_hand,
)
SUPERVISED = ActionText(
    SupervisedPlan, _supervised, _supervised_step, _supervised_done, _supervised_words
)
ROLLING = ActionText(
    RollingPlan, _rolling, _rolling_step, _rolling_done, _rolling_words, leaving=_rolling_leaving
)
EVENT = EventText(ACTION_RESTART, _sentence, _event_words)
