"""Acting: ask, plan, confirm, do, tell. Screens wire; these decide the order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.actions.base import Risk
from ehtui.domain.actions.outcomes import OutcomeState, Refusal
from ehtui.domain.actions.release import ReleaseRequest
from ehtui.domain.actions.send import again
from ehtui.domain.actions.sending import SendPlan
from ehtui.domain.actions.signal import SignalRequest
from ehtui.domain.actions.start import RestartRequest, StartAgainRequest, StartRequest
from ehtui.domain.text import safe
from ehtui.domain.world.events import BodyKind
from ehtui.tui.dialog_text import dialog_text
from ehtui.tui.screens.choice import ESCALATING, Choice, ChoiceScreen, SignalScreen
from ehtui.tui.screens.confirm import ConfirmScreen
from ehtui.tui.screens.send import SendScreen
from ehtui.views.events.details import event_title
from ehtui.views.keys import process_key
from ehtui.views.processes import brief

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from ehtui.domain.actions.plans import Plan
    from ehtui.domain.actions.requests import Request
    from ehtui.domain.world.events import Event
    from ehtui.domain.world.process import ProcessId
    from ehtui.tui.dialog_text import DialogText
    from ehtui.tui.host import Host
    from ehtui.tui.open_hub import OpenHub
    from ehtui.views.actions.text import Confirmation


ESCALATE_AFTER_S = 10.0
SLOW_S = 1.0  # what takes longer says so and can be cancelled
_SEVERITY: dict[OutcomeState, SeverityLevel] = {
    OutcomeState.DONE: "information",
    OutcomeState.DRY_RUN: "information",
    OutcomeState.REFUSED: "warning",
    OutcomeState.FAILED: "error",
    OutcomeState.LEFT: "warning",
    OutcomeState.STOPPED: "warning",
}


async def send(app: Host, selected: str | None) -> None:
    """Ask what and where to, plan it, confirm it, send it."""
    partitions = [partition.id for partition in app.snapshot.partitions]
    place = app.backend.place  # what it is written for, whatever is open at Enter
    screen = SendScreen(app.backend.templates, partitions, selected, app.group)
    answer = await app.push_screen_wait(screen)

    if answer is not None:
        await _carry_out(app, replace(answer.request, place=place), is_read=answer.is_read)


async def send_again(app: Host, events: Sequence[Event]) -> None:
    """Plan sending events that were read once more, confirm it, send them."""
    others = [event for event in events if event.body_kind is not BodyKind.DATA]

    if others:
        app.say(
            f"{event_title(others[0])} was no bytes on the wire: it cannot be sent as it was.",
            "warning",
        )
    elif events:
        request = replace(again(events, event_title(events[0])), follow=app.group)
        await _carry_out(app, request)


async def signal(app: Host, processes: Sequence[ProcessId], chosen: str | None = None) -> None:
    """Ask which signal, unless one is chosen; plan it for these processes, confirm, send."""
    if not processes:
        app.say("Select a consumer first: press 2.", "warning")
        return

    say, place, these = dialog_text(app), app.backend.place, tuple(processes)

    def request(chosen: str) -> SignalRequest:
        if chosen == ESCALATING:
            return SignalRequest(these, "TERM", ESCALATE_AFTER_S, place=place)

        return SignalRequest(these, chosen, place=place)

    def costs(chosen: str) -> Sequence[str]:
        plan = app.backend.plan(request(chosen))

        if isinstance(plan, Refusal):
            return (say.refusal(plan),)

        return say.confirmation(plan, app.backend.snapshot, app.group).costs

    if chosen is None:
        names = [say.process(app.snapshot, process) for process in processes]
        about = say.processes(app.snapshot, processes)
        chosen = await app.push_screen_wait(SignalScreen(about, app.backend.signals, names, costs))

    if chosen is not None:
        await _carry_out(app, request(chosen), is_planned_anew=True)


async def restart(app: Host, processes: Sequence[ProcessId]) -> None:
    """Plan it for exactly these processes, confirm, stop and start: one after the other."""
    if not processes:
        app.say("Select a consumer to restart, or tag several with space.", "warning")
        return

    await _carry_out(app, RestartRequest(tuple(processes)), is_planned_anew=True)


async def start_consumer(app: Host, chosen: str | None = None) -> None:
    """Choose a configured consumer, or one that has ended, unless one is; plan, confirm, start."""
    names, place = app.backend.startable, app.backend.place
    ended = {process_key(each.process): each for each in app.backend.ended}

    if not (names or ended):
        app.say(
            "There is nothing to start: no consumer has a command (consumers.NAME.command in "
            "config.yaml), and none has ended.",
            "warning",
        )
        return

    is_asked = chosen is None and (ended or len(names) > 1)
    chosen = chosen or (names[0] if names else None)

    if is_asked:
        say = dialog_text(app)
        choices = [Choice(name, name) for name in names]
        choices += [Choice(key, *say.ended(each)) for key, each in ended.items()]
        heading = f"Start in {app.group}, or start again" if ended else f"Start in {app.group}"
        chosen = await app.push_screen_wait(ChoiceScreen(heading, choices))

    if chosen in ended:
        await _carry_out(app, StartAgainRequest(ended[chosen], place=place))
    elif chosen is not None:
        await _carry_out(app, StartRequest(chosen, app.group, place=place))


async def adopt(app: Host) -> None:
    """Choose a process of this host; it is watched as a consumer from then on."""
    processes = {process_key(each.id): each for each in await app.backend.list_processes()}
    choices = [
        Choice(key, str(each.id.pid), brief(words), searched=words)
        for key, each in processes.items()
        for words in [safe(each.command or each.name)]
    ]
    chosen = await app.push_screen_wait(
        ChoiceScreen("Mark a process as a consumer", choices, is_typed=True)
    )

    if chosen is not None:
        app.backend.adopt(processes[chosen].id)


async def _carry_out(
    app: Host, asked: Request, *, is_planned_anew: bool = False, is_read: bool = False
) -> None:
    """Plan what is asked for, confirm it, do it.

    What stood whole in the dialog that asked for it (`is_read`) is not asked again, but for a hub
    that is marked as production.
    """
    request = await app.backend.rehearse(asked)
    plan = app.backend.plan(request)

    if isinstance(plan, Refusal):
        app.drop_typed_ahead()
        app.say(dialog_text(app).refusal(plan), "warning")
        return

    is_agreed = is_read and isinstance(plan, SendPlan) and not plan.is_production
    is_anew = request if is_planned_anew else None
    confirmed = plan if is_agreed else await _confirm(app, plan, is_anew)

    if confirmed is not None:
        app.stop_asking()
        app.carry_out(do(app, confirmed))


async def _confirm(app: Host, plan: Plan, request: Request | None) -> Plan | None:
    """The plan that stood there last: with a `request` it is made anew while somebody reads."""
    if plan.risk is Risk.READ:
        return plan

    say = dialog_text(app)

    def anew() -> Confirmation | str:
        nonlocal plan
        newer = plan if request is None else app.backend.plan(request)

        if isinstance(newer, Refusal):
            return say.refusal(newer)

        plan = newer.keeping_logs_of(plan)

        return say.confirmation(plan, app.backend.snapshot, app.group)

    words = say.confirmation(plan, app.backend.snapshot, app.group)

    if request is not None:
        app.backend.refresh()  # what it costs depends on who renewed last

    async def try_out() -> Sequence[str]:
        return say.dry_run(await app.backend.try_out(plan), app.backend.snapshot, app.group)

    screen = ConfirmScreen(words, anew if request is not None else None, try_out)

    return plan if await app.push_screen_wait(screen) else None


def do(app: Host, plan: Plan) -> Flow:
    """Do what was confirmed, where it was confirmed, and tell how it ended."""
    return _do(app, app.hub, dialog_text(app), plan)


async def _do(app: Host, hub: OpenHub, say: DialogText, plan: Plan) -> None:
    if isinstance(plan, SendPlan):
        hub.sending = plan

    verb = say.confirmation(plan, hub.backend.snapshot, "").verb
    task = asyncio.ensure_future(hub.backend.execute(plan))
    busy = f"{verb.lower()} … esc stops {'it' if plan.stops_at_once else 'waiting'}"

    try:
        done, _ = await asyncio.wait({task}, timeout=SLOW_S)

        if not done:
            app.be_busy(hub, busy)

        outcome = await task
        is_elsewhere = not app.is_in_hub or app.hub is not hub
        told = say.outcome(outcome)
        app.say(f"{hub.key}: {told}" if is_elsewhere else told, _SEVERITY[outcome.state])
    finally:
        task.cancel()

        if hub.sending is plan:
            hub.sending = None

        if hub.busy == busy:
            app.be_busy(hub, "")


async def release(app: Host, partitions: Sequence[str]) -> None:
    """Plan it for these partitions of the group on screen, confirm, write."""
    if not partitions:
        app.say("Select a partition to release: press 1.", "warning")
        return

    request = ReleaseRequest(app.group, tuple(partitions))
    await _carry_out(app, request, is_planned_anew=True)


Flow = Coroutine[None, None, None]
# What keys name, by what it is about: nothing, the selected partition, the selected consumers.
PLAIN: Mapping[str, Callable[[Host], Flow]] = {"start": start_consumer, "adopt": adopt}
ON_PARTITION: Mapping[str, Callable[[Host, str | None], Flow]] = {"send": send}
ON_PARTITIONS: Mapping[str, Callable[[Host, Sequence[str]], Flow]] = {"release": release}
ON_CONSUMERS: Mapping[str, Callable[[Host, Sequence[ProcessId]], Flow]] = {
    "signal": signal,
    "restart": restart,
}
