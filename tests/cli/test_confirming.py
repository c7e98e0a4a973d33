"""The ladder in commands: --yes, and the name where a plan asks for one; READ asks nothing."""

from __future__ import annotations

import argparse
import json
from typing import Any, cast

import pytest
from msgspec.structs import replace

from ehtui.cli import acting_commands, releasing
from ehtui.cli.acting import act
from ehtui.cli.flags import ExitCode
from ehtui.cli.parser import parse
from ehtui.domain.actions.outcomes import Outcome, OutcomeState
from ehtui.domain.actions.plans import Plan
from ehtui.domain.actions.release import ReleaseRequest
from ehtui.domain.actions.release_plan import ReleasePlan
from ehtui.domain.actions.requests import Actor, PlanningContext
from ehtui.domain.policy import Policy
from ehtui.domain.snapshot import LeaseState
from ehtui.monitor.backend import Backend
from ehtui.views.actions import command_line
from ehtui.views.phrasing import Phrasing
from tests.cli.test_acting import FakeBackend, Terminal
from tests.views import world

LAPSED = world.lease(LeaseState.OVERDUE, world.A, age=90)
SNAPSHOT = world.snapshot(
    policy=Policy(is_production=True),
    groups=(world.group_state(world.partition("0", LAPSED, 10, 10)),),
    listed_at=world.NOW - 1,
)


def plan_of(*, is_production: bool = True) -> ReleasePlan:
    snapshot = replace(SNAPSHOT, policy=Policy(is_production=is_production))
    made = ReleaseRequest(world.GROUP, ("0",)).plan(
        PlanningContext(snapshot, world.NOW, Actor(own_pid=1))
    )
    assert isinstance(made, ReleasePlan)

    return made


def answered(
    monkeypatch: pytest.MonkeyPatch, typed: str, plan: Plan | None = None, **flags: Any
) -> tuple[int, list[Plan]]:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    session = FakeBackend(snapshot=SNAPSHOT)
    usual: dict[str, Any] = {"yes": False, "dry_run": False, "json": False, "confirm": None}
    args = argparse.Namespace(**(usual | flags))

    return act(cast("Backend", session), plan or plan_of(), args), session.done


@pytest.mark.parametrize("typed", ["", "y\n", "yes\n", "Hgzero-eventhub\n", "\n"])
def test_another_word_than_the_name_is_no(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str
) -> None:
    assert answered(monkeypatch, typed) == (ExitCode.WARNING, [])
    told = capsys.readouterr().out
    assert f"To do it, type {world.HUB}:" in told
    assert "Nothing was done" in told


def test_the_name_is_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    code, done = answered(monkeypatch, f"{world.HUB}\n")

    assert (code, len(done)) == (ExitCode.OK, 1)


def test_yes_alone_is_refused_and_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answered(monkeypatch, "", yes=True, json=True) == (ExitCode.WARNING, [])
    told = capsys.readouterr()
    assert json.loads(told.out)["refused"]["reason"] == "not_confirmed"
    assert f"--confirm {world.HUB}" in told.err


@pytest.mark.parametrize("yes", [True, False])
def test_another_name_is_refused_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], yes: bool
) -> None:
    assert answered(monkeypatch, "y\n", yes=yes, confirm="orders") == (ExitCode.WARNING, [])
    assert "Do it?" not in capsys.readouterr().out


def test_yes_and_the_name_ask_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    code, done = answered(monkeypatch, "", yes=True, confirm=world.HUB)

    assert (code, len(done)) == (ExitCode.OK, 1)


def test_the_name_without_yes_is_still_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert answered(monkeypatch, "n\n", confirm=world.HUB) == (ExitCode.WARNING, [])
    assert len(answered(monkeypatch, "y\n", confirm=world.HUB)[1]) == 1


def test_a_dry_run_needs_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert answered(monkeypatch, "", dry_run=True)[0] == ExitCode.OK


def test_a_name_that_nobody_asked_for_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(is_production=False)

    assert len(answered(monkeypatch, "", plan, yes=True, confirm="orders")[1]) == 1


def test_a_dry_run_that_would_be_refused_ends_as_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of()
    session = FakeBackend(outcome=Outcome(plan, OutcomeState.DRY_RUN, 1.0, error="no"))
    args = argparse.Namespace(yes=True, dry_run=True, json=False, confirm=None)
    monkeypatch.setattr("sys.stdin", Terminal(""))

    assert act(cast("Backend", session), plan, args) == ExitCode.CRITICAL


def test_the_command_on_the_dialog_asks_for_the_same() -> None:
    line = command_line(plan_of(), Phrasing(SNAPSHOT, group=world.GROUP))
    args = parse(line.replace("'", "").split()[1:])
    session = cast("Backend", FakeBackend(snapshot=SNAPSHOT))

    assert (args.yes, args.confirm) == (True, world.HUB)
    assert releasing.release_request(session, args) == ReleaseRequest(world.GROUP, ("0",))


@pytest.mark.parametrize(
    "line",
    [
        "signal 1", "restart 1", "start x", "send x", "release 0",
        "checkpoint apply --to-earliest", "checkpoint undo", "checkpoint copy --from a --to b",
    ],
)  # fmt: skip
def test_every_acting_command_has_the_flags_of_the_ladder(line: str) -> None:
    args = parse([*line.split(), "--yes", "--dry-run", "--json", "--confirm", "orders"])

    assert (args.yes, args.dry_run, args.json, args.confirm) == (True, True, True, "orders")


def test_to_forget_a_restart_obeys_dry_run_and_read_only(
    capsys: pytest.CaptureFixture[str], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    record = tmp_path / "ehtui" / "restarts" / "4711-1.json"
    record.parent.mkdir(parents=True)
    record.write_text("{}")

    args = parse(["restart", "4711", "--forget", "--dry-run"])
    assert acting_commands.run_restart(args) == ExitCode.OK
    assert record.exists()
    assert "would be forgotten" in capsys.readouterr().out
    args = parse(["restart", "4711", "--forget", "--read-only"])
    assert acting_commands.run_restart(args) == ExitCode.WARNING
    assert record.exists()
    assert "Read-only" in capsys.readouterr().err
    assert acting_commands.run_restart(parse(["restart", "4711", "--forget"])) == ExitCode.OK
    assert not record.exists()
