"""Standard streams that are closed, full or gone, and JSON in every encoding."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ehtui.cli.flags import ExitCode
from ehtui.cli.output_format import text_of

ROOT = Path(__file__).parents[2]
COMMANDS = ("--version", "--help", "config", "config --help")
SECRET = "S3cr3tV4lue"


def shell(
    command: str, folder: Path, *, before: str = "", **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """`ehtui COMMAND` with redirections, as a shell runs it."""
    return subprocess.run(
        ["bash", "-c", f"{before} {sys.executable} -m ehtui {command}"],
        capture_output=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "HOME": str(folder)} | variables,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("redirection", "says"), [(">&-", "it is closed"), (">/dev/full", "No space left on device")]
)
def test_an_output_that_takes_nothing_is_told_as_what_it_is(
    tmp_path: Path, command: str, redirection: str, says: str
) -> None:
    said = shell(f"{command} {redirection}", tmp_path)

    assert said.returncode == ExitCode.OUTPUT
    assert f"standard output cannot be written: {says}." in said.stderr.decode()
    assert b"fault" not in said.stderr
    assert b"Exception" not in said.stderr


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", "<&-"])
def test_other_streams_may_be_missing(tmp_path: Path, redirection: str) -> None:
    for command in COMMANDS:
        said = shell(f"{command} {redirection}", tmp_path)
        assert said.returncode == 0
        assert said.stdout == shell(command, tmp_path).stdout

    said = shell(f"status {redirection}", tmp_path)
    assert said.returncode == ExitCode.USAGE
    assert said.stdout == b""  # what is meant for the closed one goes nowhere else


def test_without_any_stream_the_code_still_tells(tmp_path: Path) -> None:
    assert shell("config >&- 2>&- <&-", tmp_path).returncode == ExitCode.OUTPUT
    assert shell("status 2>&- <&-", tmp_path).returncode == ExitCode.USAGE


def test_who_reads_no_further_is_no_trouble(tmp_path: Path) -> None:
    said = shell("config | head -c 1; exit ${PIPESTATUS[0]}", tmp_path)

    assert said.returncode in {0, ExitCode.BROKEN_PIPE}
    assert said.stderr == b""


def test_a_working_folder_that_was_deleted_is_named(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()

    for command in ("config", "status", "why", "consumers", "signal TERM 1", ""):
        said = shell(f"{command}", gone, before=f"rmdir {gone};")
        assert said.returncode == ExitCode.USAGE
        assert b"The working folder no longer exists" in said.stderr
        gone.mkdir()


ENCODINGS = ("ascii", "latin-1", "cp1252", "utf-8", "utf-16", "utf-32", "shift_jis", "koi8-r")
DOCUMENT = {
    "command": "python 회의록.py é \udc80 🚀 \x1b[31m",
    "rate": math.nan,
    "parts": ("a", None, True, 3, -math.inf),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_json_is_json_in_every_encoding(encoding: str) -> None:
    code = f"from ehtui.cli.output_format import *; print_document({DOCUMENT!r})".replace(
        "nan", "float('nan')"
    ).replace("-inf", "-float('inf')")
    said = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": encoding, "LC_ALL": "C"},
        check=True,
    )

    assert json.loads(said.stdout.decode(encoding)) == {
        "command": "python 회의록.py é \\udc80 🚀 \\x1b[31m",
        "rate": None,
        "parts": ["a", None, True, 3, None],
    }


@pytest.mark.parametrize(
    "variables",
    [
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"},
    ],
)
def test_a_report_comes_out_of_a_terminal_without_its_characters(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    (tmp_path / "ehtui.yaml").write_text("consumers: {a: {match: 회의}}\n", encoding="utf-8")
    said = shell("config", tmp_path, **variables)

    assert said.returncode == 0
    assert said.stdout.isascii()


def test_a_document_holds_no_secret() -> None:
    text = text_of(
        {
            "properties": [["token", SECRET], ["key", SECRET], ["type", "minutes"]],
            "key": "device-1",
            "sas": SECRET,
            "body": f'{{"apiKey": "{SECRET}"}}',
            "steps": [["run", "--eventhub-key", SECRET], [f"SharedAccessKey={SECRET}"]],
        }
    )

    assert SECRET not in text
    assert "minutes" in text
    assert "device-1" in text


def test_only_one_place_of_the_command_line_writes_json() -> None:
    files = sorted((ROOT / "ehtui" / "cli").glob("*.py"))

    assert [
        file.name
        for file in files
        if "json.dumps" in (text := file.read_text()) or "json.encode" in text
    ] == ["output_format.py"]
