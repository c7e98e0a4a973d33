"""Where something is stuck, its advice says how to see the event that it stands before."""

from __future__ import annotations

import pytest

from ehtui.domain.policy import Policy
from ehtui.domain.snapshot import Severity, Snapshot
from ehtui.domain.why import evidence as checks
from ehtui.views import findings
from ehtui.views.phrasing import Phrasing
from ehtui.views.why.of_partition import PARTITION_CHECKS
from tests.views import world

FOUND = world.finding(
    "handler.stuck",
    Severity.WARNING,
    {"owner": world.C, "rule": "stopped", "waiting_s": 240.0, "cadence_s": 10.0, "lag": 9},
    partition="2",
)


def picture(peek_group: str | None) -> Snapshot:
    return world.snapshot(policy=Policy(peek_group=peek_group))


def test_a_stuck_handler_names_the_key_and_the_command() -> None:
    say = Phrasing(picture("ehtui-peek"), started_with=("--eventhub", "minutes"))
    last = findings.advice(FOUND, say)[-1]

    assert last == (
        "Press e to see the event that it stands before, or run `ehtui --eventhub minutes events "
        "-p 2 --from checkpoint -n 1 --pretty --group '$Default'`: the handler hangs on "
        "that one, or on one soon behind it."
    )


def test_without_a_group_to_look_in_there_is_no_such_advice() -> None:
    assert "Press e" not in " ".join(findings.advice(FOUND, Phrasing(picture(None))))


@pytest.mark.parametrize(("peek_group", "is_told"), [("ehtui-peek", True), (None, False)])
def test_why_says_so_too(peek_group: str | None, is_told: bool) -> None:
    text = next(each for each in PARTITION_CHECKS if each.kind is checks.PROGRESS_MOVES)
    assert text.next_step is not None
    step = text.next_step(None, Phrasing(picture(peek_group)))  # type: ignore[arg-type]

    assert ("Press e to see the event that it stands before: " in step) is is_told
