"""`ehtui consumers`: what could not be read is said, and is an exit code of its own."""

from __future__ import annotations

import json

import pytest

from ehtui.cli import compose
from ehtui.cli.flags import ExitCode
from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.snapshot import SourceState, SourceStatus
from tests.cli.conftest import HUB, Ehtui
from tests.views import world

DOWN = Problem(ProblemKind.UNREACHABLE, "nobody answers", "See whether it runs.")


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("store", SourceStatus.FAILED, ExitCode.UNREADABLE),
        ("processes", SourceStatus.STARTING, ExitCode.UNREADABLE),
        ("store", SourceStatus.OFF, ExitCode.OK),
        ("hub", SourceStatus.FAILED, ExitCode.OK),  # who owns what is known without it
    ],
)
@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_what_the_list_cannot_know_is_said(
    ehtui: Ehtui,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    status: SourceStatus,
    code: ExitCode,
    flags: tuple[str, ...],
) -> None:
    problem = DOWN if status is SourceStatus.FAILED else None
    snapshot = world.snapshot(sources=(SourceState(name, status, problem=problem),))
    monkeypatch.setattr(compose, "look", lambda _: snapshot)
    said = ehtui("consumers", *flags, EVENTHUB_CONNECTION_STRING=HUB, EVENTHUB_NAME="h")

    assert said.code == code
    assert (f"the {name} could not be read" in said.err) is (code is ExitCode.UNREADABLE)
    assert len(json.loads(said.out)) == 3 if flags else "73fda457" in said.out
