"""What `--pid` found, told beside the report so that a pipe gets the report alone."""

from __future__ import annotations

import sys
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
    mark = f"(process {pid})"
    found = [
        f"  {key} = {shown(value)}, {resolved.origins[key].replace(f' {mark}', '')}"
        for key, value in leaves(resolved.settings)
        if mark in resolved.origins.get(key, "")
    ]

    return [f"ehtui: process {pid} uses", *found, *(f"  note: {note}" for note in resolved.notes)]
