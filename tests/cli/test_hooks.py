"""`ehtui watch --exec`: who runs it, how often, with what, and how a failure is told."""

from __future__ import annotations

import json
import os
import shlex
import threading
from pathlib import Path

import psutil
import pytest
from msgspec.structs import replace
from typing_extensions import override

from ehtui.cli.hook_command import Ended, HookCommand
from ehtui.cli.hooks import Allowance, Hooks, Throttle, Waiting
from ehtui.config.errors import ConfigError
from ehtui.domain.snapshot import Finding
from ehtui.views.finding_news import FindingNews
from tests.cli.conftest import SECRET, Ehtui
from tests.views import world
from tests.waiting import wait_until


def about(partition: str) -> Finding:
    return replace(world.OVERDUE, subject=replace(world.OVERDUE.subject, partition=partition))


def began(partition: str) -> FindingNews:
    return FindingNews(about(partition), is_over=False, document={"partition": partition})


def ended(partition: str) -> FindingNews:
    return FindingNews(about(partition), is_over=True, document={"partition": partition})


def test_no_more_run_than_allowed_within_any_stretch() -> None:
    throttle = Throttle(Allowance(2, 10.0))

    for at in (0.0, 4.0):
        assert throttle.wait_s(at) == 0
        throttle.note(at)

    assert throttle.wait_s(5.0) == 5.0
    throttle.note(10.0)
    assert throttle.wait_s(10.0) == 4.0
    assert throttle.wait_s(14.0) == 0


def test_what_came_and_went_before_its_turn_is_not_told() -> None:
    waiting = Waiting(tells_ends=True)
    for news in (began("0"), began("1"), ended("0"), ended("2")):
        waiting.add(news)

    assert [waiting.take() for _ in range(len(waiting))] == [began("1"), ended("2")]


def test_ends_are_told_only_where_they_are_asked_for() -> None:
    waiting = Waiting(tells_ends=False)
    for news in (began("0"), began("1"), ended("1"), ended("2")):
        waiting.add(news)

    assert [waiting.take() for _ in range(len(waiting))] == [began("0")]


def test_what_waits_is_bounded() -> None:
    waiting = Waiting(tells_ends=True, most=2)
    for name in "0123":
        waiting.add(began(name))

    assert waiting.untold == 2
    assert waiting.take() == began("2")


def test_the_end_of_what_was_pushed_out_is_not_told() -> None:
    waiting = Waiting(tells_ends=True, most=2)
    for news in (began("0"), began("1"), began("2"), ended("0"), ended("9")):
        waiting.add(news)

    assert [waiting.take() for _ in range(len(waiting))] == [began("2"), ended("9")]
    assert waiting.untold == 2  # 0 and, for the end of 9, 1

    for news in (began("0"), ended("1")):
        waiting.add(news)

    taken = waiting.take()
    waiting.add(ended("0"))  # this one was told that it began
    assert [taken, waiting.take(), len(waiting)] == [began("0"), ended("0"), 0]


def command(text: str, *, uses_shell: bool = False, **times: float) -> HookCommand:
    return HookCommand(text, uses_shell=uses_shell, **({"timeout_s": 20.0} | times))


def script(folder: Path, text: str) -> str:
    path = folder / "hook.sh"
    path.write_text(text)
    return f"/bin/sh {shlex.quote(str(path))}"


def test_it_gets_what_it_is_given_on_standard_input(tmp_path: Path) -> None:
    assert command(script(tmp_path, "cat >got")).run(b'{"a": 1}\n') == Ended(0, "")
    assert not (tmp_path / "got").exists()  # its folder is ehtui's own
    Path("got").unlink()


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")


def test_no_shell_understands_it_unless_asked() -> None:
    assert command("printf %s;exit 3").run(b"").code == 0
    assert command("printf %s;exit 3", uses_shell=True).run(b"").code == 3


def test_a_failure_is_told_with_its_last_line(tmp_path: Path) -> None:
    failing = script(tmp_path, "echo first; echo 'no such \033[31mroom' >&2; exit 4")
    trouble = command(failing).run(b"").trouble

    assert trouble is not None
    assert trouble.startswith("exit code 4: no such ")
    assert "\033" not in trouble


def test_secrets_in_its_last_line_are_masked() -> None:
    trouble = command(f"sh -c 'echo SharedAccessKey={SECRET}; exit 1'").run(b"").trouble

    assert trouble == "exit code 1: SharedAccessKey=***"


def test_one_that_takes_too_long_is_ended_with_what_it_started(tmp_path: Path) -> None:
    text = "sleep 600 & echo $! >child; trap '' TERM; sleep 600"
    ending = command(script(tmp_path, text), timeout_s=0.3, grace_s=0.2).run(b"")

    assert ending.trouble == "took too long and was ended"
    child = int(Path("child").read_text(encoding="utf-8"))
    wait_until(lambda: not lives(child), timeout_s=10, what="its child has ended")


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_one_that_never_reads_and_talks_much_is_no_trouble() -> None:
    talking = "sh -c 'head -c 300000 /dev/zero | tr \"\\0\" x; echo; echo done; exit 1'"

    assert command(talking).run(b"x" * 200_000) == Ended(1, "done")


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "names no program"), ("no-such-program-here x", "no program"), ("a 'b", "quotation")],
)
def test_a_program_that_is_not_there_is_said_at_once(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        command(text)


class Noting(HookCommand):
    """Notes what it is given; each run waits to be let go."""

    def __init__(self) -> None:
        super().__init__("true", uses_shell=False, timeout_s=1.0)
        self.given: list[bytes] = []
        self.at_once = 0
        self.most_at_once = 0
        self.go = threading.Event()

    @override
    def run(self, given: bytes) -> Ended:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.given.append(given)
        self.go.wait(10)
        self.at_once -= 1
        return Ended(2, "oh")


def test_one_runs_at_a_time_and_failures_do_not_end_it() -> None:
    noting, said = Noting(), list[str]()
    hooks = Hooks(noting, Allowance(10, 60.0), say=said.append)

    try:
        hooks.offer([began("0"), began("1")])
        hooks.offer([began("2")])
        noting.go.set()
        wait_until(lambda: len(said) == 3, timeout_s=10, what="three runs")
    finally:
        hooks.close()

    assert [json.loads(each)["partition"] for each in noting.given] == ["0", "1", "2"]
    assert noting.most_at_once == 1
    assert said == ["true for lease.overdue: exit code 2: oh"] * 3


def test_more_than_allowed_wait_and_are_counted_at_the_end() -> None:
    noting, said = Noting(), list[str]()
    noting.go.set()
    hooks = Hooks(noting, Allowance(1, 600.0), say=said.append)
    hooks.offer([began("0"), began("1"), began("2")])
    wait_until(lambda: len(said) == 1, timeout_s=10, what="the first run")
    hooks.close()

    assert len(noting.given) == 1
    assert said[-1] == "2 findings were not told to true."


HUB = (
    "Endpoint=sb://127.0.0.1:1/;SharedAccessKeyName=k;"
    f"SharedAccessKey={SECRET};UseDevelopmentEmulator=true;EntityPath=h"
)


def test_watch_runs_it_with_nothing_more_in_its_environment(ehtui: Ehtui, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"EVENTHUB_CONNECTION_STRING='{HUB}'\n")
    hook = script(tmp_path / "cwd", f"cat >>{tmp_path}/told; env >{tmp_path}/environment")
    said = ehtui("watch", "--for", "1s", "--also-now", "--exec", hook)
    documents = [json.loads(line) for line in (tmp_path / "told").read_text().splitlines()]
    environment = (tmp_path / "environment").read_text()

    assert said.code == 3
    assert not said.err
    assert documents[0]["id"].startswith("source.")
    assert (documents[0]["namespace"], documents[0]["hub"]) == ("127.0.0.1:1", "h")
    assert SECRET not in environment
    assert "EVENTHUB" not in environment
    assert {line.split("=")[0] for line in environment.splitlines() if "=" in line} <= {
        *os.environ,
        *("PWD", "OLDPWD", "SHLVL", "_"),
    }


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("--on-clear",), "--on-clear goes with --exec CMD"),
        (("--at-most", "0/1m", "--exec", "true"), "not a number of runs"),
        (("--at-most", "5", "--exec", "true"), "not a number of runs"),
        (("--exec", "no-such-program-here"), "no program"),
    ],
)
def test_what_does_not_go_is_said(ehtui: Ehtui, argv: tuple[str, ...], told: str) -> None:
    said = ehtui("watch", *argv, EVENTHUB_CONNECTION_STRING=HUB)

    assert said.code == 64
    assert told in said.err


def test_fail_on_tells_of_what_is_there_at_its_end(ehtui: Ehtui) -> None:
    said = ehtui("watch", "--for", "1ms", "--fail-on", "warning", EVENTHUB_CONNECTION_STRING=HUB)

    assert said.code == 3
