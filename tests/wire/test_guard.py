"""An azure-eventhub that was never tested is refused with a sentence, not with a traceback."""

from __future__ import annotations

import pytest

from ehtui.domain.problems import ProblemKind
from ehtui.wire.pyamqp.guard import ensure_supported, judge


@pytest.mark.parametrize("version", ["5.15.0", "5.15.1", "5.15.99"])
def test_tested_versions_pass(version: str) -> None:
    assert judge(version) is None


@pytest.mark.parametrize("version", ["5.14.9", "5.15.0b1", "5.16.0", "6.0.0", None])
def test_other_versions_are_unsupported(version: str | None) -> None:
    problem = judge(version)

    assert problem is not None
    assert problem.kind is ProblemKind.UNSUPPORTED
    assert (version or "not installed") in problem.summary
    assert "pip install" in problem.advice


def test_the_installed_one_has_all_that_is_needed() -> None:
    ensure_supported()
