"""Names that the settings of the screen use: themes, actions, panes and columns that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.theme import BUILTIN_THEMES

from ehtui.config.errors import ConfigError
from ehtui.tui import themes
from ehtui.tui.keys import KEYS
from ehtui.views.events import columns as events
from ehtui.views.tables import consumers, findings, hubs, partitions, timeline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ehtui.config.settings import UiSettings
    from ehtui.views.cells import Column

# `ui.mono` asks for the theme without colours.
_THEMES = sorted(
    {*BUILTIN_THEMES, *(theme.name for theme in themes.THEMES)} - {themes.MONO.name},
    key=lambda name: (not name.startswith("ehtui"), name),
)
_ACTIONS = [key.id for key in KEYS]
TABLES: Mapping[str, Sequence[Column]] = {
    "partitions": partitions.COLUMNS,
    "consumers": consumers.COLUMNS,
    "findings": findings.COLUMNS,
    "timeline": timeline.COLUMNS,
    "events": events.COLUMNS,
    "hubs": hubs.COLUMNS,
}


def check_names(ui: UiSettings) -> None:
    """Every name is one that the screen knows.

    Raises:
        ConfigError: A theme, action, pane or column that there is not.
    """
    if ui.theme is not None:
        _check(ui.theme, _THEMES, "ui.theme", "theme")

    for action in ui.keymap:
        _check(action, _ACTIONS, "ui.keymap", "action")

    for pane, column in ui.sort.items():
        _check(pane, tuple(TABLES), "ui.sort", "pane")
        _check(column.removeprefix("-"), _columns(pane), f"ui.sort.{pane}", "column")

    for pane, columns in ui.columns.items():
        _check(pane, tuple(TABLES), "ui.columns", "pane")

        for column in columns:
            _check(column, _columns(pane), f"ui.columns.{pane}", "column")


def _columns(pane: str) -> Sequence[str]:
    return [column.key for column in TABLES[pane]]


def _check(name: str, names: Sequence[str], key: str, kind: str) -> None:
    if name in names:
        return

    import difflib  # noqa: PLC0415 - only for mistakes

    near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.5)
    guess = f"; did you mean '{near[0]}'?" if near else "."

    raise ConfigError(
        f"{key}: there is no {kind} '{name}'{guess}", f"There are: {', '.join(names)}."
    )
