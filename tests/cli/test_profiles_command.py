"""`ehtui profiles`, `ehtui config`, `ehtui hubs`: what is configured, and how all of it does."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ehtui.cli.flags import ExitCode
from ehtui.cli.main import run
from ehtui.sandbox.sandbox import Sandbox
from tests.cli.namespaces import HUBS, profile_of, serving, write_profiles

OFFLINE = """
profiles:
  prod:
    colour: red
    production: true
    eventhub: {namespace: hgzero}
    hubs: [orders, {name: payments, consumer_group: pay, containers: one}]
  odd: {colour: sour}
"""
KEY = "c2VjcmV0LXZhbHVl"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))

    for name in ("EVENTHUB_CONNECTION_STRING", "EHTUI_PROFILE", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)

    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = run(list(argv))
    out, err = capsys.readouterr()
    return code, out, err


def test_profiles_are_listed_with_their_hubs_and_what_is_wrong(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "ehtui.yaml").write_text(OFFLINE)
    code, out, _ = told(capsys, "profiles")
    lines = [line.split() for line in out.splitlines()]

    assert code == ExitCode.USAGE
    assert lines[1][:5] == ["prod", "red", "production,", "read-only", "orders"]
    assert lines[2][4:8] == ["payments", "hgzero.servicebus.windows.net", "pay", "one"]
    assert "ehtui.yaml line 7" in out
    assert "profiles.odd.colour (ehtui.yaml line 8)" in out

    code, out, _ = told(capsys, "profiles", "--profile", "prod", "--json")
    assert code == ExitCode.OK
    assert [hub["hub"] for hub in json.loads(out)["hubs"]] == ["orders", "payments"]

    rows = list(csv.DictReader(io.StringIO(told(capsys, "profiles", "-o", "csv")[1])))
    assert [row["is_production"] for row in rows] == ["true", "true", "false"]
    assert "| prod | red |" in told(capsys, "profiles", "-o", "markdown")[1]


def test_no_secret_of_a_profile_is_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "key").write_text(
        f"Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey={KEY}\n"
    )
    (folder / "ehtui.yaml").write_text(
        "profiles: {a: {eventhub: {connection_string: '${file:key}'}, hubs: [h, i]}}"
    )

    for argv in (["profiles"], ["profiles", "--json"], ["config"], ["config", "--hub", "h"]):
        code, out, err = told(capsys, *argv)
        assert code == ExitCode.OK
        assert KEY not in out + err


def test_config_shows_the_profiles_and_every_setting_of_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "ehtui.yaml").write_text(OFFLINE.replace("  odd: {colour: sour}\n", ""))
    code, out, _ = told(capsys, "config")

    assert code == ExitCode.OK
    assert "payments" in out
    assert "ehtui config --profile NAME --hub NAME" in out

    _, out, _ = told(capsys, "config", "--profile", "prod", "--hub", "payments")
    said = {line.split()[0]: line.split(maxsplit=1)[1] for line in out.splitlines() if line.strip()}
    assert said["profile"].split() == ["prod", "ehtui.yaml", "line", "3"]
    assert said["colour"].split() == ["red", "ehtui.yaml", "line", "4"]
    assert said["read_only"].split() == ["true", "ehtui.yaml", "line", "5"]
    assert said["eventhub.consumer_group"].split() == ["pay", "ehtui.yaml", "line", "7"]

    code, _, err = told(capsys, "status")
    assert code == ExitCode.USAGE
    assert "prod/orders, prod/payments" in err


@pytest.fixture(scope="module")
def namespace() -> Iterator[Sandbox]:
    with serving("h", partitions=1) as sandbox:
        yield sandbox


def test_all_hubs_are_told_worst_first_and_the_worst_makes_the_exit_code(
    folder: Path, namespace: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = profile_of(namespace, "here")
    write_profiles(folder / "ehtui.yaml", profile)
    code, out, err = told(capsys, "hubs", "-o", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))

    assert (code, err) == (ExitCode.OK, "")
    assert sorted(row["hub"] for row in rows) == [f"h{n}" for n in range(HUBS)]
    assert {(row["profile"], row["partitions"]) for row in rows} == {("here", "1")}

    # One that there is not, and a profile that cannot be used.
    write_profiles(folder / "ehtui.yaml", profile.replace("h0,", "none,"), "  odd: {colour: sour}")
    code, out, _ = told(capsys, "status", "--all", "--json")
    document = json.loads(out)
    assert code == ExitCode.UNREADABLE
    assert document["schema"] == "ehtui.hubs/1"
    bad = {row["hub"]: row["worst"] for row in document["hubs"] if row["hub"] in {"none", ""}}
    assert "profiles.odd.colour" in bad[""]
    assert bad["none"]

    code, out, _ = told(capsys)  # not in a terminal
    assert code == ExitCode.UNREADABLE
    assert "profiles.odd.colour" in out
