"""The `ui` section: its names are those of the screen, and a wrong one is named."""

from __future__ import annotations

import pytest

from ehtui.config.errors import ConfigError
from ehtui.config.sections import UiSection
from ehtui.config.ui import ui_settings


def test_what_is_said_is_kept() -> None:
    section = UiSection(
        theme="nord",
        keymap={"quit": "x"},
        sort={"partitions": "-lag"},
        columns={"consumers": ["pid", "owns"]},
        start_view="findings",
        notify="osc9",
    )
    settings = ui_settings(section)

    assert settings.theme == "nord"
    assert settings.columns == {"consumers": ("pid", "owns")}
    assert (settings.start_view, settings.notify) == ("findings", "osc9")


@pytest.mark.parametrize(
    ("section", "summary"),
    [
        (UiSection(theme="ehtui-drak"), "ui.theme: there is no theme 'ehtui-drak'; did you mean"),
        (UiSection(keymap={"quti": "x"}), "ui.keymap: there is no action 'quti'; did you mean"),
        (UiSection(sort={"partition": "lag"}), "ui.sort: there is no pane 'partition'; did you"),
        (UiSection(sort={"partitions": "-lagg"}), "ui.sort.partitions: there is no column 'lagg'"),
        (UiSection(columns={"zzz": []}), "ui.columns: there is no pane 'zzz'."),
        (UiSection(columns={"timeline": ["xyz"]}), "ui.columns.timeline: there is no column 'xyz'"),
    ],
)
def test_a_wrong_name_is_named(section: UiSection, summary: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ui_settings(section)

    assert caught.value.summary.startswith(summary)
    assert caught.value.advice.startswith("There are: ")
