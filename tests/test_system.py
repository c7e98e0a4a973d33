"""Every shortcut that Linux offers is listed with its plain way, and one switch turns all off."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ehtui import system

PACKAGE = Path(system.__file__).parent
# What only Linux has, as code says it.
TELLS = re.compile(
    r"system\.(LINUX|PROC)|\"/proc/|AF_NETLINK|pidfd_\w+\(|posix_fallocate|getxattr\(|\.prctl\("
)


def test_the_table_names_every_file_that_takes_a_shortcut() -> None:
    taking = {
        str(path.relative_to(PACKAGE).as_posix())
        for path in PACKAGE.rglob("*.py")
        if TELLS.search(path.read_text(encoding="utf-8")) and path.name != "system.py"
    }

    assert taking == {name for shortcut in system.SHORTCUTS for name in shortcut.files}


def test_every_shortcut_says_its_plain_way() -> None:
    assert all(shortcut.takes and shortcut.instead for shortcut in system.SHORTCUTS)
    assert len({shortcut.takes for shortcut in system.SHORTCUTS}) == len(system.SHORTCUTS)


def test_nobody_else_reads_the_switch() -> None:
    reading = [
        path.name
        for path in PACKAGE.rglob("*.py")
        if "EHTUI_PLAIN" in path.read_text(encoding="utf-8")
    ]

    assert reading == ["system.py"]


@pytest.mark.skipif(sys.platform != "linux", reason="SKIPPED: elsewhere there are no shortcuts")
@pytest.mark.parametrize(("value", "is_on"), [("", True), ("0", True), ("1", False)])
def test_one_switch_turns_all_off(value: str, *, is_on: bool) -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from ehtui import system; print(system.LINUX, system.PROC)"],
        env=os.environ | {system.PLAIN: value},
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.split() == (["True", "/proc"] if is_on else ["False", "/no/proc"])


class Held:
    """A file that somebody else has open for the first tries."""

    def __init__(self, tries: int) -> None:
        self.tries = tries
        self.placed: list[object] = []

    def replace(self, place: object) -> None:
        if self.tries:
            self.tries -= 1
            raise PermissionError

        self.placed.append(place)


def test_what_is_held_open_for_a_moment_is_replaced_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As Windows holds it."""
    monkeypatch.setattr(system, "_TRIES", 3)
    short, long = Held(2), Held(3)
    system.put_in_place(short, Path("there"))  # type: ignore[arg-type]  # only what it does counts
    assert short.placed == [Path("there")]

    with pytest.raises(PermissionError):
        system.put_in_place(long, Path("there"))  # type: ignore[arg-type]  # as above
