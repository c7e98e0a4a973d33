"""`ehtui` without a command: the screen in a terminal, the report everywhere else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ehtui.cli.flags import resolve_args
from ehtui.config.resolve import require_hub

if TYPE_CHECKING:
    import argparse

# So many reads of the hub before a pipe gets its report: rates need two, and one to spare.
REFRESHES = 3


def run(args: argparse.Namespace) -> int:
    """Open the screen or print the report."""
    settings = resolve_args(args).settings
    require_hub(settings)

    from ehtui.cli import compose  # noqa: PLC0415 - every room below comes with it

    if has_terminal():
        return compose.run_ui(settings)

    return compose.run_report(settings, watch_s=REFRESHES * settings.poll.hub_s)


def has_terminal() -> bool:
    """Whether a person can see and type."""
    return sys.stdin.isatty() and sys.stdout.isatty()
