"""`ehtui demo --scene`: which scenes there are, and what is said of one that cannot be played."""

from __future__ import annotations

from argparse import Namespace

import pytest

from ehtui.cli.main import run
from ehtui.cli.scenes import run_scenes
from ehtui.config.errors import ConfigError
from ehtui.sandbox.scenes import SCENES


def test_it_lists_every_scene_with_its_title(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--list-scenes"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(SCENES)
    assert all(scene.title in line for scene, line in zip(SCENES.values(), lines, strict=True))


def test_a_scene_that_does_not_exist_is_a_mistake_with_a_hint(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["demo", "--scene", "crahs"]) == 64
    assert "did you mean 'crash'?" in capsys.readouterr().err


def test_a_scene_with_javascript_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(ConfigError, match="Node"):
        run_scenes("mixed", Namespace())
