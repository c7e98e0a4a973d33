"""This host's consumers, by psutil."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Thread
from typing import NamedTuple, TypeVar

import psutil

from ehtui.config.settings import ConsumerSettings
from ehtui.domain.process import ProcessId, ProcessSample, RecognisedBy, Supervisor
from ehtui.domain.text import safe, safe_command
from ehtui.domain.updates import ProcessesRead
from ehtui.sources.in_thread import InThread
from ehtui.sources.log_files import logs_of
from ehtui.sources.process_facts import (
    command_bytes,
    inner_pids,
    is_kernel_thread,
    program_of,
    signal_masks,
)
from ehtui.sources.recognition import (
    Pattern,
    compile_patterns,
    is_ehtui,
    matching,
    namespace_addresses,
)
from ehtui.sources.sockets import Sockets
from ehtui.sources.start_times import started_at
from ehtui.sources.supervisors import supervisor_of

T = TypeVar("T")
SLOW_FACTS_EVERY_S = 10.0  # connections, log files: they walk every descriptor
RESOLVE_EVERY_S = 300.0
RESOLVE_WAIT_S = 1.0
SAME_START_S = 0.02  # rounding only
SETTLED_AFTER_S = 30.0  # by then a program has opened its log
# A pid that is no consumer is looked at again after this long: it may have been reused, or exec'd.
FORGET_AFTER_S = 30.0


def own_line() -> frozenset[int]:
    """This process and its ancestors: never a consumer, never a target."""
    return frozenset({os.getpid(), *(parent.pid for parent in psutil.Process().parents())})


def own_user() -> str | None:
    """Who runs ehtui, named as the owners of processes are: USER may say otherwise after `su`."""
    return _try(psutil.Process().username)


@dataclass(slots=True)
class _Known:
    """A recognised process, kept so that CPU is measured between looks."""

    process: psutil.Process
    id: ProcessId
    recognised_by: RecognisedBy
    pattern: Pattern | None
    command: str
    name: str
    parent: int | None
    user: str | None
    cwd: str | None
    supervisor: Supervisor | None
    is_kernel_thread: bool
    connections: int | None = None
    logs: tuple[str, ...] = ()
    inner_pids: frozenset[int] = frozenset()
    has_cpu_baseline: bool = False


class _Stranger(NamedTuple):
    """A process that is no consumer, until it is another one."""

    command: bytes | None  # as the kernel keeps it; None where that is not told
    look_again_at: float


@dataclass(slots=True)
class ProcessSource:
    """Recognised consumers of this host. All of psutil runs in a worker thread."""

    consumers: Mapping[str, ConsumerSettings] = field(default_factory=dict)
    namespace: str | None = None
    manual_pids: Sequence[int] = ()
    clock: Callable[[], float] = time.time
    name: str = "processes"
    latest: tuple[ProcessSample, ...] = ()
    _patterns: tuple[Pattern, ...] = field(init=False)
    _known: dict[int, _Known] = field(default_factory=dict)
    _strangers: dict[int, _Stranger] = field(default_factory=dict)
    _chosen: dict[int, float] = field(default_factory=dict)  # when each of `manual_pids` started
    _connected: dict[int, int] = field(default_factory=dict)
    _addresses: frozenset[tuple[str, int]] = frozenset()
    _slow_at: float = float("-inf")
    _is_slow_turn: bool = True
    _resolved_at: float = float("-inf")
    _own_line: frozenset[int] = field(default_factory=own_line)
    _resolving: Thread | None = None
    _sockets: Sockets = field(default_factory=Sockets)
    _thread: InThread = field(default_factory=InThread)

    def __post_init__(self) -> None:
        self._patterns = compile_patterns(self.consumers)

    async def read(self) -> ProcessesRead:
        """Look once at every recognised process; one that vanished meanwhile is left out."""
        return await self._thread.run(self.scan)

    async def close(self) -> None:
        """Nothing is held open."""

    def scan(self) -> ProcessesRead:
        """The same, blocking."""
        at = self.clock()
        pids = set(psutil.pids())
        self._forget(pids, at)

        self._is_slow_turn = at - self._slow_at >= SLOW_FACTS_EVERY_S or self._has_newcomers(pids)

        if self._is_slow_turn:
            self._connected = self._connections(at)
            self._slow_at = at

        for pid in pids - self._known.keys() - self._strangers.keys():
            self._recognise(pid, at)

        known_now = set(self._known)

        # A stranger may be known by its connection or by somebody's word meanwhile.
        for pid in (self._connected.keys() | pids.intersection(self.manual_pids)) - known_now:
            self._recognise(pid, at)

        looks = [self._sample(known, at) for known in list(self._known.values())]
        samples = [sample for sample in looks if sample is not None]
        self.latest = tuple(sorted(samples, key=lambda sample: sample.id))

        return ProcessesRead(at, self.name, self.latest, self.clock() - at)

    def _forget(self, pids: set[int], at: float) -> None:
        for pid, stranger in list(self._strangers.items()):
            if pid not in pids:
                del self._strangers[pid]
            elif at >= stranger.look_again_at:
                # One read tells most of them; to ask psutil anew takes four.
                if stranger.command is None or command_bytes(pid) != stranger.command:
                    del self._strangers[pid]
                else:
                    self._strangers[pid] = _Stranger(stranger.command, at + FORGET_AFTER_S)

        for pid, known in list(self._known.items()):
            if pid not in pids or not known.process.is_running() or self._has_execed(known):
                del self._known[pid]

    def _has_execed(self, known: _Known) -> bool:
        """Whether another program runs in its place; a title that it wrote is only read anew."""
        before, now = known.id.program, program_of(known.id.pid)

        if before is None or not now.is_still(before):
            return True

        if now.arguments != before.arguments:
            known.id = replace(known.id, program=now)
            words = _try(known.process.cmdline)
            known.command = safe_command(words) or known.name if words else known.command

        return False

    def _has_newcomers(self, pids: set[int]) -> bool:
        return any(pid in pids and pid not in self._known for pid in self.manual_pids)

    def _recognise(self, pid: int, at: float) -> None:
        """Decide once per process whether it is a consumer."""
        stranger = _Stranger(command_bytes(pid), at + FORGET_AFTER_S)

        try:
            process = psutil.Process(pid)
            name, command = process.name(), process.cmdline()
        except psutil.Error:
            self._strangers[pid] = stranger
            return

        pattern = None if pid in self._own_line else matching(self._patterns, name, command)
        basis = self._basis(pid, pattern)

        if basis is None or (basis is RecognisedBy.CONNECTION and is_ehtui(command)):
            self._strangers[pid] = stranger
            return

        with suppress(psutil.NoSuchProcess):  # it went while it was looked at
            self._known[pid] = _Known(
                process=process,
                id=ProcessId(pid, started_at(pid), program_of(pid)),
                recognised_by=basis,
                pattern=pattern,
                command=safe_command(command) or safe(name),
                name=safe(name),
                parent=_try(process.ppid),
                user=_try(process.username),
                cwd=_safe_or_none(_try(process.cwd)),
                supervisor=supervisor_of(process, self._own_line),
                is_kernel_thread=not command and is_kernel_thread(pid),
                logs=_logs(pid, pattern),
                inner_pids=inner_pids(pid),
            )
            self._strangers.pop(pid, None)

    def _basis(self, pid: int, pattern: Pattern | None) -> RecognisedBy | None:
        if pid in self.manual_pids and self._is_who_was_chosen(pid):
            return RecognisedBy.STARTED if _is_started_here(pid) else RecognisedBy.MANUAL

        if pattern is not None:
            return RecognisedBy.PATTERN

        if pid in self._connected and not self._is_own(pid):
            return RecognisedBy.CONNECTION

        return None

    def _is_who_was_chosen(self, pid: int) -> bool:
        """A number is chosen, a process is meant: whoever gets the number later is not it."""
        try:
            started = started_at(pid)
        except psutil.Error:
            return False

        return abs(self._chosen.setdefault(pid, started) - started) < SAME_START_S

    def _is_own(self, pid: int) -> bool:
        """ehtui, what started it and what it started: connected, but no consumers of the user's."""
        return pid in self._own_line or _is_started_here(pid)

    def _connections(self, at: float) -> dict[int, int]:
        """How many connections to the namespace each process has."""
        if self.namespace is None:
            return {}

        if at - self._resolved_at >= RESOLVE_EVERY_S or not self._addresses:
            self._resolve(self.namespace, at)

        return self._sockets.counts(self._addresses)

    def _resolve(self, namespace: str, at: float) -> None:
        """Begin to ask for the addresses; a name server that is silent holds up nobody for long."""

        def ask() -> None:
            self._addresses = namespace_addresses(namespace) or self._addresses

        if self._resolving is None or not self._resolving.is_alive():
            self._resolved_at = at
            self._resolving = Thread(target=ask, name="ehtui-resolve", daemon=True)
            self._resolving.start()

        self._resolving.join(RESOLVE_WAIT_S)

    def _sample(self, known: _Known, at: float) -> ProcessSample | None:
        """One look; None when it vanished. What may not be read is None inside."""
        process = known.process

        try:
            with process.oneshot():
                status: str = process.status()
                cpu = _try(lambda: process.cpu_percent(None))
                memory = _try(process.memory_percent)
                rss = _try(lambda: process.memory_info().rss)
                threads = _try(process.num_threads)
                parent = _try(process.ppid) if self._is_slow_turn else known.parent
        except psutil.NoSuchProcess:
            self._known.pop(process.pid, None)
            return None
        except psutil.Error:
            status, cpu, memory, rss, threads = "hidden", None, None, None, None
            parent = known.parent

        if parent != known.parent:  # an orphan: who ran it does not restart it any more
            known.parent, known.supervisor = parent, supervisor_of(process, self._own_line)

        caught, ignored = signal_masks(process.pid)
        # psutil's first answer is 0.0 by construction, not by measurement.
        measured_cpu = cpu if known.has_cpu_baseline else None
        known.has_cpu_baseline = cpu is not None

        if self._is_slow_turn or at - known.id.started_at < SETTLED_AFTER_S:
            known.logs = _logs(process.pid, known.pattern)

        return ProcessSample(
            id=known.id,
            parent=known.parent,
            user=known.user,
            name=known.name,
            command=known.command,
            cwd=known.cwd,
            status=status,
            cpu_percent=measured_cpu,
            memory_percent=memory,
            rss_bytes=rss,
            threads=threads,
            connections=self._connected.get(process.pid, 0) if self._addresses else None,
            recognised_by=known.recognised_by,
            consumer_name=known.pattern.name if known.pattern else None,
            caught_signals=caught,
            ignored_signals=ignored,
            log_path=known.logs[0] if known.logs else None,
            more_logs=known.logs[1:],
            inner_pids=known.inner_pids,
            supervisor=known.supervisor,
            is_kernel_thread=known.is_kernel_thread,
        )


def _logs(pid: int, pattern: Pattern | None) -> tuple[str, ...]:
    named = pattern.log.replace("{pid}", str(pid)) if pattern is not None and pattern.log else None
    return logs_of(pid, str(Path(named).expanduser()) if named else None)


def _is_started_here(pid: int) -> bool:
    try:
        return os.getpid() in {parent.pid for parent in psutil.Process(pid).parents()}
    except psutil.Error:
        return False


def _try(read: Callable[[], T]) -> T | None:
    """What `read` returns, or None where this user may not know."""
    try:
        return read()
    except (psutil.AccessDenied, psutil.ZombieProcess, OSError, KeyError):
        return None


def _safe_or_none(text: str | None) -> str | None:
    return None if text is None else safe(text)
