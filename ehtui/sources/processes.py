"""This host's consumers, by psutil."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil
from msgspec import Struct, field
from msgspec.structs import replace

from ehtui.config.networks import Endpoint
from ehtui.config.process_memory import words_of
from ehtui.config.settings import ConsumerSettings
from ehtui.domain.text import safe, safe_command
from ehtui.domain.updates import ProcessesRead
from ehtui.domain.world.process import (
    Peer,
    ProcessDetails,
    ProcessId,
    ProcessSample,
    RecognisedBy,
    Relative,
)
from ehtui.lazy import LazyModule
from ehtui.sources.namespace_clients import NamespaceClients
from ehtui.sources.proc import age_of
from ehtui.sources.process_facts import (
    SAME_START_S,
    attempt,
    command_key,
    is_same_start,
    launch_mark_of,
    own_line,
    signal_masks,
    started_at,
)
from ehtui.sources.recognition import (
    Pattern,
    compile_patterns,
    is_ehtui,
    kind_of,
    kind_of_process,
    matching,
)
from ehtui.sources.source import InThread

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.domain.world.restarts import RestartRecord
    from ehtui.sources import known_process, log_files, restarts
else:
    # Most processes of a host are no consumers, and most hosts have no restart under way.
    known_process = LazyModule("ehtui.sources.known_process")
    log_files = LazyModule("ehtui.sources.log_files")
    restarts = LazyModule("ehtui.sources.restarts")


SLOW_FACTS_EVERY_S = 10.0  # connections, log files: they walk every descriptor
# A pid that is no consumer is looked at again after this long: it may have been reused, or exec'd.
FORGET_AFTER_S = 30.0
YOUNG_S = 1.0  # what was just forked says what its parent does, until it runs its own program


class _Stranger(NamedTuple):
    """A process that is no consumer, until it is another one."""

    command: bytes | None  # as the kernel keeps it; None where that is not told
    look_again_at: float
    young_until: float  # in every scan until then


class ProcessSource(Struct):
    """Recognised consumers of this host. All of psutil runs in a worker thread."""

    consumers: Mapping[str, ConsumerSettings] = field(default_factory=dict)
    namespace: str | None = None
    aliases: tuple[str, ...] = ()  # other names of the namespace
    endpoint: Endpoint | None = None  # that its clients may be connected to instead
    manual_pids: Sequence[int] = ()
    clock: Callable[[], float] = time.time
    restarts_in: Path | None = None  # the folder of their records
    name: str = "processes"
    latest: tuple[ProcessSample, ...] = ()
    _patterns: tuple[Pattern, ...] = ()
    _known: dict[int, known_process.KnownProcess] = field(default_factory=dict)
    _strangers: dict[int, _Stranger] = field(default_factory=dict)
    _chosen: dict[int, float] = field(default_factory=dict)  # when each of `manual_pids` started
    _slow_at: float = float("-inf")
    _is_slow_turn: bool = True
    _own_line: frozenset[int] = field(default_factory=own_line)
    _clients: NamespaceClients = field(default_factory=lambda: NamespaceClients(None))
    _thread: InThread = field(default_factory=InThread)

    def __post_init__(self) -> None:
        self._patterns = compile_patterns(self.consumers)
        names = () if self.endpoint is None else (self.endpoint.authority,)
        self._clients = NamespaceClients(self.namespace, (*self.aliases, *names))

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
            if basis := self._basis(pid, known.pattern):
                known.sample = replace(known.sample, recognised_by=basis)

        self.latest = self._look_at_known(at)

        return ProcessesRead(at, self.name, self.latest, self.clock() - at, self._restarts())

    def _look_at_known(self, at: float) -> tuple[ProcessSample, ...]:
        if not self._known:
            return ()

        inputs = log_files.StandardInputs()
        looks = {
            pid: known.look(at, self._clients, inputs, is_thorough=self._is_slow_turn)
            for pid, known in self._known.items()
        }

        for pid in [pid for pid, sample in looks.items() if sample is None]:
            del self._known[pid]

        samples = (sample for sample in looks.values() if sample is not None)
        return tuple(sorted(samples, key=lambda sample: sample.id))

    def _restarts(self) -> tuple[RestartRecord, ...]:
        with suppress(OSError):
            if self.restarts_in is not None and any(self.restarts_in.iterdir()):
                return restarts.read_restarts(self.restarts_in)

        return ()

    def _forget(self, pids: set[int], at: float) -> None:
        for pid, stranger in list(self._strangers.items()):
            if pid not in pids:
                del self._strangers[pid]
            elif at >= stranger.look_again_at or at < stranger.young_until:
                # One read tells most of them; to ask psutil anew takes four.
                if stranger.command is None or command_key(pid) != stranger.command:
                    del self._strangers[pid]
                elif at >= stranger.look_again_at:
                    self._strangers[pid] = stranger._replace(look_again_at=at + FORGET_AFTER_S)

        for pid, known in list(self._known.items()):
            if pid not in pids or not known.process.is_running() or known.has_execed():
                del self._known[pid]

    def _has_newcomers(self, pids: set[int]) -> bool:
        return any(pid in pids and pid not in self._known for pid in self.manual_pids)

    def _recognise(self, pid: int, at: float) -> None:
        """Decide once per process whether it is a consumer."""
        age_s = age_of(pid)
        young_until = at + YOUNG_S if age_s is not None and age_s < YOUNG_S else at
        stranger = _Stranger(command_key(pid), at + FORGET_AFTER_S, young_until)

        try:
            process = psutil.Process(pid)
            command = attempt(lambda: words_of(process)) or []  # macOS tells only of one's own
            kind = kind_of_process(process, command)
        except psutil.Error:
            self._strangers[pid] = stranger
            return

        pattern = None if pid in self._own_line else matching(self._patterns, kind, command)
        basis = self._basis(pid, pattern)

        if basis is None or (basis is RecognisedBy.CONNECTION and is_ehtui(command)):
            self._strangers[pid] = stranger
            return

        known = known_process.known_process(process, kind, basis, pattern, self._own_line)
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
        with suppress(psutil.Error):
            started = started_at(pid)

            return abs(self._chosen.setdefault(pid, started) - started) < SAME_START_S

        return False

    def _is_own(self, pid: int) -> bool:
        """ehtui, what started it and what it started: connected, but no consumers of the user's."""
        return pid in self._own_line or _is_started_here(pid)


def _is_started_here(pid: int) -> bool:
    try:
        return os.getpid() in {parent.pid for parent in psutil.Process(pid).parents()}
    except psutil.Error:
        return False


_ATTRIBUTES = ["pid", "ppid", "create_time", "name", "username", "status", "exe"]
_RUNTIMES = ("python", "node", "dotnet", "java")


def list_processes() -> tuple[ProcessSample, ...]:
    """Every process with a command line: Python first, then other runtimes; newest first. Blocking.

    ehtui itself and what it runs in are left out: they can be no consumers.
    """
    own = own_line()
    found = []

    for process in psutil.process_iter(_ATTRIBUTES):
        facts = process.info

        words = _words(process)

        # Without a command line it is a kernel thread, or not ours to look at.
        if words and facts["pid"] not in own and not is_ehtui(words):
            found.append(_sample(facts, words))

    return tuple(sorted(found, key=lambda s: (_rank(s.runtime), -s.id.started_at)))


def _words(process: psutil.Process) -> list[str]:
    try:
        return words_of(process)
    except psutil.Error:
        return []


def _sample(facts: dict[str, Any], words: list[str]) -> ProcessSample:
    return ProcessSample(
        id=ProcessId(facts["pid"], facts["create_time"]),
        **known_process.Load(str(facts["status"]), parent=facts["ppid"])._asdict(),
        user=facts["username"],
        name=safe(str(facts["name"])),
        command=safe_command(words),
        cwd=None,
        connections=None,
        recognised_by=RecognisedBy.MANUAL,
        runtime=kind_of(facts["exe"] or None, words, str(facts["name"])).runtime,
    )


def _rank(runtime: str | None) -> int:
    return _RUNTIMES.index(runtime) if runtime in _RUNTIMES else len(_RUNTIMES)


def inspect_process(process: ProcessId) -> ProcessDetails | None:
    """Look at it now, blocking; None once it is gone, also where its number runs another one."""
    try:
        found = psutil.Process(process.pid)

        if not is_same_start(process):
            return None

        caught, ignored = signal_masks(process.pid)
        return ProcessDetails(
            process=process,
            parents=attempt(lambda: _relatives(found.parents())),
            children=attempt(lambda: _relatives(found.children())),
            peers=attempt(lambda: _peers(found)),
            logs=attempt(lambda: _logs(found)),
            caught_signals=caught,
            ignored_signals=ignored,
        )
    except psutil.NoSuchProcess:
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
    files = log_files.written_files(process.pid)
    paths = {f.path for f in files if f.is_output or f.is_named_like_a_log}
    return tuple(safe(path) for path in sorted(paths))
