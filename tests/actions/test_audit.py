"""The audit log: who did what, by which identity, how it ended; whole under several writers."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ehtui.actions.audit import AuditLog, read, set_aside
from ehtui.config.identity import identity_of
from ehtui.config.secret import Secret
from ehtui.config.settings import CheckpointStoreSettings, EventHubSettings, Settings
from ehtui.domain.actions.audited import AuditedStep, entries, entry_of
from ehtui.domain.actions.landing import Landing
from ehtui.domain.actions.outcomes import Outcome, OutcomeState, TargetResult, TargetState
from ehtui.domain.world.process import ProcessId
from ehtui.views.audit import audit_document, audit_table, what
from ehtui.views.formats import UTC_CLOCK
from tests.actions.recording import Bench, RecordingHands, send_plan, signal_plan

KEY = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I="


async def test_an_action_is_one_entry_with_who_what_end_and_duration(tmp_path: Path) -> None:
    bench = Bench(tmp_path, hands=RecordingHands({2: PermissionError()}))
    await bench.executor.run(signal_plan(1, 2))
    (entry,) = read(bench.audit)

    assert entry.user
    assert entry.host
    assert (entry.ehtui_pid, entry.kind, entry.state) == (os.getpid(), "signal", "refused")
    assert entry.duration_s == 0.0
    assert [(step.subject, step.state) for step in entry.steps] == [
        ("1", "sent"),
        ("2", "foreign_user"),
    ]
    assert what(entry) == "SIGTERM to 1, 2; 1 sent, 2 foreign_user; foreign user"


async def test_what_was_begun_and_has_no_end_is_told_so(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.jsonl", "hub: key k")
    log.begin(send_plan(), 5.0)
    (entry,) = read(log.path)

    assert (entry.state, entry.is_bad, entry.identity) == (None, True, "hub: key k")
    assert "no end noted" in [cell.text for cell in audit_table((entry,), UTC_CLOCK).rows[0].cells]


async def test_two_that_overlap_are_told_apart(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    first, second = log.begin(signal_plan(1), 1.0), log.begin(signal_plan(1), 2.0)
    second.end(Outcome(signal_plan(1), OutcomeState.DONE, 2.5))
    first.end(Outcome(signal_plan(1), OutcomeState.FAILED, 4.0, error="no"))

    assert [(each.state, each.duration_s) for each in read(log.path)] == [
        ("failed", 3.0),
        ("done", 0.5),
    ]


async def test_secrets_stay_out(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    text = f"Endpoint=sb://ns/;SharedAccessKeyName=k;SharedAccessKey={KEY}"
    step = log.begin(signal_plan(1), 1.0)
    result = TargetResult(ProcessId(1, 1.0), TargetState.FAILED, text)
    step.end(Outcome(signal_plan(1), OutcomeState.FAILED, 2.0, error=text, results=(result,)))

    assert KEY not in log.path.read_text()
    assert "SharedAccessKeyName=k" in log.path.read_text()


def test_a_file_that_others_can_read_is_closed_to_them(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    log.path.write_text("")
    log.path.chmod(0o644)
    log.begin(send_plan(), 1.0)

    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600


def test_a_file_that_has_grown_is_set_aside_and_read_all_the_same(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.jsonl", most_bytes=2_000)

    for number in range(40):
        assert log.begin(signal_plan(number + 1), float(number)).fault is None

    both = [log.path, set_aside(log.path)]
    assert all(path.stat().st_size < 2_600 for path in both if path.exists())
    assert {path.name for path in tmp_path.iterdir()} <= {"audit.jsonl", "audit.jsonl.1"}
    kept = read(log.path)
    assert 4 < len(kept) < 40
    assert kept[-1].at == 39.0  # the newest is never lost
    assert stat.S_IMODE(set_aside(log.path).stat().st_mode) == 0o600


WRITER = """
import sys
from pathlib import Path
from ehtui.actions.audit import AuditLog
from tests.actions.recording import signal_plan
log = AuditLog(Path(sys.argv[1]), sys.argv[2])
for number in range(60):
    assert log.begin(signal_plan(number + 1), float(number)).fault is None
"""


def test_several_at_once_write_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    run = [sys.executable, "-c", WRITER, str(path)]
    writers = [subprocess.Popen([*run, name]) for name in "abc"]

    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    written = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(written) == 180
    assert len({line["id"] for line in written}) == 180


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[1]",
        b'{"event":"intent"}',
        b'{"event":"intent","plan":3,"at":"x"}',
        b'{"at":"2026-01-01T00:00:00+00:00","event":"restart.asked","pid":3}',
        b"\xff\xfe",
    ],
)
def test_lines_that_tell_of_no_action_are_passed_over(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(line + b"\n")

    assert read(path) == ()


def test_hostile_words_of_a_line_are_harmless() -> None:
    plan = {"kind": "signal", "signal": "\x1b[2J", "targets": [{"pid": "\x1b]0;x\x07"}, 3]}
    moment = "2026-01-01T00:00:00+00:00"
    (entry,) = entries(
        [{"at": moment, "event": "intent", "plan": plan, "user": "\x1b[31m", "ehtui_pid": "no"}]
    )
    told = [cell.text for cell in audit_table((entry,), UTC_CLOCK).rows[0].cells]

    assert not any("\x1b" in text for text in told)
    assert audit_document((entry,))["schema"] == "ehtui.audit/1"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            EventHubSettings(
                Secret(f"Endpoint=sb://ns.x/;SharedAccessKeyName=Root;SharedAccessKey={KEY}")
            ),
            "hub: key Root",
        ),
        (EventHubSettings(namespace="ns.servicebus.windows.net"), "hub: Entra ID"),
        (EventHubSettings(), ""),
    ],
)
def test_the_identity_is_named_without_its_secret(settings: EventHubSettings, told: str) -> None:
    assert identity_of(Settings(eventhub=settings)) == told


def test_the_stores_identity() -> None:
    store = CheckpointStoreSettings(account_url=Secret("https://x.blob/?sig=abc"))

    assert identity_of(Settings(checkpoint_store=store)) == "store: shared access signature"


def test_every_place_that_a_send_came_to_is_noted(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    landings = (Landing("0", 1, 5, 5), Landing("1", 1, 8, 8))
    done = Outcome(send_plan(), OutcomeState.DONE, 2.0, landings=landings)
    log.begin(send_plan(), 1.0).end(done)
    noted = json.loads(log.path.read_text().splitlines()[-1])

    assert noted["details"] == [
        ["partition", "0"],
        ["sequence", "5"],
        ["partition", "1"],
        ["sequence", "8"],
    ]


@pytest.mark.parametrize("steps", [{"P0": "written"}, [["P0", "written"], "no pair", 5]])
def test_steps_are_read_as_older_lines_have_them_too(steps: object) -> None:
    entry = entry_of(
        {
            "at": "2026-11-26T00:00:00+00:00",
            "event": "outcome",
            "plan": {"kind": "checkpoint"},
            "steps": steps,
        }
    )

    assert entry is not None
    assert entry.steps == (AuditedStep("P0", "written"),)
