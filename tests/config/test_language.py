"""In which language sentences are told: a flag over the environment over a file."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest

from ehtui.config.errors import ConfigError
from ehtui.config.found import Flags, Resolved
from ehtui.config.resolve import resolve

FLAG = Flags(values={"ui.lang": "ko"}, names={"ui.lang": "--lang"})


def nobody(pid: int) -> NoReturn:
    raise AssertionError(pid)


def resolved(folder: Path, flags: Flags = Flags(), **environment: str) -> Resolved:  # noqa: B008
    return resolve(flags, environment=environment, folder=folder, look_into=nobody)


def test_it_is_english_unless_somebody_says_otherwise(tmp_path: Path) -> None:
    assert resolved(tmp_path).settings.ui.lang == "en"
    assert resolved(tmp_path, EHTUI_LANG="").settings.ui.lang == "en"


def test_a_flag_goes_over_the_environment_and_that_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("ui: {lang: ko, theme: nord}", encoding="utf-8")

    assert resolved(tmp_path).settings.ui.lang == "ko"

    of_variable = resolved(tmp_path, EHTUI_LANG="en")
    assert (of_variable.settings.ui.lang, of_variable.settings.ui.theme) == ("en", "nord")
    assert "EHTUI_LANG" in str(of_variable.origins["ui.lang"])

    of_flag = resolved(tmp_path, FLAG, EHTUI_LANG="en")
    assert of_flag.settings.ui.lang == "ko"
    assert "--lang" in str(of_flag.origins["ui.lang"])


def test_a_language_that_there_is_not_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"EHTUI_LANG.*should be one of en, ko, not 'de'"):
        resolved(tmp_path, EHTUI_LANG="de")
