"""What a key sets going: ask, plan, confirm, act, tell. Screens wire, these decide the order."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ehtui.domain.plans import Outcome, OutcomeState, Plan, Refusal
from ehtui.domain.text import safe
from ehtui.tui.exporting import FORMATS
from ehtui.tui.grid_rows import Sort
from ehtui.tui.screens.choice import Choice, ChoiceScreen
from ehtui.tui.screens.confirm import ConfirmScreen
from ehtui.tui.screens.details import DetailsScreen
from ehtui.tui.screens.group import GroupScreen
from ehtui.tui.screens.log import LogScreen
from ehtui.tui.screens.send import SendScreen
from ehtui.tui.screens.signal import ESCALATING, SignalScreen
from ehtui.tui.screens.why import WhyScreen
from ehtui.tui.words import Words, subject_of
from ehtui.views.keys import process_key

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from textual.notifications import SeverityLevel

    from ehtui.domain.process import ProcessId
    from ehtui.tui.app import EhtuiApp
    from ehtui.tui.grid import Grid


ESCALATE_AFTER_S = 10.0
SLOW_S = 1.0  # what takes longer says so and can be cancelled
_SEVERITY: dict[OutcomeState, SeverityLevel] = {
    OutcomeState.DONE: "information",
    OutcomeState.DRY_RUN: "information",
    OutcomeState.REFUSED: "warning",
    OutcomeState.FAILED: "error",
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

    names = [_words(app).process(app.snapshot, process) for process in processes]
    chosen = await app.push_screen_wait(SignalScreen(app.session.signals, names))

    if chosen == ESCALATING:
        plan = app.session.plan_signal(processes, "TERM", escalate_after_s=ESCALATE_AFTER_S)
        await _carry_out(app, plan)
    elif chosen is not None:
        await _carry_out(app, app.session.plan_signal(processes, chosen))


async def restart(app: EhtuiApp, processes: Sequence[ProcessId]) -> None:
    """Plan it for exactly this process, confirm, stop and start."""
    if len(processes) != 1:
        app.say("Select one consumer to restart.", "warning")
        return

    await _carry_out(app, app.session.plan_restart(processes[0]))


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
    chosen = await app.push_screen_wait(ChoiceScreen("This process is a consumer", choices))

    if chosen is not None:
        app.session.adopt(processes[chosen].id)


def log(app: EhtuiApp, processes: Sequence[ProcessId]) -> None:
    """Follow the log of the first of these that has one."""
    paths = [
        consumer.process.log_path
        for consumer in app.snapshot.consumers
        if consumer.process.id in processes and consumer.process.log_path
    ]

    if paths:
        app.push_screen(LogScreen(paths[0], app.session.follow_log(paths[0])))
    else:
        app.say("No log is known: set consumers.NAME.log in config.yaml.", "warning")


def why(app: EhtuiApp, pane: str, key: str | None) -> None:
    """Explain the selected thing; without one, the group."""
    subject = subject_of(app.snapshot, app.group, pane, key)
    app.push_screen(WhyScreen(_words(app).why(app.snapshot, app.group, subject)))


async def _carry_out(app: EhtuiApp, plan: Plan | Refusal) -> None:
    if isinstance(plan, Refusal):
        app.say(_words(app).refusal(plan), "warning")
        return

    words = _words(app).confirmation(plan, app.snapshot, app.group)

    if not await app.push_screen_wait(ConfirmScreen(words)):
        return

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
    app.say(_words(app).outcome(outcome), _SEVERITY[outcome.state])


async def switch_group(app: EhtuiApp) -> None:
    """Choose among the groups of the hub, with the health of each."""
    chosen = await app.push_screen_wait(GroupScreen(_words(app).groups(app.snapshot), app.group))

    if chosen is not None:
        app.group = chosen


async def sort(app: EhtuiApp, grid: Grid) -> None:
    """Choose a column; the one in force again turns round, the first line is the table's order."""
    listing = grid.listing
    current = listing.sort
    choices = [Choice("", "as it comes"), *_columns(grid)]
    chosen = await app.push_screen_wait(
        ChoiceScreen("Sort by", choices, current.column if current else "")
    )

    if chosen is None:
        return

    is_again = current is not None and current.column == chosen
    descending = not current.descending if current and is_again else _falls(grid, chosen)
    grid.sort_by(Sort(chosen, descending=descending) if chosen else None)


def _columns(grid: Grid) -> list[Choice]:
    current = grid.listing.sort

    return [
        Choice(
            column.key,
            column.title or column.key,
            ("falling" if current.descending else "rising") + ", choose again to turn"
            if current and current.column == column.key
            else "",
        )
        for column in grid.listing.table.columns
        if column.title
    ]


def _falls(grid: Grid, column: str) -> bool:
    """Numbers begin with the largest: that is where the trouble is."""
    keys = [each.key for each in grid.listing.table.columns]
    rows = grid.listing.table.rows

    return column in keys and any(
        isinstance(row.cells[keys.index(column)].sort, float | int) for row in rows
    )


async def save(app: EhtuiApp, grid: Grid) -> None:
    """Choose a format; the file goes into the working folder and is never overwritten."""
    listing = grid.listing
    picture = app.export_screenshot()
    choices = [
        Choice("csv", "CSV", "for a spreadsheet"),
        Choice("json", "JSON", "for a program"),
        Choice("md", "Markdown", "for an issue"),
        Choice("svg", "SVG", "a picture of the screen"),
    ]
    chosen = await app.push_screen_wait(ChoiceScreen("Save what is shown as", choices))

    if chosen is not None:
        text = FORMATS[chosen](listing) if chosen in FORMATS else picture
        moment = datetime.fromtimestamp(app.snapshot.taken_at, tz=UTC)
        path = Path(f"ehtui-{grid.id}-{moment:%Y%m%d-%H%M%S}.{chosen}")

        try:
            await asyncio.to_thread(_write_new, path, text)
        except OSError as error:
            app.say(f"{path}: {error.strerror or error}", "error")
        else:
            app.say(f"Saved {path}.")


def _write_new(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as file:
        file.write(text)


def copy(app: EhtuiApp, grid: Grid) -> None:
    """The tagged rows, or the selected one, as tab-separated text on the terminal's clipboard."""
    rows = {row.key: row for row in grid.listing.table.rows}
    lines = ["\t".join(cell.text.strip() for cell in rows[key].cells) for key in grid.targets]

    if lines:
        app.copy_to_clipboard("\n".join(lines))
        app.say(f"Copied {len(lines)} row{'s' * (len(lines) > 1)}.")


def details(app: EhtuiApp, pane: str, key: str) -> None:
    """Open everything known about a row."""
    app.push_screen(DetailsScreen(pane, key))


def start(app: EhtuiApp, flow: Coroutine[None, None, None]) -> None:
    """Run a flow beside the screen; another one that waits is given up for it."""
    app.run_flow(flow)


def _words(app: EhtuiApp) -> Words:
    return Words(app.pictures.glyphs, app.pictures.clock)
