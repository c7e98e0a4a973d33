"""Words of a signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.actions import signalling
from ehtui.domain.actions.events import ACTION_SIGNAL, SignalSent
from ehtui.domain.actions.outcomes import Outcome, TargetResult, TargetState
from ehtui.domain.actions.plans import SignalPlan
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.actions.costs import is_grave, target_cost
from ehtui.views.actions.text import ActionText, Confirmation, action_command, seconds
from ehtui.views.event_text import EventText, action_words, owned_words, takeover_words
from ehtui.views.phrasing import joined
from ehtui.views.processes import brief

if TYPE_CHECKING:
    from ehtui.views.phrasing import Phrasing

_EFFECTS = {
    "releases": "it can close its client and release its partitions",
    "dies": "it dies without releasing",
    "ignored": "it ignores the signal",
    "unknown": "effect not known",
}


def _confirmation(plan: SignalPlan, say: Phrasing) -> Confirmation:
    pids = [str(target.process.pid) for target in plan.targets]
    steps = [
        f"{_command(plan.signal, target.process.pid)}    # {brief(safe(target.command))}"
        for target in plan.targets
    ]

    if plan.escalate_to is not None:
        steps.append(
            f"after {formats.duration(plan.escalate_after_s)}, for any still running: "
            f"{_command(plan.escalate_to)}"
        )

    return Confirmation(
        heading=f"Send {_called(plan)} to {formats.listed(pids)}?",
        steps=tuple(steps),
        costs=tuple(target_cost(target, plan.signal, say) for target in plan.targets),
        verb="Kill" if plan.signal == "KILL" else f"Send {plan.signal}",
        is_grave=any(is_grave(target) for target in plan.targets),
    )


def _called(plan: SignalPlan) -> str:
    return signalling.here.called(plan.signal)


def _command(signal: str, pid: int | None = None) -> str:
    """What somebody would type to do the same; without a pid as an option is told."""
    words = () if pid is None else (str(pid),)

    if signalling.here is not signalling.WINDOWS:
        return formats.command("kill", f"-{signal}", *words)

    if signal == signalling.KILL:
        return formats.command("taskkill", "/F", *(("/PID", *words) if words else ()))

    return " ".join((signalling.here.called(signal), *words))


def _words(plan: SignalPlan) -> tuple[str, ...]:
    pids = (str(target.process.pid) for target in plan.targets)
    return _signal_words(*pids, signal=plan.signal, then_kill_s=plan.escalate_after_s)


def _signal_words(*pids: str, signal: str, then_kill_s: float | None) -> tuple[str, ...]:
    options = (("--signal", signal), ("--then-kill", seconds(then_kill_s)))
    return action_command("signal", *pids, options=options)


def _step(plan: SignalPlan) -> str:
    return f"{_called(plan)} to {_pids(plan)}"


def _pids(plan: SignalPlan) -> str:
    return formats.listed([str(target.process.pid) for target in plan.targets])


def _done(plan: SignalPlan, outcome: Outcome) -> str:
    """Each target with what became of it; in one word where that is the same for all."""
    results = [outcome.result_of(target.process) for target in plan.targets]
    pids = [str(target.process.pid) for target in plan.targets]

    if all(result is None or result.state is TargetState.SENT for result in results):
        return f"Sent {_called(plan)} to {formats.listed(pids)}."

    told = [f"{pid} {_target_end(result)}" for pid, result in zip(pids, results, strict=True)]
    return f"{_called(plan)}: {formats.listed(told)}."


def _target_end(result: TargetResult | None) -> str:
    if result is None:
        return "sent"

    match result.state:
        case TargetState.ENDED:
            return f"ended after {result.signal}"
        case TargetState.ESCALATED:
            return f"{result.signal} after {result.after_s:g} s"
        case TargetState.FAILED:
            return f"failed: {safe(result.note)}"
        case TargetState.REFUSED if result.refusal is not None:
            return result.refusal.reason.replace("_", " ")
        case state:
            return state.value


def _leaving(plan: SignalPlan) -> tuple[str, str]:
    return (
        _step(plan),
        f"{signalling.here.called(str(plan.escalate_to))} will not be sent to those still running.",
    )


def _sentence(found: SignalSent, say: Phrasing) -> str:
    owned = found.owned
    holder = f" (owned {owned_words(owned, say)})" if owned else ""
    what = f"{signalling.here.called(safe(found.signal))} {formats.pid(found.pid)}{holder}"
    effect = _EFFECTS.get(safe(found.effect), "sent")
    return action_words(
        found.state,
        found.error,
        what,
        joined(effect, takeover_words(found.takeover, say) if owned else ""),
    )


TEXT = ActionText(SignalPlan, _confirmation, _step, _done, _words, leaving=_leaving)
EVENT = EventText(
    ACTION_SIGNAL,
    _sentence,
    lambda found: _signal_words(str(found.pid), signal=found.signal, then_kill_s=found.then_kill_s),
)
