"""`--log-file` and `-v`: what is told, what never is, and where it may not be told."""

from __future__ import annotations

import argparse
import logging
import re
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typing_extensions import override

from ehtui.cli import log_file, output_format
from ehtui.cli.log_file import logging_as_asked
from ehtui.config.errors import ConfigError
from tests.cli.conftest import HUB, SECRET, Ehtui
from tests.waiting import wait_until

NOWHERE = (
    "Endpoint=sb://127.0.0.1:1/;SharedAccessKeyName=k;"
    f"SharedAccessKey={SECRET};UseDevelopmentEmulator=true;EntityPath=h"
)
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (DEBUG|INFO|WARNING|ERROR) +[\w.]+: .+")
LOG = logging.getLogger("ehtui.somewhere")


@contextmanager
def logging_to(path: Path, verbose: int = 0) -> Iterator[None]:
    args = argparse.Namespace(command="status", log_file=str(path), verbose=verbose)

    with logging_as_asked(args, ["status"]):
        yield


def lines(path: Path) -> list[str]:
    head, *rest = path.read_text().splitlines()
    assert head.startswith("# ehtui --log-file")
    return rest


def test_a_run_tells_its_reads_and_failures(ehtui: Ehtui, tmp_path: Path) -> None:
    path = tmp_path / "ehtui.log"
    said = ehtui("status", "--log-file", str(path), EVENTHUB_CONNECTION_STRING=NOWHERE)
    told = lines(path)
    text = "\n".join(told)

    assert said.code == 3
    assert "ehtui." not in said.err
    assert all(LINE.fullmatch(line) for line in told)
    assert "ehtui status --log-file" in told[0]
    assert re.search(
        r"reading the hub failed after \d+\.\d{3} s \(unreachable\): .* Next try in", text
    )
    assert "read the processes in" in text
    assert "ended after" in told[-1]
    assert SECRET not in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("argv", [("-v", "status"), ("status", "-v"), ("status", "--verbose")])
def test_verbose_tells_it_on_standard_error(ehtui: Ehtui, argv: tuple[str, ...]) -> None:
    said = ehtui(*argv, EVENTHUB_CONNECTION_STRING=NOWHERE)

    assert "reading the hub failed" in said.err
    assert "DEBUG" not in said.err
    assert "reading the hub failed" not in said.out


def test_verbose_tells_more_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "ehtui.log"

    for verbose, told in ((0, False), (1, True)):
        with logging_to(path, verbose):
            LOG.debug("number %d", verbose)

        assert (f"number {verbose}" in path.read_text()) is told


def test_secrets_and_control_characters_are_removed(tmp_path: Path) -> None:
    path = tmp_path / "ehtui.log"

    with logging_to(path):
        LOG.warning("to %s\n2026 forged \033[31m", HUB)

        try:
            int(f"AccountKey={SECRET}")
        except ValueError:
            LOG.exception("met")

    text = path.read_text()
    assert SECRET not in text
    assert r"\n2026 forged \x1b[31m" in text
    assert "SharedAccessKey=***" in text
    assert "    ValueError: invalid literal" in text
    assert "AccountKey=***" in text


def test_words_of_the_command_line_are_masked(tmp_path: Path) -> None:
    path = tmp_path / "ehtui.log"
    args = argparse.Namespace(command="status", log_file=str(path), verbose=0)

    with logging_as_asked(args, ["status", "--key", SECRET]):
        pass

    assert SECRET not in path.read_text()


def test_a_fault_is_told_with_its_traceback_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "ehtui.log"

    with pytest.raises(ZeroDivisionError), logging_to(path):
        _ = 1 / 0

    assert "ERROR   ehtui.cli.log_file: ended by ZeroDivisionError" in path.read_text()
    assert "Traceback" in path.read_text()


def test_its_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "MOST_BYTES", 2000)
    path = tmp_path / "ehtui.log"

    with logging_to(path):
        for number in range(200):
            LOG.info("line %d", number)

    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["ehtui.log", "ehtui.log.1"]
    assert sum(file.stat().st_size for file in files) <= 4200
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert "ended after" in lines(path)[-1]


def test_a_later_run_goes_on_in_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "ehtui.log"

    for number in (1, 2):
        with logging_to(path):
            LOG.info("run %d", number)

    assert path.read_text().count("# ehtui") == 1
    assert [line for line in lines(path) if "run " in line and "somewhere" in line][1].endswith("2")


@pytest.mark.parametrize("what", ["mine", "folder", "device"])
def test_what_is_no_log_of_ehtuis_is_left_alone(tmp_path: Path, what: str) -> None:
    mine = tmp_path / "mine"
    mine.write_text("notes\n")
    path = {"mine": mine, "folder": tmp_path, "device": Path("/dev/null")}[what]

    with pytest.raises(ConfigError, match="--log-file"), logging_to(path):
        pass

    assert mine.read_text() == "notes\n"


def test_a_folder_that_is_not_there_is_said(ehtui: Ehtui, tmp_path: Path) -> None:
    said = ehtui("config", "--log-file", str(tmp_path / "no" / "ehtui.log"))

    assert said.code == 64
    assert "--log-file" in said.err


@pytest.mark.parametrize("argv", [("-v",), ("demo", "-vv")])
def test_never_on_a_terminal_with_the_screen(
    ehtui: Ehtui, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...]
) -> None:
    monkeypatch.setattr(output_format, "has_terminal", lambda: True)
    said = ehtui(*argv, EVENTHUB_CONNECTION_STRING=NOWHERE)

    assert said.code == 64
    assert "Add --log-file FILE" in said.err


def test_loggers_are_as_before_afterwards(tmp_path: Path) -> None:
    logger = logging.getLogger("ehtui")
    before = (logger.level, logger.propagate, list(logger.handlers))

    with logging_to(tmp_path / "ehtui.log", 2):
        assert logger.level == logging.DEBUG

    assert (logger.level, logger.propagate, list(logger.handlers)) == before


class Hanging(logging.Handler):
    """A disk that hangs until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on, self.began = threading.Event(), threading.Event()
        self.told: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.began.set()
        assert self.goes_on.wait(20)
        self.told.append(record.getMessage())


@pytest.mark.parametrize("comes_later", [True, False])
def test_what_waits_for_a_disk_is_bounded_and_what_was_dropped_is_said(
    monkeypatch: pytest.MonkeyPatch, comes_later: bool
) -> None:
    monkeypatch.setattr(log_file, "MOST_WAITING", 3)
    disk = Hanging()

    with log_file._listening(disk, logging.INFO, libraries=False):
        LOG.info("0")
        assert disk.began.wait(20)

        for number in range(1, 1500):
            LOG.info("%d", number)

        disk.goes_on.set()

        if comes_later:
            wait_until(lambda: len(disk.told) == 4, timeout_s=20, what="what waited is written")
            LOG.info("later")

    missing = "1,496 lines are missing here: they came faster than they were written"
    assert disk.told == ["0", "1", "2", "3", missing, *(["later"] if comes_later else [])]
