"""Plans as a confirmation tells them: the question, the literal steps, what they cost."""

from __future__ import annotations

from dataclasses import dataclass

from ehtui.domain.plans import (
    EnvironmentOf,
    Plan,
    RestartPlan,
    RollingPlan,
    SendPlan,
    SendTarget,
    SignalPlan,
    StartPlan,
    SupervisedPlan,
)
from ehtui.domain.targets import Halt
from ehtui.domain.text import mask_secrets, safe, safe_value, visible
from ehtui.views import formats
from ehtui.views.plan_costs import is_grave, joining, target_cost
from ehtui.views.restarts import HALTED, by_hand, keeper_note, keeper_step, rehearsal_notes
from ehtui.views.telling import Telling, it, partition


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A plan in words. A step is a literal command, or a line of what is sent."""

    heading: str
    steps: tuple[str, ...]
    costs: tuple[str, ...]
    verb: str  # on the button that does it
    is_grave: bool = False  # costs somebody something that does not come back at once


_WHOLE_UNIT = "Whatever else runs in {} is restarted with it."
_NEW_OWNER = "The new process is a new owner: it claims partitions in its first rounds."


_ENVIRONMENTS = {
    EnvironmentOf.CONFIGURED: "with ehtui's environment and its env_file",
    EnvironmentOf.ITSELF: "with the environment, user and limits that it had",
    EnvironmentOf.EHTUI: (
        "with ehtui's own values for the names that its environment had: its values are kept "
        "nowhere"
    ),
}


def confirmation(plan: Plan, say: Telling) -> Confirmation:
    """The question that is asked before a plan is done."""
    match plan:
        case SignalPlan():
            return _signal(plan, say)
        case SendPlan():
            return _send(plan)
        case RestartPlan():
            return _restart(plan, say)
        case SupervisedPlan():
            return _supervised(plan, say)
        case StartPlan():
            return _start(plan, say)
        case RollingPlan():
            return _rolling(plan, say)


def _signal(plan: SignalPlan, say: Telling) -> Confirmation:
    pids = [str(target.process.pid) for target in plan.targets]
    steps = [
        f"{formats.command('kill', f'-{plan.signal}', str(target.process.pid))}"
        f"    # {safe(target.command)}"
        for target in plan.targets
    ]

    if plan.escalate_to is not None:
        steps.append(
            f"after {formats.duration(plan.escalate_after_s)}, for whoever is still there: "
            f"kill -{plan.escalate_to}"
        )

    return Confirmation(
        heading=f"Send SIG{plan.signal} to {formats.listed(pids)}?",
        steps=tuple(steps),
        costs=tuple(target_cost(target, plan.signal, say) for target in plan.targets),
        verb="Kill" if plan.signal == "KILL" else f"Send {plan.signal}",
        is_grave=any(is_grave(target) for target in plan.targets),
    )


def _send(plan: SendPlan) -> Confirmation:
    events = formats.plural(plan.count, "event")
    hub = safe(plan.hub)
    costs = [f"Every consumer group of {hub} reads {'it' if plan.count == 1 else 'them'}."]

    if plan.is_production:
        costs.insert(0, f"{hub} is marked production: its consumers will act on this.")

    return Confirmation(
        heading=f"Send {events} to {hub}?",
        steps=(
            f"to {safe(plan.namespace)} / {hub}, {_target(plan)}",
            *(f"{safe(name)}: {safe_value(name, value)}" for name, value in plan.properties),
            *visible(mask_secrets(plan.body), keep_newlines=True).split("\n"),
        ),
        costs=tuple(costs),
        verb="Send",
        is_grave=plan.is_production,
    )


def _target(plan: SendPlan) -> str:
    if plan.target is SendTarget.PARTITION and plan.partition is not None:
        return partition(plan.partition)

    if plan.target is SendTarget.KEY and plan.key is not None:
        return f"key “{safe(plan.key)}”"

    return "the service chooses the partition"


def _restart(plan: RestartPlan, say: Telling) -> Confirmation:
    pid = str(plan.target.process.pid)
    rehearsal = plan.rehearsal
    keeper = rehearsal.keeper
    halted_by = plan.target.halted_by
    goes_on = [f"{formats.command('kill', '-CONT', pid)}    # it {HALTED[Halt.STOP]}"]

    return Confirmation(
        heading=f"Restart {pid}?",
        steps=(
            formats.command("kill", f"-{plan.signal}", pid),
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


def _rolling(plan: RollingPlan, say: Telling) -> Confirmation:
    """Each as it would be told alone, under its number."""
    parts = [confirmation(each, say) for each in plan.restarts]
    pids = [str(each.target.process.pid) for each in plan.restarts]
    steps = []

    for number, part in enumerate(parts, start=1):
        steps += [f"{number}. {part.heading.removesuffix('?')}", *(f"   {s}" for s in part.steps)]

    costs = dict.fromkeys(cost for part in parts for cost in part.costs)
    within = formats.duration(plan.within_s)

    return Confirmation(
        heading=f"Restart {formats.listed(pids)}, one after the other?",
        steps=(
            *steps,
            (
                f"after each: wait until it owns again, {within} at most; at the first that does "
                "not, stop and leave the others as they are"
            ),
        ),
        costs=tuple(costs),
        verb="Restart",
        is_grave=any(part.is_grave for part in parts),
    )


def _wait_step(wait_s: float | None) -> str:
    if wait_s is None:
        return "wait for its end, however long it takes; then start it, also if ehtui is left"

    return f"after {formats.duration(wait_s)}, if it is still there: kill -KILL"


def _unrehearsed(plan: RestartPlan) -> str:
    return _in_folder(plan.cwd, safe(plan.target.command))


def _supervised(plan: SupervisedPlan, say: Telling) -> Confirmation:
    supervisor, targets = plan.supervisor, (plan.target, *plan.others)
    pids = [str(target.process.pid) for target in targets]
    by = safe(supervisor.label)

    return Confirmation(
        heading=f"Restart {formats.listed(pids)} by {by}?",
        steps=(
            safe(formats.command(*supervisor.command)),
            (
                f"{safe(supervisor.name)} stops {it(pids)} with SIG{plan.signal}, where it "
                f"is not told otherwise, and starts {it(pids)} again"
            ),
            (
                f"wait up to {formats.duration(plan.wait_s)} for the command's end; its last lines "
                "are shown where it fails"
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


def _start(plan: StartPlan, say: Telling) -> Confirmation:
    if plan.again is not None:
        return _again(plan, say)

    words = formats.command(*plan.command)
    variable = f"EVENTHUB_CONSUMER_GROUP={formats.command(plan.group)}"
    others = [safe(name) for name in plan.variables if name != "EVENTHUB_CONSUMER_GROUP"]
    with_others = f"also set: {formats.listed(others)}"

    return Confirmation(
        heading=f"Start {safe(plan.consumer)} in {safe(plan.group)}?",
        steps=(
            _in_folder(plan.cwd, f"{variable} {words}"),
            *([with_others] if others else []),
            f"its output goes to {safe(plan.log_path)}",
        ),
        costs=(joining(plan.group, say),),
        verb="Start",
        is_grave=say.snapshot.policy.is_production,
    )


def _again(plan: StartPlan, say: Telling) -> Confirmation:
    pid = plan.again.pid if plan.again is not None else 0
    missing = formats.listed([safe(name) for name in plan.missing])
    lacks = [f"Not set here, and so not for the new process: {missing}."] if plan.missing else []

    return Confirmation(
        heading=f"Start {safe(plan.consumer)} again, which was {pid}?",
        steps=(
            by_hand(plan.cwd, plan.command),
            _ENVIRONMENTS[plan.environment],
            f"its output goes to {safe(plan.log_path)}",
        ),
        costs=(*lacks, joining(plan.group, say), *rehearsal_notes(plan.rehearsal)),
        verb="Start",
        is_grave=bool(plan.missing) or say.snapshot.policy.is_production,
    )


def _in_folder(folder: str | None, words: str) -> str:
    return f"{formats.command('cd', safe(folder))} && {words}" if folder else words
