"""`-o`: one picture in every format, once and again and again; what is asked for alone."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from ehtui.cli import awhile, compose
from ehtui.cli.flags import ExitCode
from ehtui.cli.scope import partitions
from ehtui.domain.snapshot import Snapshot, SourceState, SourceStatus
from tests.cli.conftest import HUB, Ehtui, Said
from tests.views import world

FORMATS = ("table", "json", "csv", "markdown", "yaml")
ENVIRONMENT = {"EVENTHUB_CONNECTION_STRING": HUB, "EVENTHUB_NAME": "h"}


@pytest.fixture
def told(ehtui: Ehtui, monkeypatch: pytest.MonkeyPatch) -> Ehtui:
    """A command line on the picture of `world`, whatever it would read."""
    snapshot = world.snapshot()

    @contextmanager
    def watching(_: object) -> Iterator[Any]:
        yield SimpleNamespace(snapshot=snapshot)

    monkeypatch.setattr(compose, "look", lambda *_, **__: snapshot)
    monkeypatch.setattr(compose, "watching", watching)
    monkeypatch.setattr(awhile, "watch_for", lambda *_: snapshot)

    def call(*argv: str, **variables: str) -> Said:
        return ehtui(*argv, **ENVIRONMENT, **variables)

    return call


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("command", ["status", "consumers"])
def test_json_and_yaml_are_one_document(told: Ehtui, command: str) -> None:
    document = json.loads(told(command, "-o", "json").out)

    assert document == json.loads(told(command, "--json").out)
    assert document == yaml.safe_load(told(command, "--output", "yaml").out)
    assert told(command).out == told(command, "-o", "table").out


def test_figures_agree_in_every_format(told: Ehtui) -> None:
    document = json.loads(told("status", "--json").out)
    rows = rows_of(told("status", "-o", "csv").out)
    lags = [p["lag"] for g in document["groups"] for p in g["partitions"]]

    assert [int(row["lag_events"]) for row in rows] == lags == [0, 3, 1820]
    assert {row["group"] for row in rows} == {world.GROUP}
    page = told("status", "-o", "markdown").out
    assert "| 1,820 |" in page
    assert "1,820" in told("status").out
    assert "### Findings: 1 warning · 1 info" in page
    assert "`lease.overdue`" in page


@pytest.mark.parametrize("output", FORMATS)
def test_what_is_asked_for_alone(told: Ehtui, output: str) -> None:
    said = told("status", "-o", output, "-g", world.GROUP, "-p", "P2", "--fail-on", "warning")

    assert said.code == ExitCode.WARNING
    assert "1820" in said.out.replace(",", "")
    assert "232118" not in said.out.replace(",", "")
    calm = told("status", "-o", output, "-p", "0-1", "--fail-on", "warning")
    assert calm.code == ExitCode.OK
    assert "1820" not in calm.out.replace(",", "")


def test_what_there_is_not_is_an_error_that_names_what_there_is(told: Ehtui) -> None:
    said = told("status", "-p", "7")
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert "There is no partition 7 here." in said.err
    assert "0–2" in said.err

    said = told("status", "-g", "nobody", "-g", world.GROUP)
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert "no records of group nobody" in said.err


def test_without_the_hub_nobody_knows_what_there_is(
    told: Ehtui, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = Snapshot(sources=(SourceState("hub", SourceStatus.FAILED),))
    monkeypatch.setattr(compose, "look", lambda *_, **__: bare)

    for output in FORMATS:
        said = told("status", "-o", output, "-p", "7")
        assert said.code == ExitCode.UNREADABLE
        assert said.out


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("2", ("2",)),
        ("P2", ("2",)),
        ("0,4-6,0", ("0", "4", "5", "6")),
        ("p1-P2", ("1", "2")),
        ("east", ("east",)),
        ("Paris", ("Paris",)),
    ],
)
def test_partitions_as_people_write_them(text: str, names: tuple[str, ...]) -> None:
    assert partitions(text) == names


def test_a_watch_tells_one_picture_after_the_other(told: Ehtui) -> None:
    watch = ("status", "--watch", "1s", "--for", "2s")
    lines = told(*watch, "-o", "json").out.splitlines()
    assert [json.loads(line)["schema"] for line in lines] == ["ehtui.status/1"] * 3

    assert len(rows_of(told(*watch, "-o", "csv").out)) == 9  # one header
    assert len(list(yaml.safe_load_all(told(*watch, "-o", "yaml").out))) == 3

    printed = told(*watch).out
    assert printed.count("ehtui  hgzero") == 3
    assert printed.count("2026-11-22 12:02:59 UTC") == 3
    assert "\x1b" not in printed
    assert told(*watch, "--fail-on", "warning").code == ExitCode.WARNING


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--watch", "1ms"), "too often"),
        (("--watch", "5s", "--exact"), "--exact reads once"),
        (("-o", "xml"), "'xml' is not known here"),
    ],
)
def test_what_cannot_be_is_refused(told: Ehtui, flags: tuple[str, ...], says: str) -> None:
    said = told("status", *flags)

    assert said.code == ExitCode.USAGE
    assert says in said.err


@pytest.mark.parametrize("output", FORMATS)
def test_an_empty_audit_log_is_told_in_every_format(told: Ehtui, output: str) -> None:
    said = told("audit", "-o", output)

    assert said.code == ExitCode.OK
    assert said.out.strip()
