"""Who would start a process again, and the literal command with which they restart it.

Evidence is what cannot be inherited: the cgroup, and the nearest parent that supervises. Variables
only tell what that one calls the process: they are inherited by whoever runs below it, are read in
memory, and their values are not kept.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psutil
from msgspec.structs import replace

from ehtui import system
from ehtui.config.process_memory import variables_of, words_of
from ehtui.domain.text import safe
from ehtui.domain.world.process import Obstacle, Supervisor
from ehtui.sources.process_facts import attempt, has_terminal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

# Who lets people and schedules run programs: nobody above them starts one of those again.
HOSTS = frozenset({"cron", "crond", "anacron", "atd", "sshd", "sshd-session", "dropbear"})
HOSTS |= {"tmux", "screen", "SCREEN"}


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

    is_foreign = unit.user != system.user_id()
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
        text = Path(f"{system.PROC}/{pid}/cgroup").read_text("utf-8")
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


_INTERPRETERS = re.compile(r"(python|pypy|node|bun|deno|ruby|perl)[\d.]*")
# Starts its program again, or ends with it, and has no command to be asked by.
_RUNNERS = frozenset(
    {"air", "cargo-watch", "circusd", "denon", "entr", "foreman", "forever", "goreman", "gunicorn"}
    | {"hivemind", "honcho", "node-dev", "nodemon", "overmind", "pm2-dev", "pm2-runtime", "reflex"}
    | {"ts-node-dev", "watchexec", "watchfiles", "watchmedo"}
)
# As the first process of a container it ends with the program that it runs, and all with it.
_CONTAINER_INITS = frozenset({"catatonit", "docker-init", "dumb-init", "podman-init", "tini"})
_INITS = frozenset({"systemd", "init", "launchd"})
_WATCHES = re.compile(r"--(watch|hot)(-|=|$)")  # node, bun, tsx: they run the program below them
_WATCHING = frozenset({"node", "bun", "tsx", "deno"})
# Runs one program in a folder of its own, and is asked by that folder.
_BY_FOLDER = {
    "runsv": ("runit", ("sv", "restart")),
    "s6-supervise": ("s6", ("s6-svc", "-r")),
    "supervise": ("daemontools", ("svc", "-t")),
}
_RELOADING = frozenset({"--reload", "--workers"})  # else uvicorn starts nothing again
_CONFIGURED = frozenset({"-c", "--configuration"})
_PM2_HOME = re.compile(r"God Daemon \((?P<home>.+)\)")
NAME = re.compile(r"\w[\w.@:\\-]*")  # never an option


def programs(process: psutil.Process) -> set[str]:
    """What it runs: its name, its program, and the script or module where that interprets one."""
    words = words_of(process) or [""]
    found = [process.name(), words[0]]

    if _INTERPRETERS.fullmatch(Path(words[0]).name):
        script = next((word for word in words[1:] if not word.startswith("-")), "")
        found.append(script.removesuffix(".js").removesuffix(".py"))

    # A title such as `gunicorn: master [app]` begins with the program.
    return {Path(word.partition(": ")[0]).name for word in found}


def manager_by(parent: psutil.Process, process: psutil.Process) -> Supervisor | None:
    """What this one of its parents does for it."""
    words = words_of(parent)
    found = _recognised(parent, words, process)

    # Whoever may write such a parent's command line would have us run theirs.
    if found is not None and not _may_be_asked(parent):
        return replace(found, command=(), obstacle=Obstacle.FOREIGN)

    return None if found is None else _beside(found, parent, words)


def _may_be_asked(parent: psutil.Process) -> bool:
    if sys.platform == "win32":
        return parent.username() == psutil.Process().username()

    return parent.uids().effective in {0, os.geteuid()}


def _recognised(
    parent: psutil.Process, words: list[str], process: psutil.Process
) -> Supervisor | None:
    for program in programs(parent):
        if program in _BY_FOLDER:
            return _by_folder(parent, *_BY_FOLDER[program])

        if _runs_it(program, words, parent, process):
            return Supervisor(program, obstacle=Obstacle.NO_COMMAND)

        if program == "supervisord":
            return _supervisord(parent, words, process)

        if program == "launchd" and process.ppid() == parent.pid:
            return _launchd(process)

    return _pm2(words[0], process) if words and words[0].startswith("PM2 v") else None


def _runs_it(
    program: str, words: list[str], parent: psutil.Process, process: psutil.Process
) -> bool:
    """Whether it starts its program again, or ends with it, and cannot be asked to."""
    if program in _RUNNERS or (program == "uvicorn" and _RELOADING.intersection(words)):
        return True

    if program in _WATCHING and any(map(_WATCHES.match, words[1:])):
        return True

    if program in _CONTAINER_INITS or parent.pid == 1:
        return _ends_with(program, words, parent, process)

    return False


def _ends_with(
    program: str, words: list[str], parent: psutil.Process, process: psutil.Process
) -> bool:
    """Whether a container's first process runs this one: all that is in there ends with it."""
    command = words_of(process)
    if program in _CONTAINER_INITS and command and words[-len(command) :] == command:
        return True

    is_first = parent.pid == 1 and process.ppid() == 1 and program not in _INITS

    return is_first and sys.platform != "win32" and os.getsid(process.pid) == 1


def _by_folder(parent: psutil.Process, label: str, command: tuple[str, ...]) -> Supervisor:
    folder = attempt(parent.cwd)
    if folder is None:
        return Supervisor(label, obstacle=Obstacle.NO_NAME)

    return Supervisor(label, safe(Path(folder).name), (*command, folder))


def _launchd(process: psutil.Process) -> Supervisor | None:
    """An agent by its label; what a terminal started has none of its own."""
    label = (attempt(lambda: variables_of(process)) or {}).get("XPC_SERVICE_NAME", "0")
    if label == "0" or label.startswith("application."):
        return None

    return Supervisor("launchd", safe(label), obstacle=Obstacle.NO_COMMAND)


def _supervisord(
    parent: psutil.Process, words: list[str], process: psutil.Process
) -> Supervisor | None:
    """`supervisorctl restart GROUP:NAME`, at the server that its own configuration names."""
    variables = attempt(lambda: variables_of(process))
    if variables is not None and "SUPERVISOR_ENABLED" not in variables:
        return None  # an orphan that it took in as init

    told = variables or {}
    group, name = (told.get(f"SUPERVISOR_{what}_NAME", "") for what in ("GROUP", "PROCESS"))
    url = told.get("SUPERVISOR_SERVER_URL")

    if not (NAME.fullmatch(group) and NAME.fullmatch(name)):
        return Supervisor("supervisord", obstacle=Obstacle.NO_NAME)

    unit = f"{group}:{name}"

    if url is None:  # it serves nobody: it cannot be asked
        return Supervisor("supervisord", unit, obstacle=Obstacle.NO_COMMAND)

    command = ("supervisorctl", *_server(parent, words, url), "restart", unit)

    return Supervisor("supervisord", unit, command)


def _server(parent: psutil.Process, words: list[str], url: str) -> tuple[str, str]:
    """The configuration where it is known, for it may hold a password; else the address."""
    given = next((words[n + 1] for n, word in enumerate(words[:-1]) if word in _CONFIGURED), None)
    if given is not None and (path := Path(parent.cwd(), given)).is_file():
        return "-c", str(path)

    return "-s", url


def _pm2(title: str, process: psutil.Process) -> Supervisor:
    """`pm2 restart ID`, of the daemon whose title names its home."""
    number, name = _pm2_number(attempt(lambda: variables_of(process)) or {})
    home = _PM2_HOME.search(title)
    if number is None or home is None:
        return Supervisor("pm2", obstacle=Obstacle.NO_NAME)

    usual = os.environ.get("PM2_HOME") or str(Path.home() / ".pm2")
    at_home = () if home["home"] == usual else ("env", f"PM2_HOME={home['home']}")
    unit = f"{safe(name)} ({number})" if name else number

    return Supervisor("pm2", unit, (*at_home, "pm2", "restart", number), stops_with="INT")


def _pm2_number(variables: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Its number and name; a worker of a cluster has them in one variable, as JSON."""
    try:
        told = json.loads(variables["pm2_env"]) if "pm2_env" in variables else variables
        number, name = str(told["pm_id"]), told.get("name")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None, None

    is_number = number.isascii() and number.isdecimal()

    return (number if is_number else None), (name if isinstance(name, str) else None)


def _beside(found: Supervisor, parent: psutil.Process, words: list[str]) -> Supervisor:
    """The same with the tool that was installed with it, where the PATH has none."""
    tool = found.tool
    if tool is None or shutil.which(tool):
        return found

    folders = {str(Path(word).parent) for word in (parent.exe(), *words[:2]) if os.sep in word}
    installed = shutil.which(tool, path=os.pathsep.join(sorted(folders)))

    if installed is None:
        return found

    return replace(
        found, command=tuple(installed if word == tool else word for word in found.command)
    )
