"""Opens the screen of events: on what a row is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.tui.screens.events import EventsScreen
from ehtui.views.events.reading import Reading
from ehtui.views.row_facts import NOTHING, FactsOf

if TYPE_CHECKING:
    from ehtui.tui.host import Host
    from ehtui.views.events.starting import Start


def open_events(app: Host, pane: str, key: str | None, start: Start = None) -> None:
    """Look at the events of the partitions that a row is about; of one that names none, of all."""
    facts = FactsOf(app.snapshot, app.group, pane).of(key) if key is not None else NOTHING
    group = facts.group or app.group
    app.push_screen(EventsScreen(Reading(group, facts.partitions, start)))
