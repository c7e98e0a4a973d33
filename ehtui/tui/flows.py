"""Acting: ask, plan, confirm, do, tell. Screens wire; these decide the order."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ehtui.domain.outcomes import Outcome, OutcomeState
from ehtui.domain.plans import Plan, Refusal, RestartPlan, RollingPlan, SupervisedPlan
from ehtui.domain.text import safe
from ehtui.tui.screens.choice import Choice, ChoiceScreen
from ehtui.tui.screens.confirm import ConfirmScreen
from ehtui.tui.screens.send import SendScreen
from ehtui.tui.screens.signal import ESCALATING, SignalScreen
from ehtui.tui.words import words_of
from ehtui.views.keys import process_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.notifications import SeverityLevel

    from ehtui.domain.planners.again import Ended
    from ehtui.domain.process import ProcessId
    from ehtui.tui.app import EhtuiApp
    from ehtui.views.plans import Confirmation


ESCALATE_AFTER_S = 10.0
SLOW_S = 1.0  # what takes longer says so and can be cancelled
_SEVERITY: dict[OutcomeState, SeverityLevel] = {
    OutcomeState.DONE: "information",
    OutcomeState.DRY_RUN: "information",
    OutcomeState.REFUSED: "warning",
    OutcomeState.FAILED: "error",
    OutcomeState.LEFT: "warning",
}


async def send(app: EhtuiApp, selected: str | None) -> None:
    """Ask what and where to, plan it, confirm it, send it."""
    partitions = [partition.id for partition in app.snapshot.partitions]
    request = await app.push_screen_wait(SendScreen(app.session.templates, partitions, selected))

    if request is not None:
        await _carry_out(
            app,
            app.session.plan_send(
                request.template, request.target, request.partition, request.key, request.count
            ),
        )


async def signal(app: EhtuiApp, processes: Sequence[ProcessId]) -> None:
    """Ask which signal, plan it for exactly these processes, confirm, send."""
    if not processes:
        app.say("Select a consumer first: 2 goes to them.", "warning")
        return

    names = [words_of(app).process(app.snapshot, process) for process in processes]
    chosen = await app.push_screen_wait(SignalScreen(app.session.signals, names))

    if chosen is None:
        return

    planner = partial(app.session.plan_signal, processes, chosen)

    if chosen == ESCALATING:
        planner = partial(
            app.session.plan_signal, processes, "TERM", escalate_after_s=ESCALATE_AFTER_S
        )

    await _carry_out(app, planner(), planner)


async def restart(app: EhtuiApp, processes: Sequence[ProcessId]) -> None:
    """Plan it for exactly these processes, confirm, stop and start: one after the other."""
    if not processes:
        app.say("Select a consumer to restart, or tag several with space.", "warning")
        return

    if len(processes) > 1:
        rehearsals = {each: await app.session.rehearse(each) for each in processes}
        rolling = partial(app.session.plan_rolling, processes, rehearsals=rehearsals)
        await _carry_out(app, rolling(), rolling)
        return

    rehearsal = await app.session.rehearse(processes[0])
    planner = partial(app.session.plan_restart, processes[0], rehearsal=rehearsal)
    await _carry_out(app, planner(), planner)


async def start_consumer(app: EhtuiApp) -> None:
    """Choose among the configured consumers and those that have ended, plan, confirm, start."""
    names = app.session.startable
    ended = {process_key(each.process): each for each in app.session.ended}

    if not (names or ended):
        app.say(
            "No consumer has a command (consumers.NAME.command in config.yaml), none has ended.",
            "warning",
        )
        return

    chosen: str | None = names[0] if names else None

    if ended or len(names) > 1:
        say = words_of(app)
        choices = [Choice(name, name) for name in names]
        choices += [Choice(key, *say.ended(each)) for key, each in ended.items()]
        heading = f"Start in {app.group}{', or again' if ended else ''}"
        chosen = await app.push_screen_wait(ChoiceScreen(heading, choices))

    if chosen in ended:
        await _start_again(app, ended[chosen])
    elif chosen is not None:
        await _carry_out(app, app.session.plan_start(chosen, app.group))


async def _start_again(app: EhtuiApp, ended: Ended) -> None:
    """As it was started before, in its own group."""
    rehearsal = await app.session.rehearse_again(ended)
    await _carry_out(app, app.session.plan_again(ended, rehearsal))


async def adopt(app: EhtuiApp) -> None:
    """Choose a process of this host; it is watched as a consumer from then on."""
    processes = {process_key(each.id): each for each in await app.session.list_processes()}
    choices = [
        Choice(key, str(each.id.pid), safe(each.command or each.name))
        for key, each in processes.items()
    ]
    chosen = await app.push_screen_wait(
        ChoiceScreen("This process is a consumer", choices, is_typed=True)
    )

    if chosen is not None:
        app.session.adopt(processes[chosen].id)


async def _carry_out(
    app: EhtuiApp, plan: Plan | Refusal, planner: Callable[[], Plan | Refusal] | None = None
) -> None:
    """Do what was confirmed. With a `planner`, that is what stood there last."""
    say = words_of(app)

    if isinstance(plan, Refusal):
        app.drop_typed_ahead()
        app.say(say.refusal(plan), "warning")
        return

    def anew() -> Confirmation | str:
        nonlocal plan
        newer = planner() if planner is not None else plan

        if isinstance(newer, Refusal):
            return say.refusal(newer)

        plan = _with_logs_of(plan, newer)

        return say.confirmation(plan, app.session.snapshot, app.group)

    words = say.confirmation(plan, app.session.snapshot, app.group)

    if planner is not None:
        app.session.refresh()  # what it costs depends on who renewed last

    if not await app.push_screen_wait(ConfirmScreen(words, anew if planner else None)):
        return

    app.stop_asking()
    task = asyncio.ensure_future(app.session.execute(plan))

    try:
        done, _ = await asyncio.wait({task}, timeout=SLOW_S)

        if not done:
            app.busy = f"{words.verb.lower()} … esc stops waiting"

        _tell(app, await task)
    finally:
        task.cancel()
        app.busy = ""


def _with_logs_of(plan: Plan | Refusal, newer: Plan) -> Plan:
    """Logs are named by the second: what was shown first is what is made."""
    if isinstance(newer, RestartPlan) and isinstance(plan, RestartPlan):
        return replace(newer, log_path=plan.log_path)

    if isinstance(newer, RollingPlan) and isinstance(plan, RollingPlan):
        shown = {each.target.process: each for each in plan.restarts}
        kept = (_with_logs_of(shown.get(e.target.process, e), e) for e in newer.restarts)
        restarts = tuple(e for e in kept if isinstance(e, RestartPlan | SupervisedPlan))
        return replace(newer, restarts=restarts)

    return newer


def _tell(app: EhtuiApp, outcome: Outcome) -> None:
    app.say(words_of(app).outcome(outcome), _SEVERITY[outcome.state])
