"""`ehtui checkpoint …` on a store in memory: what it prints, what it writes, how it exits."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace
from typing_extensions import override

from ehtui.actions.checkpoint_finding import rehearsed
from ehtui.cli import checkpoints
from ehtui.cli.flags import ExitCode
from ehtui.cli.parser import parse
from ehtui.config.errors import ConfigError
from ehtui.domain.actions.checkpoint_plan import CheckpointPlan
from ehtui.domain.actions.checkpoints import CheckpointRequest
from ehtui.domain.actions.outcomes import Outcome, Refusal
from ehtui.domain.actions.plans import Plan
from ehtui.domain.actions.requests import Actor, PlanningContext, Request
from ehtui.domain.problems import ProblemKind
from ehtui.domain.snapshot import SourceState, SourceStatus
from tests.actions.checkpoint_stage import Stage, picture
from tests.tui.fakes import FakeBackend
from tests.views import world
from tests.views.world import NOW, A

START = ("99", "-1")


class StageBackend(FakeBackend):
    """Really looks, plans and writes, in a store in memory."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage.snapshot)
        self.stage = stage

    @override
    async def rehearse(self, request: Request) -> Request:
        assert isinstance(request, CheckpointRequest)
        return await rehearsed(request, self.stage.writer, self.stage.lookup, self.stage.snapshot)

    @override
    def plan(self, request: Request) -> Plan | Refusal:
        return request.plan(PlanningContext(self.stage.snapshot, NOW, Actor(own_pid=1)))

    @override
    def begin(self, plan: Plan) -> Future[Outcome]:
        assert isinstance(plan, CheckpointPlan)
        future: Future[Outcome] = Future()
        future.set_result(asyncio.run(self.stage.apply(plan)))

        return future


class Shell:
    """Runs commands on a stage."""

    def __init__(self, stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
        self.stage = stage
        self.backend = StageBackend(stage)
        self._capsys = capsys

    def run(self, line: str) -> tuple[int, str, str]:
        self.backend.snapshot = self.stage.snapshot
        args = parse(["checkpoint", *shlex.split(line)])
        code = args.run(args)
        said = self._capsys.readouterr()

        return int(code), said.out, said.err

    def json(self, line: str) -> tuple[int, dict[str, Any]]:
        code, out, _ = self.run(f"{line} --json")
        document: dict[str, Any] = json.loads(out)

        return code, document


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    stage = Stage(tmp_path / "ehtui" / "checkpoints")
    shell = Shell(stage, capsys)

    for partition in "012":
        stage.checkpoint(partition, 150)

    @contextmanager
    def looking(*_: object, **__: object) -> Iterator[StageBackend]:
        yield shell.backend

    monkeypatch.setattr(checkpoints, "looking", looking)
    monkeypatch.setattr(checkpoints, "resolve_args", lambda _: SimpleNamespace(settings=None))

    return shell


def test_where_groups_stand(shell: Shell) -> None:
    code, out, _ = shell.run("list")
    assert code == ExitCode.OK
    assert out.splitlines()[1].split() == [
        *("PARTITION", "CHECKPOINT", "OFFSET", "LAG", "WRITTEN", "LAYOUT", "BLOB")
    ]
    assert out.splitlines()[2].split()[:4] == ["0", "150", "15000", "49"]

    code, told = shell.json("list -g '$default'")
    assert [p["sequence"] for p in told["groups"][0]["partitions"]] == [150] * 3

    code, told = shell.json("list -g nobody")
    assert (code, told["groups"]) == (ExitCode.WARNING, [])


def test_a_list_of_a_store_that_was_not_read_says_so(shell: Shell) -> None:
    failed = SourceState("store", SourceStatus.FAILED)
    shell.stage.snapshot = replace(shell.stage.snapshot, sources=(failed,))
    code, out, err = shell.run("list -o csv")

    assert code == ExitCode.UNREADABLE
    assert out.startswith("group,partition,")
    assert "the store could not be read" in err


def test_a_plan_writes_nothing(shell: Shell) -> None:
    code, out, _ = shell.run("plan --to-earliest --partitions 0")

    assert code == ExitCode.OK
    assert "0          150  start   100       51      0  replays 51" in out
    assert out.endswith("'ehtui checkpoint apply' with the same flags does it.\n")
    assert shell.stage.stands("0") == ("150", "1500")


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_plan_that_was_kept_is_applied(shell: Shell, tmp_path: Path, form: str) -> None:
    _, out, _ = shell.run(f"plan --to-sequence 120 --{form}")
    path = tmp_path / f"plan.{form}"
    path.write_text(out)
    shell.stage.lookup = None
    shell.stage.checkpoint("1", 151)
    code, out, _ = shell.run(f"apply --from-file {path} --yes")

    assert code == ExitCode.WARNING  # one was written since
    assert [shell.stage.stands(p) for p in "012"] == [
        ("120", "1200"),
        ("151", "1510"),
        ("120", "1200"),
    ]
    assert "P1: it was written since" in out

    code, out, _ = shell.run(f"apply --from-file {path} --partitions 0,2 --yes")
    assert (code, "every checkpoint" in out) == (ExitCode.OK, True)


def test_an_apply_tells_each_partition_and_the_way_back(shell: Shell) -> None:
    code, out, _ = shell.run("apply --to-earliest --yes")

    assert code == ExitCode.OK
    assert [shell.stage.stands(p) for p in "012"] == [START] * 3
    assert out.count("150 → start, written and read back") == 3
    assert "To undo: ehtui checkpoint undo " in out

    code, out, _ = shell.run("undo --list")
    assert "hgzero-eventhub $Default: 3 of 3 written, ToEarliest" in out

    code, out, _ = shell.run("undo --yes")
    assert code == ExitCode.OK
    assert [shell.stage.stands(p) for p in "012"] == [("150", "1500")] * 3

    code, told = shell.json("undo --list")
    assert [b["strategy"] for b in told["backups"]] == ["Undo", "ToEarliest"]


def test_live_owners_are_in_the_way(shell: Shell) -> None:
    local = world.consumer(4711, 1.0, A)
    shell.stage.snapshot = picture(owned={"0": A}, consumers=(local,))
    code, out, _ = shell.run("apply --to-earliest --yes")

    assert code == ExitCode.WARNING
    assert f"Group $Default has live owners ({A[:8]})" in out
    assert "To stop those on this host first: ehtui signal 4711" in out
    assert shell.stage.stands("0") == ("150", "1500")

    code, told = shell.json("apply --to-earliest --yes")
    assert (code, told["refused"]) == (ExitCode.WARNING, "group_active")

    code, out, _ = shell.run("plan --to-earliest")
    assert (code, "4711" in out) == (ExitCode.WARNING, True)

    code, told = shell.json("apply --to-earliest --yes --force --recheck 0.01s")
    assert code == ExitCode.OK
    assert [c["state"] for c in told["outcome"]["changes"]] == ["written"] * 3


def test_owners_that_could_not_be_read_are_in_the_way_too(shell: Shell) -> None:
    shell.stage.snapshot = picture(groups=(), listed_at=None)
    code, out, _ = shell.run("apply --to-earliest --yes")
    assert code == ExitCode.WARNING
    assert "Who owns partitions of $Default could not be read just now" in out
    assert shell.stage.stands("0") == ("150", "1500")

    code, told = shell.json("plan --to-earliest")
    assert (code, told["refused"]) == (ExitCode.WARNING, "owners_unread")
    assert (told["owners"], told["owners_are_known"]) == ([], False)

    code, _ = shell.json("apply --to-earliest --yes --force --recheck 0.01s")
    assert code == ExitCode.OK


def test_what_needs_a_peek_group_is_left_and_the_exit_code_says_so(shell: Shell) -> None:
    shell.stage.lookup = None
    shell.stage.checkpoint("1", 101)
    code, out, _ = shell.run("apply --shift-by=-5 --yes")

    assert code == ExitCode.WARNING
    assert [shell.stage.stands(p) for p in "012"] == [("150", "1500"), START, ("150", "1500")]
    assert out.count("no peek group is configured") == 4  # in the plan and in the report

    code, out, _ = shell.run("plan --shift-by=-5 --partitions 0")
    assert code == ExitCode.WARNING
    assert "consumer-group create" in out


def test_a_store_that_fails_is_a_failure(shell: Shell) -> None:
    plan = asyncio.run(shell.stage.plan(parse_strategy()))
    shell.stage.account.failures["checkpoints"] = ProblemKind.UNREACHABLE
    outcome = asyncio.run(shell.stage.apply(plan))
    assert outcome.state == "failed"

    code, _, err = shell.run("apply --to-earliest --yes")
    assert (code, "No checkpoint store could be read" in err) == (ExitCode.WARNING, True)


def parse_strategy() -> Any:
    from ehtui.domain.actions.checkpoint_plan import ToEarliest  # noqa: PLC0415

    return ToEarliest()


def test_read_only_shows_plans_and_writes_nothing(shell: Shell) -> None:
    shell.backend.read_only = True
    assert shell.run("plan --to-earliest")[0] == ExitCode.OK

    code, _, err = shell.run("apply --to-earliest --yes")
    assert (code, "Read-only" in err) == (ExitCode.WARNING, True)
    assert shell.stage.stands("0") == ("150", "1500")


def test_production_has_to_be_named(shell: Shell) -> None:
    policy = replace(shell.stage.snapshot.policy, is_production=True)
    shell.stage.snapshot = picture(policy=policy)
    assert shell.run("apply --to-earliest --yes")[0] == ExitCode.WARNING
    assert shell.run("apply --to-earliest --yes --confirm other")[0] == ExitCode.WARNING
    assert shell.stage.stands("0") == ("150", "1500")

    assert shell.run(f"apply --to-earliest --yes --confirm {world.HUB}")[0] == ExitCode.OK
    assert shell.stage.stands("0") == START


def test_without_a_terminal_nobody_agrees(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: False))
    code, _, err = shell.run("apply --to-earliest")

    assert (code, "add --yes" in err) == (ExitCode.WARNING, True)
    assert shell.stage.stands("0") == ("150", "1500")


def test_nothing_to_do_is_no_failure(shell: Shell) -> None:
    code, out, _ = shell.run("apply --to-sequence 150 --yes")
    assert (code, "Nothing to do" in out) == (ExitCode.OK, True)


def test_a_copy(shell: Shell) -> None:
    code, _, _ = shell.run("copy --from '$Default' --to reports --yes")
    folder = f"{world.NAMESPACE}/{world.HUB}/reports"

    assert code == ExitCode.OK
    assert shell.stage.stands("2", folder) == ("150", "1500")


def test_a_backup_that_is_not_there(shell: Shell, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"There is no backup of group \$Default"):
        shell.run("undo --yes")

    with pytest.raises(ConfigError, match="can't be used: there is no file"):
        shell.run(f"undo {tmp_path}/none.jsonl --yes")

    assert "There are no backups in" in shell.run("undo --list")[1]


def test_a_group_without_records(shell: Shell) -> None:
    code, _, err = shell.run("copy --from nobody --to reports --yes")

    assert code == ExitCode.WARNING
    assert err == "ehtui: The store has no records of group nobody.\n"
