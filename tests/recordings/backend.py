"""What a screen works with that shows a recording: its picture, and plans by the real planners."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from typing_extensions import override

from ehtui.config.settings import Settings
from ehtui.domain.actions.outcomes import Outcome, Refusal
from ehtui.domain.actions.plans import Plan
from ehtui.domain.actions.requests import Actor, PlanningContext, Request, Template
from ehtui.domain.actions.start import Seen, ended_consumers, seen_with
from ehtui.domain.world.events import EventQuery, EventStream
from ehtui.domain.world.process import ProcessDetails, ProcessId
from ehtui.domain.world.restarts import Ended
from ehtui.sources.log_text.follow import LogTail
from ehtui.tui.options import UiOptions
from tests.recordings.events import events_around
from tests.recordings.recording import Recording
from tests.tui.fakes import FakeBackend, FakeStream


class RecordedBackend(FakeBackend):
    """Reads nothing and does nothing; all that it tells was so."""

    def __init__(self, recording: Recording, mark: str) -> None:
        super().__init__(recording.at(mark))
        self._recording = recording
        self.startable = ()
        self.templates = tuple(Settings().test_events)
        self.ended = _ended(recording, mark)
        self._logs = tempfile.TemporaryDirectory()

    @override
    def plan(self, request: Request) -> Plan | Refusal:
        events = Settings().test_events
        return request.plan(
            PlanningContext(
                snapshot=self.snapshot,
                at=self.snapshot.taken_at,
                actor=Actor(own_pid=1, user="ops"),
                log_folder="/home/ops/.local/state/ehtui",
                templates={n: Template(e.body, e.properties) for n, e in events.items()},
            )
        )

    @override
    async def open_events(self, query: EventQuery) -> EventStream:
        events = events_around(self.snapshot, UiOptions().group)
        return FakeStream([e for e in events if e.partition in query.positions], follows=True)

    @override
    async def inspect(self, process: ProcessId) -> ProcessDetails | None:
        found = {details.process: details for details in self._recording.details}
        return found.get(process)

    @override
    def close(self) -> Sequence[Outcome]:
        self._logs.cleanup()
        return ()

    @override
    def follow_log(self, path: str) -> LogTail:  # type: ignore[override]
        copy = Path(self._logs.name) / Path(path).name
        copy.write_text("".join(f"{line}\n" for line in self._recording.logs.get(path, ())))
        return LogTail(str(copy))


def _ended(recording: Recording, mark: str) -> Sequence[Ended]:
    seen: Seen = {}

    for number, state in enumerate(recording.states(), start=1):
        seen = seen_with(seen, state.snapshot)

        if number == recording.marks[mark]:
            return ended_consumers(seen, state.snapshot)

    return ()
