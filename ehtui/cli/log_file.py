"""`--log-file` and `-v`: what ehtui does, for whoever looks for a fault; secrets removed.

A thread of its own writes, so that neither the screen nor the monitor waits for a disk, and nothing
is ever written to a terminal on which the screen is open.
"""

from __future__ import annotations

import logging
import os
import platform
import queue
import stat
import sys
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

import ehtui
from ehtui.config.errors import ConfigError
from ehtui.domain.text import mask_arguments, mask_secrets, safe, visible

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

MOST_WAITING = 10_000  # lines, while a disk hangs: some MB
MOST_BYTES = 4 << 20  # of a file; one before it is kept as FILE.1
_HEADER = "# ehtui --log-file: what ehtui did, secrets removed\n"
_LIBRARIES = ("azure", "msal", "urllib3", "opentelemetry")  # with -vv; what they send is not told
_VERY = 2
_LOG = logging.getLogger(__name__)


@contextmanager
def logging_as_asked(args: argparse.Namespace, argv: Sequence[str]) -> Iterator[None]:
    """Log for as long as the block runs, if a flag asks for it.

    Raises:
        ConfigError: The file cannot be written, or is somebody else's; -v would write into the
            screen.
    """
    path, verbosity = getattr(args, "log_file", None), getattr(args, "verbose", 0)

    if path is None and not verbosity:
        yield
        return

    if path is None and _opens_screen(args):
        raise ConfigError(
            "-v tells on the terminal, and the screen needs that.", "Add --log-file FILE."
        )

    handler = _Stderr() if path is None else _File(path)
    handler.setFormatter(_Lines())
    # A log file alone tells as much as -v does.
    level = logging.DEBUG if verbosity >= (1 if path else _VERY) else logging.INFO

    with _listening(handler, level, libraries=verbosity >= _VERY):
        _tell_start(argv)
        began = time.monotonic()

        try:
            yield
        except Exception as error:
            _LOG.log(_severity(error), "ended by %s", _short(error), exc_info=_traced(error))
            raise
        finally:
            _LOG.info("ended after %.3f s", time.monotonic() - began)


def _opens_screen(args: argparse.Namespace) -> bool:
    from ehtui.cli.output_format import has_terminal  # noqa: PLC0415

    return args.command in {None, "demo"} and has_terminal()


def _tell_start(argv: Sequence[str]) -> None:
    words = " ".join(mask_arguments(list(argv)))
    system, python = f"{platform.system()} {platform.release()}", platform.python_version()
    _LOG.info("ehtui %s on Python %s, %s: ehtui %s", ehtui.__version__, python, system, words)


def _severity(error: Exception) -> int:
    return logging.WARNING if isinstance(error, ConfigError) else logging.ERROR


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _traced(error: Exception) -> bool:
    from ehtui.domain.problems import ProblemError  # noqa: PLC0415

    return not isinstance(error, ConfigError | ProblemError | OSError)


@contextmanager
def _listening(handler: logging.Handler, level: int, *, libraries: bool) -> Iterator[None]:
    records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    listener = QueueListener(records, handler)
    entry = _Entry(records)
    entry.addFilter(_clean)
    levels = {"ehtui": level} | dict.fromkeys(_LIBRARIES if libraries else (), logging.INFO)
    loggers = {logging.getLogger(name): each for name, each in levels.items()}
    before = {logger: (logger.level, logger.propagate) for logger in loggers}

    for logger, each in loggers.items():
        logger.addHandler(entry)
        logger.setLevel(each)
        logger.propagate = False

    listener.start()

    try:
        yield
    finally:
        for logger, (old, propagates) in before.items():
            logger.removeHandler(entry)
            logger.setLevel(old)
            logger.propagate = propagates

        entry.tell_dropped()
        listener.stop()
        handler.close()


class _Entry(QueueHandler):
    """Takes lines without waiting; while too many wait, it drops what comes, and says so later."""

    def __init__(self, records: queue.SimpleQueue[logging.LogRecord]) -> None:
        super().__init__(records)
        self._records = records  # never full: a signal's handler may log while a line is put
        self._dropped = 0

    @override
    def enqueue(self, record: logging.LogRecord) -> None:
        if self._records.qsize() >= MOST_WAITING:
            self._dropped += 1
            return

        self.tell_dropped()
        self._records.put_nowait(record)

    def tell_dropped(self) -> None:
        """Say where lines are missing, and how many."""
        dropped, self._dropped = self._dropped, 0

        if dropped:
            words = f"{dropped:,} lines are missing here: they came faster than they were written"
            made = logging.LogRecord(_LOG.name, logging.WARNING, "", 0, words, None, None)
            self._records.put_nowait(made)


def _clean(record: logging.LogRecord) -> bool:
    """Leave neither secrets nor control characters in a record, its traceback included."""
    record.msg, record.args = safe(record.getMessage()), None

    if record.exc_info:
        text = logging.Formatter().formatException(record.exc_info)
        record.exc_text = visible(mask_secrets(text), keep_newlines=True).replace("\n", "\n    ")
        record.exc_info = None

    return True


class _Lines(logging.Formatter):
    """Moment, how bad, where, what."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    @override
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Stderr(logging.StreamHandler):  # type: ignore[type-arg]
    """Standard error as it is when a line is written."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)

    @override
    def handleError(self, record: logging.LogRecord) -> None:
        """Who read it may have gone."""


class _File(RotatingFileHandler):
    """A file of bounded size that only its owner may read; a full disk ends nothing."""

    def __init__(self, given: str) -> None:
        try:
            self._check(Path(given), given)
            super().__init__(given, maxBytes=MOST_BYTES, backupCount=1, encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"--log-file {safe(given)}: {error.strerror or error}.") from None

    @staticmethod
    def _check(path: Path, given: str) -> None:
        with suppress(FileNotFoundError):
            status = path.stat()

            if not stat.S_ISREG(status.st_mode):
                raise ConfigError(
                    f"--log-file {safe(given)} is not a regular file.",
                    "-v without it tells on standard error.",
                )

            with path.open(encoding="utf-8", errors="replace") as file:
                head = file.read(len(_HEADER))

            if head and head != _HEADER:
                raise ConfigError(
                    f"--log-file {safe(given)} is there already, and ehtui did not write it.",
                    "Choose another file, or move that one away.",
                )

    @override
    def _open(self):  # type: ignore[no-untyped-def]  # as typeshed has it, in any version
        def private(name: str, flags: int) -> int:
            return os.open(name, flags, 0o600)

        stream = open(  # noqa: SIM115 - kept open, and with rights of its own
            self.baseFilename, self.mode, encoding="utf-8", errors="replace", opener=private
        )

        if not stream.tell():
            stream.write(_HEADER)

        return stream

    @override
    def handleError(self, record: logging.LogRecord) -> None:
        """Nothing to be said, and nowhere to say it."""
