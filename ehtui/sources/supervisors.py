"""Who would start a process again, and the literal command with which they restart it.

Evidence is what cannot be inherited: the cgroup, and the nearest parent that supervises.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import psutil

from ehtui.domain.text import safe
from ehtui.domain.world.process import Obstacle, Supervisor
from ehtui.sources.cgroups import Unit, unit_of
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
