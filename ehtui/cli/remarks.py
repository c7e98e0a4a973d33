"""What `--pid` found, told beside the report so that a pipe gets the report alone."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from ehtui.domain.text import safe

if TYPE_CHECKING:
    from ehtui.config.resolve import Resolved


def tell_process(resolved: Resolved) -> None:
    """Say on standard error what was taken from the process of `--pid`, and where it stood."""
    if resolved.settings.pid is None:
        return

    for line in process_lines(resolved):
        print(safe(line), file=sys.stderr)


def process_lines(resolved: Resolved) -> list[str]:
    """Every setting that came from the process, and the notes of the search."""
    from ehtui.config.leaves import leaves, shown  # noqa: PLC0415

    pid = resolved.settings.pid
    found = [
        f"  {key} = {shown(value)}, {replace(origin, pid=None)}"
        for key, value in leaves(resolved.settings)
        if (origin := resolved.origins.get(key)) is not None and origin.pid == pid
    ]

    return [f"ehtui: process {pid} uses", *found, *(f"  note: {note}" for note in resolved.notes)]
