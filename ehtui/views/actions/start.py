"""Words of a start: of a configured consumer, or of one that has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.actions.events import ACTION_START, Started
from ehtui.domain.actions.plans import EnvironmentOf, StartPlan
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.actions.costs import by_hand, joining, rehearsal_notes
from ehtui.views.actions.text import ActionText, Confirmation, action_command
from ehtui.views.event_text import EventText, action_words

if TYPE_CHECKING:
    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.views.phrasing import Phrasing

_ENVIRONMENTS = {
    EnvironmentOf.CONFIGURED: "with ehtui's environment and its env_file",
    EnvironmentOf.ITSELF: "with the environment, user and limits that it had",
    EnvironmentOf.EHTUI: (
        "with ehtui's own values for the variables that its environment had: ehtui does not keep "
        "their values"
    ),
}


def _confirmation(plan: StartPlan, say: Phrasing) -> Confirmation:
    if plan.again is not None:
        return _again(plan, say)

    words = formats.command(*plan.command)
    variable = f"EVENTHUB_CONSUMER_GROUP={formats.command(plan.group)}"
    others = [safe(name) for name in plan.variables if name != "EVENTHUB_CONSUMER_GROUP"]
    with_others = f"also set: {formats.listed(others)}"
    return Confirmation(
        heading=f"Start {safe(plan.consumer)} in {safe(plan.group)}?",
        steps=(
            in_folder(plan.cwd, f"{variable} {words}"),
            *([with_others] if others else []),
            f"its output goes to {safe(plan.log_path)}",
        ),
        costs=(joining(plan.group, say),),
        verb="Start",
        is_grave=say.snapshot.policy.is_production,
    )


def _again(plan: StartPlan, say: Phrasing) -> Confirmation:
    pid = plan.again.pid if plan.again is not None else 0
    missing = formats.listed([safe(name) for name in plan.missing])
    lacks = [f"Not set here, so the new process lacks: {missing}."] if plan.missing else []
    return Confirmation(
        heading=f"Start {safe(plan.consumer)} (was {pid}) again?",
        steps=(
            by_hand(plan.cwd, plan.command),
            _ENVIRONMENTS[plan.environment],
            f"its output goes to {safe(plan.log_path)}",
        ),
        costs=(*lacks, joining(plan.group, say), *rehearsal_notes(plan.rehearsal)),
        verb="Start",
        is_grave=bool(plan.missing) or say.snapshot.policy.is_production,
    )


def in_folder(folder: str | None, words: str) -> str:
    """A command as it is typed, wherever one stands."""
    return f"{formats.command('cd', safe(folder))} && {words}" if folder else words


def _step(plan: StartPlan) -> str:
    return f"start {safe(plan.consumer)}"


def _done(plan: StartPlan, outcome: Outcome) -> str:
    return f"Started {safe(plan.consumer)} as {started_words(outcome)}"


def started_words(outcome: Outcome) -> str:
    """Who runs by now, and where its output goes."""
    started = outcome.started

    if started is None:
        return f"{formats.UNKNOWN}."

    log = f"; its output goes to {safe(started.log_path)}" if started.log_path else ""
    return f"{started.process.pid}{log}."


def _by_hand(plan: StartPlan) -> str:
    return by_hand(plan.cwd, plan.command)


def _words(plan: StartPlan) -> tuple[str, ...]:
    if plan.again is None:
        return _start_words(plan.consumer, plan.group)

    # Only a restart that was left half done is known to whoever was not there.
    return action_command("restart", str(plan.again.pid)) if plan.is_recorded else ()


def _start_words(consumer: str, group: str) -> tuple[str, ...]:
    return action_command("start", consumer, options=[("--group", group)])


def _sentence(found: Started, _: Phrasing) -> str:
    what = f"start of {safe(found.consumer)} in {safe(found.group)}"
    return action_words(
        found.state, found.error, what, f"runs as {formats.text(found.new_pid) or formats.UNKNOWN}"
    )


TEXT = ActionText(StartPlan, _confirmation, _step, _done, _words, by_hand=_by_hand)
EVENT = EventText(
    ACTION_START,
    _sentence,
    lambda found: () if found.again else _start_words(found.consumer, found.group),
)
