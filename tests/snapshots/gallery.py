"""Every screen as SVG and PNG: `python -m tests.snapshots.gallery FOLDER [NAME…]`.

The clock stands still: a picture changes only where the screen did.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ehtui.domain.snapshot import Snapshot
from ehtui.tui.app import EhtuiApp
from ehtui.tui.options import UiOptions
from tests.snapshots.pictures import png_of, self_contained
from tests.snapshots.test_screens import typed
from tests.tui import scenes
from tests.tui.fakes import FakeBackend

SIZES = ((60, 20), (80, 24), (120, 36), (200, 60))
USUAL = (120, 36)


def healthy() -> Snapshot:
    """Everybody has work, nothing to report."""
    calm = scenes.healthy()

    return replace(calm, consumers=calm.consumers[:3], findings=())


SCENES = {
    "overview": scenes.overdue,
    "healthy": healthy,
    "standby": scenes.healthy,
    "source-down": scenes.source_down,
    "names": scenes.foreign_names,
    "32-partitions": scenes.many,
}
LOOKS = {
    "light": UiOptions(theme="ehtui-light"),
    "ansi": UiOptions(theme="ansi-dark"),
    "mono": UiOptions(mono=True),
    "ascii": UiOptions(ascii=True),
}
DIALOGS = {
    "details": "down down enter",
    "why": "down down w",
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
    "palette": "colon",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """What is played, how it looks, and the keys that lead there."""

    name: str
    snapshot: Snapshot
    size: tuple[int, int] = USUAL
    options: UiOptions = field(default_factory=UiOptions)
    keys: tuple[str, ...] = ()


def pictures() -> Iterator[Picture]:
    """All of them, by name."""
    for name, scene in SCENES.items():
        for size in SIZES:
            yield Picture(f"{name}-{size[0]}x{size[1]}", scene(), size)

    for name, options in LOOKS.items():
        yield Picture(f"overview-{name}", scenes.overdue(), options=options)

    yield Picture("32-partitions-light", scenes.many(), options=LOOKS["light"])

    for name, keys in DIALOGS.items():
        yield Picture(f"dialog-{name}", scenes.overdue(), keys=tuple(keys.split()))

    yield Picture("details-80x24", scenes.overdue(), (80, 24), keys=("down", "down", "enter"))
    yield Picture("filter", scenes.many(), keys=("slash", *"lag>40"))
    yield Picture("maximised", scenes.many(), keys=("3", "m"))
    yield Picture("faults", scenes.many(), keys=("f",))


async def drawn(picture: Picture) -> str:
    """The screen as SVG, once it stands still."""
    app = EhtuiApp(FakeBackend(picture.snapshot), picture.options)

    async with app.run_test(size=picture.size) as pilot:
        await typed(*picture.keys)(pilot)

        return self_contained(app.export_screenshot())


def main(folder: Path, names: list[str]) -> None:
    """Write what is asked for, or everything; say what was left out."""
    folder.mkdir(parents=True, exist_ok=True)
    has_png = True

    for picture in pictures():
        if names and not any(name in picture.name for name in names):
            continue

        if picture.options.mono:
            os.environ["NO_COLOR"] = "1"

        svg = asyncio.run(drawn(picture))
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
