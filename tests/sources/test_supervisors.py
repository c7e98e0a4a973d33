"""Who would start a process again: told from real parents, asked by a literal command."""

from __future__ import annotations

import json
import os
from pathlib import Path

import psutil
import pytest

from ehtui.domain.world.process import Obstacle, Supervisor
from ehtui.sources.processes import ProcessSource
from ehtui.sources.supervisors import Unit, supervisor_of
from tests.children import python_child
from tests.supervising import install, supervisord, under
from tests.waiting import wait_until

OWN_LINE = frozenset({os.getpid()})
PROGRAM = {
    "SUPERVISOR_ENABLED": "1",
    "SUPERVISOR_GROUP_NAME": "rag",
    "SUPERVISOR_PROCESS_NAME": "rag_00",
    "SUPERVISOR_SERVER_URL": "http://127.0.0.1:9001",
}
PM2 = "PM2 v7.0.4: God Daemon (/srv/pm2)"
NOBODY = 65534


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every tool is installed; that it is never run, a test of what acts shows."""
    for name in ("supervisorctl", "pm2", "sv", "s6-svc", "svc", "systemctl", "docker", "podman"):
        install(tmp_path, name, "#!/bin/sh\nexit 99\n")

    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PM2_HOME", "/srv/pm2")

    return tmp_path


def test_nobody_supervises_a_child_of_a_shell() -> None:
    with python_child() as child:
        assert supervisor_of(psutil.Process(child.pid), OWN_LINE) is None


def test_supervisord_is_asked_with_its_own_configuration(tools: Path) -> None:
    with supervisord(tools, "sleep", "60") as pid:
        found = supervisor_of(psutil.Process(pid), OWN_LINE)

    configuration = str(tools / "supervisord.conf")
    command = ("supervisorctl", "-c", configuration, "restart", "rag:rag_00")
    assert found == Supervisor("supervisord", "rag:rag_00", command)


@pytest.mark.usefixtures("tools")
def test_without_a_configuration_supervisord_is_asked_at_its_address() -> None:
    with under("supervisord", variables=PROGRAM) as process:
        found = supervisor_of(process, OWN_LINE)

    assert found is not None
    assert found.command == ("supervisorctl", "-s", "http://127.0.0.1:9001", "restart", found.unit)


@pytest.mark.parametrize(
    ("changes", "obstacle"),
    [
        ({"SUPERVISOR_SERVER_URL": None}, Obstacle.NO_COMMAND),
        ({"SUPERVISOR_PROCESS_NAME": "--help"}, Obstacle.NO_NAME),
        ({"SUPERVISOR_PROCESS_NAME": None}, Obstacle.NO_NAME),
        ({"SUPERVISOR_SERVER_URL": "http://a:hunter2@h/"}, Obstacle.NO_NAME),
    ],
)
@pytest.mark.usefixtures("tools")
def test_what_cannot_be_known_is_an_obstacle(
    changes: dict[str, str | None], obstacle: Obstacle
) -> None:
    variables = {k: v for k, v in (PROGRAM | changes).items() if v is not None}

    with under("supervisord", variables=variables) as process:
        found = supervisor_of(process, OWN_LINE)

    assert found is not None
    assert (found.obstacle, found.name) == (obstacle, "supervisord")
    assert "hunter2" not in repr(found)


def test_an_orphan_that_supervisord_took_in_is_not_its_program() -> None:
    with under("supervisord") as process:
        assert supervisor_of(process, OWN_LINE) is None


@pytest.mark.parametrize(
    "variables",
    [
        {"pm_id": "3", "name": "minutes"},
        {"pm2_env": json.dumps({"pm_id": 3, "name": "minutes", "env": {"KEY": "hunter2"}})},
    ],
    ids=["forked", "worker of a cluster"],
)
@pytest.mark.usefixtures("tools")
def test_pm2_is_asked_by_number(variables: dict[str, str]) -> None:
    with under(PM2, variables=variables) as process:
        found = supervisor_of(process, OWN_LINE)

    command = ("pm2", "restart", "3")
    assert found == Supervisor("pm2", "minutes (3)", command, stops_with="INT")


@pytest.mark.usefixtures("tools")
def test_another_pm2_than_this_users_is_named_by_its_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PM2_HOME")

    with under(PM2, variables={"pm_id": "3"}) as process:
        found = supervisor_of(process, OWN_LINE)

    assert found is not None
    assert found.command == ("env", "PM2_HOME=/srv/pm2", "pm2", "restart", "3")
    assert found.tool == "pm2"


@pytest.mark.parametrize("variables", [{}, {"pm2_env": "{"}, {"pm2_env": "[]"}, {"pm_id": "x"}])
def test_a_pm2_that_does_not_number_it_is_an_obstacle(variables: dict[str, str]) -> None:
    with under(PM2, variables=variables) as process:
        found = supervisor_of(process, OWN_LINE)

    assert found == Supervisor("pm2", obstacle=Obstacle.NO_NAME)


@pytest.mark.parametrize(
    ("title", "label", "command"),
    [
        ("runsv", "runit rag", ("sv", "restart")),
        ("s6-supervise", "s6 rag", ("s6-svc", "-r")),
        ("supervise", "daemontools rag", ("svc", "-t")),
    ],
)
def test_who_keeps_a_folder_is_asked_by_the_folder(
    tools: Path, title: str, label: str, command: tuple[str, ...]
) -> None:
    folder = tools / "rag"
    folder.mkdir()

    with under(title, cwd=folder) as process:
        found = supervisor_of(process, OWN_LINE)

    assert found is not None
    assert (found.label, found.command) == (label, (*command, str(folder)))


@pytest.mark.parametrize("runner", ["nodemon", "honcho", "watchexec", "gunicorn: master [app]"])
def test_a_runner_without_a_command_is_named(runner: str) -> None:
    with under(runner) as process:
        found = supervisor_of(process, OWN_LINE)

    assert found == Supervisor(runner.partition(":")[0], obstacle=Obstacle.NO_COMMAND)


def test_the_nearest_supervisor_is_asked() -> None:
    with under("honcho", "nodemon") as process:
        found = supervisor_of(process, OWN_LINE)

    assert found is not None
    assert found.name == "nodemon"


def test_what_somebody_runs_who_logged_in_is_not_supervised() -> None:
    """As in a container whose first process is a supervisor that runs sshd."""
    with under("honcho", "sshd: ops") as process:
        assert supervisor_of(process, OWN_LINE) is None


def test_what_runs_ehtui_too_supervises_nothing_beside_it() -> None:
    with under("honcho", "bash") as process:
        shell = process.ppid()

        assert supervisor_of(process, OWN_LINE) is not None
        assert supervisor_of(process, OWN_LINE | {shell}) is None


def test_the_client_is_found_beside_its_supervisor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")

    with supervisord(tmp_path, "sleep", "60") as pid:
        found = supervisor_of(psutil.Process(pid), OWN_LINE)

        assert found is not None
        assert (found.command[0], found.obstacle) == (str(tmp_path / "supervisorctl"), None)

        (tmp_path / "supervisorctl").unlink()
        found = supervisor_of(psutil.Process(pid), OWN_LINE)

        assert found is not None
        assert (found.tool, found.obstacle) == ("supervisorctl", Obstacle.NO_TOOL)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may start programs as somebody else")
@pytest.mark.usefixtures("tools")
def test_what_another_user_wrote_is_not_run_in_our_name() -> None:
    with under("supervisord", variables=PROGRAM, user=NOBODY, cwd="/") as process:
        found = supervisor_of(process, OWN_LINE)

    assert found == Supervisor("supervisord", "rag:rag_00", obstacle=Obstacle.FOREIGN)


def in_unit(monkeypatch: pytest.MonkeyPatch, unit: Unit, own: Unit | None = None) -> None:
    """Cgroups are root's and systemd's: their paths are told, the processes are real."""
    monkeypatch.setattr(
        "ehtui.sources.supervisors.unit_of", lambda pid: own if pid == os.getpid() else unit
    )


@pytest.mark.parametrize(
    ("unit", "command", "obstacle"),
    [
        (Unit("docker", "4c01db0b339c"), ("docker", "restart", "4c01db0b339c"), None),
        (Unit("podman", "4c01db0b339c"), ("podman", "restart", "4c01db0b339c"), None),
        (Unit("kubernetes", "pod 7f1c8a52"), (), Obstacle.CLUSTER),
        (Unit("containerd", "4c01db0b339c"), (), Obstacle.NO_COMMAND),
    ],
)
@pytest.mark.usefixtures("tools")
def test_a_container_is_restarted_as_a_whole(
    monkeypatch: pytest.MonkeyPatch, unit: Unit, command: tuple[str, ...], obstacle: Obstacle | None
) -> None:
    in_unit(monkeypatch, unit)

    with under("honcho") as process:
        found = supervisor_of(process, OWN_LINE)

        assert found is not None
        assert (found.label, found.command) == (f"{unit.keeper} {unit.name}", command)
        assert found.obstacle is obstacle

        in_unit(monkeypatch, unit, own=unit)  # ehtui runs in the same container
        found = supervisor_of(process, OWN_LINE)

        assert found is not None
        assert found.name == "honcho"


SERVICE = Unit("systemd", "rag.service")


@pytest.mark.parametrize(
    ("unit", "command", "obstacle"),
    [
        (SERVICE, ("systemctl", "restart", "rag.service"), None),
        (
            Unit("systemd", "rag.service", os.geteuid()),
            ("systemctl", "--user", "restart", "rag.service"),
            None,
        ),
        (
            Unit("systemd", "rag.service", NOBODY),
            ("systemctl", "--user", "restart", "rag.service"),
            Obstacle.FOREIGN,
        ),
        (Unit("systemd", "--rag.service"), (), Obstacle.NO_NAME),
    ],
)
@pytest.mark.usefixtures("tools")
def test_a_service_is_restarted_by_systemd(
    monkeypatch: pytest.MonkeyPatch, unit: Unit, command: tuple[str, ...], obstacle: Obstacle | None
) -> None:
    in_unit(monkeypatch, unit)

    with under("rag", start_new_session=True) as process:
        found = supervisor_of(process, frozenset())

        assert found is not None
        assert (found.label, found.command) == (f"systemd {unit.name}", command)
        assert found.obstacle is obstacle

        in_unit(monkeypatch, unit, own=unit)
        assert supervisor_of(process, frozenset()) is None


def test_what_cron_started_is_not_what_its_service_keeps_alive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    in_unit(monkeypatch, Unit("systemd", "cron.service"))

    with under("cron", "sh", start_new_session=True) as process:
        assert supervisor_of(process, frozenset()) is None


def test_an_orphan_has_lost_its_supervisor() -> None:
    with under("honcho") as process:
        times = iter(range(1_000, 2_000, 20))
        source = ProcessSource(manual_pids=[process.pid], clock=lambda: float(next(times)))
        (before,) = source.scan().processes
        assert before.supervisor is not None
        assert before.supervisor.name == "honcho"

        psutil.Process(process.ppid()).kill()
        wait_until(lambda: process.ppid() != before.parent)
        (after,) = source.scan().processes
        assert after.supervisor is None
        assert after.parent == process.ppid()
