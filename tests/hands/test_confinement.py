"""A restarted process is confined as the one before: by the real tools that confine."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

from ehtui.actions.confinement import Confinement, confinement_of
from ehtui.actions.targets import CannotStartError
from ehtui.domain.world.process import ProcessId
from ehtui.domain.world.restarts import Loss, LossKind, StartObstacle
from tests.hands.consumers import NOBODY, Stage, as_user, chosen, everybodys_python, lives, run_by
from tests.shortcuts import only_linux
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.skipif(
        os.geteuid() != 0 or sys.platform != "linux", reason="only root may confine"
    ),
    only_linux("tells what a process may"),
]
NOBODYS = ("setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups")
RUN = ("-u", "consumer.py", "--group", "test")


def tools(*names: str) -> pytest.MarkDecorator:
    missing = [name for name in names if shutil.which(name) is None]

    return pytest.mark.skipif(bool(missing), reason=f"needs {missing}")


def restarted(stage: Stage, process: ProcessId) -> tuple[Confinement, Confinement]:
    """How it was confined, and how the next one is."""
    before = confinement_of(process.pid)
    again = stage.restart(process)
    assert again.process is not None, (again.obstacle, again.detail)
    assert again.exit_code is None, again.last_lines

    return before, confinement_of(again.process.pid)


CONFINED = [
    pytest.param(("nice", "-n", "7"), id="nice"),
    pytest.param(("nice", "-n", "-5"), id="nice that root gave"),
    pytest.param(("chrt", "--batch", "0"), id="scheduler"),
    pytest.param(("taskset", "1"), id="affinity"),
    pytest.param(("ionice", "-c", "3"), id="idle I/O"),
    pytest.param(("ionice", "-c", "2", "-n", "7"), id="last in I/O"),
    pytest.param(("setarch", "-R"), id="personality"),
    pytest.param(("prlimit", "--nofile=64:128", "--core=0:0", "--as=4294967296"), id="limits"),
    pytest.param(("prlimit", "--nproc=1000:1000", "--stack=4194304"), id="more limits"),
    pytest.param(("nohup",), id="ignored signal"),
    pytest.param(("/bin/sh", "-c", "umask 027; trap '' INT USR1; exec \"$@\"", "sh"), id="umask"),
    pytest.param(
        ("/bin/sh", "-c", 'echo 500 > /proc/self/oom_score_adj; exec "$@"', "sh"), id="oom"
    ),
    pytest.param(("setpriv", "--no-new-privs"), id="no new privileges"),
    pytest.param(("setpriv", "--bounding-set", "-all,+net_bind_service,+chown"), id="bounds"),
    pytest.param(
        ("setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"), id="user"
    ),
    pytest.param(
        ("setpriv", "--reuid", str(NOBODY), "--regid", "7", "--groups", "7,9,1234"), id="groups"
    ),
    pytest.param(
        (
            *(*NOBODYS, "--inh-caps", "-all,+net_bind_service"),
            *("--ambient-caps", "-all,+net_bind_service"),
        ),
        id="ambient capability",
    ),
    pytest.param(
        (*NOBODYS, "--bounding-set", "-all", "--no-new-privs", "--inh-caps", "-all"),
        id="everything dropped",
    ),
    pytest.param(("unshare", "--net"), id="network"),
    pytest.param(("unshare", "--mount"), id="mounts"),
    pytest.param(("unshare", "--ipc", "--uts", "--cgroup"), id="ipc uts cgroup"),
    pytest.param(
        ("unshare", "--net", "--mount", "--uts", "nice", "-n", "3", "setpriv", "--no-new-privs"),
        id="several",
    ),
    pytest.param(("unshare", "--map-root-user", "--net"), id="user namespace"),
]


@tools("nice", "chrt", "taskset", "ionice", "setarch", "prlimit", "setpriv", "unshare")
@pytest.mark.parametrize("confine", CONFINED)
def test_confinement_is_kept(stage: Stage, confine: tuple[str, ...]) -> None:
    stage.home.chmod(0o777)
    process = stage.start(*confine, everybodys_python(), *RUN)
    before, after = restarted(stage, process)

    assert replace(after, affinity=before.affinity, ignored=before.ignored) == before
    assert set(before.ignored) <= set(after.ignored)
    assert set(after.affinity) == set(before.affinity)


@tools("setpriv")
def test_root_that_dropped_its_capabilities_gets_no_more_of_them(stage: Stage) -> None:
    """It dropped them itself after its start; its bounds would let exec give all of them again."""
    drop = (
        "import ctypes\n"
        "data = (ctypes.c_uint32 * 6)(1 << 10, 1 << 10, 0, 0, 0, 0)\n"
        "ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(0x20080522, 0), data)\n"
    )
    stage.script.write_text(drop + stage.script.read_text())
    process = stage.start(everybodys_python(), *RUN)
    before, after = restarted(stage, process)

    assert before.capabilities.permitted == 1 << 10
    assert before.capabilities.bounding != 1 << 10
    assert after.capabilities.permitted == after.capabilities.bounding == 1 << 10


@tools("unshare", "nsenter")
def test_a_pid_namespace_is_entered(stage: Stage) -> None:
    stage.start("unshare", "--pid", "--fork", "--mount-proc", "/bin/sh", "-c", "echo; sleep 1000")
    (init,) = psutil.Process(stage.children[0].pid).children()
    enter = ("nsenter", "--target", str(init.pid), "--pid", "--mount", f"--wd={stage.home}")
    stage.start(*enter, everybodys_python(), *RUN)
    (process,) = below(stage.children[1].pid, "consumer.py")

    try:
        before, after = restarted(stage, process)
        assert after.namespaces == before.namespaces
        assert not after.is_first
    finally:
        init.kill()  # and with it everybody in its namespace


@tools("unshare")
@pytest.mark.parametrize("parent", [(), ("/bin/sh", "-c", '"$@" & wait', "sh")])
def test_a_pid_namespace_that_may_end_with_it_refuses(
    stage: Stage, parent: tuple[str, ...]
) -> None:
    """It is the first in there, or its parent is, which waits for nobody else."""
    process = stage.start("unshare", "--pid", "--fork", *parent, everybodys_python(), *RUN)
    (process,) = below(stage.children[0].pid, "consumer.py")

    with pytest.raises(CannotStartError) as caught:
        stage.restart(process)

    assert (caught.value.obstacle, caught.value.detail) == (StartObstacle.NAMESPACE, "pid")
    assert lives(process)
    os.kill(process.pid, signal.SIGKILL)


def below(pid: int, word: str) -> list[ProcessId]:
    """Whoever runs that below it."""
    found: list[ProcessId] = []

    def there() -> bool:
        found[:] = [
            chosen(p.pid)
            for p in psutil.Process(pid).children(recursive=True)
            if word in p.cmdline() and "python" in p.cmdline()[0] and p.name() != "nsenter"
        ]
        return bool(found)

    wait_until(there)

    return found


def test_another_root_folder_is_entered(stage: Stage) -> None:
    root = stage.folder / "root"
    (root / "bin").mkdir(parents=True)
    static = shutil.which("busybox")

    if static is None:
        pytest.skip("needs a program that needs no library")

    shutil.copy(static, root / "bin" / "busybox")
    code = "echo runs; while :; do busybox sleep 1; done"
    process = stage.start("chroot", str(root), "/bin/busybox", "sh", "-c", code)
    before, after = restarted(stage, process)

    assert after.root == before.root


def test_a_cgroup_is_joined_again(stage: Stage) -> None:
    parent = next((p for p in own_cgroups() if os.access(p, os.W_OK)), None)

    if parent is None:
        pytest.skip("no cgroup to write to")

    folder = parent / f"ehtui-test-{os.getpid()}"

    try:
        folder.mkdir()
    except OSError:
        pytest.skip("no cgroup to make one in")

    code = f'echo $$ > {folder}/cgroup.procs && exec "$@"'

    try:
        process = stage.start("/bin/sh", "-c", code, "sh", everybodys_python(), *RUN)
        assert str(folder) in confinement_of(process.pid).cgroups
        before, after = restarted(stage, process)
        assert after.cgroups == before.cgroups
    finally:
        stage.end()
        wait_until(lambda: not (folder / "cgroup.procs").read_text().strip())
        folder.rmdir()


def own_cgroups() -> list[Path]:
    return [Path(folder) for folder in confinement_of(os.getpid()).cgroups if "pids" in folder]


FILTERED = """
import ctypes, struct
libc = ctypes.CDLL(None)
allow = struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000)
buffer = ctypes.create_string_buffer(allow)
class Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
program = Program(1, ctypes.addressof(buffer))
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0
"""


def test_a_filter_of_system_calls_refuses(stage: Stage) -> None:
    stage.script.write_text(FILTERED + stage.script.read_text())
    process = stage.start()

    with pytest.raises(CannotStartError) as caught:
        stage.restart(process)

    assert caught.value.obstacle is StartObstacle.SYSTEM_CALLS
    assert not stage.was_asked_to_end


# An ordinary user gives back what that user may, and says what not.


@dataclass
class Ordinary:
    """A restart by somebody who is not root."""

    stage: Stage
    losses: tuple[Loss, ...] = ()

    def restart(self, process: ProcessId) -> tuple[Confinement, Confinement]:
        before = confinement_of(process.pid)

        with as_user(NOBODY):
            prepared = self.stage.prepare(process)
            self.losses = prepared.rehearsal.losses
            done = prepared.carry_out()

        assert done.process is not None, (done.obstacle, done.detail)
        self.stage.running.append(done.process.pid)

        return before, confinement_of(done.process.pid)


@pytest.fixture
def ordinary(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Ordinary:
    """This checkout's Python may be closed to that user."""
    monkeypatch.setattr(sys, "executable", everybodys_python())
    stage.home.chmod(0o777)
    stage.state.mkdir()
    stage.state.chmod(0o777)

    return Ordinary(stage)


@tools("nice")
def test_what_a_user_cannot_give_back_is_said(stage: Stage, ordinary: Ordinary) -> None:
    as_nobody = {**run_by(NOBODY), "extra_groups": [9]}
    process = stage.start("nice", "-n", "3", sys.executable, *RUN, **as_nobody)
    os.setpriority(os.PRIO_PROCESS, process.pid, -5)
    before, after = ordinary.restart(process)

    assert set(ordinary.losses) == {Loss(LossKind.GROUPS, "9"), Loss(LossKind.NICE, "-5")}
    assert after.nice == os.getpriority(os.PRIO_PROCESS, 0)  # ehtui's own
    assert after.users == before.users


@pytest.mark.usefixtures("ordinary")
def test_a_limit_that_ehtui_is_under_itself_is_said(stage: Stage) -> None:
    process = stage.start(sys.executable, *RUN, **run_by(NOBODY))
    (wanted,) = [confinement_of(process.pid).limits[resource.RLIMIT_NOFILE]]
    reader, writer = os.pipe()
    child = os.fork()

    if child == 0:  # what is lowered stays so
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)

        try:
            prepared = stage.prepare(process)
            os.write(writer, repr(prepared.rehearsal.losses).encode())
            prepared.release()
        finally:
            os._exit(0)

    os.close(writer)
    os.waitpid(child, 0)
    told = os.read(reader, 4096).decode()
    os.close(reader)

    assert told == repr((Loss(LossKind.LIMIT, f"NOFILE {wanted[0]}/{wanted[1]}"),))


def test_a_user_gives_back_everything_that_is_usual(stage: Stage, ordinary: Ordinary) -> None:
    process = stage.start(sys.executable, *RUN, **run_by(NOBODY))
    before, after = ordinary.restart(process)

    assert ordinary.losses == ()
    assert after == before


@tools("setpriv")
def test_a_user_keeps_what_gives_no_rights(stage: Stage, ordinary: Ordinary) -> None:
    confine = ("setpriv", "--no-new-privs", "nice", "-n", "3")
    process = stage.start(*confine, sys.executable, *RUN, **run_by(NOBODY))
    before, after = ordinary.restart(process)

    assert ordinary.losses == ()
    assert after == before


@tools("unshare", "setpriv")
def test_a_namespace_that_a_user_may_not_enter_refuses(stage: Stage, ordinary: Ordinary) -> None:
    process = stage.start("unshare", "--net", *NOBODYS, sys.executable, *RUN)

    with pytest.raises(CannotStartError) as caught:
        ordinary.restart(process)

    assert (caught.value.obstacle, caught.value.detail) == (StartObstacle.NAMESPACE, "net")
    assert lives(process)
    assert not stage.was_asked_to_end


def test_signals_that_nobody_ignored_are_not_ignored(stage: Stage) -> None:
    """Python ignores SIGPIPE itself; a program that is no Python gets it as it had it."""
    process = stage.start(
        "/bin/bash", "-c", "echo runs; trap 'touch asked; exit' TERM; while :; do sleep 0.1; done"
    )
    before, after = restarted(stage, process)

    assert signal.SIGPIPE not in before.ignored
    assert after.ignored == before.ignored
