"""Actions in words: what a plan will do, what leaving it leaves half done. An action a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from ehtui.domain.actions.checkpoint_plan import CheckpointPlan
from ehtui.domain.actions.release_plan import ReleasePlan
from ehtui.domain.actions.sending import SendPlan
from ehtui.views.actions import checkpoints, release, restart, send, signal, start
from ehtui.views.actions.text import Confirmation
from ehtui.views.phrasing import hub_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ehtui.domain.actions.plans import Plan
    from ehtui.domain.snapshot import Snapshot
    from ehtui.views.actions.text import ActionText
    from ehtui.views.event_text import EventText
    from ehtui.views.phrasing import Phrasing

_TEXTS: tuple[ActionText[Any], ...] = (
    signal.TEXT,
    send.TEXT,
    restart.TEXT,
    restart.SUPERVISED,
    restart.ROLLING,
    start.TEXT,
    checkpoints.TEXT,
    release.TEXT,
)
_BY_PLAN: Mapping[type, ActionText[Any]] = {text.plan: text for text in _TEXTS}
ACTION_EVENTS: tuple[EventText[Any], ...] = (
    signal.EVENT,
    send.EVENT,
    restart.EVENT,
    start.EVENT,
    release.EVENT,
    checkpoints.EVENT,
)


def text_of(plan: Plan) -> ActionText[Any]:
    """The words of its kind."""
    return _BY_PLAN[type(plan)]


def confirmation(plan: Plan, say: Phrasing) -> Confirmation:
    """The question that is asked before a plan is done."""
    told = text_of(plan).confirmation(plan, say)
    return replace(
        told,
        command=command_line(plan, say),
        typed_name=plan.typed_name,
        where=_where(plan, say.snapshot),
    )


def _where(plan: Plan, snapshot: Snapshot) -> str:
    """The hub of what is changed; of processes the one that is watched, once that is read."""
    if isinstance(plan, SendPlan):  # its first step names it
        return ""

    policy, hub = snapshot.policy, snapshot.hub

    if isinstance(plan, CheckpointPlan | ReleasePlan):
        place = hub_words(plan.namespace, plan.hub, policy.profile, plan.is_production)
        return f"Hub: {place}"

    if hub is None:
        return ""

    return (
        f"Watched hub: {hub_words(hub.namespace, hub.name, policy.profile, policy.is_production)}"
    )


def command_line(plan: Plan, say: Phrasing) -> str:
    """What a shell is given to have the same done by ehtui, unasked; empty where nothing does."""
    words = text_of(plan).words(plan)

    if words and plan.typed_name is not None:
        at = words.index("--yes") + 1
        words = (*words[:at], f"--confirm={plan.typed_name}", *words[at:])

    return say.command(*words)


def leaving(plans: Sequence[Plan]) -> Confirmation:
    """The question that is asked before ehtui is left while `plans` are under way."""
    told = [_leaving(plan) for plan in plans]
    return Confirmation(
        heading="Quit now?",
        steps=tuple(f"{step} is in progress." for step, _ in told),
        costs=tuple(cost for _, cost in told),
        verb="Quit anyway",
        is_grave=not all(plan.awaited is not None for plan in plans),
    )


def _leaving(plan: Plan) -> tuple[str, str]:
    words = text_of(plan).leaving
    return words(plan) if words is not None else (f"A {plan.kind}", "How it ends is not shown.")
