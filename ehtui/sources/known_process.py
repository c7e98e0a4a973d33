"""A recognised process, looked at again and again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import psutil

from ehtui.config.process_memory import words_of
from ehtui.config.process_settings import declared_target
from ehtui.domain.text import safe, safe_command
from ehtui.domain.world.process import (
    DeclaredTarget,
    ProcessId,
    ProcessSample,
    RecognisedBy,
    Supervisor,
)
from ehtui.sources.log_files import StandardInputs, logs_of
from ehtui.sources.process_facts import inner_pids, is_kernel_thread, program_of, signal_masks
from ehtui.sources.recognition import Pattern, ProgramKind, loaded_runtime
from ehtui.sources.sockets import is_networked_elsewhere
from ehtui.sources.start_times import started_at
from ehtui.sources.supervisors import supervisor_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.sources.namespace_clients import NamespaceClients

T = TypeVar("T")
SETTLED_AFTER_S = 30.0  # by then a program has opened its log


class _Load(NamedTuple):
    """What a process takes of its host."""

    status: str
    cpu_percent: float | None
    memory_percent: float | None
    rss_bytes: int | None
    threads: int | None


@dataclass(slots=True)
class KnownProcess:
    """What is read once of a recognised process, and kept so that CPU is measured between looks."""

    process: psutil.Process
    id: ProcessId
    recognised_by: RecognisedBy
    pattern: Pattern | None
    command: str
    name: str
    runtime: str | None
    parent: int | None
    user: str | None
    cwd: str | None
    supervisor: Supervisor | None
    is_kernel_thread: bool
    inner_pids: frozenset[int]
    target: DeclaredTarget | None
    own_line: frozenset[int]  # ehtui and its ancestors: nobody's supervisors
    is_networked_elsewhere: bool
    connections: int | None = None
    logs: tuple[str, ...] = ()
    has_cpu_baseline: bool = False

    def has_execed(self) -> bool:
        """Whether another program runs in its place; a title that it wrote is only read anew."""
        before, now = self.id.program, program_of(self.id.pid)
        if before is None or not now.is_still(before):
            return True

        if now.arguments != before.arguments:
            self.id = replace(self.id, program=now)
            words = attempt(lambda: words_of(self.process))
            self.command = safe_command(words) or self.name if words else self.command

        return False

    def look(
        self,
        at: float,
        clients: NamespaceClients,
        inputs: StandardInputs,
        *,
        is_thorough: bool,
    ) -> ProcessSample | None:
        """One look; None when it vanished. What may not be read is None inside."""
        load = self._load(is_thorough=is_thorough)
        if load is None:
            return None

        pid = self.process.pid
        caught, ignored = signal_masks(pid)

        if is_thorough or at - self.id.started_at < SETTLED_AFTER_S:
            self.logs = _logs(pid, self.pattern, inputs)

        if not self.is_networked_elsewhere:
            self.connections = clients.connections_of(pid)
        elif is_thorough:
            self.connections = clients.connections_elsewhere(pid)

        return ProcessSample(
            id=self.id,
            parent=self.parent,
            user=self.user,
            name=self.name,
            command=self.command,
            cwd=self.cwd,
            status=load.status,
            cpu_percent=load.cpu_percent,
            memory_percent=load.memory_percent,
            rss_bytes=load.rss_bytes,
            threads=load.threads,
            connections=self.connections,
            recognised_by=self.recognised_by,
            consumer_name=self._name,
            caught_signals=caught,
            ignored_signals=ignored,
            log_path=self.logs[0] if self.logs else None,
            more_logs=self.logs[1:],
            inner_pids=self.inner_pids,
            supervisor=self.supervisor,
            is_kernel_thread=self.is_kernel_thread,
            runtime=self.runtime,
            traffic=clients.traffic_of(pid),
            target=self.target,
        )

    @property
    def _name(self) -> str | None:
        """What the configuration calls it, or called it when it was started."""
        if self.pattern is not None:
            return self.pattern.name

        mark = self.target.mark if self.target is not None else None
        return safe(mark.consumer) if mark is not None else None

    def _load(self, *, is_thorough: bool) -> _Load | None:
        """What it takes of the host; None when it vanished."""
        process = self.process

        try:
            with process.oneshot():
                status: str = process.status()
                cpu = attempt(lambda: process.cpu_percent(None))
                memory = attempt(process.memory_percent)
                rss = attempt(lambda: process.memory_info().rss)
                threads = attempt(process.num_threads)
                parent = attempt(process.ppid) if is_thorough else self.parent
        except psutil.NoSuchProcess:
            return None
        except psutil.Error:
            self.has_cpu_baseline = False
            return _Load("hidden", None, None, None, None)

        if parent != self.parent:  # an orphan: who ran it does not restart it any more
            self.parent, self.supervisor = parent, supervisor_of(process, self.own_line)

        # psutil's first answer is 0.0 by construction, not by measurement.
        measured_cpu = cpu if self.has_cpu_baseline else None
        self.has_cpu_baseline = cpu is not None
        return _Load(status, measured_cpu, memory, rss, threads)


def known_process(
    process: psutil.Process,
    kind: ProgramKind,
    basis: RecognisedBy,
    pattern: Pattern | None,
    own_line: frozenset[int],
) -> KnownProcess | None:
    """A process that was recognised; None if it went while it was looked at."""
    pid = process.pid

    with suppress(psutil.NoSuchProcess):
        name, command = process.name(), attempt(lambda: words_of(process)) or []
        return KnownProcess(
            process=process,
            id=ProcessId(pid, started_at(pid), program_of(pid)),
            recognised_by=basis,
            pattern=pattern,
            command=safe_command(command) or safe(name),
            name=safe(name),
            runtime=kind.runtime or loaded_runtime(pid),
            parent=attempt(process.ppid),
            user=attempt(process.username),
            cwd=_safe_or_none(attempt(process.cwd)),
            supervisor=supervisor_of(process, own_line),
            is_kernel_thread=not command and is_kernel_thread(pid),
            inner_pids=inner_pids(pid),
            target=declared_target(pid),
            own_line=own_line,
            is_networked_elsewhere=is_networked_elsewhere(pid),
            logs=_logs(pid, pattern),
        )

    return None


def _logs(
    pid: int, pattern: Pattern | None, inputs: StandardInputs | None = None
) -> tuple[str, ...]:
    named = pattern.log.replace("{pid}", str(pid)) if pattern is not None and pattern.log else None
    return logs_of(pid, str(Path(named).expanduser()) if named else None, inputs)


def attempt(read: Callable[[], T]) -> T | None:
    """What `read` returns, or None where this user may not know."""
    try:
        return read()
    except (psutil.AccessDenied, psutil.ZombieProcess, OSError, KeyError):
        return None


def _safe_or_none(text: str | None) -> str | None:
    return None if text is None else safe(text)
