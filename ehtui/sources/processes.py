"""This host's consumers, by psutil."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import psutil

from ehtui.config.process_memory import words_of
from ehtui.config.settings import ConsumerSettings
from ehtui.domain.updates import ProcessesRead
from ehtui.domain.world.process import ProcessSample, RecognisedBy
from ehtui.sources.in_thread import InThread
from ehtui.sources.known_process import KnownProcess, attempt, known_process
from ehtui.sources.namespace_clients import NamespaceClients
from ehtui.sources.process_facts import command_key, launch_mark_of
from ehtui.sources.programs import kind_of_process
from ehtui.sources.recognition import Pattern, compile_patterns, is_ehtui, matching
from ehtui.sources.restart_records import read_restarts
from ehtui.sources.start_times import SAME_START_S, started_at

SLOW_FACTS_EVERY_S = 10.0  # connections, log files: they walk every descriptor
# A pid that is no consumer is looked at again after this long: it may have been reused, or exec'd.
FORGET_AFTER_S = 30.0


def own_line() -> frozenset[int]:
    """This process and its ancestors: never a consumer, never a target."""
    return frozenset({os.getpid(), *(parent.pid for parent in psutil.Process().parents())})


def own_user() -> str | None:
    """Who runs ehtui, named as the owners of processes are: USER may say otherwise after `su`."""
    return attempt(psutil.Process().username)


class _Stranger(NamedTuple):
    """A process that is no consumer, until it is another one."""

    command: bytes | None  # as the kernel keeps it; None where that is not told
    look_again_at: float


@dataclass(slots=True)
class ProcessSource:
    """Recognised consumers of this host. All of psutil runs in a worker thread."""

    consumers: Mapping[str, ConsumerSettings] = field(default_factory=dict)
    namespace: str | None = None
    aliases: tuple[str, ...] = ()  # other names of the namespace
    manual_pids: Sequence[int] = ()
    clock: Callable[[], float] = time.time
    restarts_in: Path | None = None  # the folder of their records
    name: str = "processes"
    latest: tuple[ProcessSample, ...] = ()
    _patterns: tuple[Pattern, ...] = field(init=False)
    _known: dict[int, KnownProcess] = field(default_factory=dict)
    _strangers: dict[int, _Stranger] = field(default_factory=dict)
    _chosen: dict[int, float] = field(default_factory=dict)  # when each of `manual_pids` started
    _slow_at: float = float("-inf")
    _is_slow_turn: bool = True
    _own_line: frozenset[int] = field(default_factory=own_line)
    _clients: NamespaceClients = field(init=False)
    _thread: InThread = field(default_factory=InThread)

    def __post_init__(self) -> None:
        self._patterns = compile_patterns(self.consumers)
        self._clients = NamespaceClients(self.namespace, self.aliases)

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
            self._clients.count(at)
            self._slow_at = at

        self._clients.measure(at)

        for pid in pids - self._known.keys() - self._strangers.keys():
            self._recognise(pid, at)

        known_now = set(self._known)

        # A stranger may be known by its connection or by somebody's word meanwhile.
        for pid in pids.intersection((*self._clients.pids, *self.manual_pids)) - known_now:
            self._recognise(pid, at)

        for pid in known_now.intersection(self.manual_pids):
            known = self._known[pid]
            known.recognised_by = self._basis(pid, known.pattern) or known.recognised_by

        looks = {
            pid: known.look(at, self._clients, is_thorough=self._is_slow_turn)
            for pid, known in self._known.items()
        }

        for pid in [pid for pid, sample in looks.items() if sample is None]:
            del self._known[pid]

        samples = (sample for sample in looks.values() if sample is not None)
        self.latest = tuple(sorted(samples, key=lambda sample: sample.id))

        restarts = read_restarts(self.restarts_in) if self.restarts_in is not None else ()

        return ProcessesRead(at, self.name, self.latest, self.clock() - at, restarts)

    def _forget(self, pids: set[int], at: float) -> None:
        for pid, stranger in list(self._strangers.items()):
            if pid not in pids:
                del self._strangers[pid]
            elif at >= stranger.look_again_at:
                # One read tells most of them; to ask psutil anew takes four.
                if stranger.command is None or command_key(pid) != stranger.command:
                    del self._strangers[pid]
                else:
                    self._strangers[pid] = _Stranger(stranger.command, at + FORGET_AFTER_S)

        for pid, known in list(self._known.items()):
            if pid not in pids or not known.process.is_running() or known.has_execed():
                del self._known[pid]

    def _has_newcomers(self, pids: set[int]) -> bool:
        return any(pid in pids and pid not in self._known for pid in self.manual_pids)

    def _recognise(self, pid: int, at: float) -> None:
        """Decide once per process whether it is a consumer."""
        stranger = _Stranger(command_key(pid), at + FORGET_AFTER_S)

        try:
            process = psutil.Process(pid)
            command = words_of(process)
            kind = kind_of_process(process, command)
        except psutil.Error:
            self._strangers[pid] = stranger
            return

        pattern = None if pid in self._own_line else matching(self._patterns, kind, command)
        basis = self._basis(pid, pattern)

        if basis is None or (basis is RecognisedBy.CONNECTION and is_ehtui(command)):
            self._strangers[pid] = stranger
            return

        known = known_process(process, kind, basis, pattern, self._own_line)

        if known is not None:
            self._known[pid] = known
            self._strangers.pop(pid, None)

    def _basis(self, pid: int, pattern: Pattern | None) -> RecognisedBy | None:
        if pid in self.manual_pids and self._is_who_was_chosen(pid):
            return RecognisedBy.STARTED if _is_started_here(pid) else RecognisedBy.MANUAL

        if pattern is not None:
            return RecognisedBy.PATTERN

        mark = launch_mark_of(pid)

        if (
            mark is not None
            and pid not in self._own_line
            and mark.namespace in {None, self.namespace}
        ):
            return RecognisedBy.STARTED

        if pid in self._clients.pids and not self._is_own(pid):
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


def _is_started_here(pid: int) -> bool:
    try:
        return os.getpid() in {parent.pid for parent in psutil.Process(pid).parents()}
    except psutil.Error:
        return False
