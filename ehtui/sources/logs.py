"""Consumers' logs: who is which owner, and what went wrong with leases."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ehtui.domain.process import LogIncident, ProcessId, ProcessSample
from ehtui.domain.text import safe
from ehtui.domain.updates import LogsRead
from ehtui.sources.in_thread import InThread
from ehtui.sources.log_owners import LogOwners
from ehtui.sources.log_text.reader import LogReader

if TYPE_CHECKING:
    from ehtui.sources.log_text.facts import LogFact

EVIDENCE_CHARACTERS = 240


@dataclass(slots=True)
class LogSource:
    """Reads the logs of the processes that `processes()` names."""

    processes: Callable[[], Sequence[ProcessSample]]
    clock: Callable[[], float] = time.time
    name: str = "logs"
    _readers: dict[str, LogReader] = field(default_factory=dict)
    _owners: dict[ProcessId, LogOwners] = field(default_factory=dict)
    _thread: InThread = field(default_factory=InThread)

    async def read(self) -> LogsRead:
        """Every link known so far, and the incidents since the read before."""
        return await self._thread.run(self.scan)

    async def close(self) -> None:
        """No file stays open between reads."""

    def scan(self) -> LogsRead:
        """The same, blocking."""
        at = self.clock()
        processes = tuple(self.processes())
        by_path: dict[str, list[ProcessSample]] = {}

        for process in processes:
            # A zombie writes nothing: what is new in its file comes from whoever follows it.
            if process.log_path is not None and not process.has_ended:
                by_path.setdefault(process.log_path, []).append(process)

        for path in self._readers.keys() - by_path.keys():
            del self._readers[path]

        incidents: list[LogIncident] = []

        readable: list[str] = []

        for path, writers in by_path.items():
            found = self._follow(path, writers, at)

            if found is not None:
                readable.append(path)
                incidents += found

        alive = {process.id for process in processes}
        self._owners = {id_: named for id_, named in self._owners.items() if id_ in alive}
        followed = tuple((p.id.pid, path) for path in readable for p in by_path[path])

        return LogsRead(
            at,
            self.name,
            tuple(link for named in self._owners.values() for link in named.links),
            tuple(incidents),
            self.clock() - at,
            followed,
        )

    def _follow(
        self, path: str, writers: Sequence[ProcessSample], at: float
    ) -> list[LogIncident] | None:
        """What was new in it; None where it can't be read."""
        reader = self._readers.setdefault(path, LogReader(path, self.clock))

        try:
            records = reader.read().records
        except OSError:  # rotated away or not ours to read: the next turn tries again
            return None

        counts: Counter[tuple[ProcessId, LogFact, bool]] = Counter()
        newest: dict[tuple[ProcessId, LogFact, bool], str] = {}

        for record in records:
            line, facts = record.text, record.fact
            writer = _writer(line, writers)

            if writer is None:
                continue

            if facts.owner is not None:
                named = self._owners.setdefault(writer.id, LogOwners(writer.id))
                named.note(facts, _shown(line), at)

            if facts.kind is not None:
                counts[writer.id, facts, record.is_past] += 1
                newest[writer.id, facts, record.is_past] = line

        return [
            LogIncident(
                process,
                facts.kind,
                _shown(newest[process, facts, is_past]),
                at,
                safe(facts.owner) if facts.owner else None,
                safe(facts.partition) if facts.partition else None,
                count,
                is_past,
            )
            for (process, facts, is_past), count in counts.items()
            if facts.kind is not None
        ]


def _writer(line: str, writers: Sequence[ProcessSample]) -> ProcessSample | None:
    """Who wrote the line; in a shared file only a pid in the line itself can tell."""
    if len(writers) == 1:
        return writers[0]

    return next((w for w in writers if re.search(rf"\b{w.id.pid}\b", line)), None)


def _shown(line: str) -> str:
    return safe(line.strip()[:EVIDENCE_CHARACTERS])
