"""OverviewTables of the screen: sizes, scenes and themes, with a frozen clock.

Look at a changed picture before `--snapshot-update`; they are made with the pinned Textual only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.metadata import version

import pytest
from textual.pilot import Pilot

from ehtui.tui.app import EhtuiApp
from ehtui.tui.host import Host
from ehtui.tui.hubs_app import HubsApp
from ehtui.tui.options import UiOptions
from tests.recordings.events import events_around
from tests.snapshots.reading import complaints, lines_of
from tests.tui.fakes import FakeBackend, FakeStream
from tests.tui.hub_scenes import FakeHubs, ten
from tests.tui.scenes import NOW, SCENES
from tests.waiting import wait_for

pytestmark = pytest.mark.skipif(
    version("textual") != "8.2.8", reason="the pictures were made with Textual 8.2.8"
)

Compare = Callable[..., bool]

OVERVIEWS = [
    ("overdue", (120, 36), "ehtui-dark"),
    ("overdue", (80, 24), "ehtui-dark"),
    ("overdue", (60, 20), "ehtui-dark"),
    ("many", (200, 60), "ehtui-dark"),
    ("many", (120, 36), "ehtui-light"),
    ("source-down", (120, 36), "ehtui-light"),
    ("foreign-names", (120, 36), "ehtui-dark"),
    ("starting", (80, 24), "ehtui-dark"),
    ("overdue", (120, 36), "ansi-dark"),
    ("overdue", (40, 12), "ehtui-dark"),
    ("overdue", (200, 60), "ehtui-dark"),
    ("many", (250, 70), "ehtui-dark"),
]
DIALOGS = {
    "confirm": "2 K end enter",
    "send": "s",
    "details": "down down enter",
    "finding": "3 enter",
    "groups": "g",
    "help": "question_mark",
}


def typed(*keys: str) -> Callable[[Pilot[int]], Awaitable[None]]:
    """Press keys one by one, each when the screen stands still."""

    async def type_them(pilot: Pilot[int]) -> None:
        below = pilot.app.screen
        await stand_still(pilot)

        for key in keys:
            await pilot.press(key)
            await wait_for(lambda: getattr(below, "is_settled", True))
            await wait_for(lambda: getattr(pilot.app.screen, "is_settled", True))
            await stand_still(pilot)

        app = pilot.app
        assert isinstance(app, Host)
        taken_at = app.snapshot.host_at(app.snapshot.taken_at)
        wrong = list(complaints(lines_of(pilot.app.export_screenshot()), taken_at))
        assert not wrong, wrong

    return type_them


async def stand_still(pilot: Pilot[int]) -> None:
    """Wait until three pictures in a row are the same: what wraps may be laid out twice."""
    pictures: list[str] = []

    while len(pictures) < 3 or len(set(pictures[-3:])) > 1:
        await pilot.pause(0.05)
        pictures.append(pilot.app.export_screenshot())


@pytest.mark.parametrize(("scene", "size", "theme"), OVERVIEWS)
def test_overview(snap_compare: Compare, scene: str, size: tuple[int, int], theme: str) -> None:
    app = EhtuiApp(FakeBackend(SCENES[scene]()), UiOptions(theme=theme, banner="sandbox"))

    assert snap_compare(app, terminal_size=size, run_before=typed())


@pytest.mark.parametrize("keys", DIALOGS.values(), ids=DIALOGS)
def test_dialog(snap_compare: Compare, keys: str) -> None:
    app = EhtuiApp(FakeBackend(SCENES["overdue"]()), UiOptions())

    assert snap_compare(app, terminal_size=(120, 36), run_before=typed(*keys.split()))


@pytest.mark.parametrize("keys", ["down down e", "down down e enter"], ids=["all", "one"])
def test_events(snap_compare: Compare, keys: str) -> None:
    backend = FakeBackend(SCENES["overdue"]())
    events = events_around(backend.snapshot, "$Default")
    backend.stream = FakeStream([e for e in events if e.partition == "2"], follows=True)
    app = EhtuiApp(backend, UiOptions())

    assert snap_compare(app, terminal_size=(120, 36), run_before=typed(*keys.split()))


READ = {"why": "down down w", "details": "down down enter", "confirm": "2 K end enter"}
SIZES = ((40, 12), (60, 20), (80, 24), (120, 36), (200, 60), (250, 70))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("keys", READ.values(), ids=READ)
def test_what_is_read_before_acting(
    snap_compare: Compare, keys: str, size: tuple[int, int]
) -> None:
    app = EhtuiApp(FakeBackend(SCENES["overdue"]()), UiOptions())

    assert snap_compare(app, terminal_size=size, run_before=typed(*keys.split()))


@pytest.mark.parametrize("options", [UiOptions(ascii=True), UiOptions(mono=True)])
def test_plain_terminals(
    snap_compare: Compare, options: UiOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    if options.mono:
        monkeypatch.setenv("NO_COLOR", "1")

    app = EhtuiApp(FakeBackend(SCENES["overdue"]()), options)

    assert snap_compare(app, terminal_size=(120, 36), run_before=typed())


HUBS = {
    "120x36": ((120, 36), UiOptions(), ()),
    "80x24": ((80, 24), UiOptions(), ("down",)),
    "60x24": ((60, 24), UiOptions(theme="ehtui-light"), ()),
    "200x40": ((200, 40), UiOptions(theme="ehtui-light"), ()),
    "faults": ((120, 36), UiOptions(theme="ansi-dark"), ("f",)),
    "mono": ((120, 36), UiOptions(mono=True), ()),
    "ascii": ((120, 36), UiOptions(ascii=True), ()),
    "gone-in": ((120, 36), UiOptions(), ("end", "up", "up", "enter")),
}


@pytest.mark.parametrize(("size", "options", "keys"), HUBS.values(), ids=HUBS)
def test_hubs(
    snap_compare: Compare,
    size: tuple[int, int],
    options: UiOptions,
    keys: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if options.mono:
        monkeypatch.setenv("NO_COLOR", "1")

    app = HubsApp(FakeHubs(ten()), options, clock=lambda: NOW)

    assert snap_compare(app, terminal_size=size, run_before=typed(*keys))
