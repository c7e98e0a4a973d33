"""What this system has beyond what every system has, and what is done without it.

ehtui takes shortcuts where the kernel of Linux tells more, or sooner, than psutil does. Each has a
plain way, which is all that macOS and Windows have. `EHTUI_PLAIN=1` takes the plain ways on Linux
as well: so tests run them. Standard library only: the process that carries a restart out has
nothing else.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = "EHTUI_PLAIN"
LINUX = sys.platform == "linux" and os.environ.get(PLAIN, "") in {"", "0"}  # its shortcuts are on
PROC = "/proc" if LINUX else "/no/proc"  # proc(5); where there is none, nothing is found in it

# How files of ehtui's own, and of others, are opened: byte for byte, for no child, and never
# waiting for whoever has a pipe there.
if sys.platform == "win32":
    OPENED = os.O_BINARY | os.O_NOINHERIT
    QUIETLY = OPENED
    NO_LINK = 0
else:
    OPENED = os.O_CLOEXEC
    QUIETLY = OPENED | os.O_NONBLOCK | os.O_NOCTTY
    NO_LINK = os.O_NOFOLLOW


def user_id() -> int | None:
    """Whose rights ehtui has; None on Windows, where users have no numbers."""
    if sys.platform == "win32":
        return None

    return os.geteuid()


_TRIES, _PAUSE_S = (25, 0.02) if sys.platform == "win32" else (1, 0.0)


def put_in_place(new: Path, place: Path) -> None:
    """Give the file another name, over whatever has that.

    Windows refuses while somebody has either open, which most have for a moment: it is tried again
    for half a second.

    Raises:
        OSError: It cannot be had; PermissionError where somebody keeps it open.
    """
    for left in reversed(range(_TRIES)):
        try:
            new.replace(place)
        except PermissionError:
            if not left:
                raise

            time.sleep(_PAUSE_S)
        else:
            return


def without_alias(host: str) -> str:
    """What to do where an address is not of this host; nothing where it is no loopback one."""
    if not host.startswith("127.") or host == "127.0.0.1":
        return ""

    return (
        "macOS has no loopback address but 127.0.0.1 until one is made: "
        f"sudo ifconfig lo0 alias {host}"
    )


class Shortcut(NamedTuple):
    """One thing that only Linux tells or does."""

    takes: str  # from the kernel
    instead: str  # the plain way; what is not known by it is shown as `–`
    files: tuple[str, ...]  # of the package, where it is taken


SHORTCUTS = (
    Shortcut(
        "/proc/PID/cmdline and environ, read no further than any program's go",
        "psutil's cmdline and environ, which read them whole",
        ("config/process_memory.py",),
    ),
    Shortcut(
        "a process's own root and working folder held open (/proc/PID/root, O_PATH), access lists",
        "its folder by its path and modes alone; on Windows only of this user's own processes",
        ("config/process_sight.py",),
    ),
    Shortcut(
        "/proc/PID/stat and status: start in ticks, parent, terminal, flags, pids inside, signals",
        "psutil's create_time, ppid, status, terminal; caught and ignored signals are not known, "
        "and a title that it writes over its words is taken for another program",
        ("sources/proc.py", "sources/process_facts.py"),
    ),
    Shortcut(
        "PF_FORKNOEXEC: whether a worker runs a program of its own",
        "one whose parent has the same words was forked by it",
        ("actions/workers.py",),
    ),
    Shortcut(
        "sock_diag: connections with their inodes and bytes; /proc/PID/net of other namespaces",
        "psutil's net_connections, of all or else of each process; who sends is not known",
        ("sources/sockets.py",),
    ),
    Shortcut(
        "/proc/PID/fd and fdinfo: what is open for writing, pipes, files in containers",
        "psutil's open_files; whoever reads a consumer's output through a pipe is not known",
        ("sources/log_files.py",),
    ),
    Shortcut(
        "/proc/PID/maps: the runtime that a program brings along",
        "psutil's memory_maps; not known on macOS",
        ("sources/recognition.py",),
    ),
    Shortcut(
        "/proc/PID/cgroup: systemd's units and containers",
        "parents alone tell supervisors; other systems have neither",
        ("sources/supervisors.py",),
    ),
    Shortcut(
        "the terminal's foreground group in /proc/PID/stat",
        "`ps -o tty` and `ps -o stat`",
        ("sources/restarts.py",),
    ),
    Shortcut(
        "pidfd: a signal reaches the process that was looked at, and its end is waited for",
        "its start is looked at right before each signal, and until it has ended",
        ("actions/targets.py", "actions/guardian.py"),
    ),
    Shortcut(
        "PR_SET_CHILD_SUBREAPER: a daemon's fork stays a child of whoever restarts it",
        "daemons are looked for below the first process of all",
        ("actions/guardian.py",),
    ),
    Shortcut(
        "PR_SET_PDEATHSIG: a stopped child of a sandbox is woken when that ends",
        "it ends when it is continued",
        ("sandbox/children.py",),
    ),
    Shortcut(
        "words and environment as exec left them, in a process's memory",
        "psutil's, taken as they are: a title that was written over them is not always noticed",
        ("actions/blueprint.py",),
    ),
    Shortcut(
        "standard input, folder, program and room on the disk held open before a signal",
        "the folder by its path, no standard input, and room made by writing",
        ("actions/preparing.py",),
    ),
    Shortcut(
        "rights, limits, namespaces, cgroups and locks that a process has of whoever started it",
        "it is started as ehtui's own shell would, and only for ehtui's own user",
        ("actions/confinement.py", "actions/entering.py"),
    ),
    Shortcut(
        "a lock on /proc/PID, which all users share",
        "the lock on this user's own record",
        ("actions/restart_locks.py",),
    ),
    Shortcut(
        "whoever carries a restart out needs nothing but the standard library",
        "it loads psutil",
        ("actions/launch.py",),
    ),
)
