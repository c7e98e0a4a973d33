"""Two quick scenes with everything real; `make scenes` plays them all."""

from __future__ import annotations

import pytest

from ehtui.domain.findings.evidence_records import FINDINGS
from ehtui.sandbox.scenes import SCENES
from tests.scenes.verdict import judge
from tests.scenes.watching import watch_scene


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", ["standby", "recreated"])
def test_a_scene_brings_what_it_must_and_nothing_else(name: str) -> None:
    played = watch_scene(SCENES[name])

    assert judge(played).complaints == ()


def test_scenes_expect_what_the_catalogue_knows() -> None:
    for scene in SCENES.values():
        assert set(scene.passing) <= set(FINDINGS)
        assert all(e.severity in FINDINGS[e.id].severities for e in scene.expects)
        assert not set(scene.passing) & {e.id for e in scene.expects}
