"""Acting: ask, plan, confirm, do, tell. Screens wire; these decide the order."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ehtui.domain.plans import Outcome, OutcomeState, Plan, Refusal, RestartPlan
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
    """Plan it for exactly this process, confirm, stop and start."""
    if len(processes) != 1:
        app.say("Select one consumer to restart.", "warning")
        return

    rehearsal = await app.session.rehearse(processes[0])
    planner = partial(app.session.plan_restart, processes[0], rehearsal=rehearsal)
    await _carry_out(app, planner(), planner)


async def start_consumer(app: EhtuiApp) -> None:
    """Choose among the configured consumers, plan, confirm, start."""
    names = app.session.startable

    if not names:
        app.say("No consumer has a command: set consumers.NAME.command in config.yaml.", "warning")
        return

    chosen: str | None = names[0]

    if len(names) > 1:
        choices = [Choice(name, name) for name in names]
        chosen = await app.push_screen_wait(ChoiceScreen(f"Start in {app.group}", choices))

    if chosen is not None:
        await _carry_out(app, app.session.plan_start(chosen, app.group))


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

        if isinstance(newer, RestartPlan) and isinstance(plan, RestartPlan):
            newer = replace(newer, log_path=plan.log_path)  # it is named by the second

        plan = newer

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


def _tell(app: EhtuiApp, outcome: Outcome) -> None:
    app.say(words_of(app).outcome(outcome), _SEVERITY[outcome.state])
