"""`$PAGER` for text that is longer than the terminal; never in a pipe, never for a few lines."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

# As git has it: leave at once if it fits, show colours, keep what was there.
_LESS = "FRX"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def add_pager_flag(parser: argparse.ArgumentParser) -> None:
    """`--no-pager`, for commands that may print much."""
    parser.add_argument(
        "--no-pager",
        action="store_true",
        help="print everything at once; else a long text on a terminal goes through $PAGER "
        "(less, where that is not set)",
    )


def print_long(text: str, *, is_off: bool = False, is_ascii: bool | None = None) -> None:
    """Print whole lines, through the pager where they are more than the terminal shows."""
    from ehtui.cli.output_format import draws_ascii, print_text  # noqa: PLC0415 - not for --help
    from ehtui.views.glyphs import in_ascii  # noqa: PLC0415

    command = () if is_off else pager_for(text, os.environ)
    is_plain = draws_ascii() if is_ascii is None else is_ascii

    if not command or not _paged(in_ascii(text) if is_plain else text, command):
        print_text(text, is_ascii=is_ascii, end="")


def pager_for(text: str, environment: Mapping[str, str]) -> Sequence[str]:
    """The command that shows it; empty where none is needed or wanted, as with `PAGER=cat`."""
    from ehtui.cli.output_format import is_dumb  # noqa: PLC0415

    if not (sys.stdout.isatty() and sys.stdin.isatty()) or is_dumb() or _fits(text):
        return ()

    named = environment.get("PAGER", "less")

    try:
        words = shlex.split(named)
    except ValueError:  # a quote that is never closed
        return ()

    return () if words in ([], ["cat"]) or shutil.which(words[0]) is None else words


def _fits(text: str) -> bool:
    """Whether the terminal shows it with a line to spare for the prompt."""
    from ehtui.views.width import width  # noqa: PLC0415

    columns, rows = shutil.get_terminal_size()
    lines = text.splitlines()

    if len(lines) >= rows:
        return False

    cells = (width(_COLOUR.sub("", line)) for line in lines)
    return sum(max(1, -(-each // max(1, columns))) for each in cells) < rows


def _paged(text: str, command: Sequence[str]) -> bool:
    """Whether a pager showed it; what its reader did not care to see is no fault."""
    environment = {"LESS": _LESS, "LESSCHARSET": "utf-8", **os.environ}
    sys.stdout.flush()

    try:
        with (
            subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as pager,
            _interrupts_are_its_own(),
            suppress(BrokenPipeError),
        ):
            pager.communicate(text.encode(errors="backslashreplace"))
    except OSError:
        return False

    return True


@contextmanager
def _interrupts_are_its_own() -> Iterator[None]:
    """Ctrl-C in a pager ends a search there, not us."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)

    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
