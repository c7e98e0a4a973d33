"""Every key, once: bindings, footer, palette, help, docs and the keymap come from here."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from textual.binding import Binding

from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Scope(StrEnum):
    """Where a key works, and in which file the method `action_NAME` is that does it."""

    APP = "app"  # everywhere but in a dialog: app.py
    TABLES = "tables"  # on every screen of tables: screens/tables.py
    OVERVIEW = "overview"  # screens/overview.py; what acts or looks closer: screens/acting.py
    GRID = "grid"  # in a table: grid.py
    READING = "reading"  # in what there is to read: screens/dialog.py
    CHART = "chart"  # widgets/chart.py
    DETAILS = "details"  # screens/details.py
    WHY = "why"  # screens/details.py
    LOG = "log"  # screens/log.py
    PLAN = "plan"  # screens/confirm.py
    EVENTS = "events"  # screens/events.py
    EVENT = "event"  # screens/event.py


class Section(StrEnum):
    """Headings of the help."""

    ACT = "Act"
    LOOK = "Look"
    FIND = "Find"
    MOVE = "Move"
    GENERAL = "General"
    DETAILS = "In details"
    EVENTS = "Events"


class Key(Value, frozen=True):
    """One action and the keys that do it."""

    id: str  # for the user's keymap
    keys: str  # as Textual spells them, comma-separated
    action: str
    label: str  # in the footer
    description: str  # in help, palette and docs
    section: Section
    scope: Scope = Scope.OVERVIEW
    is_dangerous: bool = False  # refused while read-only
    shown: str = ""  # how the keys are written, where that differs
    is_motion: bool = False  # works in lists and texts of dialogs too

    @property
    def written(self) -> str:
        """The keys as a person reads them."""
        return self.shown or written(self.keys)


_WRITTEN = {
    "slash": "/",
    "colon": ":",
    "question_mark": "?",
    "full_stop": ".",
    "escape": "esc",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "plus": "+",
    "minus": "-",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "f9": "F9",
}


def written(keys: str) -> str:
    """Keys as a person reads them, from how Textual spells them."""
    return " ".join(_WRITTEN.get(key.strip(), key.strip()) for key in keys.split(","))


_ACT = (
    Key("send", "s", "act_on_partition('send')", "send", "Send a test event", Section.ACT,
        is_dangerous=True),
    Key("signal", "K,f9", "act_on_consumers('signal')", "signal",
        "Send a signal to the selected consumer", Section.ACT, is_dangerous=True),
    Key("restart", "R", "act_on_consumers('restart')", "restart",
        "Restart the selected consumer", Section.ACT, is_dangerous=True),
    Key("start", "S", "act('start')", "start",
        "Start a configured consumer in this group", Section.ACT, is_dangerous=True),
    Key("checkpoints", "c", "checkpoints", "checkpoints",
        "Checkpoints of the group: where they stand, and moving them", Section.ACT),
    Key("release", "x", "act_on_partitions('release')", "release",
        "Release the selected partition for an owner that is gone", Section.ACT,
        is_dangerous=True),
    Key("adopt", "a", "act('adopt')", "adopt", "Mark a local process as a consumer",
        Section.ACT),
)  # fmt: skip
_LOOK = (
    Key("open", "enter", "open", "open", "Details", Section.LOOK, Scope.GRID),
    Key("why", "w", "why", "why", "Why? Verdict, what to do, and the checks", Section.LOOK),
    Key("why-most", "W", "why_most", "most lag", "Go to the partition that lags most, and why",
        Section.LOOK),
    Key("group", "g", "group", "group", "Switch to another consumer group", Section.LOOK),
    Key("log", "l", "log", "log", "Follow the selected consumer's log", Section.LOOK),
    Key("events", "e", "events", "events",
        "Look at events: around the partition's checkpoint, or of all partitions", Section.LOOK),
    Key("maximise", "m", "maximise", "maximise", "Maximise or restore this pane", Section.LOOK),
    Key("back", "escape", "back", "back",
        "Back: close, clear the filter, restore, to all hubs", Section.LOOK, Scope.TABLES),
    Key("hubs", "H", "hubs", "hubs", "All hubs and groups, where there are several hubs",
        Section.LOOK, Scope.APP),
    Key("refresh", "r", "refresh", "refresh", "Read everything now", Section.LOOK, Scope.TABLES),
    Key("pause", "p", "pause", "pause", "Pause or resume the display", Section.LOOK),
    Key("charts-in", "plus", "zoom(1)", "closer", "Less time on the charts, down to half a minute",
        Section.LOOK),
    Key("charts-out", "minus", "zoom(-1)", "longer", "More time on the charts, up to an hour",
        Section.LOOK),
    Key("copy", "y", "copy", "copy",
        "Copy to the clipboard: then y row, o owner id, p pid, P partition, c command, l link …",
        Section.LOOK, Scope.TABLES),
)  # fmt: skip
_FIND = (
    Key("filter", "slash", "filter", "filter",
        "Filter: words, P2, lag>1k, behind>1m, owner:none, !not, /regex/", Section.FIND,
        Scope.TABLES),
    Key("sort", "o", "sort", "sort", "Sort: then a column's letter, once more turns it",
        Section.FIND, Scope.TABLES),
    Key("columns", "F", "choose_columns", "columns", "Choose the columns of this pane",
        Section.FIND, Scope.TABLES),
    Key("faults", "f", "faults", "faults", "Show faults only, or everything", Section.FIND,
        Scope.TABLES),
    Key("window", "t", "window", "time", "Timeline: the last 5 minutes, 15, an hour, all",
        Section.FIND),
    Key("kinds", "T", "kinds", "kinds", "Timeline: ownership, actions, processes, faults …",
        Section.FIND),
    Key("next-problem", "full_stop", "next_problem", "next", "Go to the next problem",
        Section.FIND, Scope.GRID),
    Key("next-hit", "n", "next_hit(1)", "next hit",
        "Go to the next row that the filter matches, also once all are shown again",
        Section.FIND, Scope.GRID),
    Key("previous-hit", "N", "next_hit(-1)", "previous hit", "Go to the one before",
        Section.FIND, Scope.GRID),
    Key("tag", "space", "tag", "tag", "Tag or untag: actions apply to all tagged rows",
        Section.FIND, Scope.GRID),
)  # fmt: skip
_MOVE = (
    Key("up", "up,k", "move(-1)", "up", "Up a row", Section.MOVE, Scope.GRID, is_motion=True),
    Key("down", "down,j", "move(1)", "down", "Down a row", Section.MOVE, Scope.GRID,
        is_motion=True),
    Key("page-up", "pageup", "page(-1)", "page up", "Up a page", Section.MOVE, Scope.GRID,
        is_motion=True),
    Key("page-down", "pagedown", "page(1)", "page down", "Down a page", Section.MOVE, Scope.GRID,
        is_motion=True),
    Key("half-page-up", "ctrl+u", "half_page(-1)", "half a page up", "Up half a page",
        Section.MOVE, Scope.GRID, is_motion=True),
    Key("half-page-down", "ctrl+d", "half_page(1)", "half a page down", "Down half a page",
        Section.MOVE, Scope.GRID, is_motion=True),
    Key("first", "home", "first", "first", "First row", Section.MOVE, Scope.GRID, is_motion=True),
    Key("last", "end", "last", "last", "Last row", Section.MOVE, Scope.GRID, is_motion=True),
    Key("left", "left", "columns(-1)", "left", "Columns to the left", Section.MOVE, Scope.GRID),
    Key("right", "right", "columns(1)", "right", "Columns to the right", Section.MOVE, Scope.GRID),
    Key("next-pane", "tab", "next_pane(1)", "pane", "Next pane", Section.MOVE),
    Key("previous-pane", "shift+tab", "next_pane(-1)", "pane", "Previous pane", Section.MOVE),
    Key("partitions", "1", "pane('partitions')", "partitions", "Partitions", Section.MOVE),
    Key("consumers", "2", "pane('consumers')", "consumers", "Consumers on this host",
        Section.MOVE),
    Key("findings", "3", "pane('findings')", "findings", "Findings", Section.MOVE),
    Key("timeline", "4", "pane('timeline')", "timeline", "Timeline", Section.MOVE),
    Key("groups", "5", "pane('groups')", "groups", "Consumer groups, side by side", Section.MOVE),
)  # fmt: skip
_GENERAL = (
    Key("save", "ctrl+s", "save", "save", "Save this pane as CSV, JSON, Markdown or SVG",
        Section.GENERAL, Scope.TABLES),
    Key("command-line", "colon", "command_line", "command",
        "Type a command: :hub X, :group X, :p 12, :sort lag, :kill, :refresh 2, :theme NAME …",
        Section.GENERAL, Scope.TABLES),
    Key("command-anywhere", "colon", "command_line", "command",
        "In details, Why?, logs and events: type a command, which closes them", Section.GENERAL,
        Scope.READING),
    Key("palette", "ctrl+p", "command_palette", "palette", "Find any command by name",
        Section.GENERAL, Scope.APP),
    Key("help", "question_mark", "help", "help", "This help", Section.GENERAL, Scope.APP),
    Key("quit", "q,ctrl+c", "quit", "quit", "Quit", Section.GENERAL, Scope.APP,
        shown="q"),
    Key("redraw", "ctrl+l", "redraw", "redraw", "Redraw the screen", Section.GENERAL,
        Scope.APP),
    Key("suspend", "ctrl+z", "suspend_process", "suspend", "Back to the shell; fg returns",
        Section.GENERAL, Scope.APP),
)  # fmt: skip

_DETAILS = (
    Key("look-back", "left", "look(-1)", "back", "Earlier on the chart", Section.DETAILS,
        Scope.CHART),
    Key("look-on", "right", "look(1)", "on", "Later on the chart", Section.DETAILS, Scope.CHART),
    Key("zoom-in", "plus", "zoom(1)", "zoom", "Less time on the chart", Section.DETAILS,
        Scope.CHART),
    Key("zoom-out", "minus", "zoom(-1)", "zoom", "More time on the chart", Section.DETAILS,
        Scope.CHART),
    Key("glossary", "question_mark", "glossary", "words", "In Why?: what the words mean",
        Section.DETAILS, Scope.WHY),
    Key("details-events", "e", "events", "events", "In details: look at its events",
        Section.DETAILS, Scope.DETAILS),
    Key("why-events", "e", "events", "events", "In Why?: look at its events", Section.DETAILS,
        Scope.WHY),
    Key("log-search", "slash", "ask('search')", "search", "Log: search", Section.DETAILS,
        Scope.LOG),
    Key("log-next", "n", "hit(1)", "next", "Log: next hit", Section.DETAILS, Scope.LOG),
    Key("log-previous", "N", "hit(-1)", "previous", "Log: hit before", Section.DETAILS, Scope.LOG),
    Key("log-level", "v", "level", "level", "Log: all, info, warnings, errors", Section.DETAILS,
        Scope.LOG),
    Key("log-wrap", "w", "wrap", "wrap", "Log: break long lines, or not", Section.DETAILS,
        Scope.LOG),
    Key("log-time", "t", "ask('time')", "time", "Log: go to a time", Section.DETAILS, Scope.LOG),
    Key("log-hold", "p", "hold", "hold", "Log: hold or follow", Section.DETAILS, Scope.LOG),
    Key("only-ownership", "f", "only_ownership", "ownership", "Log: ownership lines only, or all",
        Section.DETAILS, Scope.LOG),
    Key("dry-run", "D", "dry_run", "dry run",
        "In a plan: a dry run, step by step; nothing is touched", Section.DETAILS, Scope.PLAN),
    Key("copy-details", "y", "copy", "copy", "Copy the details", Section.DETAILS, Scope.DETAILS),
)  # fmt: skip

_EVENTS = (
    Key("events-begin", "b", "begin", "begin",
        "Choose where to begin: earliest, latest, checkpoint, a sequence, a time", Section.EVENTS,
        Scope.EVENTS),
    Key("events-follow", "p", "follow", "follow", "Follow the newest event, or hold",
        Section.EVENTS, Scope.EVENTS),
    Key("events-all", "a", "all", "all", "All partitions merged by time, or one again",
        Section.EVENTS, Scope.EVENTS),
    Key("events-filter", "slash", "filter", "filter",
        "Filter events: words, P2, key:room, prop:type=minutes, type:json, seq>=920, /regex/",
        Section.EVENTS, Scope.EVENTS),
    Key("events-sort", "o", "sort", "sort", "Sort events by a column", Section.EVENTS,
        Scope.EVENTS),
    Key("events-columns", "F", "choose_columns", "columns", "Choose the columns of events",
        Section.EVENTS, Scope.EVENTS),
    Key("events-copy", "y", "copy", "copy",
        "Copy an event: then y line of JSON, b body, k key, s sequence, o offset", Section.EVENTS,
        Scope.EVENTS),
    Key("events-save", "ctrl+s", "save", "save",
        "Save the events that are shown, or tagged, as JSON lines", Section.EVENTS, Scope.EVENTS),
    Key("events-resend", "s", "resend", "send again", "Send the selected event again",
        Section.EVENTS, Scope.EVENTS, is_dangerous=True),
    Key("events-back", "escape", "back", "back", "Clear the filter; then close", Section.EVENTS,
        Scope.EVENTS),
    Key("events-help", "question_mark", "help", "help", "This help", Section.EVENTS,
        Scope.EVENTS),
    Key("event-before", "left", "other(-1)", "before", "One event: the one before",
        Section.EVENTS, Scope.EVENT),
    Key("event-next", "right", "other(1)", "next", "One event: the next", Section.EVENTS,
        Scope.EVENT),
    Key("event-view", "v", "view", "view", "One event: its body unpacked, as sent, in hex",
        Section.EVENTS, Scope.EVENT),
    Key("event-search", "slash", "ask", "search", "One event: search", Section.EVENTS,
        Scope.EVENT),
    Key("event-hit", "n", "hit(1)", "next", "One event: next hit", Section.EVENTS, Scope.EVENT),
    Key("event-hit-before", "N", "hit(-1)", "previous", "One event: hit before", Section.EVENTS,
        Scope.EVENT),
    Key("event-copy", "y", "copy", "copy", "One event: copy it as shown", Section.EVENTS,
        Scope.EVENT),
    Key("event-save", "ctrl+s", "save", "save", "One event: save it as a line of JSON",
        Section.EVENTS, Scope.EVENT),
    Key("event-resend", "s", "resend", "send again", "One event: send it again", Section.EVENTS,
        Scope.EVENT, is_dangerous=True),
)  # fmt: skip

KEYS: tuple[Key, ...] = (*_ACT, *_LOOK, *_FIND, *_MOVE, *_GENERAL, *_DETAILS, *_EVENTS)


def default_keys(id_: str) -> str:
    """The table's keys for an action, as Textual spells them."""
    return next(key.keys for key in KEYS if key.id == id_)


# `ui.keys: vim`. What moved out of the way of a motion has another key.
VIM: Mapping[str, str] = {
    "left": "left,h",
    "right": "right,l",
    "look-back": "left,h",
    "look-on": "right,l",
    "event-before": "left,h",
    "event-next": "right,l",
    "first": "home,g",
    "last": "end,G",
    "group": "C",
    "log": "L",
}


def keymap(style: str, own: Mapping[str, str]) -> dict[str, str]:
    """Which keys differ from the table's, by id: `own`, a user's choice, goes over the style's."""
    return {**(VIM if style == "vim" else {}), **own}


# What each pane's footer names, by id; where space is short the last go first.
FOOTERS: Mapping[str, str] = {
    "partitions": "why open events why-most signal filter group send copy restart sort"
    " next-problem",
    "consumers": "why open signal restart log filter start copy tag sort adopt",
    "findings": "why open filter copy signal log faults maximise",
    "timeline": "open why window kinds filter copy log faults maximise",
    "groups": "open why group charts-out charts-in sort copy start",
    "hubs": "open next-problem faults filter sort refresh copy columns save",
    "events": "open events-begin events-filter events-follow events-all next-problem events-copy"
    " events-save events-resend tag events-sort events-columns events-back command-anywhere",
}
FOOTER_END = (
    "hubs",
    "command-line",
    "help",
    "quit",
    "events-help",
)  # whoever sees these finds the rest


def footer(pane: str) -> tuple[Key, ...]:
    """The keys of that pane's footer, the end of every footer last."""
    known = {key.id: key for key in KEYS}
    return tuple(known[id_] for id_ in (*FOOTERS[pane].split(), *FOOTER_END))


def bindings(scope: Scope) -> Iterator[Binding]:
    """Textual's bindings for one scope; ids are what a keymap names."""
    for key in KEYS:
        if key.scope is scope:
            yield _binding(key)


def motions() -> Iterator[Binding]:
    """The keys that move in a table, for lists and texts of dialogs."""
    for key in KEYS:
        if key.is_motion:
            yield _binding(key)


def _binding(key: Key) -> Binding:
    return Binding(key.keys, key.action, key.description, id=key.id, show=False)


def dangerous_actions() -> frozenset[str]:
    """Names of actions that change the world."""
    return frozenset(key.action for key in KEYS if key.is_dangerous)


def spelt(action: str, parameters: tuple[object, ...]) -> str:
    """An action as a key names it: `act('start')`."""
    return f"{action}({', '.join(map(repr, parameters))})" if parameters else action
