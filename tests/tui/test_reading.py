"""What is read first stands first, and what has to be acted on is never below the fold."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

import pytest
from msgspec.structs import replace
from textual.containers import VerticalScroll
from textual.pilot import Pilot
from textual.widgets import Button
from typing_extensions import override

from ehtui.domain.actions.base import OwnedPartition, SignalEffect, SignalTarget
from ehtui.domain.actions.plans import RestartPlan, SignalPlan
from ehtui.domain.actions.signal import SignalRequest
from ehtui.domain.evidence import TakeoverWindow
from ehtui.domain.findings.evidence_records import FINDINGS
from ehtui.domain.snapshot import Finding, Severity, Snapshot, Subject
from ehtui.domain.why import why
from ehtui.domain.world.process import ProcessId
from ehtui.domain.world.restarts import Rehearsal
from ehtui.tui.app import EhtuiApp
from ehtui.tui.dialog_text import dialog_text
from ehtui.tui.options import UiOptions
from ehtui.tui.screens.confirm import ConfirmScreen
from ehtui.tui.screens.details import WhyScreen
from ehtui.tui.screens.dialog import Dialog, Passage, shared_out
from ehtui.tui.widgets.chart import Chart
from ehtui.tui.widgets.lines import Headline, broken
from ehtui.views import findings
from ehtui.views.cells import Cell, Tone
from ehtui.views.headline import shorter
from ehtui.views.phrasing import Phrasing
from ehtui.views.why import Explanation, explain
from ehtui.views.why.words import VERDICT_WORDS
from tests.evidence import EXAMPLES, example
from tests.tui.fakes import FakeBackend
from tests.tui.scenes import GROUP, NOW, OWNERS, SCENES, healthy, overdue
from tests.views import world
from tests.waiting import wait_for

SMALL, MIDDLE, USUAL = (40, 12), (60, 20), (80, 24)
OPTIONS = " ".join(f"--option-{number:02d} value-{number}" for number in range(80))
INTERPRETER = "/opt/app/.venv/bin/python -X dev -u"
COMMAND = f"{INTERPRETER} /srv/app/start_consumer.py {OPTIONS}"


@asynccontextmanager
async def opened(
    snapshot: Snapshot, size: tuple[int, int], backend: FakeBackend | None = None
) -> AsyncIterator[tuple[Pilot[int], EhtuiApp]]:
    app = EhtuiApp(backend or FakeBackend(snapshot), UiOptions())

    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield pilot, app


def painted(app: EhtuiApp) -> list[str]:
    """The lines of the screen, as they are seen."""
    strips = app.screen._compositor.render_strips()

    return ["".join(segment.text for segment in strip) for strip in strips]


def flowing(app: EhtuiApp) -> str:
    """The words inside the dialog's box, however they are broken."""
    box = app.screen.query_one("#box").region
    inner = [line[box.x + 1 : box.right - 1] for line in painted(app)[box.y + 1 : box.bottom - 1]]

    return " ".join(" ".join(inner).split())


def shows(app: EhtuiApp, words: str) -> bool:
    """Whether all of it is seen."""
    return words in flowing(app)


def subjects(snapshot: Snapshot) -> Iterator[Subject]:
    """Everything that can be asked about."""
    for group in snapshot.groups:
        yield Subject(group=group.name)
        yield from (Subject(group=group.name, partition=each.id) for each in group.partitions)
        yield from (Subject(group=group.name, owner=owner.id) for owner in group.owners)

    yield from (Subject(group=GROUP, pid=each.process.id.pid) for each in snapshot.consumers)
    yield from (finding.subject for finding in snapshot.findings)


def asked() -> dict[str, Explanation]:
    """One explanation for each verdict with each advice that the scenes give."""
    told: dict[tuple[str, tuple[str, ...]], Explanation] = {}
    scenes = {**{name: scene() for name, scene in SCENES.items()}, "world": world.snapshot()}

    for snapshot in scenes.values():
        for subject in subjects(snapshot):
            said = why(snapshot, subject)
            explained = explain(said, Phrasing(snapshot, group=GROUP))
            told.setdefault((said.verdict, explained.next_steps), explained)

    return {f"{verdict}-{at}": each for at, ((verdict, _), each) in enumerate(told.items())}


@pytest.mark.parametrize("explained", asked().values(), ids=asked())
async def test_what_to_do_is_seen_without_scrolling(explained: Explanation) -> None:
    async with opened(healthy(), USUAL) as (_, app):
        await app.push_screen(WhyScreen(explained))
        await wait_for(lambda: explained.verdict[:20] in flowing(app))
        seen = flowing(app)
        assert seen.startswith(explained.verdict)
        # What is by design needs no act: its ways to have it otherwise may scroll.
        steps = explained.next_steps[: 1 if explained.tone is Tone.INFO else None]
        assert all(step in seen for step in steps)
        assert explained.about in str(app.screen.query_one("#box").border_title)


def judged() -> Iterator[Finding]:
    """Every finding that there is, with everything known and with nothing known."""
    for id_, kind in FINDINGS.items():
        if id_ == "consumer.standby":  # by design: nothing has to be done
            continue

        for unknown in (False, True):
            evidence = example(kind.evidence, EXAMPLES, NOW, unknown=unknown)
            subject = Subject(GROUP, "2", OWNERS[2], 51388)
            yield Finding(id_, Severity.CRITICAL, subject, evidence, NOW)


async def test_no_advice_that_there_is_reaches_below_the_fold() -> None:
    say = Phrasing(healthy(), group=GROUP)
    tone, verdict = max(VERDICT_WORDS.values(), key=lambda words: len(words[1]))
    screens = [
        Explanation("P2 of $Default", tone, verdict, (), findings.advice(finding, say))
        for finding in judged()
    ]
    async with opened(healthy(), USUAL) as (_, app):
        for explained in screens:
            await app.push_screen(WhyScreen(explained))
            await wait_for(lambda: app.screen.query_one("#told").size.height > 0)
            scroll = app.screen.query_one("#told", VerticalScroll)
            assert scroll.max_scroll_y <= 2, explained.next_steps  # no more than "Checks"
            await app.pop_screen()


SIGNAL, RESTART = "act_on_consumers('signal')", "act_on_consumers('restart')"
START, SEND = "act('start')", "act_on_partition('send')"
ACTIONS = {
    "signal": (SIGNAL, ("down", "enter")),
    "escalate": (SIGNAL, ("end", "enter")),
    "kill": (SIGNAL, ("down", "down", "enter")),
    "restart": (RESTART, ()),
    "start": (START, ("enter",)),
    "send": (SEND, ("f2",)),
}


def of_long_commands(snapshot: Snapshot) -> Snapshot:
    """The same with command lines of eighty options."""
    consumers = (
        replace(each, process=replace(each.process, command=COMMAND)) for each in snapshot.consumers
    )

    return replace(snapshot, consumers=tuple(consumers))


class Restarting(FakeBackend):
    """Plans restarts too, with the literal command line."""

    @override
    def plan_restart(self, process: ProcessId, **_: object) -> RestartPlan:
        window = TakeoverWindow(NOW + 150, NOW + 186, "python-180/30")
        owned = (OwnedPartition(GROUP, "0", window),)
        target = SignalTarget(process, COMMAND, OWNERS[0], owned, SignalEffect.DIES)
        rehearsal = Rehearsal(tuple(COMMAND.split(" ")), "/srv/app")

        return RestartPlan("TERM", target, None, "/srv/app", "/srv/again.log", NOW, rehearsal)


async def asked_for(pilot: Pilot[int], app: EhtuiApp, action: str, keys: Sequence[str]) -> None:
    """Let a key's action open its dialogs, as far as `keys` go on."""
    await pilot.press("2" if "consumers" in action else "1")
    await app.screen.run_action(action)
    await wait_for(lambda: isinstance(app.screen, Dialog) and app.screen.takes_keys)

    for key in keys:
        await pilot.press(key)
        await pilot.pause()


@pytest.mark.parametrize("size", [SMALL, MIDDLE, USUAL])
@pytest.mark.parametrize("name", ACTIONS)
async def test_what_it_costs_and_the_buttons_are_seen(name: str, size: tuple[int, int]) -> None:
    snapshot = of_long_commands(healthy())
    async with opened(snapshot, size, Restarting(snapshot)) as (pilot, app):
        await asked_for(pilot, app, *ACTIONS[name])
        await wait_for(lambda: isinstance(app.screen, ConfirmScreen) and app.screen.takes_keys)
        assert isinstance(app.screen, ConfirmScreen)
        words = app.screen.words
        await wait_for(lambda: words.costs[0] in flowing(app))
        assert words.command[:20] in flowing(app)
        assert all(str(each.label) in painted_inside(app) for each in app.screen.query(Button))
        assert app.focused is not None
        assert app.focused.id == "cancel"

        if "consumers" in ACTIONS[name][0]:
            seen = flowing(app)
            assert "start_consumer.py" in seen
            assert "-X dev" not in seen.split("start_consumer.py")[0]


def painted_inside(app: EhtuiApp) -> str:
    """The lowest line in the dialog's box."""
    return painted(app)[app.screen.query_one("#box").region.bottom - 2]


@pytest.mark.parametrize("size", [SMALL, MIDDLE, USUAL])
async def test_each_signal_shows_what_it_costs_before_it_is_chosen(size: tuple[int, int]) -> None:
    snapshot = of_long_commands(healthy())
    async with opened(snapshot, size) as (pilot, app):
        await asked_for(pilot, app, SIGNAL, ())
        assert "start_consumer.py 51257" in str(app.screen.query_one("#box").border_title)
        backend = app.backend
        target = snapshot.consumers[0].process.id

        for name in ("INT", "TERM", "KILL"):
            plan = backend.plan(SignalRequest((target,), name))
            assert isinstance(plan, SignalPlan)
            (cost,) = dialog_text(app).confirmation(plan, snapshot, GROUP).costs
            await wait_for(partial(shows, app, cost))
            assert f"SIG{name}" in flowing(app)
            await pilot.press("down")
            await pilot.pause()


async def test_of_many_consumers_the_costs_scroll_when_all_was_read() -> None:
    snapshot = of_long_commands(healthy())
    async with opened(snapshot, SMALL) as (pilot, app):
        await pilot.press("2", "space", "space", "space")
        await asked_for(pilot, app, SIGNAL, ("enter",))
        await wait_for(lambda: isinstance(app.screen, ConfirmScreen) and app.screen.takes_keys)
        steps, costs = (app.screen.query_one(name, Passage) for name in ("#steps", "#costs"))
        await wait_for(lambda: costs.max_scroll_y > 0)
        await pilot.press(*["pagedown"] * 12)
        assert steps.scroll_y == steps.max_scroll_y
        assert costs.scroll_y == costs.max_scroll_y
        await pilot.press(*["pageup"] * 12)
        assert (steps.scroll_y, costs.scroll_y) == (0, 0)


async def test_the_command_is_copied_from_its_confirmation() -> None:
    async with opened(healthy(), USUAL) as (pilot, app):
        await asked_for(pilot, app, SIGNAL, ("down", "enter"))
        await pilot.press("ctrl+y")
        assert app.clipboard == "ehtui signal 51257 --signal TERM --yes"
        assert isinstance(app.screen, ConfirmScreen)


@pytest.mark.parametrize(
    ("keys", "title", "first"),
    [
        (("down", "down"), "P2 of $Default", "Its owner has gone silent."),
        (("2",), "start_consumer.py 51257", "It works: incoming events are read."),
        (("3",), "P2 of $Default", "Finding critical P2: owner 51ab7c10 stopped renewing"),
        (("4",), "P2 of $Default", "Event"),
    ],
)
@pytest.mark.parametrize("size", [SMALL, USUAL, (120, 36)])
async def test_details_name_the_thing_and_answer_first(
    keys: Sequence[str], title: str, first: str, size: tuple[int, int]
) -> None:
    async with opened(overdue(), size) as (pilot, app):
        await pilot.press(*keys, "enter")
        await wait_for(lambda: flowing(app).startswith(first))
        assert str(app.screen.query_one("#box").border_title) == title


@pytest.mark.parametrize(("size", "has_curve"), [(MIDDLE, False), (USUAL, True), ((120, 36), True)])
async def test_the_curve_gives_way_to_what_to_do(size: tuple[int, int], has_curve: bool) -> None:
    async with opened(overdue(), size) as (pilot, app):
        await pilot.press("down", "down", "enter")
        await wait_for(partial(shows, app, "continues from the checkpoint. "))
        assert "Nothing to do: a survivor takes over by itself" in flowing(app)
        assert "Findings critical" in flowing(app)
        assert app.screen.query_one(Chart).display == has_curve


def test_lines_go_to_what_matters_most() -> None:
    assert shared_out(20, [(2, 5), (1, 1), (2, 30)]) == [5, 1, 14]
    assert shared_out(9, [(2, 5), (1, 1), (2, 30)]) == [5, 1, 3]
    assert shared_out(6, [(2, 5), (1, 1), (2, 30)]) == [3, 1, 2]
    assert shared_out(0, [(2, 5), (1, 1), (2, 1)]) == [2, 1, 1]


def headline(app: EhtuiApp) -> list[str]:
    """Its lines, as they are seen."""
    region = app.screen.query_one(Headline).region

    return [line.strip() for line in painted(app)[region.y : region.bottom]]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("name", SCENES)
async def test_the_headline_takes_two_lines_before_it_is_cut(name: str, width: int) -> None:
    snapshot = SCENES[name]()
    async with opened(snapshot, (width, 24)) as (pilot, app):
        whole = app.tables.headline(snapshot, GROUP).text
        kept = [whole, *shorter(whole)]
        await wait_for(lambda: " ".join(headline(app)).endswith(tuple(kept)))
        await pilot.pause()
        lines = headline(app)
        assert len(lines) <= 2
        assert "…" not in "".join(lines)
        panes = app.screen.query_one("#panes").region
        assert (panes.y, panes.bottom) == (len(lines), 23)
        timeline = app.screen.query_one("#timeline").region
        assert timeline.bottom == panes.bottom

        if width >= 80:
            assert " ".join(lines).endswith(whole)


async def test_a_headline_that_counts_seconds_does_not_move_the_panes() -> None:
    """It needs two lines once; a word less is no reason to give one back."""
    async with opened(healthy(), USUAL) as (pilot, app):
        shown = app.screen.query_one(Headline)

        for cells, lines in ((60, 1), (70, 2), (63, 2), (60, 2), (50, 1), (60, 1)):
            sentence = Cell(" ".join(["lag"] * 20)[:cells].strip(), Tone.WARNING)
            shown.show(("",), GROUP, sentence, ())
            await pilot.pause()
            assert (cells, shown.size.height) == (cells, lines)


def test_a_sentence_is_broken_at_a_space_and_keeps_its_mark() -> None:
    assert broken("▲ P2 has no owner", 9, 20) == ("▲ P2 has", "no owner")
    assert broken("▲ P2 has no owner", 3, 20) == ("", "▲ P2 has no owner")
    assert broken("▲ P2 has no owner", 9, 7) is None
    assert broken("▲ 회의가 없다", 9, 4) == ("▲ 회의가", "없다")


def test_a_sentence_gives_up_brackets_then_clauses() -> None:
    assert list(shorter("△ P2 (of 3) waits, so far; nobody reads it; start one")) == [
        "△ P2 waits, so far; nobody reads it; start one",
        "△ P2 waits, so far; nobody reads it",
        "△ P2 waits, so far",
        "△ P2 waits",
    ]
