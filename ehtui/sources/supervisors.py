"""Who would start a process again, and the literal command with which they restart it.

Evidence is what cannot be inherited: the cgroup, and the nearest parent that supervises.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psutil

from ehtui.domain.text import safe
from ehtui.domain.world.process import Obstacle, Supervisor
from ehtui.sources.process_facts import has_terminal
from ehtui.sources.process_managers import NAME, manager_by, programs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence


# Who lets people and schedules run programs: nobody above them starts one of those again.
HOSTS = frozenset(
    {
        "cron",
        "crond",
        "anacron",
        "atd",
        "sshd",
        "sshd-session",
        "dropbear",
        "tmux",
        "screen",
        "SCREEN",
    }
)


def supervisor_of(process: psutil.Process, own_line: Collection[int]) -> Supervisor | None:
    """Who starts it again when it ends; None where nobody is seen.

    What holds ehtui as well, whose processes are `own_line`, is no supervisor of a program in it.
    """
    try:
        own, unit = unit_of(os.getpid()), unit_of(process.pid)
        if unit is not None and unit != own and unit.is_container:
            return _able(_by_container(unit))

        parents = list(_line_above(process, own_line))
        found = next(filter(None, (manager_by(parent, process) for parent in parents)), None)

        if found is None and unit is not None and unit != own and _is_a_service(process, parents):
            found = _by_unit(unit)
    except (psutil.Error, OSError):
        return None

    return None if found is None else _able(found)


def _line_above(process: psutil.Process, own_line: Collection[int]) -> Iterator[psutil.Process]:
    """Its parents, nearest first, as far as they run it on their own account."""
    for parent in process.parents():
        if not HOSTS.isdisjoint(programs(parent)):
            return

        yield parent

        if parent.pid in own_line:  # what is above started ehtui as well
            return


def _is_a_service(process: psutil.Process, parents: Sequence[psutil.Process]) -> bool:
    """A terminal's or a schedule's programs are in its service, but are not what it keeps alive."""
    if has_terminal(process.pid) or not parents:
        return False

    return parents[-1].pid == 1 or parents[-1].name() == "systemd"


def _by_container(unit: Unit) -> Supervisor:
    if unit.keeper == "kubernetes":
        return Supervisor("kubernetes", unit.name, obstacle=Obstacle.CLUSTER)

    if unit.keeper in {"containerd", "cri-o"}:  # their clients restart nothing
        return Supervisor(unit.keeper, unit.name, obstacle=Obstacle.NO_COMMAND)

    return Supervisor(unit.keeper, unit.name, (unit.keeper, "restart", unit.name), is_shared=True)


def _by_unit(unit: Unit) -> Supervisor:
    if not NAME.fullmatch(unit.name):
        return Supervisor("systemd", safe(unit.name), obstacle=Obstacle.NO_NAME)

    if unit.user is None:
        return Supervisor("systemd", unit.name, ("systemctl", "restart", unit.name), is_shared=True)

    is_foreign = unit.user != os.geteuid()
    command = ("systemctl", "--user", "restart", unit.name)

    obstacle = Obstacle.FOREIGN if is_foreign else None

    return Supervisor("systemd", unit.name, command, obstacle, is_shared=True)


def _able(found: Supervisor) -> Supervisor:
    """The same, with an obstacle where its command cannot be run or shown as it is."""
    tool = found.tool
    if tool is None or found.obstacle is not None:
        return found

    if any(safe(word) != word for word in found.command):
        return replace(found, command=(), obstacle=Obstacle.NO_NAME)

    return found if shutil.which(tool) else replace(found, obstacle=Obstacle.NO_TOOL)


# What runtimes call a container's cgroup, with the systemd driver and without it.
_CONTAINER = re.compile(
    r"(?:^|/)(?P<runtime>docker|libpod|nerdctl|cri-containerd|crio)[-/]"
    r"(?P<id>[0-9a-f]{64})(?:\.scope)?(?:/|$)"
)
_POD = re.compile(r"/kubepods.*?[/-]pod(?P<id>[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})")
_RUNTIMES = {"libpod": "podman", "cri-containerd": "containerd", "crio": "cri-o"}
_USER = re.compile(r"user@(\d+)\.service")
_SHORT_ID = 12  # as the runtimes print and take it


class Unit(NamedTuple):
    """Who keeps a cgroup, and what they call it."""

    keeper: str  # systemd, docker, podman, kubernetes, …
    name: str
    user: int | None = None  # whose own systemd it is; None: the system's

    @property
    def is_container(self) -> bool:
        """Whether all that runs in it starts and ends together."""
        return self.keeper != "systemd"


def unit_of(pid: int) -> Unit | None:
    """The innermost container or service around a process; None where there is none to be seen."""
    try:
        text = Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return None

    return parse(text)


def parse(text: str) -> Unit | None:
    """The same of a cgroup file's text: `0::/system.slice/rag.service`."""
    paths = list(_paths(text))
    units = (found for look in (_pod, _container, _service) for found in map(look, paths))

    return next((unit for unit in units if unit is not None), None)


def _paths(text: str) -> Iterator[str]:
    """The path in each hierarchy that knows of units: the unified one, systemd's, and pids."""
    for line in text.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers in {"", "name=systemd", "pids"}:
            yield path


def _pod(path: str) -> Unit | None:
    match = _POD.search(path)

    return Unit("kubernetes", f"pod {match['id'].replace('_', '-')}") if match else None


def _container(path: str) -> Unit | None:
    match = _CONTAINER.search(path)
    if match is None:
        return None

    runtime = match["runtime"]

    return Unit(_RUNTIMES.get(runtime, runtime), match["id"][:_SHORT_ID])


def _service(path: str) -> Unit | None:
    """The innermost unit, where it is a service: a scope is a terminal or a session."""
    parts = path.split("/")
    innermost = next((p for p in reversed(parts) if p.endswith((".service", ".scope"))), "")
    if not innermost.endswith(".service") or _USER.fullmatch(innermost):
        return None

    users = [int(match[1]) for part in parts if (match := _USER.fullmatch(part))]

    return Unit("systemd", innermost, users[-1] if users else None)
