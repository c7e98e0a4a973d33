"""Every screen as SVG and PNG: `python -m tests.snapshots.gallery FOLDER [NAME…]`.

Each shows a moment of a recorded scene (`tests/recordings`), and the clock stands still: a picture
changes only where the screen did. One that does not add up is not drawn (`reading.py`).
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from ehtui.tui.app import EhtuiApp
from ehtui.tui.hubs_app import HubsApp
from ehtui.tui.options import UiOptions
from tests.recordings import load
from tests.recordings.backend import RecordedBackend
from tests.snapshots.pictures import png_of, self_contained
from tests.snapshots.test_screens import typed
from tests.tui.hub_scenes import FakeHubs, watched

SIZES = ((40, 12), (60, 20), (80, 24), (120, 36), (200, 60), (250, 70))
USUAL = (120, 36)
SCENES = {  # the picture's name → a recording and a moment of it
    "overview": ("crash", "overdue"),
    "healthy": ("crash", "healthy"),
    "taken-over": ("crash", "taken-over"),
    "standby": ("standby", "standby"),
    "source-down": ("store-down", "store-down"),
    "names": ("names", "names"),
    "32-partitions": ("many", "overdue"),
}
IN_EVERY_SIZE = ("overview", "32-partitions")
HUBS = {  # several scenes as the hubs of two profiles; `None` is not read yet
    "orders/created": "healthy",
    "orders/shipped": "overview",
    "orders/telemetry": "32-partitions",
    "orders/returns": "taken-over",
    "payments/captured": "names",
    "payments/refunds": "source-down",
    "payments/ledger": "standby",
    "payments/archive": None,
}
LOOKS = {
    "light": UiOptions(theme="ehtui-light"),
    "ansi": UiOptions(theme="ansi-dark"),
    "mono": UiOptions(mono=True),
    "ascii": UiOptions(ascii=True),
}
DIALOGS = {
    "details": "enter",
    "why": "w",
    "consumer": "2 enter",
    "finding": "3 enter",
    "event": "4 enter",
    "signal": "2 K",
    "confirm-kill": "2 K end up enter",
    "send": "s",
    "start": "S",
    "process": "a",
    "groups": "g",
    "sort": "o",
    "save": "ctrl+s",
    "log": "2 l",
    "help": "question_mark",
    "palette": "ctrl+p",
    "command": "colon s o",
    "copy": "y",
    "columns": "F",
    "events": "down down e",
    "one-event": "down down e enter",
    "events-from": "e b",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """What is played, how it looks, and the keys that lead there."""

    name: str
    scene: str
    size: tuple[int, int] = USUAL
    options: UiOptions = field(default_factory=UiOptions)
    keys: tuple[str, ...] = ()

    def backend(self) -> RecordedBackend:
        """What it shows; of several hubs the worst."""
        return recorded("overview" if self.scene == "hubs" else self.scene)

    def app(self, backend: RecordedBackend) -> EhtuiApp:
        """What shows it."""
        if self.scene != "hubs":
            return EhtuiApp(backend, self.options)

        pictures = {
            key: load(SCENES[scene][0]).at(SCENES[scene][1]) if scene is not None else None
            for key, scene in HUBS.items()
        }
        hubs = FakeHubs([watched(key, picture) for key, picture in pictures.items()])
        return HubsApp(hubs, self.options, clock=lambda: 0.0)  # each is of its own moment


def recorded(scene: str) -> RecordedBackend:
    """A moment of a recording, to be looked at."""
    recording, mark = SCENES[scene]
    return RecordedBackend(load(recording), mark)


def pictures() -> Iterator[Picture]:
    """All of them, by name."""
    for name in SCENES:
        for size in SIZES if name in IN_EVERY_SIZE else (USUAL,):
            yield Picture(f"{name}-{size[0]}x{size[1]}", name, size)

    for name, options in LOOKS.items():
        yield Picture(f"overview-{name}", "overview", options=options)

    yield from _of_several_hubs()
    yield Picture("32-partitions-light", "32-partitions", options=LOOKS["light"])

    for name, keys in DIALOGS.items():
        scene = "taken-over" if name == "log" else "overview"  # logs are of the last moment
        yield Picture(f"dialog-{name}", scene, keys=tuple(keys.split()))

    for name, size in product(("why", "details", "confirm-kill"), ((40, 12), (80, 24))):
        typed_keys = tuple(DIALOGS[name].split())
        yield Picture(f"dialog-{name}-{size[0]}x{size[1]}", "overview", size, keys=typed_keys)

    for name, size in product(("events", "one-event"), ((40, 12), (80, 24), (200, 60))):
        typed_keys = tuple(DIALOGS[name].split())
        yield Picture(f"dialog-{name}-{size[0]}x{size[1]}", "overview", size, keys=typed_keys)

    yield Picture("events-filter", "overview", keys=("e", "slash", *"type:json"))
    yield Picture("filter", "32-partitions", keys=("slash", *"lag>9"))
    yield Picture("maximised", "32-partitions", keys=("3", "m"))
    yield Picture("faults", "32-partitions", keys=("f",))


def _of_several_hubs() -> Iterator[Picture]:
    for size in SIZES:
        yield Picture(f"hubs-{size[0]}x{size[1]}", "hubs", size)

    for name, options in LOOKS.items():
        yield Picture(f"hubs-{name}", "hubs", options=options)

    yield Picture("hubs-command", "hubs", keys=("colon", *"hub", "space", *"orders/s"))
    yield Picture("hubs-gone-in", "hubs", keys=("enter",))


async def drawn(picture: Picture) -> str:
    """The screen as SVG, once it stands still.

    Raises:
        AssertionError: Something in it does not add up.
    """
    with closing(picture.backend()) as backend:
        app = picture.app(backend)

        async with app.run_test(size=picture.size) as pilot:
            await typed(*picture.keys)(pilot)
            return app.export_screenshot()


def main(folder: Path, names: list[str]) -> None:
    """Write what is asked for, or everything; say what was left out."""
    folder.mkdir(parents=True, exist_ok=True)
    has_png = True

    for picture in pictures():
        if names and not any(name in picture.name for name in names):
            continue

        if picture.options.mono:
            os.environ["NO_COLOR"] = "1"

        svg = self_contained(asyncio.run(drawn(picture)))
        os.environ.pop("NO_COLOR", None)
        png = png_of(svg)
        has_png = png is not None
        (folder / f"{picture.name}.svg").write_text(svg, encoding="utf-8")

        if png is not None:
            (folder / f"{picture.name}.png").write_bytes(png)

    if not has_png:
        sys.exit("SVG only: cairosvg is not installed, so PNGs were left out.")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
