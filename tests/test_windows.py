"""What can be held of Windows elsewhere: that everything loads without what only Unix has."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ehtui import system

PACKAGE = Path(system.__file__).parent

# A restart becomes what another process was: they say themselves that Windows has no way to.
UNIX_ONLY = {f"ehtui.actions.{name}" for name in ("entering", "finding", "guardian", "successor")}

AS_ON_WINDOWS = """
import importlib, json, os, pathlib, signal, socket, subprocess, sys, time, types
import ehtui

root = pathlib.Path(ehtui.__file__).parent
files = sorted(root.rglob("*.py"))
names = [".".join(f.relative_to(root.parent).with_suffix("").parts) for f in files]
names = [n.removesuffix(".__init__") for n in names if not n.endswith("__main__")]

for name in names:  # what others' libraries need of this system is loaded
    importlib.import_module(name)

for name in [n for n in sys.modules if n.split(".")[0] == "ehtui"]:
    del sys.modules[name]

for name in ("fcntl", "termios", "tty", "pty", "pwd", "grp", "resource", "syslog", "posix"):
    sys.modules[name] = None

UNIX = {
    os: "fork geteuid getuid getegid getsid setsid getpgid getpgrp killpg pidfd_open mkfifo "
    "O_CLOEXEC O_NONBLOCK O_NOCTTY O_DIRECTORY O_NOFOLLOW O_PATH O_ACCMODE pread pwrite fchmod "
    "fchdir chroot sysconf uname posix_fallocate openpty getxattr setgroups getresuid setresuid "
    "sched_getaffinity sched_param WNOHANG tcgetpgrp set_blocking getloadavg major memfd_create",
    signal: "SIGKILL SIGHUP SIGSTOP SIGCONT SIGUSR1 SIGUSR2 SIGQUIT SIGPIPE SIGWINCH SIGTSTP "
    "pthread_sigmask valid_signals SIG_BLOCK SIG_SETMASK pidfd_send_signal pause",
    time: "clock_gettime CLOCK_BOOTTIME CLOCK_MONOTONIC tzset",
    socket: "AF_UNIX AF_NETLINK SO_REUSEPORT",
}

for module, lost in UNIX.items():
    for name in lost.split():
        if hasattr(module, name):
            delattr(module, name)

os.O_BINARY, os.O_NOINHERIT = 0x8000, 0x80
signal.SIGBREAK, signal.CTRL_BREAK_EVENT = 21, 1
subprocess.CREATE_NEW_PROCESS_GROUP, subprocess.CREATE_NO_WINDOW = 0x200, 0x8000000
sys.modules["msvcrt"] = types.ModuleType("msvcrt")
sys.modules["msvcrt"].LK_NBLCK, sys.modules["msvcrt"].LK_UNLCK = 2, 0
sys.platform = "win32"
failed = {}

for name in names:
    try:
        importlib.import_module(name)
    except Exception as error:
        failed[name] = f"{type(error).__name__}: {error}"
"""


def as_on_windows(then: str) -> object:
    code = AS_ON_WINDOWS + then
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr

    return json.loads(run.stdout)


SEEN = """
from ehtui.actions.state_files import state_folder
from ehtui.domain.actions import signalling
from ehtui.domain.actions.signal import offered_signals, signal_number
from ehtui.config.process_sight import ProcessSight
from ehtui.actions.preparing import prepare_restart
from ehtui.actions.targets import CannotStartError
from ehtui import clock, system
from ehtui.config.own_files import candidate_places
from ehtui.domain.world.process import ProcessId

os.environ["LOCALAPPDATA"] = "/c/Users/yuna/AppData/Local"
os.environ.pop("XDG_STATE_HOME", None)

try:
    prepare_restart(ProcessId(1, 1.0), None)
except CannotStartError as error:
    obstacle = error.obstacle.value

print(json.dumps({
    "failed": failed,
    "state": str(state_folder()),
    "offered": offered_signals(),
    "numbers": [signal_number(name) for name in ("TERM", "SIGKILL", "BREAK", "HUP", "15")],
    "obstacle": obstacle,
    "linux": system.LINUX,
    "now": clock.steady() > 0,
    "config": str(candidate_places(None, pathlib.Path("."), {"APPDATA": "/c/roaming"})[-1]),
}))
"""


def test_everything_loads_and_offers_what_windows_has() -> None:
    told = as_on_windows(SEEN)
    assert isinstance(told, dict)
    failed = told.pop("failed")
    assert set(failed) == UNIX_ONLY
    assert told == {
        "state": "/c/Users/yuna/AppData/Local/ehtui",
        "offered": ["BREAK", "KILL"],
        "numbers": [15, 15, 21, None, 15],
        "obstacle": "system",
        "linux": False,
        "now": True,
        "config": "/c/roaming/ehtui/config.yaml",
    }


@pytest.mark.parametrize("module", sorted(UNIX_ONLY))
def test_what_is_for_unix_only_says_so(module: str) -> None:
    imported = sys.modules.get(module) or __import__(module, fromlist=["_"])
    assert "Windows" in (imported.__doc__ or "")


# Whatever is text has its encoding: that of Windows' own code page is another one in every country.
TEXT = {"read_text": 0, "write_text": 1, "open": 0, "fdopen": 1, "run": -1, "Popen": -1}


def without_encoding(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) != "os.open":
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            keywords = {keyword.arg for keyword in node.keywords}

            if name in TEXT and "encoding" not in keywords and is_text(name, node, keywords):
                yield node


def is_text(name: str, call: ast.Call, keywords: set[str | None]) -> bool:
    words = [a.value for a in call.args if isinstance(a, ast.Constant)]
    modes = [word for word in words if isinstance(word, str)]

    if name in {"run", "Popen"}:
        return "text" in keywords

    if name == "open":  # of a path: everything else takes more than a mode
        return len(modes) == len(call.args) and not any("b" in mode for mode in modes)

    if name == "fdopen":
        return not any("b" in mode or mode == "utf-8" for mode in modes)

    return len(call.args) <= TEXT[name]


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("path.read_text()", 1),
        ("path.read_text('utf-8')", 0),
        ("path.write_text(text)", 1),
        ("path.open()", 1),
        ("path.open('rb')", 0),
        ("os.fdopen(1, 'w')", 1),
        ("os.open(path, 0)", 0),
        ("subprocess.run(words, text=True)", 1),
    ],
)
def test_the_rule_finds_what_it_should(code: str, count: int) -> None:
    assert len(list(without_encoding(ast.parse(code)))) == count


def test_every_text_has_its_encoding() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{call.lineno} {ast.unparse(call)[:80]}"
        for path in PACKAGE.rglob("*.py")
        for call in without_encoding(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert not found
