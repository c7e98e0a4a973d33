"""Runs a command, and turns whatever goes wrong into one sentence and an exit code.

Standard streams are taken as they are found: closed, full, hung up, or of any encoding.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO, cast

from ehtui.cli.flags import ExitCode
from ehtui.config.errors import ConfigError, SeveralHubsError
from ehtui.domain.text import mask_secrets, safe, visible

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

DEBUG = "EHTUI_DEBUG"
# So many reads of the hub before a pipe gets its report: rates need two, and one to spare.
REFRESHES = 3
_LONGEST = 1000  # characters of a sentence: what it quotes can be a file by mistake


def run(argv: list[str]) -> int:
    """Run the command line `argv`; never raises."""
    with standard_streams() as output:
        if output.trouble is not None:
            return _without_output(output.trouble)

        try:
            code = _ended(argv)
            output.settle()
        except (KeyboardInterrupt, Exception) as error:
            return _explained(error, output)

    return code


def _ended(argv: list[str]) -> int:
    try:
        return _run_command(argv)
    except SystemExit as end:  # --help and --version
        return end.code if isinstance(end.code, int) else 0


def _explained(error: BaseException, output: Output) -> ExitCode:
    from ehtui.domain.problems import ProblemError, ProblemKind  # noqa: PLC0415 - not for `--help`

    if output.trouble is not None:
        output.drop()

    match error:
        case ConfigError():
            return _say(error.summary, error.advice, ExitCode.USAGE)
        case ProblemError(problem=problem) if problem.kind is not ProblemKind.INTERNAL:
            return _say(problem.summary, problem.advice, ExitCode.USAGE)
        case KeyboardInterrupt():
            return ExitCode.INTERRUPTED
        case BrokenPipeError() if error is output.trouble:
            return ExitCode.BROKEN_PIPE
        case OSError() if error is output.trouble:
            return _without_output(error)
        case _:
            return _internal(error)


def _run_command(argv: list[str]) -> int:
    if not argv:  # there is nothing to parse, and the screen would wait for the parser
        return _run_default()

    from ehtui.cli.parser import parse  # noqa: PLC0415 - its faults belong to run()'s net

    args = parse(argv)

    if "color" in args:
        from ehtui.cli.output_format import settle_colour  # noqa: PLC0415

        settle_colour(args.color)

    command: Callable[[argparse.Namespace], int] = args.run or _run_default

    if "log_file" not in args and "verbose" not in args:
        return command(args)

    from ehtui.cli.log_file import logging_as_asked  # noqa: PLC0415 - `logging` takes its time

    with logging_as_asked(args, argv):
        return command(args)


def _run_default(args: argparse.Namespace | None = None) -> int:
    """The screen in a terminal, the report everywhere else."""
    from ehtui import lazy  # noqa: PLC0415 - `--help` needs none of it
    from ehtui.cli.output_format import has_terminal  # noqa: PLC0415

    lazy.hold_garbage()  # until the sources are open

    if has_terminal():
        from ehtui.cli.screen import run_screen  # noqa: PLC0415 - every room below comes with it

        return run_screen(args)

    from ehtui.cli.config import pid_report  # noqa: PLC0415 - for a report
    from ehtui.cli.flags import resolve_args  # noqa: PLC0415
    from ehtui.cli.status import run_report  # noqa: PLC0415

    try:
        resolved = resolve_args(args)
    except SeveralHubsError:
        from ehtui.cli.hubs_command import report_hubs  # noqa: PLC0415

        return report_hubs(args)

    settings = resolved.settings
    pid_report(resolved)
    return run_report(settings, watch_s=REFRESHES * settings.poll.hub_s)


def _say(summary: str, advice: str, code: ExitCode) -> ExitCode:
    print(f"ehtui: {_cut(safe(summary))}", file=sys.stderr)

    if advice:
        print(f"  {_cut(safe(advice))}", file=sys.stderr)

    return code


def _cut(text: str) -> str:
    """Its beginning and its end: what is wrong often stands behind what is quoted."""
    if len(text) <= _LONGEST:
        return text

    return f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"


def _internal(error: BaseException) -> ExitCode:
    if os.environ.get(DEBUG):
        import traceback  # noqa: PLC0415

        text = "".join(traceback.format_exception(error))
        print(visible(mask_secrets(text), keep_newlines=True), file=sys.stderr)

    return _say(
        f"a fault in ehtui itself: {type(error).__name__}: {safe(str(error))[:200]}",
        f"Run it again with {DEBUG}=1 for the traceback, and please report it.",
        ExitCode.INTERNAL,
    )


def _without_output(error: OSError) -> ExitCode:
    return _say(
        f"standard output cannot be written: {error.strerror or error}.",
        "The output is lost: write it somewhere else.",
        ExitCode.OUTPUT,
    )


class Output:
    """Standard output, which remembers why it takes nothing more."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.trouble: OSError | None = None

    def write(self, text: str) -> int:
        """As a stream does."""
        with self._noting():
            return self._stream.write(text)

    def write_bytes(self, data: bytes) -> None:
        """Write bytes as they are, behind what was written before."""
        with self._noting():
            self._stream.flush()
            self._stream.buffer.write(data)
            self._stream.buffer.flush()

    def flush(self) -> None:
        """As a stream does."""
        with self._noting():
            self._stream.flush()

    def settle(self) -> None:
        """Write what is left; raises what was kept quiet, as argparse does of its help."""
        self.flush()

        if self.trouble is not None:
            raise self.trouble

    def notice_reader(self) -> None:
        """Whoever waits with nothing to write asks here whether anybody would still read it.

        Raises:
            BrokenPipeError: Nobody would.
        """
        with self._noting():
            if _is_unread(self._stream):
                raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    def drop(self) -> None:
        """Let the interpreter flush into nothing, so that it does not complain at its end."""
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, self._stream.fileno())
        os.close(nothing)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.trouble = error
            raise

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def _is_unread(stream: TextIO) -> bool:
    """Whether a stream goes into a pipe whose other end is closed."""
    import select  # noqa: PLC0415 - for who waits

    if sys.platform == "win32":
        return False

    try:
        pipe = stream.fileno()

        if not stat.S_ISFIFO(os.fstat(pipe).st_mode):
            return False
    except (OSError, ValueError):  # ValueError: it is no file
        return False

    asked = select.poll()
    asked.register(pipe, 0)  # what is wrong is told unasked

    return any(told & (select.POLLERR | select.POLLHUP) for _, told in asked.poll(0))


class _Forgiving:
    """A stream whose reader may have gone: what is said to it is not why we are here."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """As a stream does."""
        try:
            return self._stream.write(text)
        except (OSError, ValueError):  # ValueError: closed since
            return len(text)

    def flush(self) -> None:
        """As a stream does."""
        with suppress(OSError, ValueError):
            self._stream.flush()

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


@contextmanager
def standard_streams() -> Iterator[Output]:
    """Streams that a command can use, for as long as it runs.

    What is missing is nothing (so that no file of ours takes its number), who reads errors may have
    gone, and a character that an encoding lacks is written as its escape.
    """
    before = sys.stdin, sys.stdout, sys.stderr
    _take_numbers()

    if isinstance(before[1], io.TextIOWrapper):
        before[1].reconfigure(errors="backslashreplace")
        _be_as_elsewhere(before[1])

    output = Output(before[1] or io.StringIO())
    output.trouble = None if before[1] else OSError(errno.EBADF, "it is closed")
    sys.stdin = before[0] or io.StringIO()
    sys.stdout = cast("TextIO", output)
    sys.stderr = cast("TextIO", _Forgiving(before[2] or io.StringIO()))

    try:
        yield output
    finally:
        sys.stdin, sys.stdout, sys.stderr = before


def _be_as_elsewhere(stream: io.TextIOWrapper) -> None:
    """On Windows what is piped is UTF-8 with plain ends of lines too, whatever its code page is."""
    if sys.platform == "win32" and not stream.isatty() and "PYTHONIOENCODING" not in os.environ:
        stream.reconfigure(encoding="utf-8", newline="\n")


def _take_numbers() -> None:
    if sys.platform == "win32":
        return

    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest that is free: this one
