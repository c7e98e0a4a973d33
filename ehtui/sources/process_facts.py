"""What the kernel tells of a process beyond psutil: signal masks, supervisor, log files."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil

SUPERVISORS = {
    "supervisord": "supervisord",
    "circusd": "circus",
    "runsvdir": "runit",
    "s6-svscan": "s6",
    "containerd-shim": "containerd",
    "PM2": "pm2",
    "launchd": "launchd",
}


def signal_masks(pid: int) -> tuple[frozenset[int] | None, frozenset[int] | None]:
    """Caught and ignored signals (SigCgt, SigIgn of proc(5)); None where they can't be read."""
    if sys.platform != "linux":
        return None, None

    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None, None

    masks = dict(line.split(":\t", 1) for line in status.splitlines() if line.startswith("Sig"))

    return _signals(masks.get("SigCgt")), _signals(masks.get("SigIgn"))


def _signals(mask: str | None) -> frozenset[int] | None:
    if mask is None:
        return None

    bits = int(mask, 16)

    return frozenset(number for number in range(1, 65) if bits >> (number - 1) & 1)


def supervisor(process: psutil.Process) -> str | None:
    """Who would start it again: a systemd unit, a container or a process manager; else None."""
    return _supervisor_by_cgroup(process.pid) or _supervisor_by_parents(process)


def _supervisor_by_cgroup(pid: int) -> str | None:
    try:
        groups = Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return None

    for part in groups.replace("\n", "/").split("/"):
        if part.endswith(".service") and not part.startswith(("user@", "session")):
            return f"systemd {part}"

        if part.startswith(("docker-", "cri-containerd-", "libpod-")):
            return f"container {part.split('-')[-1][:12]}"

    return None


def _supervisor_by_parents(process: psutil.Process) -> str | None:
    try:
        names = [parent.name() for parent in process.parents()]
    except psutil.Error:
        return None

    for name in names:
        for known, label in SUPERVISORS.items():
            if name.startswith(known):
                return label

    return None


def log_file(process: psutil.Process) -> str | None:
    """A regular file that looks like its log: named so, or its redirected stdout or stderr."""
    try:
        files = process.open_files()
    except (psutil.Error, OSError):
        return None

    for wanted in (lambda f: f.path.endswith(".log"), lambda f: f.fd in {1, 2}):
        for file in files:
            if wanted(file) and getattr(file, "mode", "a") != "r":
                return str(file.path)

    return None
