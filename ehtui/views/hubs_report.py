"""All hubs and groups as a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.views.hubs import hubs_headline
from ehtui.views.report import WIDE, painted, table_lines
from ehtui.views.tables.hubs import hubs_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.views.hubs import HubRow
    from ehtui.views.report import OutputFormat


def hubs_report(rows: Sequence[HubRow], output: OutputFormat = WIDE) -> str:
    """The worst of all in one sentence, then the overview's table."""
    said, table = hubs_headline(rows, glyphs=output.glyphs), hubs_table(rows, glyphs=output.glyphs)
    lines = [
        painted(said.text, said.tone, colour=output.colour),
        "",
        *table_lines(table, output.cells, colour=output.colour),
    ]
    return "\n".join(lines) + "\n"
