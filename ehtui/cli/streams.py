"""Standard streams as they are found: closed, full, hung up, or of any encoding."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Iterator


class Output:
    """Standard output, which remembers why it takes nothing more."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.trouble: OSError | None = None

    def write(self, text: str) -> int:
        """As a stream does."""
        with self._noting():
            return self._stream.write(text)

    def flush(self) -> None:
        """As a stream does."""
        with self._noting():
            self._stream.flush()

    def settle(self) -> None:
        """Write what is left; raises what was kept quiet, as argparse does of its help."""
        self.flush()

        if self.trouble is not None:
            raise self.trouble

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

    output = Output(before[1] or io.StringIO())
    output.trouble = None if before[1] else OSError(errno.EBADF, "it is closed")
    sys.stdin = before[0] or io.StringIO()
    sys.stdout = cast("TextIO", output)
    sys.stderr = cast("TextIO", _Forgiving(before[2] or io.StringIO()))

    try:
        yield output
    finally:
        sys.stdin, sys.stdout, sys.stderr = before


def _take_numbers() -> None:
    if os.name != "posix":
        return

    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest that is free: this one
