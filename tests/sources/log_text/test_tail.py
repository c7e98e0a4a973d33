"""A consumer's log as a reader sees it."""

from __future__ import annotations

from pathlib import Path

from ehtui.domain.process import LogIncidentKind
from ehtui.sources.log_text.tail import FIRST_LINES, LogTail


def test_the_last_lines_come_first_and_then_what_is_appended(tmp_path: Path) -> None:
    log = tmp_path / "consumer.log"
    log.write_text("".join(f"line {n}\n" for n in range(FIRST_LINES + 10)))
    tail = LogTail(str(log))
    first = tail.read()

    assert (first[0].text, len(first)) == ("line 10", FIRST_LINES)
    assert tail.read() == ()

    with log.open("a") as file:
        file.write("EventProcessor 'o' has claimed partition '2'\n")

    (line,) = tail.read()
    assert line.kind is LogIncidentKind.CLAIMED
    assert line.is_ownership
    assert not first[0].is_ownership


def test_escape_sequences_are_shown(tmp_path: Path) -> None:
    log = tmp_path / "consumer.log"
    log.write_text("\x1b]52;c;AAAA\x07 [red]SharedAccessKey=hunter2;\n")
    (line,) = LogTail(str(log)).read()

    assert "\x1b" not in line.text
    assert "hunter2" not in line.text
    assert "[red]" in line.text
