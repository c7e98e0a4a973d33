"""What can be asked for by name: the command line's commands, with arguments."""

from __future__ import annotations

import difflib
from functools import partial
from typing import TYPE_CHECKING

from ehtui.domain.text import safe
from ehtui.domain.values import Value
from ehtui.lazy import LazyModule
from ehtui.tui.keys import KEYS, Key, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ehtui.tui import event_opening, places, view_actions, world_actions
    from ehtui.tui.screens.acting import ActingScreen
    from ehtui.tui.screens.tables import TableScreen
    from ehtui.views.events import starting
else:
    event_opening = LazyModule("ehtui.tui.event_opening")
    places = LazyModule("ehtui.tui.places")
    view_actions = LazyModule("ehtui.tui.view_actions")
    world_actions = LazyModule("ehtui.tui.world_actions")
    starting = LazyModule("ehtui.views.events.starting")


class CommandError(ValueError):
    """It is none, or not with that argument; the text says what is wrong."""


class Command(Value, frozen=True):
    """Something to ask for by name. `run` is told what stands behind the name."""

    name: str
    synonyms: tuple[str, ...]
    argument: str  # what may follow, as it is written in help
    what: str
    run: Callable[[ActingScreen, str], None]
    offers: Callable[[ActingScreen], Iterable[str]] = lambda _: ()  # to complete it with
    needs_hub: bool = True  # it is about what stands on a hub's screen

    @property
    def usage(self) -> str:
        """How it is typed."""
        return f"{self.name} {self.argument}".strip()


# What each does.


def _go(kind: str) -> Callable[[ActingScreen, str], None]:
    def run(screen: ActingScreen, argument: str) -> None:
        pane = places.KINDS[kind]

        if not argument:
            screen.action_pane(pane)
        else:
            name = argument.removeprefix("P") if kind == "partition" else argument
            _open(screen, f"{kind}:{name}")

    return run


def _open(screen: TableScreen, text: str) -> None:
    if not text:
        raise CommandError("at needs a place, such as partition:2/why")

    try:
        screen.go(places.parse(text))
    except places.PlaceError as error:
        raise CommandError(str(error)) from error


def _hub(screen: TableScreen, name: str) -> None:
    _open(screen, f"{places.HUB}:{name}" if name else places.HUBS)


def _group(screen: ActingScreen, name: str) -> None:
    if not name:
        screen.action_group()
        return

    names = [group.name for group in screen.app.snapshot.groups]
    screen.app.group = _one_of(name, names, "consumer group")


def _sort(screen: TableScreen, argument: str) -> None:
    grid = screen.active
    descending = True if argument.startswith("-") else None
    wanted = argument.lstrip("-+")

    if not wanted:
        screen.action_sort()
        return

    columns = grid.listing.table.columns
    titles = {column.title.lower(): column.key for column in columns if column.title}
    keys = [column.key for column in columns]
    key = titles.get(wanted.lower()) or _one_of(wanted, keys, "column")
    view_actions.sort_by(grid, key, descending=descending)


def _columns(screen: TableScreen, argument: str) -> None:
    if not argument:
        screen.action_choose_columns()
        return

    grid = screen.active
    keys = [column.key for column in grid.listing.table.columns]
    asked = argument.replace(",", " ").split()
    grid.choose_columns(tuple(_one_of(each, keys, "column") for each in asked))


def _filter(screen: TableScreen, text: str) -> None:
    if complaint := screen.filter_by(text):
        raise CommandError(complaint)


def _signal(screen: ActingScreen, argument: str) -> None:
    if screen.app.refuses("act_on_consumers('signal')"):
        return

    offered = screen.app.backend.signals
    asked = argument.upper().removeprefix("-").removeprefix("SIG")
    name = _one_of({"9": "KILL", "15": "TERM", "2": "INT"}.get(asked, asked), offered, "signal")
    screen.act_on_consumers(partial(world_actions.signal, chosen=name))


def _maybe_signal(screen: ActingScreen, argument: str) -> None:
    if argument:
        _signal(screen, argument)
    else:
        screen.action_act_on_consumers("signal")


def _start(screen: ActingScreen, name: str) -> None:
    if not name:
        screen.action_act("start")
        return

    if screen.app.refuses("act('start')"):
        return

    chosen = _one_of(name, screen.app.backend.startable, "consumer with a command")
    screen.app.run_flow(world_actions.start_consumer(screen.app, chosen))


def _save(screen: TableScreen, kind: str) -> None:
    chosen = _one_of(kind, view_actions.FILES, "format") if kind else None
    screen.app.run_flow(view_actions.save(screen.app, screen, chosen))


def _copy(screen: TableScreen, what: str) -> None:
    if not what:
        screen.action_copy()
        return

    offered = view_actions.copies(screen)
    by_name = {name: each for each in offered for name in (each.letter, each.what)}
    view_actions.put_on_clipboard(screen.app, by_name[_one_of(what, list(by_name), "copy")])


def _refresh(screen: TableScreen, argument: str) -> None:
    if not argument:
        screen.action_refresh()
        return

    if not screen.app.is_in_hub:
        raise CommandError("hubs that nobody looks at are read seldom; refresh reads them now")

    number = argument.removesuffix("s")
    seconds = float(number) if number.replace(".", "", 1).isdecimal() else 0.0

    if not LEAST_REFRESH_S <= seconds <= MOST_REFRESH_S:
        raise CommandError(f"refresh needs {LEAST_REFRESH_S:g} to {MOST_REFRESH_S:g} seconds")

    screen.app.backend.read_every(seconds)
    screen.app.say(f"Hub, store and processes are read every {seconds:g} s from now on.")


def _events(screen: ActingScreen, argument: str) -> None:
    """Of a partition or all, else of what is selected; from somewhere, else the checkpoint."""
    app, words = screen.app, argument.split()
    first = words[0].lower() if words else ""
    known = {f"p{each.id}".lower(): each.id for each in app.snapshot.partitions}
    pane, key = screen.active.id or "", screen.active.cursor

    if first in {*known, "all"}:
        pane, key, words = "partitions", known.get(first), words[1:]

    try:
        text = " ".join(words)
        now, zone_s = app.snapshot.server_now, app.tables.clock.utc_offset_s
        start = starting.start_of(text, now, zone_s) if text else None
    except starting.StartError as error:
        raise CommandError(str(error)) from error

    event_opening.open_events(app, pane, key, start)


LEAST_REFRESH_S, MOST_REFRESH_S = 0.2, 3600.0


def _doctor(screen: ActingScreen, argument: str) -> None:
    if argument:
        raise CommandError("doctor takes no argument")

    from ehtui.tui.screens.doctor import DoctorScreen  # noqa: PLC0415 - for whoever asks

    screen.app.push_screen(DoctorScreen())


def _theme(screen: TableScreen, name: str) -> None:
    if not name:
        raise CommandError("theme needs a name; ctrl+p lists them")

    screen.app.theme = _one_of(name, list(screen.app.available_themes), "theme")


def _one_of(asked: str, names: Sequence[str], kind: str) -> str:
    """The one that is meant: by its name in any case, or by how it alone begins."""
    wanted = asked.lower()
    same = [name for name in names if name.lower() == wanted]
    alike = same or [name for name in names if name.lower().startswith(wanted)]

    if len(alike) == 1:
        return alike[0]

    raise CommandError(f"no {kind} “{asked}”{near(wanted, alike or names)}")


def near(asked: str, names: Sequence[str]) -> str:
    """The end of a complaint: the name that was perhaps meant, or which there are."""
    lower = {name.lower(): name for name in names}
    close = difflib.get_close_matches(asked, lower, n=1, cutoff=0.5)

    if close:
        return f": did you mean {safe(lower[close[0]])}?"

    return f"; there are {', '.join(map(safe, names[:8]))}" if names else "; there is none"


def _column_names(screen: TableScreen) -> Iterable[str]:
    return (column.key for column in screen.active.listing.table.columns if column.title)


def _of_snapshot(what: str) -> Callable[[ActingScreen], Iterable[str]]:
    def offers(screen: ActingScreen) -> Iterable[str]:
        snapshot = screen.app.snapshot
        known: dict[str, Iterable[str]] = {
            "groups": (group.name for group in snapshot.groups),
            "partitions": (partition.id for partition in snapshot.partitions),
            "consumers": (str(each.process.id.pid) for each in snapshot.consumers),
            "findings": (finding.id for finding in snapshot.findings),
        }
        return known[what]

    return offers


_WITH_ARGUMENTS = (
    Command("hub", (), "[NAME]", "Go to another hub, such as orders/telemetry/$Default, or to all",
            _hub, lambda screen: screen.app.hub_names, needs_hub=False),
    Command("group", ("g", "cg", "consumer-group"), "[NAME]", "Show another consumer group",
            _group, _of_snapshot("groups")),
    Command("partition", ("p", "partitions"), "[ID]", "Go to a partition", _go("partition"),
            _of_snapshot("partitions")),
    Command("consumer", ("c", "pid", "consumers"), "[PID]", "Go to a consumer on this host",
            _go("consumer"), _of_snapshot("consumers")),
    Command("finding", ("findings",), "[ID]", "Go to a finding", _go("finding"),
            _of_snapshot("findings")),
    Command("at", ("go", "open"), "PLACE", "Go to a place, such as partition:2/why", _open,
            needs_hub=False),
    Command("sort", ("order", "o"), "[COLUMN]", "Sort this pane; -COLUMN: the largest first",
            _sort, _column_names, needs_hub=False),
    Command("columns", ("cols",), "[COLUMN,…]", "Show these columns", _columns, _column_names,
            needs_hub=False),
    Command("filter", ("search",), "[TEXT]", "Filter this pane; nothing shows all again", _filter,
            needs_hub=False),
    Command("kill", ("signal", "k"), "[SIGNAL]", "Send a signal to the selected consumer",
            _maybe_signal, lambda screen: screen.app.backend.signals),
    Command("start", (), "[NAME]", "Start a configured consumer in this group", _start,
            lambda screen: screen.app.backend.startable),
    Command("export", ("save", "w"), "[FORMAT]", "Save what this pane shows", _save,
            lambda _: view_actions.FILES, needs_hub=False),
    Command("copy", ("y", "yank"), "[WHAT]", "Copy something of the selected row", _copy,
            needs_hub=False),
    Command("audit", (), "", "What was done with ehtui on this host",
            lambda screen, _: screen.app.run_flow(view_actions.audit(screen.app))),
    Command("refresh", ("r",), "[SECONDS]", "Read now, or so often from now on", _refresh,
            needs_hub=False),
    Command("events", ("e", "peek", "tail"), "[P2|all] [WHERE]",
            "Look at events: from earliest, latest, checkpoint, 920, 12:03, 5m", _events,
            lambda _: ("latest", "earliest", "checkpoint", "all latest", "all 5m")),
    Command("theme", ("colours", "colors"), "NAME", "Another theme", _theme,
            lambda screen: sorted(screen.app.available_themes), needs_hub=False),
    Command("doctor", ("check",), "", "Check configuration, network, rights and clock", _doctor),
)  # fmt: skip
_OTHER_NAMES = {
    "quit": ("q", "q!", "exit"),
    "help": ("h",),
    "maximise": ("max", "zoom"),
    "window": ("recent",),
    "groups": (),
    "timeline": ("t", "history"),
    "next-problem": ("next",),
    "faults": ("f",),
    "hubs": ("all",),
    "log": ("l", "logs"),
    "why": (),
    "adopt": ("watch",),
    "pause": ("hold",),
}
_NOT_BY_NAME = {"palette", "command-line", "back", "tag", "next-pane", "previous-pane"}


def _of_key(key: Key) -> Command:
    async def act(screen: TableScreen) -> None:
        await run_key(key, screen)

    def run(screen: TableScreen, argument: str) -> None:
        if argument:
            raise CommandError(f"{key.id} takes nothing behind it")

        screen.call_next(act, screen)

    names = _OTHER_NAMES.get(key.id, ())
    return Command(key.id, names, "", key.description, run, needs_hub=key.scope is Scope.OVERVIEW)


def _all() -> Iterator[Command]:
    taken = {name for each in _WITH_ARGUMENTS for name in (each.name, *each.synonyms)}
    yield from _WITH_ARGUMENTS

    for key in KEYS:
        is_heard = key.scope in {Scope.APP, Scope.TABLES, Scope.OVERVIEW, Scope.GRID}

        if is_heard and not key.is_motion and key.id not in taken | _NOT_BY_NAME | _SIDEWAYS:
            yield _of_key(key)


_SIDEWAYS = {"left", "right"}
COMMANDS: tuple[Command, ...] = tuple(_all())


async def run_key(key: Key, screen: TableScreen) -> None:
    """What a key does, where it is heard."""
    app = screen.app
    nodes = {Scope.APP: app, Scope.GRID: screen.active}
    await app.run_action(key.action, nodes.get(key.scope, screen))
