"""The `ui` section as a file has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehtui.config.errors import ConfigError
from ehtui.config.settings import UiSettings
from ehtui.config.yaml_settings import read_file_settings


def ui_of(text: str, folder: Path) -> UiSettings:
    path = folder / "ehtui.yaml"
    path.write_text(f"ui: {text}")
    file = read_file_settings([(path, "ehtui.yaml")], {})
    assert file is not None
    return file.settings.ui


def test_what_is_said_is_kept(tmp_path: Path) -> None:
    settings = ui_of(
        "{theme: nord, keymap: {quit: x}, sort: {partitions: -lag}, mono: , "
        "columns: {consumers: [pid, owns]}, start_view: findings, notify: osc9}",
        tmp_path,
    )

    assert settings.theme == "nord"
    assert settings.columns == {"consumers": ("pid", "owns")}
    assert (settings.start_view, settings.notify) == ("findings", "osc9")
    assert not settings.mono


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("{start_view: x}", "should be one of overview, partitions, consumers, findings, timeline"),
        ("{keys: emacs}", "ui.keys (ehtui.yaml line 1) should be one of default, vim."),
        ("{notify: x}", "ui.notify (ehtui.yaml line 1) should be one of osc9, osc777."),
        ("{columns: {consumers: pid}}", "ui.columns.… (ehtui.yaml line 1) should be a list, not"),
        ("{start_group: a/b}", "ui.start_group is not the name of a consumer group: 'a/b'."),
    ],
)
def test_what_is_none_is_told(tmp_path: Path, text: str, summary: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ui_of(text, tmp_path)

    assert summary in caught.value.summary
