"""A file of metrics for others to read, such as node_exporter: always a whole one."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from ehtui import system
from ehtui.config.errors import ConfigError
from ehtui.domain.problems import Problem, ProblemError, ProblemKind

_OURS = (b"# TYPE ehtui_", b"# HELP ehtui_")
_HEAD = max(map(len, _OURS))


class MetricsFile:
    """A file that is replaced by a new one each time, so that no reader meets half of it."""

    def __init__(self, given: str) -> None:
        """Look whether it may be replaced.

        Raises:
            ConfigError: It is no regular file, or one that holds something else.
        """
        self._given = given
        # A link stays one: what it leads to is replaced.
        self._path = Path(given).expanduser().resolve()
        self._check()

    def _check(self) -> None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return
        except OSError as error:
            raise ConfigError(f"--save {self._given}: {error.strerror}.") from None

        if not stat.S_ISREG(status.st_mode):
            raise ConfigError(
                f"--save {self._given} is not a regular file.", "Without --save it is printed."
            )

        with self._path.open("rb") as file:
            head = file.read(_HEAD)

        if head and not head.startswith(_OURS):
            raise ConfigError(
                f"--save {self._given} is there already and holds no metrics of ehtui.",
                "Name another file.",
            )

    def replace(self, text: str) -> None:
        """Put `text` into its place, readable by everybody as far as the umask lets.

        Raises:
            ProblemError: It cannot be written; what was there before still is.
        """
        # Not *.prom: node_exporter would read it half written.
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}.tmp")

        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)

            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)

            system.put_in_place(beside, self._path)
        except OSError as error:
            with suppress(OSError):
                beside.unlink()

            raise ProblemError(
                Problem(
                    ProblemKind.FORBIDDEN,
                    f"{self._given} cannot be written: {error.strerror or error}.",
                    "Check its folder.",
                )
            ) from None
