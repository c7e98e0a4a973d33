"""Events of a partition, of a group's partitions, or of all: looked at in the peek group."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import on, work
from typing_extensions import override

from ehtui.clock import steady
from ehtui.domain.problems import ProblemError
from ehtui.domain.world.events import EventQuery, Latest
from ehtui.tui import event_actions, view_actions
from ehtui.tui.event_buffer import MOST_EVENTS
from ehtui.tui.event_feed import EventFeed
from ehtui.tui.event_filter import EventFilter, parse_events
from ehtui.tui.filtering import FilterError
from ehtui.tui.grid import Grid
from ehtui.tui.grid_viewport import Sort
from ehtui.tui.keys import Scope, bindings, spelt
from ehtui.tui.screens.dialog import Reads
from ehtui.tui.screens.event import EventScreen
from ehtui.tui.typeahead import Prompt
from ehtui.tui.widgets.event_filterbar import EventFilterBar
from ehtui.tui.widgets.lines import KeyBar
from ehtui.tui.widgets.notice import Notice
from ehtui.views.cells import RowMemo, Table
from ehtui.views.events.columns import COLUMNS
from ehtui.views.events.reading import marks_of, told_refusal
from ehtui.views.events.table import EventRows, Marks, event_row_key
from ehtui.views.phrasing import Phrasing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.timer import Timer

    from ehtui.domain.problems import Problem
    from ehtui.domain.world.events import Event
    from ehtui.tui.host import Host
    from ehtui.views.cells import Row
    from ehtui.views.events.reading import Reading

DRAWN_EVERY_S = 0.2
AHEAD = 300  # events that are read ahead of the selected one
AHEAD_BYTES = 4 << 20


class EventsScreen(Reads, Prompt[None]):
    """Reads ahead of the selected event, or follows the newest; nothing beyond that is read."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.EVENTS), *bindings(Scope.READING)]
    AUTO_FOCUS = "#events"
    DEFAULT_CSS = """
    EventsScreen {
        background: $background;
        layout: vertical;
    }
    EventsScreen:ansi { background: ansi_default; }
    EventsScreen.-filtering KeyBar { display: none; }
    """
    app: Host

    def __init__(self, reading: Reading) -> None:
        super().__init__()
        self.reading = reading
        self.follows = False
        self.refusal: Problem | None = None
        self.drawn = 0  # times that the table was made
        self.feed: EventFeed | None = None
        self.marks = Marks()
        self._seeks_next = False  # the event that the checkpoint stands before is yet to be found
        self._asked_once = reading.partitions  # to come back from all partitions
        self._memo = RowMemo()
        self._filter: EventFilter | None = None
        self._filter_bar: EventFilterBar | None = None
        self._drawing: Timer | None = None
        self._drawn_at = 0.0
        self._stood_at: Event | None = None  # before it was filtered otherwise
        self._was_key: str | None = None

    @override
    def compose(self) -> ComposeResult:
        chosen = self.app.options.columns.get("events", ())
        yield Notice()
        yield Grid("Events", id="events", chrome=self.app.chrome, compact=chosen)
        yield KeyBar()

    @property
    def grid(self) -> Grid:
        """The table."""
        return self.query_one("#events", Grid)

    def on_mount(self) -> None:
        """Begin to read; checkpoints move while one looks."""
        self.watch(self.app, "snapshot", self._draw_soon, init=False)

        if column := self.app.options.sort.get("events"):
            self.grid.sort_by(Sort(column.removeprefix("-"), descending=column.startswith("-")))

        self.begin(self.reading)

    def kept_lines(self) -> range:
        """The selected row, or the line in which something is typed."""
        bar = self._filter_bar
        region = bar.region if bar is not None and bar.display else None

        return self.grid.cursor_lines if region is None else range(region.y, region.bottom)

    # Reading.

    def begin(self, reading: Reading) -> None:
        """Read from another place, or other partitions."""
        self.reading = reading
        self.follows = isinstance(reading.start, Latest)
        self._seeks_next = reading.start is None
        self._refused(None)
        self._read()

    @work(group="events", exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        positions = self.reading.positions(self.app.snapshot)
        query = EventQuery(positions, follow=True, may_drop=self.follows)
        self.feed = feed = EventFeed(query, self.wants_more, self._draw_soon)
        feed.filter_by(self._filter)

        try:
            await feed.run(self.app.backend)
        except ProblemError as error:
            self._refused(error.problem)
            self._draw()

    def wants_more(self) -> bool:
        """Whether events should be read: to follow, or since one comes near to the last."""
        feed = self.feed

        if feed is None or self.follows:
            return True

        if self._seeks_next:
            return len(feed.buffer.events) < self._sought_among

        ahead = feed.buffer.behind(self.grid.cursor)

        return len(ahead) < AHEAD and sum(len(event.body) for event in ahead) < AHEAD_BYTES

    @property
    def _sought_among(self) -> int:
        """Among how many events it is looked for what a checkpoint stands before."""
        feed = self.feed
        return min(AHEAD * len(feed.query.positions), MOST_EVENTS // 2) if feed is not None else 0

    def _refused(self, problem: Problem | None) -> None:
        """Why nothing can be read, and what to do."""
        self.refusal = problem
        hub, peek_group = self.app.snapshot.hub, self.app.backend.peek_group
        words = told_refusal(problem, hub, peek_group) if problem is not None else ""
        self.query_one(Notice).tell(words)

    # Drawing.

    def _draw_soon(self) -> None:
        """Not for each event: they may come by the thousand."""
        if self._drawing is None and self.is_mounted:
            rests_s = self._drawn_at + DRAWN_EVERY_S - steady()
            self._drawing = self.set_timer(max(0.001, rests_s), self._draw)

    def _draw(self) -> None:
        self._drawing, feed = None, self.feed

        if feed is None or not self.query("#events"):  # it ends
            return

        self.drawn += 1
        self._drawn_at = steady()
        buffer, say = feed.buffer, self.say
        self.marks = marks = marks_of(self.app.snapshot, self.group, buffer.held)
        state = feed.state(marks.last, follows=self.follows, refusal=self.refusal)
        rows = EventRows(buffer.events[:], buffer.keys, marks, say, self._memo)
        title = self.reading.title(say)
        self.grid.show(Table(COLUMNS, rows, title, state.notes(), state.why_empty()))
        self._place_cursor(marks)
        self._complain()

    def _place_cursor(self, marks: Marks) -> None:
        """On the newest while following; first of all on what the checkpoint stands before."""
        feed = self.feed
        assert feed is not None

        if self.follows:
            self._was_key = next(reversed(feed.buffer.keys), None)
            self.grid.move_to(self._was_key or "")
            return

        if self._stood_at is not None and not feed.buffer.is_sifting:
            self.grid.move_to(feed.buffer.near(self._stood_at) or "")
            self._stood_at = self._stood_at if self.has_class("-filtering") else None

        if not self._seeks_next:
            return

        is_read = feed.is_at_end(marks.last) or len(feed.buffer.events) >= self._sought_among
        found = [event for event in feed.buffer.events if marks.is_next(event)]
        awaited = len(marks.done.keys() & (set(self.reading.partitions) or marks.done.keys()))

        if found and (is_read or len(found) >= awaited):
            self._seeks_next = False
            self.grid.move_to(event_row_key(found[0]), in_the_middle=True)
        elif is_read:
            self._seeks_next = False
            self.grid.action_last()

        feed.wake()

    @property
    def say(self) -> Phrasing:
        """In the zone of the screen."""
        app = self.app
        return Phrasing(app.snapshot, app.tables.clock, app.group)

    @property
    def group(self) -> str:
        """Whose checkpoints are marked."""
        return self.reading.group

    @property
    def is_settled(self) -> bool:
        """Whether nothing is about to be drawn."""
        return self._drawing is None

    # Looking.

    @on(Grid.CursorMoved)
    def moved(self, event: Grid.CursorMoved) -> None:
        """Reading goes on ahead of it; who goes back from the newest no longer follows."""
        self.app.place_toasts()

        if event.key != self.grid.cursor:
            return  # it has moved on since

        if not self.has_class("-filtering"):
            self._stood_at = None
        if self.follows and event.key not in {self._was_key, self._last_key}:
            self._hold()
        elif self._seeks_next and self._was_key is not None:
            self._seeks_next = False

        self._was_key = event.key

        if self.feed is not None:
            self.feed.wake()

    @property
    def _last_key(self) -> str | None:
        keys = self.grid.listing.keys
        return keys[-1] if keys else None

    def _hold(self) -> None:
        self.follows = False
        self._draw_soon()

    @on(Grid.RowSelected)
    def open(self) -> None:
        """One event whole."""
        self.app.push_screen(EventScreen(self))

    @on(Grid.NoHit)
    def tell_no_hit(self, event: Grid.NoHit) -> None:
        """Why `n` goes nowhere."""
        key = self.app.key_of("events-filter")
        told = (
            "No event matches the filter." if event.is_sought else f"{key} says what to look for."
        )
        self.app.say(told, "warning")

    def action_follow(self) -> None:
        """Follow the newest event, or hold."""
        self.follows = not self.follows
        self._seeks_next = False
        self._draw()

        if self.feed is not None:
            self.feed.wake()

    def action_begin(self) -> None:
        """Choose where to begin."""
        self.app.run_flow(event_actions.begin_elsewhere(self.app, self))

    def action_all(self) -> None:
        """All partitions, merged by time, or those again that it was opened on."""
        asked = () if self.reading.partitions else self._asked_once

        if not self.reading.partitions and not asked:
            event = self.selected
            asked = (event.partition,) if event is not None else ()
            self._asked_once = asked

        self.begin(replace(self.reading, partitions=asked))

    def action_sort(self) -> None:
        """Choose a column to sort by."""
        self.app.run_flow(view_actions.sort(self.app, self.grid))

    def action_choose_columns(self) -> None:
        """Choose the columns."""
        self.app.run_flow(view_actions.choose_columns(self.app, self.grid))

    def action_back(self) -> None:
        """Clear the filter; then close."""
        if self.app.cancel_action():
            return

        if self._filter is not None:
            self.filter_by("")
        else:
            self.dismiss(None)

    def action_help(self) -> None:
        """Show every key."""
        self.app.run_worker(self.app.run_action("help"))

    # Filtering.

    async def action_filter(self) -> None:
        """Type a filter; it applies while it is typed."""
        if self._filter_bar is None:
            self._filter_bar = EventFilterBar(self.filter_by)
            await self.mount(self._filter_bar)

        self._filter_bar.open_with(self.grid, self._filter.text if self._filter else "")

    def filter_by(self, text: str) -> str:
        """Show what matches; what is wrong with the filter, if anything."""
        try:
            found, complaint = parse_events(text), ""
        except FilterError as error:
            found, complaint = None, f"{error}; all events are shown"

        self._stood_at = self._stood_at or self.selected
        self._filter = found
        self.grid.seek(partial(self._is_hit, found) if found else None, found.text if found else "")

        if self.feed is not None:
            self.feed.filter_by(found)

        return complaint

    def _is_hit(self, wanted: EventFilter, row: Row) -> bool:
        event = self.feed.buffer.event(row.key) if self.feed is not None else None
        return event is not None and wanted.matches(event)

    def _complain(self) -> None:
        """An expression that was given up says so."""
        found = self._filter

        if found is not None and found.problems:
            self.filter_by("")
            self.app.say(f"{found.text}: {found.problems[0]}; all events are shown.", "warning")

    # Taking along, and sending again.

    @property
    def selected(self) -> Event | None:
        """The event under the cursor."""
        return self.feed.buffer.event(self.grid.cursor) if self.feed is not None else None

    def step(self, events: int) -> None:
        """Choose the one so many events further on."""
        self.grid.action_move(events)

    @property
    def chosen(self) -> Sequence[Event]:
        """What is tagged, else what is selected."""
        return self._held(self.grid.targets)

    @property
    def shown(self) -> Sequence[Event]:
        """What is tagged, else all that are shown, in their order on the screen."""
        return self.chosen if len(self.chosen) > 1 else self._held(self.grid.listing.keys)

    def _held(self, keys: Iterable[str]) -> Sequence[Event]:
        found = map(self.feed.buffer.event, keys) if self.feed is not None else ()
        return [event for event in found if event is not None]

    def action_copy(self) -> None:
        """Choose what to copy of an event; of a refusal, the command that helps."""
        self.app.run_flow(event_actions.copy(self.app, self))

    def action_save(self) -> None:
        """Save what is shown as JSON lines."""
        self.app.run_flow(event_actions.save(self.app, self.shown))

    def action_resend(self) -> None:
        """Send the selected event once more."""
        if not self.app.refuses(spelt("resend", ())):
            self.app.run_flow(event_actions.resend(self.app, self.selected))
