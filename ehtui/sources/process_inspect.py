"""One process looked at closely: its family, its connections, its logs. Read when asked for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar

import psutil

from ehtui.config.process_memory import words_of
from ehtui.domain.text import safe, safe_command
from ehtui.domain.world.process import Peer, ProcessDetails, Relative
from ehtui.sources.log_files import written_files
from ehtui.sources.process_facts import signal_masks
from ehtui.sources.start_times import SAME_START_S, started_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ehtui.domain.world.process import ProcessId

T = TypeVar("T")


def inspect_process(process: ProcessId) -> ProcessDetails | None:
    """Look at it now, blocking; None once it is gone, also where its number runs another one."""
    try:
        found = psutil.Process(process.pid)

        if abs(started_at(process.pid) - process.started_at) > SAME_START_S:
            return None

        caught, ignored = signal_masks(process.pid)
        return ProcessDetails(
            process=process,
            parents=_try(lambda: _relatives(found.parents())),
            children=_try(lambda: _relatives(found.children())),
            peers=_try(lambda: _peers(found)),
            logs=_try(lambda: _logs(found)),
            caught_signals=caught,
            ignored_signals=ignored,
        )
    except psutil.NoSuchProcess:
        return None


def _try(read: Callable[[], T]) -> T | None:
    """What `read` returns, or None where this user may not know."""
    try:
        return read()
    except (psutil.AccessDenied, psutil.ZombieProcess, OSError):
        return None


def _relatives(processes: Iterable[psutil.Process]) -> tuple[Relative, ...]:
    return tuple(Relative(p.pid, _command(p)) for p in processes)


def _command(process: psutil.Process) -> str:
    """Its command line; one that went meanwhile, or is hidden, has at most a name."""
    try:
        return safe_command(words_of(process)) or safe(process.name())
    except (psutil.Error, OSError):
        return "?"


def _peers(process: psutil.Process) -> tuple[Peer, ...]:
    counts = Counter(
        (_address(*connection.raddr), str(connection.status))
        for connection in process.net_connections(kind="tcp")
        if tuple(connection.raddr)  # empty while it listens
    )
    return tuple(Peer(address, status, n) for (address, status), n in sorted(counts.items()))


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _logs(process: psutil.Process) -> tuple[str, ...]:
    """Files that are open for writing and named like logs, or that take its output."""
    files = written_files(process.pid)
    paths = {f.path for f in files if f.is_output or f.is_named_like_a_log}
    return tuple(safe(path) for path in sorted(paths))
