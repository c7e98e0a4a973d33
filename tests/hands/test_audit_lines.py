"""The audit log on disks that fill up: whole lines, or no action."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ehtui.actions.audit import AuditLog
from ehtui.actions.state_files import append_line, open_records
from ehtui.domain.actions.outcomes import OutcomeState, RefusalReason
from tests.actions.recording import Bench, signal_plan
from tests.hands.disks import fill, small_disk

# Appends as many lines as a file may hold, and says how many that were.
FILLER = """
import os, resource, sys
from pathlib import Path
from ehtui.actions.state_files import append_line, open_records
resource.setrlimit(resource.RLIMIT_FSIZE, (2_500, 2_500))
file, count = open_records(Path(sys.argv[1])), 0
try:
    while True:
        append_line(file, b'{"n":"' + b"x" * 150 + b'"}')
        count += 1
except OSError as error:
    print(count, error.errno)
"""


def lines(path: Path) -> list[object]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_record_that_does_not_fit_leaves_no_half_of_it(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    run = [sys.executable, "-c", FILLER, str(path)]
    told = subprocess.run(run, capture_output=True, text=True, check=True, timeout=30).stdout
    count = int(told.split()[0])

    assert count > 10
    assert len(lines(path)) == count
    assert path.read_bytes().endswith(b"}\n")


def test_a_half_line_does_not_fuse_with_the_next(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b'{"whole":1}\n{"half":')  # of somebody who was killed, or of a full disk
    log = AuditLog(path)

    assert log.begin(signal_plan(1), 1.0).fault is None
    whole, half, ours = path.read_text().splitlines()
    assert (whole, half) == ('{"whole":1}', '{"half":')
    assert json.loads(ours)["event"] == "intent"


@pytest.mark.parametrize("place", ["/dev/full", "/dev/null"])
def test_what_is_no_file_is_no_audit_log(tmp_path: Path, place: str) -> None:
    path = tmp_path / "audit.jsonl"
    path.symlink_to(place)

    with pytest.raises(OSError, match="is not a regular file"):
        open_records(path)


async def test_on_a_full_disk_nothing_is_done_and_the_log_stays_whole(tmp_path: Path) -> None:
    with small_disk(tmp_path / "state", "size=16k"):
        bench = Bench(tmp_path)
        assert (await bench.executor.run(signal_plan(1))).state is OutcomeState.DONE
        before = bench.audit.read_bytes()
        filling = fill(tmp_path / "state")

        outcome, number = await bench.executor.run(signal_plan(2)), 2

        while outcome.state is OutcomeState.DONE and number < 40:  # its last page has room left
            number += 1
            outcome = await bench.executor.run(signal_plan(number))

        assert outcome.refusal is not None
        assert outcome.refusal.reason is RefusalReason.NOT_AUDITED
        assert "No space left" in outcome.refusal.detail
        assert ("TERM", number) not in bench.hands.done

        filling.unlink()
        assert (await bench.executor.run(signal_plan(99))).state is OutcomeState.DONE
        assert bench.audit.read_bytes().startswith(before)
        assert all(isinstance(line, dict) for line in lines(bench.audit))


def test_two_writers_wait_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    code = (
        "import sys; from pathlib import Path;"
        "from ehtui.actions.state_files import append_line, open_records;"
        "file = open_records(Path(sys.argv[1]));"
        "[append_line(file, (sys.argv[2] * 9_000).encode()) for _ in range(40)]"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(path), word]) for word in "ab"]

    for writer in writers:
        assert writer.wait(30) == 0

    written = path.read_text().splitlines()
    assert set(written) == {"a" * 9_000, "b" * 9_000}
    assert len(written) == 80


def test_appending_needs_no_end_of_ours(tmp_path: Path) -> None:
    descriptor = open_records(tmp_path / "a" / "b.jsonl")
    append_line(descriptor, b"1")
    append_line(descriptor, b"2")

    assert (tmp_path / "a" / "b.jsonl").read_bytes() == b"1\n2\n"
    assert (tmp_path / "a" / "b.jsonl").stat().st_mode & 0o777 == 0o600
