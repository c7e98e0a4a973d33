"""A consumer's log as a reader sees it."""

from __future__ import annotations

from pathlib import Path

from ehtui.domain.world.process import LogIncidentKind
from ehtui.sources.log_text.follow import FIRST_LINES, SHOWN_CHARACTERS, LogTail


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


def test_colours_are_taken_off_and_every_line_of_a_record_stands_out(tmp_path: Path) -> None:
    """As RichHandler wraps at 80 columns."""
    log = tmp_path / "consumer.log"
    log.write_text(
        "\x1b[2;36m[01/20/26 21:11:59]\x1b[0m \x1b[34mINFO    \x1b[0m starting    \x1b[2mapp.py:1\n"
        "                    INFO     EventProcessor 'own' is   ep.py:7\n"
        "                             being started                    \n"
        "                    INFO     working                   app.py:2\n"
        "plain\n"
    )
    lines = LogTail(str(log)).read()

    assert lines[0].text.startswith("[01/20/26 21:11:59] INFO     starting")
    assert [line.is_ownership for line in lines] == [False, True, True, False, False]


def test_an_endless_line_is_shown_cut(tmp_path: Path) -> None:
    log = tmp_path / "consumer.log"
    log.write_text("x" * 100_000 + "\nnext\n")
    lines = LogTail(str(log)).read()

    assert [len(line.text) for line in lines] == [SHOWN_CHARACTERS, 4]
