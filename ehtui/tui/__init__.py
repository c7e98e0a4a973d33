"""The screen. Importing this loads nothing of Textual; `run` does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ehtui.tui.session import Session, UiOptions

__all__ = ["run"]


def run(session: Session, options: UiOptions) -> int:
    """Show `session` until somebody leaves; the exit code is 0, or 128 and the signal's number."""
    # Read when Textual is imported: a key's effect waits for the next tick, 8 ms instead of 16.
    os.environ.setdefault("TEXTUAL_FPS", "120")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")

    if options.mono:
        os.environ["NO_COLOR"] = "1"

    from ehtui.tui.app import EhtuiApp  # noqa: PLC0415 - Textual is heavy

    app = EhtuiApp(session, options)
    left_with = app.run()

    return app.return_code or 0 if left_with is None else left_with
