"""The screen of events: where it begins, what it selects, follows, filters, saves, refuses."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Static

from ehtui.domain.actions.sending import SendPlan
from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.text import visible
from ehtui.domain.world.events import AtSequence, AtTime, Earliest, Event, Latest
from ehtui.tui.app import EhtuiApp
from ehtui.tui.options import UiOptions
from ehtui.tui.screens.confirm import ConfirmScreen
from ehtui.tui.screens.event import EventScreen
from ehtui.tui.screens.events import AHEAD, EventsScreen
from ehtui.tui.screens.overview import OverviewScreen
from ehtui.tui.screens.starting import StartScreen
from ehtui.views.events.starting import BEFORE
from tests.tui.fakes import FakeBackend, FakeStream, burst_is_over
from tests.tui.scenes import NOW, healthy
from tests.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from textual.pilot import Pilot

    from ehtui.domain.snapshot import Snapshot

SIZE = (120, 36)


def event(sequence: int, partition: str = "2", body: bytes | None = None, **more: str) -> Event:
    text = json.dumps({"number": sequence, "title": "회의록"}).encode() if body is None else body
    at = NOW - 60 + sequence % 1000 * 0.01

    return Event(partition, sequence, str(sequence), at, text, size_bytes=len(text) + 60, **more)  # type: ignore[arg-type]


def done_of(snapshot: Snapshot, partition: str) -> int:
    state = snapshot.group("$Default")
    found = state.partition(partition) if state is not None else None
    assert found is not None
    assert found.checkpoint is not None
    assert found.checkpoint.sequence is not None

    return found.checkpoint.sequence


def around_checkpoint(snapshot: Snapshot, partition: str = "2") -> list[Event]:
    done = done_of(snapshot, partition)

    return [event(number, partition) for number in range(done + 1 - BEFORE, done + 41)]


class Opened:
    """The screen as it stands, and what it stands on."""

    def __init__(self, app: EhtuiApp, backend: FakeBackend, pilot: Pilot[int]) -> None:
        self.app = app
        self.backend = backend
        self.pilot = pilot

    @property
    def screen(self) -> EventsScreen:
        return next(each for each in self.app.screen_stack if isinstance(each, EventsScreen))

    @property
    def rows(self) -> list[str]:
        return list(self.screen.grid.listing.keys)

    @property
    def title(self) -> str:
        return self.screen.grid.render_line(0).text

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await self.pilot.pause()

    async def shows(self, *keys: str) -> None:
        await wait_for(lambda: self.rows == list(keys))


@asynccontextmanager
async def opened(
    *events: Event,
    follows: bool = True,
    keys: tuple[str, ...] = ("e",),
    size: tuple[int, int] = SIZE,
    read_only: bool = False,
    problem: Problem | None = None,
    at: str = "2",
) -> AsyncIterator[Opened]:
    backend = FakeBackend(healthy(), read_only=read_only)
    backend.stream = FakeStream(events, follows=follows)
    backend.events_problem = problem
    app = EhtuiApp(backend, UiOptions())

    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        overview = app.screen
        assert isinstance(overview, OverviewScreen)
        overview.pane("partitions").move_to(at)
        one = Opened(app, backend, pilot)
        await one.press(*keys)
        await wait_for(lambda: any(isinstance(each, EventsScreen) for each in app.screen_stack))
        await wait_for(lambda: one.screen.takes_keys)
        yield one


async def test_it_opens_on_the_event_that_the_checkpoint_stands_before() -> None:
    done = done_of(healthy(), "2")

    async with opened(*around_checkpoint(healthy())) as one:
        await wait_for(lambda: one.screen.grid.cursor == f"2/{done + 1}")
        (query,) = one.backend.queries
        texts = [strip.text for strip in map(one.screen.grid.render_line, range(34))]

        assert query.positions == {"2": AtSequence(done + 1 - BEFORE)}
        assert query.follow
        assert not query.may_drop
        assert "P2 around the checkpoint" in one.title
        assert any(f"{done:,}" in text and "done" in text for text in texts)
        assert any(f"{done + 1:,}" in text and "next" in text for text in texts)


async def test_without_events_left_it_stands_at_the_last_one() -> None:
    done = done_of(healthy(), "0")

    async with opened(*[event(done - 1, "0"), event(done, "0")], at="0") as one:
        await wait_for(lambda: one.screen.grid.cursor == f"0/{done}")
        assert "at the end" in one.title


async def test_reading_waits_until_somebody_goes_on() -> None:
    first = done_of(healthy(), "2") - BEFORE

    async with opened(*[event(first + number) for number in range(5000)]) as one:
        await wait_for(lambda: len(one.rows) > AHEAD)
        await wait_for(lambda: one.screen.is_settled)
        await one.pilot.pause()
        read = one.screen.feed.buffer.read  # type: ignore[union-attr]
        assert read <= AHEAD + 400

        await one.press("end")
        await wait_for(lambda: one.screen.feed.buffer.read > read)  # type: ignore[union-attr]


async def test_latest_follows_and_going_back_holds() -> None:
    async with opened(keys=("colon", *"events", "space", *"latest", "enter")) as one:
        await wait_for(lambda: bool(one.backend.queries))
        assert one.backend.queries[0].positions == {"2": Latest()}
        assert one.backend.queries[0].may_drop

        one.backend.stream.put(*[event(number) for number in range(10)])
        await wait_for(lambda: one.screen.grid.cursor == "2/9")
        assert "follows" in one.title
        one.backend.stream.put(event(10))
        await wait_for(lambda: one.screen.grid.cursor == "2/10")

        await one.press("up")
        await wait_for(lambda: not one.screen.follows)
        one.backend.stream.put(event(11))
        await wait_for(lambda: "2/11" in one.rows)
        assert one.screen.grid.cursor == "2/9"

        await one.press("p")
        await wait_for(lambda: one.screen.grid.cursor == "2/11")


@pytest.mark.parametrize(
    ("line", "positions"),
    [
        ("P1 earliest", {"1": Earliest()}),
        ("920", {"2": AtSequence(920)}),
        ("all 12:00", {each: AtTime(NOW - 181) for each in "012"}),
    ],
)
async def test_where_to_begin_is_typed(line: str, positions: dict[str, object]) -> None:
    typed = ["space" if char == " " else "colon" if char == ":" else char for char in line]

    async with opened(event(1), keys=("colon", *"events", "space", *typed, "enter")) as one:
        await wait_for(lambda: bool(one.backend.queries))
        assert one.backend.queries[0].positions == positions


async def test_what_is_no_place_is_said_and_stays_to_be_mended() -> None:
    backend = FakeBackend(healthy())
    app = EhtuiApp(backend, UiOptions())

    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("colon", *"events", "space", *"soon", "enter")
        await wait_for(lambda: "not a place to begin" in said(app))
        assert not backend.queries


def is_asked(app: EhtuiApp) -> bool:
    return isinstance(app.screen, StartScreen) and app.screen.takes_keys


async def test_another_beginning_is_chosen_in_a_dialog() -> None:
    async with opened(event(1)) as one:
        await one.shows("2/1")
        await one.press("b")
        await wait_for(
            lambda: isinstance(one.app.screen, StartScreen) and one.app.screen.takes_keys
        )
        await one.press(*"5m", "enter")
        await wait_for(lambda: len(one.backend.queries) == 2)
        start = one.backend.queries[1].positions["2"]
        assert isinstance(start, AtTime)
        assert start.enqueued_at == pytest.approx(NOW - 300, abs=2)
        assert one.backend.stream.is_closed
        await burst_is_over()
        await one.press("b")
        await wait_for(
            lambda: isinstance(one.app.screen, StartScreen) and one.app.screen.takes_keys
        )
        await one.press("down", "down", "enter")
        await wait_for(lambda: len(one.backend.queries) == 3)


async def test_all_partitions_are_merged_by_time_and_one_is_again() -> None:
    async with opened(event(5, "0"), event(3, "1"), event(4)) as one:
        await wait_for(lambda: len(one.rows) == 3)
        await one.press("a")
        await wait_for(lambda: len(one.backend.queries) == 2)
        assert set(one.backend.queries[1].positions) == {"0", "1", "2"}
        await wait_for(lambda: "all partitions" in one.title)
        await one.press("a")
        await wait_for(lambda: len(one.backend.queries) == 3)
        assert set(one.backend.queries[2].positions) == {"2"}


async def test_it_filters_while_one_types_and_escape_shows_all_then_closes() -> None:
    events = [event(1, key="room-7"), event(2, body=b"needle"), event(3, "1", key="room-9")]

    async with opened(*events) as one:
        await wait_for(lambda: len(one.rows) == 3)
        one.screen.grid.move_to("2/2")
        await one.press("slash", *"key", "colon", *"room")
        await one.shows("2/1", "1/3")
        await wait_for(lambda: one.screen.grid.cursor == "1/3")  # nearest to where it stood
        await one.press("space", "P", "1", "enter")
        await one.shows("1/3")
        assert "key:room P1" in one.title
        one.backend.stream.put(event(4), event(5, "1", key="room-1"))
        await one.shows("1/3", "1/5")
        await burst_is_over()
        await one.press("escape")
        await wait_for(lambda: len(one.rows) == 5)
        await one.press("n")
        await wait_for(lambda: one.screen.grid.cursor in {"1/3", "1/5"})
        await burst_is_over()
        await one.press("escape")
        await wait_for(lambda: isinstance(one.app.screen, OverviewScreen))
        await wait_for(lambda: one.backend.stream.is_closed)


async def test_a_filter_that_cannot_be_read_says_so_and_shows_all() -> None:
    async with opened(event(1)) as one:
        await one.shows("2/1")
        await one.press("slash", *"color", "colon", *"red")
        await wait_for(lambda: "no field" in said(one.app))
        await one.shows("2/1")


async def test_one_event_whole_and_its_neighbours() -> None:
    events = [
        event(1, body=b'{"a": {"b": [1, 2]}}', key="room-7"),
        event(2, body=b"\x1b[31mred"),
        event(3),
    ]

    async with opened(*events, keys=("colon", *"events", "space", "1", "enter")) as one:
        await wait_for(lambda: len(one.rows) == 3)
        await one.press("home", "enter")
        screen = await whole(one)
        await wait_for(lambda: "      1," in screen.pager.texts)
        assert any("room-7" in text for text in screen.pager.texts)
        await one.press("right")
        await wait_for(lambda: any("\\x1b[31mred" in text for text in screen.pager.texts))
        assert one.screen.grid.cursor == "2/2"
        await one.press("v", "v")
        await wait_for(lambda: any("1b 5b 33 31" in text for text in screen.pager.texts))
        await one.press("left")
        await wait_for(lambda: any("7b 22 61 22" in text for text in screen.pager.texts))
        await one.press("y")
        assert "Body: hex" in one.app.clipboard


def said(app: EhtuiApp) -> str:
    """What stands in the texts of the screen."""
    return "\n".join(str(each.visual) for each in app.screen.query(Static))


async def whole(one: Opened) -> EventScreen:
    await wait_for(lambda: isinstance(one.app.screen, EventScreen) and one.app.screen.takes_keys)
    screen = one.app.screen
    assert isinstance(screen, EventScreen)

    return screen


async def test_one_event_is_searched() -> None:
    body = json.dumps([{"name": f"n{number}"} for number in range(200)]).encode()

    async with opened(event(1, body=body)) as one:
        await one.shows("2/1")
        await one.press("enter")
        screen = await whole(one)
        await one.press("slash", *"n199", "enter")
        await wait_for(lambda: "1 hit" in str(screen.query_one("#box").border_title))
        assert screen.pager.scroll_offset.y > 100
        await one.press("slash", *"n1", "enter", "n")
        await wait_for(lambda: "of 111" in str(screen.query_one("#box").border_title))


def saved(folder: Path) -> list[str]:
    return [line for path in folder.glob("*.jsonl") for line in path.read_text().splitlines()]


async def test_it_is_saved_as_it_was_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async with opened(event(1), event(2, body=b"\xff\x00")) as one:
        await one.shows("2/1", "2/2")
        await one.press("ctrl+s")
        await wait_for(lambda: len(saved(tmp_path)) == 2)

    lines = [*map(json.loads, saved(tmp_path))]
    assert [line["sequence"] for line in lines] == [1, 2]
    assert lines[1]["body_base64"] == "/wA="


async def test_what_is_selected_is_copied() -> None:
    async with opened(event(1, key="room-7")) as one:
        await one.shows("2/1")
        await one.press("y", "y")
        await wait_for(lambda: '"sequence": 1' in one.app.clipboard)
        await burst_is_over()
        await one.press("y", "k")
        await wait_for(lambda: one.app.clipboard == "room-7")


async def test_a_refusal_says_what_to_do_and_copies_the_command() -> None:
    problem = Problem(ProblemKind.NOT_FOUND, "No peek group is configured", "Create one.")

    async with opened(problem=problem) as one:
        await wait_for(lambda: one.screen.refusal is not None)
        told = said(one.app)
        assert "No peek group is configured." in told
        assert "az eventhubs eventhub consumer-group create" in told
        await one.press("y")
        await wait_for(lambda: one.app.clipboard.startswith("az eventhubs"))
        assert "--name ehtui-peek" in one.app.clipboard
        assert one.screen.grid.listing.table.empty == "Nothing can be read."


async def test_what_breaks_on_the_way_is_told_and_what_was_read_stays() -> None:
    async with opened(event(1)) as one:
        await one.shows("2/1")
        one.backend.stream.problem = Problem(ProblemKind.FORBIDDEN, "Listen is not allowed")
        one.backend.stream.put(event(2))
        await wait_for(lambda: one.screen.refusal is not None)
        assert one.rows[0] == "2/1"


async def test_an_event_is_sent_again_through_a_plan() -> None:
    async with opened(event(1, key="room-7")) as one:
        await one.shows("2/1")
        await one.press("s")
        await wait_for(lambda: isinstance(one.app.screen, ConfirmScreen))
        await wait_for(lambda: one.app.screen.takes_keys)  # type: ignore[attr-defined]
        await burst_is_over()
        await one.press("right", "enter")
        await wait_for(lambda: bool(one.backend.executed))
        (plan,) = one.backend.executed
        assert isinstance(plan, SendPlan)
        assert plan.content.events[0].body == event(1).body
        assert plan.content.events[0].key == "room-7"


async def test_read_only_refuses_sending_again_and_nothing_else() -> None:
    async with opened(event(1), read_only=True) as one:
        await one.shows("2/1")
        await one.press("s")
        await wait_for(lambda: any("ead-only" in n.message for n in one.app._notifications))
        assert isinstance(one.app.screen, EventsScreen)
        await one.press("p")
        assert one.screen.follows


async def test_ten_thousand_events_are_few_paintings_and_bounded_memory() -> None:
    events = [event(number) for number in range(10_000)]

    async with opened(*events, keys=("colon", *"events", "space", *"latest", "enter")) as one:
        await wait_for(
            lambda: one.screen.feed is not None and one.screen.feed.buffer.read == 10_000
        )
        await wait_for(lambda: one.screen.grid.cursor == "2/9999")
        assert one.screen.feed is not None
        buffer = one.screen.feed.buffer

        assert len(buffer.held) <= 5000
        assert buffer.forgotten == 10_000 - len(buffer.held)
        assert one.screen.drawn < 10_000 / 50  # 200 at once, and several batches a painting
        await wait_for(lambda: "older let go" in one.title)


HOSTILE = (
    event(1, body=b"\x1b[2J\x1b]0;title\x07[bold]x[/]", key="\x1b[31m[/b]"),
    event(2, body="\u202egnp.exe".encode()),
    event(3, body=b"[" * 1_000_000),
    event(4, body=b"\xff" * 1_000_000),
    event(5, body=b""),
)


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 36), (200, 60)])
async def test_hostile_bodies_are_shown_at_every_size(size: tuple[int, int]) -> None:
    async with opened(*HOSTILE, size=size) as one:
        await wait_for(lambda: len(one.rows) == 5)
        await wait_for(lambda: one.screen.is_settled)
        await one.press("home")
        await wait_for(lambda: one.screen.grid.cursor == "2/1")
        lines = [one.screen.grid.render_line(y).text for y in range(one.screen.grid.size.height)]
        assert all(visible(text) == text for text in lines)
        await one.press("enter")
        screen = await whole(one)

        for number in range(1, 6):
            heading = f"P2 #{number}"
            await wait_for(lambda named=heading: screen.heading() == named)  # type: ignore[misc]
            await wait_for(lambda: bool(screen.pager.texts))
            assert all(visible(text) == text for text in screen.pager.texts)
            assert screen.pager.size.height >= size[1] - 3
            await one.press("right")


@pytest.mark.parametrize("dialog", ["w", "enter"])
async def test_it_opens_from_what_says_to_press_its_key(dialog: str) -> None:
    async with opened(event(1), keys=(dialog, "e")) as one:
        await wait_for(lambda: bool(one.backend.queries))
        assert set(one.backend.queries[0].positions) == {"2"}
        assert len(one.app.screen_stack) == 2


async def test_columns_and_order_are_as_configured() -> None:
    backend = FakeBackend(healthy())
    backend.stream = FakeStream([event(1, "1"), event(2, "1", body=b"x" * 99)], follows=True)
    options = UiOptions(
        at="partition:1/events",
        columns={"events": ("size", "sequence")},
        sort={"events": "-size"},
    )
    app = EhtuiApp(backend, options)

    async with app.run_test(size=SIZE):
        await wait_for(lambda: bool(backend.queries))
        screen = app.screen
        assert isinstance(screen, EventsScreen)
        await wait_for(lambda: list(screen.grid.listing.keys) == ["1/2", "1/1"])
        await wait_for(lambda: screen.grid.render_line(1).text.split() == ["↓SIZE", "SEQUENCE"])


async def test_a_place_names_the_events_of_a_partition() -> None:
    backend = FakeBackend(healthy())
    backend.stream = FakeStream([event(1, "1")], follows=True)
    app = EhtuiApp(backend, UiOptions(at="partition:1/events"))

    async with app.run_test(size=SIZE):
        await wait_for(lambda: bool(backend.queries))
        assert set(backend.queries[0].positions) == {"1"}
