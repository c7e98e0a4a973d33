"""Plays a story on the sandbox while a monitor watches, and keeps what its sources said."""

from __future__ import annotations

import getpass
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from ehtui.cli.backend import MonitorBackend
from ehtui.cli.compose import first_picture, make_executor, sources_of
from ehtui.cli.reading import carried_reader
from ehtui.cli.scenes import demo_settings
from ehtui.cli.works import Works
from ehtui.config.settings import LeaseSettings, PollSettings, Settings
from ehtui.domain.actions.outcomes import Refusal
from ehtui.domain.actions.requests import Request
from ehtui.domain.reduce import reduce
from ehtui.domain.snapshot import Snapshot
from ehtui.domain.state import State
from ehtui.domain.updates import Update
from ehtui.domain.world.process import ProcessDetails, ProcessId
from ehtui.monitor import Monitor
from ehtui.sandbox.scenes import Setting, Stage
from ehtui.sources.processes import inspect_process
from tests.recordings.recording import Recording

PATIENCE_S = 60.0
LOOKS_EVERY_S = 0.1
LOG_LINES = 60
REPOSITORY = Path(__file__).parents[2]
HOME = "/opt/ehtui"
_SECRET = re.compile(r"SharedAccess|AccountKey|[A-Za-z0-9+/]{40,}=")


class Director:
    """Tells players what to do, and waits for what the monitor sees of it."""

    def __init__(self, stage: Stage, settings: Settings) -> None:
        self.stage = stage
        self._updates: list[Update] = []
        self._marks: dict[str, int] = {}
        self._details: dict[ProcessId, ProcessDetails] = {}
        self._logs: dict[str, tuple[str, ...]] = {}
        first = first_picture(settings)
        self._recording = (first.policy, tuple(s.name for s in first.sources), first.taken_at)
        self.monitor = Monitor(sources_of(settings), first, reduce=self._fold)
        works = Works(
            self.monitor, make_executor(settings), [], carried_reader(settings, self.monitor)
        )
        self._backend = MonitorBackend(lambda: works, settings, first)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Read as long as this lasts."""
        self._backend.subscribe(lambda _: None)

        try:
            yield
        finally:
            self._backend.close()

    def _fold(self, state: State, update: Update) -> State:
        self._updates.append(update)
        return reduce(state, update)

    @property
    def snapshot(self) -> Snapshot:
        """The newest picture."""
        return self.monitor.snapshot

    def until(self, is_so: Callable[[Snapshot], bool], what: str) -> None:
        """Wait for a picture.

        Raises:
            TimeoutError: It does not come.
        """
        deadline = time.monotonic() + PATIENCE_S

        while not is_so(self.snapshot):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {PATIENCE_S:g} s: {what}")

            time.sleep(LOOKS_EVERY_S)

    def watch(self, seconds: float) -> None:
        """Let the players play."""
        time.sleep(seconds)

    def mark(self, name: str) -> None:
        """This picture has a name; somebody looks closely at who is in it."""
        self._marks[name] = len(self._updates)

        for process in (consumer.process for consumer in self.snapshot.consumers):
            details = inspect_process(process.id)

            if details is not None:  # of this host's processes only who started it
                near = (details.parents or ())[:1]
                self._details[process.id] = replace(details, parents=near)

            if process.log_path is not None:
                lines = (
                    Path(process.log_path)
                    .read_text(encoding="utf-8", errors="replace")
                    .splitlines()
                )
                self._logs[process.log_path] = tuple(lines[-LOG_LINES:])

    def act(self, request: Request) -> None:
        """Do what somebody at the screen would.

        Raises:
            LookupError: It is refused.
        """
        plan = self._backend.plan(request)

        if isinstance(plan, Refusal):
            raise LookupError(str(plan))  # noqa: TRY004 - the world is so, not the caller wrong

        self._backend.begin(plan).result(PATIENCE_S)

    def recording(self) -> Recording:
        """All of it, up to the last moment with a name."""
        policy, sources, began_at = self._recording
        updates = tuple(self._updates[: max(self._marks.values())])
        details = tuple(self._details.values())
        return Recording(policy, sources, began_at, self._marks, updates, details, self._logs)


def play(setting: Setting, names: tuple[str, ...], story: Callable[[Director], None]) -> str:
    """A recording as text, without a trace of this machine."""
    with Stage(setting) as stage:
        director = Director(stage, _settings(stage, names))

        with director.watching():
            story(director)

        return _cleaned("\n".join(director.recording().lines()) + "\n", stage)


def _settings(stage: Stage, names: tuple[str, ...]) -> Settings:
    pace = stage.setting.pace
    return replace(
        demo_settings(stage.sandbox, names=names),
        lease=LeaseSettings(expires_after_s=pace.expiry_s, renewed_every_s=pace.interval_s),
        poll=PollSettings(hub_s=1.0, store_s=1.0, processes_s=1.0),
    )


def _cleaned(text: str, stage: Stage) -> str:
    places = {
        str(stage.sandbox.folder): "/tmp/ehtui",
        sys.executable: "python",
        str(Path(sys.executable).resolve()): "python",
        str(REPOSITORY): HOME,
        str(Path.home()) + "/": "/home/ops/",
    }

    for place, public in places.items():
        text = text.replace(place, public)

    text = text.replace(json.dumps(getpass.getuser()), '"ops"')
    assert not _SECRET.search(text), "a secret came into the recording"
    return text
