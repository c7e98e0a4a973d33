"""`c`: where checkpoints stand, where to move them, the plan in full, then the ladder."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.actions.checkpoint_files import csv_of
from ehtui.domain.actions.checkpoint_plan import CheckpointPlan, LikeGroup, Undo
from ehtui.domain.actions.checkpoints import CheckpointRequest, judged_by, refusal_of
from ehtui.domain.actions.outcomes import Refusal, RefusalReason
from ehtui.domain.text import safe
from ehtui.tui import world_actions
from ehtui.tui.dialog_text import dialog_text
from ehtui.tui.screens.checkpoints import COPY, UNDO, CheckpointPlanScreen, CheckpointScreen
from ehtui.tui.screens.choice import Choice, ChoiceScreen
from ehtui.tui.view_actions import write_new
from ehtui.views.actions.checkpoints import owner_words
from ehtui.views.checkpoints import group_lines, plan_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.actions.checkpoint_plan import LiveOwner, Strategy
    from ehtui.tui.host import Host
    from ehtui.views.actions.text import Confirmation

_FORCEABLE = {RefusalReason.GROUP_ACTIVE, RefusalReason.OWNERS_UNREAD}
_STOP, _FORCE, _SEE = "stop", "force", "see"
MOST_PATHS = 100  # of plans that were saved in one minute


async def checkpoints(app: Host, group: str, partitions: Sequence[str]) -> None:
    """Show where a group stands; choose; plan it, and do it if that is confirmed."""
    state = app.snapshot.group(group)

    if not app.snapshot.policy.has_store:
        app.say("No checkpoint store is configured: there are no checkpoints to show.", "warning")
        return

    standing, place = ["No records yet."], app.backend.place

    if state is not None:
        _, *standing = group_lines(app.snapshot, state, has_blobs=False)

    asked = await app.push_screen_wait(CheckpointScreen(group, standing, partitions))

    if asked is None:
        return

    strategy = asked.strategy or await _more(app, asked.way, group)

    if strategy is not None:
        await _plan(app, CheckpointRequest(strategy, group, asked.partitions, place=place))


async def _more(app: Host, way: str, group: str) -> Strategy | None:
    """Which backup, or which other group."""
    if way == COPY:
        stored = [g for g in app.snapshot.groups if not app.snapshot.is_only_listed(g)]
        names = [each.name for each in stored if each.name.lower() != group.lower()]

        if not names:
            app.say("There is no other group to copy from.", "warning")
            return None

        choices = [Choice(name, safe(name)) for name in names]
        chosen = await app.push_screen_wait(ChoiceScreen(f"Copy to {safe(group)} from", choices))

        return LikeGroup(chosen) if chosen is not None else None

    if way != UNDO:
        return None

    kept = await app.backend.backups(group)

    if not kept:
        app.say(f"There is no backup of {group}: nothing was moved from this account.", "warning")
        return None

    clock, snapshot = app.tables.clock, app.snapshot
    today = snapshot.host_at(snapshot.taken_at)
    choices = [
        Choice(
            each.path,
            f"{clock.moment(each.at, today)}  {safe(each.strategy)}",
            f"{each.written} written",
        )
        for each in kept
    ]
    chosen = await app.push_screen_wait(ChoiceScreen(f"Undo for {safe(group)}", choices))

    return Undo(chosen) if chosen is not None else None


async def _plan(app: Host, asked: CheckpointRequest) -> None:
    """Look at blobs and events, show what that amounts to, and do what is confirmed."""
    busy = "looking at checkpoints …"
    app.busy = busy

    try:
        request = await app.backend.rehearse(asked)
    finally:
        app.busy = "" if app.busy == busy else app.busy

    plan = app.backend.plan(request)
    assert isinstance(request, CheckpointRequest)

    if not isinstance(plan, CheckpointPlan):
        app.drop_typed_ahead()
        told = dialog_text(app).refusal(plan) if isinstance(plan, Refusal) else "No plan."
        app.say(told, "warning")
        return

    refusal = refusal_of(plan)

    if refusal is not None and refusal.reason in _FORCEABLE:
        chosen = await _under_owners(app, plan)

        if chosen == _STOP:
            local = [each.process for each in plan.owners if each.process is not None]
            await world_actions.signal(app, local, "TERM")
            return

        if chosen is None:
            return

        if chosen == _FORCE:
            request = replace(request, is_forced=True)
            plan = replace(plan, is_forced=True)
            refusal = refusal_of(plan)

    off = dialog_text(app).refusal(refusal) if refusal is not None else ""
    await _ask(app, plan, app.why_read_only if app.backend.read_only else off)


async def _under_owners(app: Host, plan: CheckpointPlan) -> str | None:
    """Live owners go on from where they are, and write over what is written."""
    local = [str(each.process.pid) for each in plan.owners if each.process is not None]
    choices = [Choice(_SEE, "See the plan only", "nothing is written")]

    if not app.backend.read_only:
        if local:
            stop = Choice(_STOP, f"Stop {', '.join(local)} first", "SIGTERM, after its own plan")
            choices.insert(0, stop)

        choices.append(Choice(_FORCE, "Force it", "they write over it at their next checkpoint"))

    return await app.push_screen_wait(ChoiceScreen(_heading(plan.owners, plan.group), choices))


def _heading(owners: Sequence[LiveOwner], group: str) -> str:
    if not owners:
        return f"Who owns partitions of {safe(group)} could not be read just now"

    told = owner_words(owners[0])
    more = f", and {len(owners) - 1} more" if len(owners) > 1 else ""

    return f"{safe(group)} is being read: {told}{more}"


async def _ask(app: Host, plan: CheckpointPlan, off: str) -> None:
    say = dialog_text(app)

    def told() -> Confirmation:
        words = say.confirmation(plan, app.backend.snapshot, app.group)
        return words.with_steps(plan_lines(plan)[3:])

    def anew() -> Confirmation | str:
        nonlocal plan
        plan = judged_by(plan, app.backend.snapshot)
        refusal = refusal_of(plan)

        return told() if refusal is None else say.refusal(refusal)

    async def try_out() -> Sequence[str]:
        return say.dry_run(await app.backend.try_out(plan), app.backend.snapshot, app.group)

    screen = CheckpointPlanScreen(
        told(),
        partial(_save, app, plan),
        off=off,
        anew=None if off else anew,
        try_out=None if off else try_out,
    )

    if await app.push_screen_wait(screen):
        app.stop_asking()
        app.carry_out(world_actions.do(app, plan))


async def _save(app: Host, plan: CheckpointPlan) -> None:
    """Into the working folder, over no other file."""
    name = "".join(letter if letter.isalnum() else "-" for letter in plan.group).strip("-")
    text = csv_of(plan)

    for number in range(MOST_PATHS):
        path = Path(f"ehtui-checkpoints-{name}{f'-{number}' if number else ''}.csv")

        try:
            await asyncio.to_thread(write_new, path, text)
        except FileExistsError:
            continue
        except OSError as error:
            app.say(f"{path}: {error.strerror or error}", "error")
        else:
            app.say(f"Saved {path}.")

        return
