"""Keys → Plan. What is done is what was confirmed, for whom it was confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual import events
from textual.pilot import Pilot
from textual.widgets import Button, OptionList, Static
from typing_extensions import override

from ehtui.domain.actions.base import SignalEffect, SignalTarget
from ehtui.domain.actions.plans import (
    RestartPlan,
    SignalPlan,
    StartPlan,
    SupervisedPlan,
)
from ehtui.domain.actions.sending import SendPlan, SendTarget
from ehtui.domain.snapshot import ConsumerRole
from ehtui.domain.world.process import ProcessId, ProcessSample, RecognisedBy, Supervisor
from ehtui.tui.app import EhtuiApp
from ehtui.tui.grid_viewport import Sort
from ehtui.tui.options import UiOptions
from ehtui.tui.screens.choice import ChoiceScreen, SignalScreen
from ehtui.tui.screens.confirm import ConfirmScreen, LeaveScreen
from ehtui.tui.screens.details import DetailsScreen, WhyScreen
from ehtui.tui.screens.overview import OverviewScreen
from ehtui.tui.widgets.chart import Chart, LagPane
from ehtui.tui.widgets.log_view import LogView
from tests.tui.fakes import FakeBackend, burst_is_over
from tests.tui.scenes import NOW, healthy, overdue
from tests.waiting import wait_for


@asynccontextmanager
async def opened(
    session: FakeBackend | None = None, size: tuple[int, int] = (120, 36)
) -> AsyncIterator[tuple[Pilot[int], FakeBackend, EhtuiApp]]:
    session = session or FakeBackend(healthy())
    app = EhtuiApp(session, UiOptions())

    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        yield pilot, session, app


def files_of(folder: Path) -> list[tuple[str, str]]:
    return [(path.name, path.read_text()) for path in folder.iterdir()]


def heading(app: EhtuiApp) -> str:
    return str(app.screen.query_one("#box").border_title)


async def press(pilot: Pilot[int], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.pause()


async def send_the_first(pilot: Pilot[int]) -> None:
    """Open the form, see it, and send the first template to what is selected."""
    await press(pilot, "s")
    await burst_is_over()
    await press(pilot, "enter", "enter")


async def test_a_producer_is_not_offered_as_a_consumer() -> None:
    snapshot = healthy()
    first, *others = snapshot.consumers
    sender = replace(
        first,
        link=None,
        owns=(),
        role=ConsumerRole.PRODUCER,
        process=replace(first.process, recognised_by=RecognisedBy.CONNECTION),
    )
    session = FakeBackend(replace(snapshot, consumers=(sender, *others)))

    async with opened(session) as (pilot, _, app):
        for key in ("K", "R"):
            await press(pilot, "2", key)
            assert isinstance(app.screen, OverviewScreen)
            assert f"{sender.process.id.pid} only sends events" in notified(app)

        # Tagged along with a consumer, it is left out.
        await press(pilot, "space", "down", "space", "K", "down", "enter")
        assert isinstance(app.screen, ConfirmScreen)
        await press(pilot, "right", "enter")
        await wait_for(lambda: bool(session.executed))
        (plan,) = session.executed
        assert isinstance(plan, SignalPlan)
        assert sender.process.id not in {target.process for target in plan.targets}
        assert plan.targets


def notified(app: EhtuiApp) -> str:
    return "\n".join(str(notification.message) for notification in app._notifications)


async def test_a_signal_goes_to_the_selected_consumer() -> None:
    async with opened() as (pilot, session, app):
        await press(pilot, "2", "down", "K", "down", "enter")
        assert isinstance(app.screen, ConfirmScreen)
        await press(pilot, "right", "enter")
        await wait_for(lambda: bool(session.executed))

        plan = session.executed[0]
        assert isinstance(plan, SignalPlan)
        assert plan.signal == "TERM"
        assert [target.process.pid for target in plan.targets] == [51300]


def type_ahead(app: EhtuiApp, *keys: str) -> None:
    """Keys that are all there before the first is handled."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


async def test_keys_typed_ahead_go_to_the_dialog_and_never_to_the_overview() -> None:
    async with opened() as (pilot, session, app):
        await press(pilot, "2")
        overview = app.screen
        assert isinstance(overview, OverviewScreen)
        before = overview.pane("consumers").cursor
        type_ahead(app, "K", "down", "enter", "right", "enter")
        await wait_for(lambda: isinstance(app.screen, ConfirmScreen) and app.screen.takes_keys)
        await pilot.pause()
        assert isinstance(app.focused, Button)
        assert app.focused.id == "cancel"  # what was typed before the plan could be read is gone
        assert session.executed == []
        await press(pilot, "right", "enter")
        await wait_for(lambda: bool(session.executed))
        plan = session.executed[0]
        assert isinstance(plan, SignalPlan)
        assert plan.signal == "TERM"
        assert overview.pane("consumers").cursor == before
        await wait_for(lambda: app.asking is None)


async def test_keys_typed_ahead_of_a_dialog_that_does_not_come_are_dropped() -> None:
    async with opened(FakeBackend(overdue())) as (pilot, _, app):
        await press(pilot, "down", "down")
        type_ahead(app, "K", "enter", "s")
        await wait_for(lambda: bool(app._notifications) and app.asking is None)
        await pilot.pause()
        assert len(app.screen_stack) == 1

        await press(pilot, "enter")  # from now on keys act again
        assert isinstance(app.screen, DetailsScreen)


async def test_escape_gives_up_a_dialog_that_does_not_come() -> None:
    class Slow(FakeBackend):
        @override
        async def list_processes(self) -> Sequence[ProcessSample]:
            await asyncio.Event().wait()
            return ()

    async with opened(Slow(healthy())) as (pilot, _, app):
        await press(pilot, "a", "enter")
        assert len(app.screen_stack) == 1
        await press(pilot, "escape", "enter")
        assert isinstance(app.screen, DetailsScreen)


async def test_from_a_partition_the_signal_goes_to_its_owner() -> None:
    async with opened() as (pilot, session, _):
        await press(pilot, "down", "down", "K", "enter", "right", "enter")
        await wait_for(lambda: bool(session.executed))
        plan = session.executed[0]
        assert isinstance(plan, SignalPlan)
        assert [target.process.pid for target in plan.targets] == [51388]


async def test_from_a_finding_the_signal_goes_to_the_process_it_names() -> None:
    async with opened() as (pilot, session, _):
        await press(pilot, "3", "K", "enter", "right", "enter")
        await wait_for(lambda: bool(session.executed))
        plan = session.executed[0]
        assert isinstance(plan, SignalPlan)
        assert [target.process.pid for target in plan.targets] == [51411]


async def test_a_row_that_names_nobody_of_this_host_signals_nobody() -> None:
    async with opened(FakeBackend(overdue())) as (pilot, _, app):
        await press(pilot, "down", "down", "K")
        assert len(app.screen_stack) == 1
        assert any("Select a consumer" in note.message for note in app._notifications)


async def test_tagged_consumers_are_signalled_together() -> None:
    async with opened() as (pilot, session, _):
        await press(pilot, "2", "space", "space", "K", "enter", "right", "enter")
        await wait_for(lambda: bool(session.executed))
        plan = session.executed[0]
        assert isinstance(plan, SignalPlan)
        assert [target.process.pid for target in plan.targets] == [51257, 51300]


async def test_the_target_is_pinned_while_the_world_changes() -> None:
    async with opened() as (pilot, session, app):
        await press(pilot, "2", "down", "down", "K")
        assert isinstance(app.screen, SignalScreen)
        session.publish(overdue())  # 51388 is gone: its row would now be another's
        await pilot.pause()
        assert "51388" in str(app.screen.query(Static).first().render())
        await press(pilot, "escape", "K", "enter")  # of the row that took its place, by its name
        assert "51411" in heading(app)
        assert isinstance(app.focused, Button)
        assert app.focused.id == "cancel"
        assert session.executed == []


def words(app: EhtuiApp) -> str:
    return "\n".join(str(each.render()) for each in app.screen.query(Static) if each.display)


async def test_a_confirmation_keeps_up_with_the_world_and_what_is_done_is_what_it_says() -> None:
    async with opened() as (pilot, session, app):
        await press(pilot, "2", "K", "down", "enter", "right")
        before, later = words(app), replace(healthy(), taken_at=NOW + 30)
        session.publish(later)
        await wait_for(lambda: words(app) != before)
        assert heading(app) == "Send SIGTERM to 51257?"
        assert isinstance(app.focused, Button)
        assert app.focused.id == "do"
        await press(pilot, "enter")
        await wait_for(lambda: bool(session.executed))
        assert session.executed == [session.plan_signal([later.consumers[0].process.id], "TERM")]


async def test_what_cannot_be_done_any_more_cannot_be_confirmed_any_more() -> None:
    async with opened() as (pilot, session, app):
        await press(pilot, "2", "K", "enter", "right")
        session.publish(replace(healthy(), consumers=healthy().consumers[1:]))
        await wait_for(lambda: "51257 is gone" in words(app))
        session.publish(healthy())  # as it was: a second look at a doubtful list is a new question
        await press(pilot, "right", "enter")
        assert len(app.screen_stack) == 1
        assert session.executed == []


async def test_a_restart_that_is_planned_anew_keeps_the_log_it_named() -> None:
    async with opened() as (pilot, session, app):

        def planned(_: ProcessId, **__: object) -> RestartPlan:
            at = session.snapshot.taken_at
            return replace(RESTART, log_path=f"{at}.log", wait_s=at - NOW + 30, planned_at=at)

        session.plan_restart = planned  # type: ignore[method-assign, assignment]
        await press(pilot, "2", "R")
        session.publish(replace(healthy(), taken_at=NOW + 60))
        await wait_for(lambda: "after 1m30s, if it is still running" in words(app))
        assert f"{NOW}.log" in words(app)


async def test_cancel_has_the_focus_and_cancels() -> None:
    async with opened() as (pilot, session, app):
        await press(pilot, "2", "K", "enter")
        assert isinstance(app.focused, Button)
        assert app.focused.id == "cancel"
        await press(pilot, "enter")
        assert len(app.screen_stack) == 1
        assert session.executed == []


async def test_escape_leaves_every_step() -> None:
    async with opened() as (pilot, session, app):
        for keys in (("s",), ("2", "K"), ("2", "K", "enter"), ("g",), ("question_mark",), ("o",)):
            await press(pilot, *keys)
            assert len(app.screen_stack) == 2
            await press(pilot, "escape")
            assert len(app.screen_stack) == 1

        assert session.executed == []


async def test_an_event_goes_to_the_selected_partition() -> None:
    async with opened() as (pilot, session, _):
        await press(pilot, "down")
        await send_the_first(pilot)
        await wait_for(lambda: bool(session.executed))
        plan = session.executed[0]
        assert isinstance(plan, SendPlan)
        assert (plan.target, plan.partition, plan.count) == (SendTarget.PARTITION, "1", 1)
        assert plan.template == "minutes-finalized"


@pytest.mark.parametrize(("downs", "target"), [(1, SendTarget.ROUND_ROBIN), (2, SendTarget.KEY)])
async def test_an_event_by_round_robin_or_key(downs: int, target: SendTarget) -> None:
    async with opened() as (pilot, session, _):
        await press(pilot, "s")
        await burst_is_over()
        await press(pilot, "down", "enter", *(["down"] * downs), "enter")

        if target is SendTarget.KEY:
            await press(pilot, *"회의", "enter")

        await wait_for(lambda: bool(session.executed))
        plan = session.executed[0]
        assert isinstance(plan, SendPlan)
        assert plan.target is target
        assert plan.template == "heartbeat"
        assert plan.key == ("회의" if target is SendTarget.KEY else None)


async def test_a_refusal_is_told() -> None:
    session = FakeBackend(healthy())
    async with opened(session) as (pilot, _, app):
        await press(pilot, "s")
        session.snapshot = type(session.snapshot)()
        await press(pilot, "enter", "enter")
        assert any("not been read" in note.message for note in app._notifications)


async def test_what_takes_long_says_so_and_can_be_left() -> None:
    session = FakeBackend(healthy())
    session.gate = asyncio.Event()
    async with opened(session) as (pilot, _, app):
        await send_the_first(pilot)
        await wait_for(lambda: "send" in app.busy)
        assert "send" in app.screen.query_one("Headline").render_line(0).text
        await press(pilot, "escape")
        await wait_for(lambda: app.busy == "")
        assert len(session.cancelled) == 1
        assert session.executed == []
        assert any("Stopped: the hub took 0 of 1" in note.message for note in app._notifications)


async def test_another_key_meanwhile_does_not_keep_the_end_of_an_action_from_being_told() -> None:
    session = FakeBackend(healthy())
    session.gate = asyncio.Event()
    async with opened(session) as (pilot, _, app):
        await send_the_first(pilot)
        await wait_for(lambda: "send" in app.busy)
        await press(pilot, "y", "escape")
        session.gate.set()
        await wait_for(lambda: app.busy == "")
        assert len(session.executed) == 1
        assert any("Sent" in note.message for note in app._notifications)


RESTART = RestartPlan(
    "TERM",
    SignalTarget(ProcessId(1234, 1.0), "python c.py", None, (), SignalEffect.DIES),
    None,
    None,
    "again.log",
    1.0,
)


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_quitting_while_a_consumer_is_stopped_asks_first(key: str) -> None:
    session = FakeBackend(healthy())
    session.unfinished = (RESTART,)
    async with opened(session) as (pilot, _, app):
        await press(pilot, key)
        words = "\n".join(str(each.render()) for each in app.screen.query("Static"))
        assert "A restart of 1234 is in progress." in words
        assert "continues without ehtui" in words
        assert str(app.screen.focused.label) == "Wait"  # type: ignore[union-attr]
        await press(pilot, "enter")
        assert isinstance(app.screen, OverviewScreen)
        assert app.return_value is None
        assert session.given_up == 0

        await press(pilot, key, "right", "enter")
        await wait_for(lambda: app.return_value == 0)
        assert session.given_up == 1


async def test_the_question_goes_when_there_is_nothing_left_to_wait_for() -> None:
    session = FakeBackend(healthy())
    session.unfinished = (RESTART,)
    async with opened(session) as (pilot, _, app):
        await press(pilot, "q")
        assert isinstance(app.screen, LeaveScreen)
        session.unfinished = ()
        await wait_for(lambda: isinstance(app.screen, OverviewScreen))
        assert app.return_value is None
        await press(pilot, "q")
        await wait_for(lambda: app.return_value == 0)


async def test_a_failure_unforeseen_is_told_and_not_fatal() -> None:
    session = FakeBackend(healthy())

    async def fail(_: object) -> None:
        raise OSError("[/b] broken \x1b[31m")

    session.execute = fail  # type: ignore[method-assign, assignment]
    async with opened(session) as (pilot, _, app):
        await send_the_first(pilot)
        await wait_for(lambda: any("broken" in note.message for note in app._notifications))
        assert isinstance(app.screen, OverviewScreen)


async def test_another_group_is_shown() -> None:
    async with opened() as (pilot, _, app):
        await press(pilot, "g", "down", "enter")
        assert app.group == "analytics"
        assert "analytics" in app.screen.query_one("Headline").render_line(0).text


async def test_sorting_by_a_column_and_turning_it() -> None:
    async with opened() as (pilot, _, app):
        assert isinstance(app.screen, OverviewScreen)
        grid = app.screen.pane("partitions")
        await press(pilot, "o", "enter")  # lag is offered first
        assert [row.key for row in grid.listing.rows] == ["2", "1", "0"]
        await press(pilot, "o", "enter")
        assert [row.key for row in grid.listing.rows] == ["0", "1", "2"]
        await press(pilot, "o", "down", "down", "enter")
        assert grid.listing.sort == Sort("behind", descending=True)
        await press(pilot, "o", "home", "enter")
        assert grid.listing.sort is None


async def test_every_action_is_in_the_palette() -> None:
    async with opened() as (pilot, session, app):
        await press(pilot, "ctrl+p", *"send a signal", "enter")
        await wait_for(lambda: isinstance(app.screen, SignalScreen))
        assert session.executed == []


async def test_why_explains_the_selected_partition_and_teaches_once() -> None:
    async with opened(FakeBackend(overdue())) as (pilot, _, app):
        await press(pilot, "down", "down", "w")
        assert isinstance(app.screen, WhyScreen)
        told = "\n".join(str(each.render()) for each in app.screen.query(Static))
        assert "has not renewed its lease" in told
        assert "Lease: " not in told
        await press(pilot, "question_mark")
        told = "\n".join(str(each.render()) for each in app.screen.query(Static))
        assert told.count("Lease: ") == 1
        await press(pilot, "question_mark")
        told = "\n".join(str(each.render()) for each in app.screen.query(Static))
        assert "Lease: " not in told


async def test_a_supervisor_is_asked_only_after_its_literal_command_was_shown() -> None:
    async with opened() as (pilot, session, app):
        systemd = Supervisor("systemd", "rag.service", ("systemctl", "restart", "rag.service"))

        def planned(process: ProcessId, **_: object) -> SupervisedPlan:
            target = SignalTarget(process, "c.py", None, (), SignalEffect.RELEASES)
            return SupervisedPlan(systemd, "TERM", target, (), 120.0, 1.0)

        session.plan_restart = planned  # type: ignore[method-assign, assignment]
        await press(pilot, "2", "R")
        shown = "\n".join(str(each.render()) for each in app.screen.query(Static))
        assert "systemctl restart rag.service" in shown
        assert isinstance(app.focused, Button)
        assert app.focused.id == "cancel"
        await press(pilot, "enter")
        assert session.executed == []

        await press(pilot, "R", "right", "enter")
        await wait_for(lambda: bool(session.executed))
        plan = session.executed[0]
        assert isinstance(plan, SupervisedPlan)
        assert plan.target.process.pid == 51257


async def test_a_restart_that_is_refused_says_why() -> None:
    async with opened() as (pilot, session, app):
        await press(pilot, "2", "R")
        assert any("started again by its supervisor" in n.message for n in app._notifications)
        assert session.executed == []


async def test_a_start_is_of_the_chosen_consumer_in_this_group() -> None:
    async with opened() as (pilot, session, _):
        await press(pilot, "S", "down", "enter", "right", "enter")
        await wait_for(lambda: bool(session.executed))
        plan = session.executed[0]
        assert isinstance(plan, StartPlan)
        assert (plan.consumer, plan.group) == ("spare", "$Default")


async def test_kill_after_term_is_planned_as_one() -> None:
    async with opened() as (pilot, session, _):
        await press(pilot, "2", "K", "end", "enter", "right", "enter")
        await wait_for(lambda: bool(session.executed))
        plan = session.executed[0]
        assert isinstance(plan, SignalPlan)
        assert (plan.signal, plan.escalate_to) == ("TERM", "KILL")


async def test_a_process_is_adopted() -> None:
    async with opened() as (pilot, session, _):
        await press(pilot, "a", "down", "enter")
        await wait_for(lambda: bool(session.adopted))
        assert session.adopted[0].pid == 51300


async def test_a_log_is_followed_as_text_and_its_loss_is_told() -> None:
    async with opened() as (pilot, _, app):
        await press(pilot, "2", "l")
        log = app.screen.query_one(LogView)
        await wait_for(lambda: len(log.texts) == 2)
        assert "[/b] 회의록" in log.texts[0]
        box = app.screen.query_one("#box")
        await wait_for(lambda: "No such file" in str(box.border_subtitle))
        await press(pilot, "f")
        await wait_for(lambda: len(log.texts) == 1)
        assert "has claimed" in log.texts[0]


@pytest.mark.parametrize("key", ["enter", "w", "l"])
async def test_where_there_is_no_row_nothing_is_explained_or_followed(key: str) -> None:
    rung: list[None] = []
    async with opened(FakeBackend(replace(healthy(), consumers=()))) as (pilot, _, app):
        app.bell = lambda: rung.append(None)  # type: ignore[method-assign]
        await press(pilot, "2", key)
        assert len(app.screen_stack) == 1
        told = [note.message for note in app._notifications]
        assert (len(rung), told) == ((1, []) if key == "enter" else (0, ["Nothing is selected."]))


async def test_no_log_is_asked_for_where_the_row_names_no_consumer() -> None:
    async with opened(FakeBackend(overdue())) as (pilot, _, app):
        await press(pilot, "down", "down", "l")
        told = [note.message for note in app._notifications]
        assert told == ["The selected row is not about a consumer on this host."]


@pytest.mark.parametrize(("pane", "words"), [("1", "P0 in the hub"), ("3", "Evidence")])
async def test_enter_opens_details_and_y_copies_them(pane: str, words: str) -> None:
    async with opened(FakeBackend(overdue())) as (pilot, _, app):
        await press(pilot, pane, "enter", "y")
        assert isinstance(app.screen, DetailsScreen)
        assert words in app.clipboard


async def test_the_chart_looks_back_and_zooms() -> None:
    async with opened(FakeBackend(overdue())) as (pilot, _, app):
        await press(pilot, "down", "down", "enter")
        chart = app.screen.query_one(Chart)
        assert "1,820" in chart.render_line(0).text
        await press(pilot, *["left"] * 30)
        assert "1,820" not in chart.render_line(0).text
        before = chart.render_line(chart.size.height - 1).text
        await press(pilot, "plus")
        assert chart.render_line(chart.size.height - 1).text != before


@pytest.mark.parametrize(
    ("kind", "words"),
    [("csv", "2,ok,"), ("json", '"partition": "2"'), ("md", "| 2 | ok |"), ("svg", "<svg")],
)
async def test_what_is_shown_is_saved_and_nothing_overwritten(
    kind: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    downs = ["csv", "json", "md", "svg"].index(kind)
    async with opened() as (pilot, _, app):
        for _ in range(2):
            await press(pilot, "ctrl+s", *["down"] * downs, "enter")
            await wait_for(lambda: len(app.screen_stack) == 1)

        await wait_for(lambda: any("File exists" in n.message for n in app._notifications))

    assert [(name.rsplit(".")[-1], words in text) for name, text in files_of(tmp_path)] == [
        (kind, True)
    ]


async def test_two_quick_enters_in_the_send_form_are_the_event_and_where_to() -> None:
    async with opened() as (pilot, session, app):
        type_ahead(app, "s", "enter", "enter")
        await wait_for(lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.pause()
        assert session.executed == []  # nobody has read what would be sent


async def test_processes_are_found_by_typing() -> None:
    async with opened() as (pilot, session, app):
        await press(pilot, "a", *"PYTHON 514")
        options = app.screen.query_one(OptionList)
        assert options.option_count == 1

        await press(pilot, "backspace", "backspace", "backspace", *"513", "down", "up")
        assert options.option_count == 2
        await press(pilot, "enter")
        await wait_for(lambda: bool(session.adopted))

        assert session.adopted[0].pid == 51300


async def test_where_no_process_has_the_words_enter_chooses_nothing() -> None:
    async with opened() as (pilot, session, app):
        await press(pilot, "a", *"zzz", "enter")
        assert isinstance(app.screen, ChoiceScreen)

        await press(pilot, "escape")
        assert session.adopted == []


async def test_the_groups_dialog_shows_the_lag_of_the_group_under_the_cursor() -> None:
    async with opened(FakeBackend(overdue())) as (pilot, session, app):
        await press(pilot, "g")
        lag = app.screen.query_one(LagPane)

        def is_high() -> bool:
            return "peak 1,8" in lag.render_line(0).text

        assert is_high()
        await press(pilot, "down")
        await wait_for(lambda: not is_high())
        await press(pilot, "up")
        await wait_for(is_high)
        session.publish(healthy())
        await wait_for(lambda: not is_high())


async def test_a_process_that_inherited_the_pid_of_a_finding_is_not_its_target() -> None:
    scene = overdue()
    about = next(f for f in scene.findings if f.subject.pid is not None)
    reborn = tuple(
        replace(c, link=None, process=replace(c.process, id=ProcessId(c.process.id.pid, 2e9)))
        if c.process.id.pid == about.subject.pid
        else c
        for c in scene.consumers
    )

    async with opened(FakeBackend(replace(scene, consumers=reborn))) as (pilot, _, app):
        await press(pilot, "3", *["down"] * scene.findings.index(about), "K")
        assert len(app.screen_stack) == 1
        assert any("Select a consumer" in note.message for note in app._notifications)
