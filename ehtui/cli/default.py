"""`ehtui` without a command: the screen in a terminal, the report everywhere else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ehtui.cli import garbage
from ehtui.cli.config import tell_process
from ehtui.cli.flags import resolve_args

if TYPE_CHECKING:
    import argparse

# So many reads of the hub before a pipe gets its report: rates need two, and one to spare.
REFRESHES = 3


def run(args: argparse.Namespace | None) -> int:
    """Open the screen or print the report."""
    garbage.hold()  # until the sources are open

    from ehtui.cli import compose  # noqa: PLC0415 - every room below comes with it

    resolved = resolve_args(args)
    settings = resolved.settings

    if has_terminal():
        banner = None if settings.pid is None else f"as process {settings.pid}"
        return compose.run_ui(settings, banner=banner)

    tell_process(resolved)

    return compose.run_report(settings, watch_s=REFRESHES * settings.poll.hub_s)


def has_terminal() -> bool:
    """Whether a person can see and type."""
    return sys.stdin.isatty() and sys.stdout.isatty()
