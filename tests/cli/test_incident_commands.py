"""`findings`, `timeline`, `report` and `wait --fail-on` on one played picture."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from ehtui.cli import awhile, compose
from ehtui.cli.flags import ExitCode
from ehtui.domain.snapshot import Severity, Snapshot, SourceState, SourceStatus
from ehtui.views.status import FailOn, finding_code
from tests.cli.conftest import HUB, Ehtui, Said
from tests.views import world
from tests.views.test_outside_text import EVIL, told_by

FORMATS = ("table", "json", "csv", "markdown", "yaml")
ENVIRONMENT = {"EVENTHUB_CONNECTION_STRING": HUB, "EVENTHUB_NAME": "h"}


class Stage:
    """What a monitor would tell: one picture after the other, then Ctrl-C."""

    def __init__(self) -> None:
        self.pictures = [world.snapshot()]
        self.ends_with: type[BaseException] | None = None
        self._monitor = SimpleNamespace(snapshot=self.pictures[0])

    @contextmanager
    def watching(self, _: object) -> Iterator[Any]:
        self._monitor.snapshot = self.pictures[0]
        self._left = self.pictures[1:]
        yield self._monitor

    def watch_for(self, *_: object) -> Snapshot:
        if self._left:
            self._monitor.snapshot = self._left.pop(0)
        elif self.ends_with is not None:
            raise self.ends_with

        told: Snapshot = self._monitor.snapshot
        return told


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage()
    monkeypatch.setattr(compose, "watching", stage.watching)
    monkeypatch.setattr(awhile, "watch_for", stage.watch_for)
    monkeypatch.setattr(compose, "look", lambda *_, **__: stage.pictures[-1])
    return stage


@pytest.fixture
def told(ehtui: Ehtui, stage: Stage) -> Ehtui:
    assert stage.pictures

    def call(*argv: str, **variables: str) -> Said:
        return ehtui(*argv, **ENVIRONMENT, **variables)

    return call


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_findings_are_what_is_wrong(told: Ehtui) -> None:
    said = told("findings")

    assert said.code == ExitCode.OK
    assert "Findings: 1 warning\n" in said.out
    assert "lease.overdue, since 12:01:19 (1m40s ago)" in said.out
    assert "consumer.standby" not in said.out
    assert "consumer.standby" in told("findings", "--remarks").out
    assert told("findings", "--fail-on", "warning").code == ExitCode.WARNING
    assert told("findings", "-p", "0").out.splitlines()[2] == "Nothing wrong was found."


def test_findings_agree_in_every_format(told: Ehtui) -> None:
    document = json.loads(told("findings", "--json").out)
    (found,) = document["findings"]
    (row,) = rows_of(told("findings", "-o", "csv").out)

    assert document["schema"] == "ehtui.findings/1"
    assert yaml.safe_load(told("findings", "-o", "yaml").out) == document
    assert (row["finding"], row["severity"]) == (found["id"], found["severity"])
    assert row["since_at"] == found["since_at"]
    assert row["advice"] == " ".join(found["advice"])
    assert found["id"] in told("findings", "-o", "markdown").out


@pytest.mark.parametrize("command", [("findings",), ("timeline", "--for", "1s")])
@pytest.mark.parametrize("output", FORMATS)
def test_a_hub_that_cannot_be_read_leaves_what_was_read(
    told: Ehtui, stage: Stage, command: tuple[str, ...], output: str
) -> None:
    stage.pictures = [world.snapshot(sources=(SourceState("hub", SourceStatus.FAILED),))]
    said = told(*command, "-o", output)

    assert said.code == ExitCode.UNREADABLE
    assert "51388" in said.out  # what the store and the processes tell


def test_a_timeline_is_told_oldest_first(told: Ehtui) -> None:
    lines = told("timeline", "--for", "1s").out.splitlines()
    rows = rows_of(told("timeline", "--for", "1s", "-o", "csv").out)
    document = json.loads(told("timeline", "--for", "1s", "-o", "json").out)

    assert [line.split()[0] for line in lines] == ["11:51:06", "12:00:51"]
    assert [row["kind"] for row in rows] == ["lease.claimed", "action.signal"]
    assert [each["kind"] for each in document["events"]] == ["lease.claimed", "action.signal"]
    assert (document["schema"], document["watched_s"]) == ("ehtui.timeline/1", 1.0)


@pytest.fixture
def two_looks(stage: Stage) -> Stage:
    """The claim is known at first; the signal is news; then somebody presses Ctrl-C."""
    before = replace(world.snapshot(), timeline=(world.CLAIMED,))
    stage.pictures = [before, before, world.snapshot()]
    stage.ends_with = KeyboardInterrupt
    return stage


@pytest.mark.usefixtures("two_looks")
def test_a_timeline_that_is_followed_tells_each_event_once(told: Ehtui) -> None:
    follow = ("timeline", "--follow")
    said = told(*follow, "-o", "json")
    assert said.code == ExitCode.INTERRUPTED
    assert [json.loads(line)["kind"] for line in said.out.splitlines()] == [
        *("lease.claimed", "action.signal")
    ]

    assert len(rows_of(told(*follow, "-o", "csv").out)) == 2
    assert len(list(yaml.safe_load_all(told(*follow, "-o", "yaml").out))) == 2
    assert told(*follow, "-o", "markdown").out.count("| --- | --- | --- | --- |") == 1
    assert [line.split()[0] for line in told(*follow).out.splitlines()] == ["11:51:06", "12:00:51"]


@pytest.mark.usefixtures("two_looks")
def test_only_what_is_asked_for_is_followed(told: Ehtui) -> None:
    assert told("timeline", "-f", "-p", "0", "-g", world.GROUP).out.count("\n") == 1  # the signal
    assert told("timeline", "-f", "-p", "2", "-o", "json").out.count("\n") == 2


def test_ctrl_c_ends_the_watching_and_the_page_comes(told: Ehtui, stage: Stage) -> None:
    stage.ends_with = KeyboardInterrupt
    said = told("report", "--for", "10m")

    assert said.code == ExitCode.INTERRUPTED
    assert "# Incident report: hgzero-eventhub" in said.out
    assert "| Watched | for 10m |" not in said.out
    assert told("timeline", "--for", "10m").out


def test_a_report_is_saved_into_a_new_file_of_its_owner_alone(told: Ehtui, tmp_path: Path) -> None:
    said = told("report", "--for", "0", "--save", "incident.md")
    path = tmp_path / "incident.md"

    assert (said.code, said.out) == (ExitCode.OK, "")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text(encoding="utf-8").startswith("# Incident report")
    assert "| Watched | one look |" in path.read_text(encoding="utf-8")

    again = told("report", "--for", "0", "--save", "incident.md")
    assert again.code == ExitCode.USAGE
    assert "incident.md is there already." in again.err
    assert told("report", "--for", "0", "--save", "no/where.md").code == ExitCode.USAGE


def test_a_report_that_came_to_nothing_leaves_no_file(told: Ehtui, tmp_path: Path) -> None:
    assert told("report", "--for", "0", "-p", "9", "--save", "incident.md").code == ExitCode.USAGE
    assert not (tmp_path / "incident.md").exists()


COMMANDS = (
    ("status",),
    ("consumers",),
    ("findings", "--remarks"),
    ("timeline", "--for", "1s"),
    ("timeline", "--follow", "--for", "1ms"),
)
DIRTY = f"{EVIL}| 회의 | '; =cmd() <img> \\"


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("output", FORMATS)
def test_dirty_text_breaks_no_format(
    told: Ehtui, stage: Stage, command: tuple[str, ...], output: str
) -> None:
    stage.pictures = [told_by(DIRTY)]
    said = told(*command, "-o", output)

    assert "회의" in said.out
    assert "hunter2" not in said.out
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", said.out)

    if output == "json":
        lines = said.out.splitlines() if "--follow" in command else [said.out]
        assert all(map(json.loads, lines))
    elif output == "yaml":
        assert all(yaml.safe_load_all(said.out))
    elif output == "csv":
        header, *rows = csv.reader(io.StringIO(said.out, newline=""))
        assert rows
        assert {len(row) for row in rows} == {len(header)}
        assert not [cell for row in rows for cell in row if cell[:1] in set("=+@")]


@pytest.mark.parametrize(
    "command", [("why", "0", "--for", "0"), ("why", "0", "--for", "0", "--json")]
)
def test_why_says_that_the_store_was_not_read(
    told: Ehtui, stage: Stage, command: tuple[str, ...]
) -> None:
    assert told(*command).code == ExitCode.OK
    stage.pictures = [world.snapshot(sources=(SourceState("store", SourceStatus.FAILED),))]
    said = told(*command)

    assert said.code == ExitCode.UNREADABLE
    assert said.out
    assert "ehtui: the store could not be read: no answer yet" in said.err


def test_a_report_fails_on_findings_only_if_asked(told: Ehtui, stage: Stage) -> None:
    worst = replace(world.OVERDUE, severity=Severity.CRITICAL)
    stage.pictures = [world.snapshot(findings=(worst,))]

    assert told("report", "--for", "0").code == ExitCode.OK
    assert told("report", "--for", "0", "--fail-on", "critical").code == ExitCode.CRITICAL
    stage.pictures = [world.snapshot(sources=(SourceState("store", SourceStatus.FAILED),))]
    assert told("report", "--for", "0").code == ExitCode.UNREADABLE


@pytest.mark.parametrize(
    ("severities", "fail_on", "code"),
    [
        ((Severity.CRITICAL,), FailOn.NEVER, 0),
        ((Severity.WARNING, Severity.CRITICAL), FailOn.WARNING, 2),
        ((Severity.WARNING,), FailOn.CRITICAL, 0),
        ((Severity.WARNING, Severity.INFO), FailOn.WARNING, 1),
        ((), FailOn.WARNING, 0),
    ],
)
def test_what_a_code_tells_of_findings(
    severities: tuple[Severity, ...], fail_on: FailOn, code: int
) -> None:
    found = [replace(world.OVERDUE, severity=severity) for severity in severities]

    assert finding_code(found, fail_on) == code
