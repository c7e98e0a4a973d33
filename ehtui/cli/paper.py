"""How this standard output takes a report, and how this terminal takes a screen."""

from __future__ import annotations

import os
import shutil
import sys
from datetime import datetime
from typing import TYPE_CHECKING

from ehtui.views.formats import Clock
from ehtui.views.glyphs import ASCII, UNICODE

if TYPE_CHECKING:
    from ehtui.views.report import Paper


def paper(*, is_ascii: bool | None = None) -> Paper:
    """As wide as the terminal and coloured like it; for a pipe as wide as it is, and plain."""
    from ehtui.views.report import Paper  # noqa: PLC0415 - a screen prints no report

    is_terminal = sys.stdout.isatty()

    return Paper(
        cells=shutil.get_terminal_size().columns if is_terminal else None,
        colour=is_terminal and wants_colour(),
        glyphs=ASCII if (not speaks_utf8() if is_ascii is None else is_ascii) else UNICODE,
        clock=Clock(utc_offset_s()),
    )


def wants_colour() -> bool:
    """Whether nobody asked for none (no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def speaks_utf8() -> bool:
    """Whether standard output can show more than ASCII."""
    return (sys.stdout.encoding or "").lower().replace("-", "") in {"utf8", "utf16", "utf32"}


def utc_offset_s() -> float:
    """Of this host's zone, now."""
    offset = datetime.now().astimezone().utcoffset()

    return offset.total_seconds() if offset else 0.0
