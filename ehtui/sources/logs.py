"""Consumers' logs: who is which owner, and what went wrong with leases."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field

from ehtui.domain.updates import LogsRead
from ehtui.domain.world.process import ProcessId, ProcessSample
from ehtui.lazy import LazyModule
from ehtui.sources.proc import identity_of
from ehtui.sources.source import InThread

if TYPE_CHECKING:
    from ehtui.domain.world.process import LogIncident
    from ehtui.sources import followed_log
else:
    # 30 ms, most of it patterns of sentences; a host without consumers has no log to read.
    followed_log = LazyModule("ehtui.sources.followed_log")

# Of what was passed over, in one turn. The next comes at once, so that more than 20 MB a second
# are read, and no turn holds up the ends of the logs for long.
CATCH_UP_BYTES = 4 * 1024 * 1024


class LogSource(Struct):
    """Reads the logs of the processes that `processes()` names."""

    processes: Callable[[], Sequence[ProcessSample]]
    clock: Callable[[], float] = time.time
    name: str = "logs"
    open_log: Callable[[str, Callable[[], float]], followed_log.ReadsRecords] | None = None
    # Who has a file open for writing, and what each may call itself.
    holders: Callable[[str], Mapping[ProcessId, frozenset[int]]] | None = None
    _logs: dict[str, followed_log.FollowedLog] = field(default_factory=dict)  # by path
    _thread: InThread = field(default_factory=InThread)

    @property
    def is_behind(self) -> bool:
        """Whether there is more to read already."""
        return any(log.is_readable and log.reader.behind_bytes for log in self._logs.values())

    async def read(self) -> LogsRead:
        """Every link known so far, and the incidents since the read before."""
        return await self._thread.run(self.scan)

    async def close(self) -> None:
        """No file stays open between reads."""

    def scan(self) -> LogsRead:
        """The same, blocking."""
        at = self.clock()
        # A zombie writes nothing: what is new in its file comes from whoever follows it.
        living = [process for process in self.processes() if not process.has_ended]
        writing: dict[str, list[ProcessSample]] = {}

        for process in living:
            for path in process.logs:
                writing.setdefault(self._known_as(path), []).append(process)

        for path, log in list(self._logs.items()):
            log.see(writing.get(path, ()), at)

            if not log.is_worth_reading(at):
                del self._logs[path]

        incidents: list[LogIncident] = []

        # The ends of all come before what was passed over in any.
        for log in self._logs.values():
            incidents += log.follow(at)

        incidents += self._catch_up(at)

        links, claims = followed_log.told_by(self._logs.values()) if self._logs else ((), ())

        return LogsRead(
            at=at,
            source=self.name,
            links=links,
            incidents=tuple(incidents),
            duration_s=self.clock() - at,
            followed=tuple(
                (process.id.pid, path)
                for path, writers in writing.items()
                for process in writers
                if self._logs[path].is_readable
            ),
            claims=claims,
            behind=tuple(
                (process.id.pid, behind)
                for path, writers in writing.items()
                for process in writers
                if (behind := self._logs[path].reader.behind_bytes)
            ),
        )

    def _catch_up(self, at: float) -> list[LogIncident]:
        behind = [log for log in self._logs.values() if log.reader.behind_bytes]
        share = CATCH_UP_BYTES // max(1, len(behind))
        return [incident for log in behind for incident in log.catch_up(share, at)]

    def _known_as(self, path: str) -> str:
        """The path under which this file is followed: a container sees it under another one."""
        if path in self._logs:
            return path

        identity = identity_of(path)
        same = (p for p in self._logs if identity is not None and identity_of(p) == identity)
        known = next(same, path)

        if known == path:
            self._logs[path] = followed_log.follow(path, self.clock, self.open_log, self.holders)

        return known
