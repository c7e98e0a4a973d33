"""`make movie`: films `ehtui demo` in a real terminal: crash, forecast, takeover as forecast.

Writes an asciicast (for asciinema) and a GIF of the same bytes. Needs pyte, cairosvg and pillow,
which `make movie` installs.
"""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.style import Style
from rich.text import Text

from tests.snapshots.pictures import png_of, self_contained

COLUMNS, LINES = 110, 32
PATIENCE_S = 90.0
FRAME_S = 0.8
LONGEST_FRAME_S = 2.5
WIDTH = 900  # of the GIF
COLOURS = 32
FOLDER = Path(__file__).parents[2]
STAGE = Path("/tmp/ehtui-demo")
_CONSUMER = re.compile(r"^\W*\d{2,} +<?\d+[smh]")
_OWNS_SEVERAL = re.compile(r" \d+(?:[–,] ?\d+)+ ")
_NAMED = {"brown": "yellow", "brightbrown": "bright_yellow", "default": "default"}


@dataclass
class Camera:
    """A terminal with a program in it: what it wrote, when, and what stands on it now."""

    fd: int
    screen: Any  # pyte.Screen
    stream: Any  # pyte.ByteStream
    began_at: float = field(default_factory=time.monotonic)
    shots: list[tuple[float, bytes]] = field(default_factory=list)

    def watch(self, seconds: float) -> None:
        """Film for so long."""
        until = time.monotonic() + seconds

        while (left := until - time.monotonic()) > 0:
            if select.select([self.fd], [], [], left)[0]:
                data = os.read(self.fd, 1 << 16)
                self.shots.append((time.monotonic() - self.began_at, data))
                self.stream.feed(data)

    def until(self, is_so: Callable[[str], bool], what: str) -> None:
        """Film until the screen shows it.

        Raises:
            TimeoutError: It does not.
        """
        deadline = time.monotonic() + PATIENCE_S

        while not is_so(self.text):
            if time.monotonic() > deadline:
                raise TimeoutError(f"never seen: {what}\n{self.text}")

            self.watch(0.1)

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(self.screen.display)

    def press(self, keys: bytes, then_s: float = 1.0) -> None:
        """Press, and look at what comes of it."""
        os.write(self.fd, keys)
        self.watch(then_s)

    def cut(self) -> None:
        """The film begins here, with a whole picture."""
        self.shots.clear()
        self.began_at = time.monotonic()
        os.write(self.fd, b"\x0c")
        self.watch(0.5)


def act(camera: Camera) -> None:
    """What somebody does who tries the demo."""
    camera.until(lambda text: "3 owners hold all 4 partitions" in text, "three owners")
    camera.until(_is_calm, "all is well")
    camera.cut()
    camera.watch(3.0)
    camera.press(b"2")
    rows = [line for line in camera.screen.display if _CONSUMER.match(line)]
    place = next(n for n, line in enumerate(rows) if _OWNS_SEVERAL.search(line))

    for _ in range(place):
        camera.press(b"j", 0.4)

    camera.press(b"K", 1.5)
    offered = re.findall(r"\bSIG[A-Z]+\d?(?=  )", camera.text)

    for _ in range(offered.index("SIGKILL")):
        camera.press(b"\x1b[B", 0.4)  # down

    camera.press(b"\r", 4.0)  # what it costs
    camera.press(b"\x1b[C", 0.6)  # right: from Cancel to Kill
    camera.press(b"\r", 1.0)
    camera.until(lambda text: "overdue" in text, "an overdue lease")
    camera.press(b"1", 1.0)
    camera.press(b".", 1.0)  # the next problem
    camera.press(b"w", 4.0)
    camera.press(b"\x1b", 1.0)
    camera.until(lambda text: "took it over" in text, "a takeover")
    camera.watch(6.0)


def _is_calm(text: str) -> bool:
    """Whether everybody of the shown group has caught up."""
    partitions = text.split("Consumers", maxsplit=1)[0]
    return not re.search(r"wait \d|unknown|behind|\blag \d{2}", partitions)


def film() -> Camera:
    """The demo on a terminal of its own, from its first calm picture to after the takeover."""
    pyte: Any = import_module("pyte")
    python = str(STAGE / Path(sys.executable).relative_to(FOLDER))
    STAGE.symlink_to(FOLDER)  # so that no command line tells where this checkout is
    pid, fd = pty.fork()

    if pid == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8", TZ="UTC")
        os.chdir(STAGE)
        os.execv(python, [python, "-m", "ehtui", "demo"])

    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    screen = pyte.Screen(COLUMNS, LINES)
    camera = Camera(fd, screen, pyte.ByteStream(screen))

    try:
        act(camera)
        os.write(fd, b"q")
        camera_ends = time.monotonic() + 5.0

        while time.monotonic() < camera_ends and os.waitpid(pid, os.WNOHANG)[0] == 0:
            select.select([fd], [], [], 0.1)
    finally:
        os.close(fd)
        STAGE.unlink()

        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGHUP)

    return camera


def cast(shots: Sequence[tuple[float, bytes]]) -> Iterator[str]:
    """The lines of an asciicast, version 2."""
    yield json.dumps({"version": 2, "width": COLUMNS, "height": LINES, "title": "ehtui demo"})
    held = b""

    for at, data in shots:
        held += data

        try:
            text, held = held.decode(), b""
        except UnicodeDecodeError:  # a character came in two pieces
            continue

        yield json.dumps([round(at, 3), "o", text], ensure_ascii=False)


def frames(shots: Sequence[tuple[float, bytes]]) -> Iterator[tuple[float, bytes]]:
    """PNGs, and for how long each stands; what stands for long is cut short."""
    pyte: Any = import_module("pyte")
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.ByteStream(screen)
    last_at, last = 0.0, ""
    pending: bytes | None = None

    for at, data in shots:
        if at - last_at >= FRAME_S:
            svg = picture(screen)

            if svg != last:
                if pending is not None:
                    yield min(at - last_at, LONGEST_FRAME_S), pending

                pending, last, last_at = png_of(self_contained(svg)), svg, at

        stream.feed(data)

    if pending is not None:
        yield LONGEST_FRAME_S, pending


def picture(screen: Any) -> str:
    """What stands on a terminal, as Rich draws it."""
    console = Console(record=True, width=COLUMNS, height=LINES, file=io.StringIO())

    for number in range(LINES):
        row = screen.buffer[number]
        line = Text(no_wrap=True, end="\n")

        for column in range(COLUMNS):
            cell = row[column]
            line.append(cell.data, _style(cell))

        console.print(line, soft_wrap=True, highlight=False)

    return console.export_svg(title="ehtui demo", unique_id="movie")


def _style(cell: Any) -> Style:
    return Style(
        color=_colour(cell.fg), bgcolor=_colour(cell.bg), bold=cell.bold, reverse=cell.reverse
    )


def _colour(name: str) -> str:
    if re.fullmatch("[0-9a-f]{6}", name):
        return f"#{name}"

    plain = _NAMED.get(name, name)
    return plain.replace("bright", "bright_") if plain.startswith("bright") else plain


def main(folder: Path) -> None:
    """Film, and write both."""
    image: Any = import_module("PIL.Image")
    shots = film().shots
    (folder / "demo.cast").write_text("".join(f"{line}\n" for line in cast(shots)))
    drawn = [
        (seconds, image.open(io.BytesIO(png)).convert("RGB")) for seconds, png in frames(shots)
    ]
    height = round(drawn[0][1].height * WIDTH / drawn[0][1].width)
    small = [each.resize((WIDTH, height)).quantize(COLOURS) for _, each in drawn]
    small[0].save(
        folder / "demo.gif",
        save_all=True,
        append_images=small[1:],
        duration=[round(seconds * 1000) for seconds, _ in drawn],
        loop=0,
        optimize=True,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
