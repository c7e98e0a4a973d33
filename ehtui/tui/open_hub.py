"""A hub that is looked at, or was: what is behind its screen, and what goes on there meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.tui.chrome import ASCII_GLYPHS, UNICODE_GLYPHS
from ehtui.tui.overview_tables import OverviewTables
from ehtui.views.formats import Clock

if TYPE_CHECKING:
    from textual.worker import Worker

    from ehtui.domain.actions.sending import SendPlan
    from ehtui.monitor.backend import Backend
    from ehtui.tui.options import UiOptions


class OpenHub:
    """Outlives its screen: an action goes on where somebody looks at another hub."""

    def __init__(self, backend: Backend, options: UiOptions, key: str = "") -> None:
        self.backend = backend
        self.options = options
        self.key = key  # among several; empty for the only one
        self.tables = tables_of(options)
        self.busy = ""  # what is waited for
        self.sending: SendPlan | None = None  # what is being sent: escape stops it
        self.actions: set[Worker[None]] = set()  # that are waited for

    def stop_waiting(self) -> None:
        """Wait for no action any more; they may still complete."""
        for each in tuple(self.actions):
            each.cancel()


def tables_of(options: UiOptions) -> OverviewTables:
    """Tables and sentences as the options want them."""
    signs = ASCII_GLYPHS if options.ascii else UNICODE_GLYPHS

    return OverviewTables(signs, Clock(options.utc_offset_s, options.lang), options.started_with)
