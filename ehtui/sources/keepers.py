"""Parents that may start a process again when it ends, though they are no supervisors.

`while true; do consumer; done` in a shell, a program that starts workers, `timeout`. What decides
is who lives on afterwards; a script's text only tells how long to wait for it.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from ehtui.config.process_memory import words_of
from ehtui.domain.text import safe, safe_command
from ehtui.domain.world.restarts import Keeper
from ehtui.sources.proc import FOREGROUND, beginning_of, namespace_of, numbers_inside, stat_field
from ehtui.sources.process_facts import has_terminal
from ehtui.sources.processes import own_line
from ehtui.sources.recognition import is_ehtui
from ehtui.sources.supervisors import HOSTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ehtui.domain.world.process import ProcessId

_SHELL = re.compile(r"-?(ba|da|k|mk|z|fi|tc)?sh")
_LOOP = re.compile(r"(^|[\s;&|(])(while|until|for)\s")
_SLEEP = re.compile(r"(?:^|[\s;&|(])sleep\s+([\d.]+)([smh]?)\b")
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"[\d.]+[smhd]?")
_INITS = frozenset({"systemd", "init", "s6-svscan", "runsvdir", "openrc-init"})
USUAL_LOOK_S, LONGEST_LOOK_S, MARGIN_S = 3.0, 60.0, 2.0
USUAL_WATCH_S, LONGEST_WATCH_S = 120.0, 4 * 3600.0
SCRIPT_BYTES = 64 * 1024


def keeper_of(process: ProcessId) -> Keeper | None:
    """Who may start it again; None where nobody above it lives on."""
    with suppress(psutil.Error, OSError):
        child = psutil.Process(process.pid)
        line = list(_line(child))
        if line:
            texts = [text for parent in line if (text := _script(parent)) is not None]
            loops = [text for text in texts if _LOOP.search(text)]
            looper = next((p for p in line if _LOOP.search(_script(p) or "")), line[0])

            pause_s = max([USUAL_LOOK_S, *map(_pause_s, loops)])

            return Keeper(
                pid=looper.pid,
                command=safe_command(words_of(looper)) or safe(looper.name()),
                line=tuple(parent.pid for parent in line),
                is_loop=bool(loops),
                look_s=min(pause_s, LONGEST_LOOK_S),
                watch_s=max(USUAL_WATCH_S, pause_s),
            )

    return None


def children_of(process: ProcessId) -> int:
    """How many processes it has started that still run."""
    with suppress(psutil.Error, OSError):
        children = psutil.Process(process.pid).children(recursive=True)
        return sum(child.status() != psutil.STATUS_ZOMBIE for child in children)

    return 0


def time_limit_of(process: ProcessId) -> str | None:
    """`timeout 1h`, where that runs it: the next one has no limit."""
    with suppress(psutil.Error, OSError):
        for parent in _line(psutil.Process(process.pid)):
            words = words_of(parent)
            if words and Path(words[0]).name == "timeout":
                limit = next((w for w in words[1:] if _DURATION.fullmatch(w)), "")
                return safe(f"timeout {limit}".strip())

    return None


def may_end_its_namespace(process: ProcessId) -> bool:
    """Whether the first process of its pid namespace is above it, and no init that goes on."""
    with suppress(psutil.Error, OSError):
        own = namespace_of(process.pid, "pid")

        for parent in psutil.Process(process.pid).parents():
            if namespace_of(parent.pid, "pid") != own:
                return False

            if numbers_inside(parent.pid)[-1] == 1:
                return parent.name() not in _INITS

    return False


def _line(child: psutil.Process) -> Iterator[psutil.Process]:
    """Its parents, nearest first, without those that hold whatever anybody starts."""
    own = own_line()

    for parent in child.parents():
        words = words_of(parent)
        if parent.pid <= 1 or parent.pid in own or is_ehtui(words) or _is_host(parent):
            return

        if _is_at_its_prompt(parent, child):
            return

        yield parent


def _is_host(parent: psutil.Process) -> bool:
    name = parent.name()

    # A user's own systemd; a supervisor of its units is known by their cgroup.
    return name in HOSTS or name.startswith("systemd") or name == "init"


def _is_at_its_prompt(parent: psutil.Process, child: psutil.Process) -> bool:
    """A terminal's own shell, whose loop would run its child in the foreground."""
    if not _is_shell(parent) or not has_terminal(parent.pid):
        return False

    foreground = stat_field(parent.pid, FOREGROUND)

    return os.getsid(parent.pid) == parent.pid and foreground != os.getpgid(child.pid)


def _is_shell(process: psutil.Process) -> bool:
    words = words_of(process)

    return bool(words) and _SHELL.fullmatch(Path(words[0]).name) is not None


def _script(process: psutil.Process) -> str | None:
    """What a shell runs: its -c, or its file as far as that can be read. None: no shell."""
    with suppress(psutil.Error, OSError, ValueError):
        words = words_of(process)

        if not _is_shell(process):
            return None

        code = _after_c(words)
        if code is not None:
            return code

        name = next((word for word in words[1:] if not word.startswith("-")), None)
        if name is not None:
            return beginning_of(Path(process.cwd(), name), SCRIPT_BYTES)

    return None


def _after_c(words: Sequence[str]) -> str | None:
    for option, code in pairwise(words[1:]):
        if re.fullmatch(r"-[a-z]*c[a-z]*", option):
            return code

        if not option.startswith("-"):
            return None

    return None


def _pause_s(script: str) -> float:
    """How long it may take to start the next one."""
    pauses = [float(n) * _UNITS[unit] for n, unit in _SLEEP.findall(script) if n.count(".") < 2]  # noqa: PLR2004 - a number

    return min(max(pauses, default=0.0) + MARGIN_S, LONGEST_WATCH_S)
