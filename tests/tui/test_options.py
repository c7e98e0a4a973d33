"""What the configuration can ask of the screen."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from textual.drivers.headless_driver import HeadlessDriver
from textual.theme import BUILTIN_THEMES
from typing_extensions import override

from ehtui.config.errors import ConfigError
from ehtui.config.settings import UiSettings
from ehtui.domain.snapshot import Finding, Severity
from ehtui.tui import themes
from ehtui.tui.app import EhtuiApp
from ehtui.tui.keys import KEYS
from ehtui.tui.options import UiOptions
from ehtui.tui.setting_names import TABLES, check_names
from ehtui.tui.terminal import Terminal, sequence
from tests.tui.fakes import FakeBackend
from tests.tui.scenes import healthy, overdue
from tests.tui.test_overview import opened, shown
from tests.waiting import wait_for


def test_every_name_of_the_screen_may_be_in_the_configuration() -> None:
    own = {theme.name for theme in themes.THEMES} - {themes.MONO.name}  # `ui.mono` asks for that

    for theme in (*BUILTIN_THEMES, *own):
        check_names(UiSettings(theme=theme))

    check_names(UiSettings(keymap={key.id: "x" for key in KEYS}))

    for pane, table in TABLES.items():
        check_names(UiSettings(columns={pane: tuple(column.key for column in table)}))


@pytest.mark.parametrize(
    ("ui", "summary"),
    [
        (UiSettings(theme="ehtui-drak"), "ui.theme: there is no theme 'ehtui-drak'; did you mean"),
        (UiSettings(theme=themes.MONO.name), "ui.theme: there is no theme"),
        (UiSettings(keymap={"quti": "x"}), "ui.keymap: there is no action 'quti'; did you mean"),
        (UiSettings(sort={"partition": "lag"}), "ui.sort: there is no pane 'partition'; did you"),
        (UiSettings(sort={"partitions": "-lagg"}), "ui.sort.partitions: there is no column 'lagg'"),
        (UiSettings(columns={"zzz": ()}), "ui.columns: there is no pane 'zzz'."),
        (
            UiSettings(columns={"timeline": ("xyz",)}),
            "ui.columns.timeline: there is no column 'xyz'",
        ),
    ],
)
def test_a_wrong_name_is_named(ui: UiSettings, summary: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_names(ui)

    assert caught.value.summary.startswith(summary)
    assert caught.value.advice.startswith("There are: ")


async def test_configured_columns_are_shown_in_their_order_until_the_pane_is_alone() -> None:
    options = UiOptions(columns={"consumers": ("command", "owns", "pid")})

    async with opened(healthy(), options=options) as (pilot, _, screen):
        headings = shown(screen.pane("consumers")).splitlines()[1].split()
        assert headings == ["COMMAND", "OWNS", "PID"]

        await pilot.press("2", "m")
        await pilot.pause()
        assert "OWNER" in shown(screen.pane("consumers")).splitlines()[1]


async def test_a_start_view_has_the_whole_screen() -> None:
    async with opened(overdue(), options=UiOptions(start_view="findings")) as (pilot, _, screen):
        assert screen.focused is screen.pane("findings")
        assert screen.pane("findings").size.height == 34
        assert not screen.pane("partitions").display

        await pilot.press("escape")
        await pilot.pause()
        assert screen.pane("partitions").display


@pytest.mark.parametrize(
    ("kind", "in_tmux", "written"),
    [
        ("osc9", False, "\x1b]9;P2, gone\x07"),
        ("osc777", False, "\x1b]777;notify;ehtui;P2, gone\x07"),
        ("osc9", True, "\x1bPtmux;\x1b\x1b]9;P2, gone\x07\x1b\\"),
    ],
)
def test_how_a_terminal_is_told(kind: str, in_tmux: bool, written: str) -> None:
    assert sequence(kind, "P2; gone", in_tmux=in_tmux) == written


def test_words_from_outside_end_no_sequence() -> None:
    assert sequence("osc9", "a\x07\x1b]0;b", in_tmux=False).count("\x07") == 1


class KeptWords(HeadlessDriver):
    """Keeps what is written."""

    written: list[str]

    @override
    def write(self, data: str) -> None:
        self.written = [*getattr(self, "written", []), data]


async def test_words_reach_the_driver_that_the_application_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    terminal = Terminal(KeptWords, "osc9")
    terminal.notify("before there is one")
    driver = terminal.driver(EhtuiApp(FakeBackend(healthy()), UiOptions()))
    terminal.notify("P2")

    assert isinstance(driver, KeptWords)
    assert driver.written == ["\x1b]9;P2\x07"]


class ToldTerminal(Terminal):
    """Keeps what the desktop would be told."""

    def __init__(self) -> None:
        super().__init__(KeptWords, "osc9")
        self.told: list[str] = []

    @override
    def notify(self, words: str) -> None:
        self.told.append(words)


async def test_a_critical_finding_is_told_once() -> None:
    async with opened(healthy(), options=UiOptions(notify="osc9")) as (pilot, session, screen):
        assert isinstance(screen.app, EhtuiApp)
        terminal = screen.app.terminal = ToldTerminal()
        session.publish(overdue())
        await wait_for(lambda: bool(terminal.told))
        session.publish(replace(overdue(), taken_at=overdue().taken_at + 1))
        await pilot.pause()

        assert [words[:15] for words in terminal.told] == ["▲ P2 has had no"]


async def test_an_information_is_not_told() -> None:
    async with opened(healthy(), options=UiOptions(notify="osc9")) as (pilot, session, screen):
        assert isinstance(screen.app, EhtuiApp)
        terminal = screen.app.terminal = ToldTerminal()
        calm = replace(overdue(), findings=tuple(map(_informed, overdue().findings)))
        session.publish(calm)
        await wait_for(lambda: screen.app.snapshot is calm)
        await pilot.pause()

        assert terminal.told == []


def _informed(finding: Finding) -> Finding:
    return replace(finding, severity=Severity.INFO)
