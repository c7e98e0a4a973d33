"""Each line of the log view has its record's level and time, plain or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.world.process import LogLevel
from ehtui.sources.log_text.follow import MOST_LINES, LogTail

if TYPE_CHECKING:
    from pathlib import Path

LOG = """\
2026-01-20 21:11:59,123 azure.eventhub INFO partition 0 claimed
2026-01-20 21:12:00,123 app ERROR it failed
Traceback (most recent call last):
  File "a.py", line 1, in <module>
{"timestamp": "2026-01-20T21:12:01Z", "level": "warning", "message": "slow"}
"""


def test_levels_of_plain_and_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text(LOG)
    lines = LogTail(str(path)).read()

    assert [line.level for line in lines] == [
        LogLevel.INFO,
        LogLevel.ERROR,
        LogLevel.ERROR,
        LogLevel.ERROR,
        LogLevel.WARNING,
    ]
    assert lines[4].at is not None
    assert lines[2].at is None


def test_of_a_burst_only_what_a_screen_keeps_is_made(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("first\n")
    tail = LogTail(str(path))
    tail.read()

    with path.open("a") as file:
        file.writelines(f"x {number}\n" for number in range(3 * MOST_LINES))

    lines = tail.read()

    assert len(lines) <= MOST_LINES
    assert lines[-1].text == f"x {3 * MOST_LINES - 1}"
