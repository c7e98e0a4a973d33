"""A recognised process, looked at again and again."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psutil
from msgspec import Struct
from msgspec.structs import replace

from ehtui.config.process_memory import words_of
from ehtui.config.process_settings import declared_target
from ehtui.domain.text import safe, safe_command
from ehtui.domain.world.process import ProcessId, ProcessSample, RecognisedBy, Withheld
from ehtui.sources.log_files import StandardInputs, logs_of
from ehtui.sources.process_facts import (
    attempt,
    inner_pids,
    is_kernel_thread,
    program_of,
    signal_masks,
    started_at,
    withheld_of,
)
from ehtui.sources.recognition import Pattern, ProgramKind, loaded_runtime
from ehtui.sources.sockets import is_networked_elsewhere
from ehtui.sources.supervisors import supervisor_of

if TYPE_CHECKING:
    from ehtui.sources.namespace_clients import NamespaceClients

SETTLED_AFTER_S = 30.0  # by then a program has opened its log


class Load(NamedTuple):
    """What a process takes of its host."""

    status: str
    cpu_percent: float | None = None
    memory_percent: float | None = None
    rss_bytes: int | None = None
    threads: int | None = None
    parent: int | None = None


class KnownProcess(Struct):
    """What was seen of a recognised process, kept so that CPU is measured between looks."""

    process: psutil.Process
    sample: ProcessSample  # the newest; at first what is read once
    pattern: Pattern | None
    own_line: frozenset[int]  # ehtui and its ancestors: nobody's supervisors
    is_networked_elsewhere: bool
    has_cpu_baseline: bool = False

    def has_execed(self) -> bool:
        """Whether another program runs in its place; a title that it wrote is only read anew."""
        known = self.sample
        before, now = known.id.program, program_of(known.id.pid)

        if before is None or not now.is_still(before):
            return True

        if now.arguments != before.arguments:
            words = attempt(lambda: words_of(self.process))
            command = (safe_command(words) or known.name) if words else known.command
            self.sample = replace(
                known, id=ProcessId(known.id.pid, known.id.started_at, now), command=command
            )

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

        known, pid = self.sample, self.process.pid
        caught, ignored = signal_masks(pid)
        logs, connections, supervisor = known.logs, known.connections, known.supervisor

        if is_thorough or at - known.id.started_at < SETTLED_AFTER_S:
            logs = _logs(pid, self.pattern, inputs)

        if not self.is_networked_elsewhere:
            connections = clients.connections_of(pid)
        elif is_thorough:
            connections = clients.connections_elsewhere(pid)

        if connections == 0 and known.target is not None and known.target.proxy is not None:
            connections = None  # what goes through a proxy is connected to that

        if load.parent != known.parent:  # an orphan: who ran it does not restart it any more
            supervisor = supervisor_of(self.process, self.own_line)

        self.sample = replace(
            known,
            **load._asdict(),
            connections=connections,
            web_connections=clients.web_connections_of(pid),
            caught_signals=caught,
            ignored_signals=ignored,
            log_path=next(iter(logs), None),
            more_logs=logs[1:],
            supervisor=supervisor,
            traffic=clients.traffic_of(pid),
            withheld=self._withheld(clients),
        )

        return self.sample

    def _withheld(self, clients: NamespaceClients) -> frozenset[Withheld]:
        told = self.sample.withheld - {Withheld.CONNECTIONS}

        return told | {Withheld.CONNECTIONS} if clients.are_hidden(self.process.pid) else told

    def _load(self, *, is_thorough: bool) -> Load | None:
        """What it takes of the host; None when it vanished."""
        process = self.process

        try:
            with process.oneshot():
                status: str = process.status()
                cpu = attempt(lambda: process.cpu_percent(None))
                memory = attempt(process.memory_percent)
                rss = attempt(lambda: process.memory_info().rss)
                threads = attempt(process.num_threads)
                parent = attempt(process.ppid) if is_thorough else self.sample.parent
        except psutil.NoSuchProcess:
            return None
        except psutil.Error:
            self.has_cpu_baseline = False

            return Load("hidden", parent=self.sample.parent)

        # psutil's first answer is 0.0 by construction, not by measurement.
        measured_cpu = cpu if self.has_cpu_baseline else None
        self.has_cpu_baseline = cpu is not None

        return Load(status, measured_cpu, memory, rss, threads, parent=parent)


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
        cwd, target, logs = attempt(process.cwd), declared_target(pid), _logs(pid, pattern)
        mark = target.mark if target is not None else None
        named = safe(mark.consumer) if mark is not None else None  # when it was started
        sample = ProcessSample(
            id=ProcessId(pid, started_at(pid), program_of(pid)),
            **Load("", parent=attempt(process.ppid))._asdict(),
            user=attempt(process.username),
            name=safe(name),
            command=safe_command(command) or safe(name),
            cwd=None if cwd is None else safe(cwd),
            connections=None,
            recognised_by=basis,
            consumer_name=named if pattern is None else pattern.name,
            log_path=next(iter(logs), None),
            more_logs=logs[1:],
            supervisor=supervisor_of(process, own_line),
            is_kernel_thread=not command and is_kernel_thread(pid),
            inner_pids=inner_pids(pid),
            runtime=kind.runtime or loaded_runtime(pid),
            target=target,
            withheld=withheld_of(process),
        )

        return KnownProcess(process, sample, pattern, own_line, is_networked_elsewhere(pid))

    return None


def _logs(
    pid: int, pattern: Pattern | None, inputs: StandardInputs | None = None
) -> tuple[str, ...]:
    named = pattern.log.replace("{pid}", str(pid)) if pattern is not None and pattern.log else None

    return logs_of(pid, str(Path(named).expanduser()) if named else None, inputs)
