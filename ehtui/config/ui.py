"""The `ui` section becomes settings; every name in it is one that the screen knows."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from ehtui.config.endpoints import group_of
from ehtui.config.errors import ConfigError
from ehtui.config.settings import UiSettings
from ehtui.config.ui_names import ACTIONS, COLUMNS, PANES, THEMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.config.sections import UiSection


def ui_settings(section: UiSection) -> UiSettings:
    """How the screen looks.

    Raises:
        ConfigError: A theme, action, pane or column that there is not.
    """
    if section.theme is not None:
        _known(section.theme, THEMES, "ui.theme", "theme")

    for action in section.keymap or {}:
        _known(action, ACTIONS, "ui.keymap", "action")

    for pane, column in (section.sort or {}).items():
        _known(pane, PANES, "ui.sort", "pane")
        _known(column.removeprefix("-"), COLUMNS[pane], f"ui.sort.{pane}", "column")

    for pane, columns in (section.columns or {}).items():
        _known(pane, PANES, "ui.columns", "pane")

        for column in columns:
            _known(column, COLUMNS[pane], f"ui.columns.{pane}", "column")

    return UiSettings(
        theme=section.theme,
        ascii=section.ascii,
        keymap=section.keymap or {},
        start_group=group_of(section.start_group, "ui.start_group")
        if section.start_group
        else None,
        bell=bool(section.bell),
        mono=bool(section.mono),
        sort=section.sort or {},
        columns={pane: tuple(columns) for pane, columns in (section.columns or {}).items()},
        start_view=section.start_view or "overview",
        notify=section.notify,
    )


def _known(name: str, names: Sequence[str], key: str, kind: str) -> None:
    if name in names:
        return

    near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.5)
    guess = f"; did you mean '{near[0]}'?" if near else "."

    raise ConfigError(
        f"{key}: there is no {kind} '{name}'{guess}", f"There are: {', '.join(names)}."
    )
