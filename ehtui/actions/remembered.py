"""How consumers were started that may end: kept in memory while ehtui runs, environment and all."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ehtui.actions.blueprint import Blueprint, Input, blueprint_of
from ehtui.actions.confinement import from_plain
from ehtui.actions.process_control import CannotStartError, NotKnownError
from ehtui.actions.restart_locks import read_record, record_path
from ehtui.actions.signals import IdentityChangedError, ProcessGoneError, ProgramChangedError
from ehtui.domain.world.restarts import StartObstacle
from ehtui.sources.restart_records import is_trusted

if TYPE_CHECKING:
    from pathlib import Path

    from ehtui.domain.world.process import ProcessId

MOST = 256  # the oldest go first
_NOT_SEEN = (ProcessGoneError, IdentityChangedError, ProgramChangedError, OSError)


class Remembered:
    """Blueprints by process, or why there is none."""

    def __init__(self) -> None:
        self._known: dict[ProcessId, Blueprint | CannotStartError] = {}

    def learn(self, process: ProcessId) -> None:
        """Read it while it lives. Blocking, for milliseconds."""
        try:
            self._known[process] = blueprint_of(process)
        except CannotStartError as error:
            self._known[process] = error
        except _NOT_SEEN:
            return

        while len(self._known) > MOST:
            del self._known[next(iter(self._known))]

    def knows(self, process: ProcessId) -> bool:
        """Whether it was read."""
        return process in self._known

    def blueprint(self, process: ProcessId, records: Path) -> Blueprint:
        """What is known of it, or what the record of its restart tells with ehtui's environment.

        Raises:
            CannotStartError: It was not whole, or the record has masks where secrets were.
            NotKnownError: There is neither.
        """
        known = self._known.get(process)

        if isinstance(known, CannotStartError):
            raise known

        return known or _of_record(process, record_path(records, process))


def _of_record(process: ProcessId, path: Path) -> Blueprint:
    told: dict[str, Any] = {}

    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)

        try:
            if is_trusted(os.fstat(descriptor)):
                told = read_record(descriptor)
        finally:
            os.close(descriptor)

    if not told or (told["confinement"] is None and sys.platform == "linux"):
        raise NotKnownError

    if told["arguments"] is None:
        raise CannotStartError(StartObstacle.SECRETS_GONE)

    return Blueprint(
        process=process,
        arguments=tuple(told["arguments"]),
        variables={name: os.environ[name] for name in told["variables"] if name in os.environ},
        folder=told["folder"],
        link=told["program"],
        file=None,
        input=Input(told["input"]),
        input_path=told["input_path"],
        confinement=told["confinement"] and from_plain(told["confinement"]),
    )
