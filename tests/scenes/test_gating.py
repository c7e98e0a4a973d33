"""When a gate judges, and what is wrong about its verdict; `make scenes` plays the deployments."""

from __future__ import annotations

import dataclasses

from ehtui.domain.gate.checks import (
    AllOwned,
    Answer,
    Check,
    OwnersBack,
    Verdict,
)
from ehtui.sandbox.scenes import DEPLOYMENTS, SCENES
from tests.domain.test_gate import Deployment
from tests.scenes.__main__ import deployments_page, gate_row
from tests.scenes.gating import STEADY_S, Gate, Gated
from tests.scenes.verdict import Seen

BAD = DEPLOYMENTS["one-missing"]
GOOD = DEPLOYMENTS["rolling"]


def test_a_false_pass_is_told_before_anything_else() -> None:
    (told,) = Gated(BAD, Verdict.PASSED).complaints
    assert told == "a FALSE PASS: passed, not failed"

    (told,) = Gated(GOOD, Verdict.FAILED).complaints
    assert told == "a false verdict: failed, not passed"
    assert Gated(GOOD, Verdict.PASSED, failure="nobody came").complaints == ("nobody came",)


def test_who_fails_for_another_reason_is_not_right() -> None:
    owners = OwnersBack(before=2, now=1, wanted=2, new=1, all_new=False)
    owned = AllOwned(owned=4, of=4, unowned=(), unrenewed=())
    right = (Check(Answer.YES, owned), Check(Answer.NOT_YET, owners))
    assert Gated(BAD, Verdict.FAILED, found=right).complaints == ()

    wrong = (Check(Answer.NOT_YET, owned), Check(Answer.YES, owners))
    assert Gated(BAD, Verdict.FAILED, found=wrong).complaints == ("OwnersBack holds, and must not",)


def test_every_bad_deployment_says_what_must_not_hold() -> None:
    assert {d.verdict for d in DEPLOYMENTS.values()} == {Verdict.PASSED, Verdict.FAILED}
    assert not set(DEPLOYMENTS) & set(SCENES)
    assert all((d.by == ()) == (d.verdict is Verdict.PASSED) for d in DEPLOYMENTS.values())


def test_the_gate_waits_until_all_was_so_for_a_while_and_judges_when_time_is_up() -> None:
    run = Deployment()
    gate = Gate(GOOD, [run.world.snapshot])
    assert gate.has_begun
    deployed_at = run.world.at

    while gate.verdict is None:
        run.watch(5)
        gate.look(Seen(run.world.at, run.world.snapshot), deployed_at)

    assert gate.verdict is Verdict.PASSED
    assert gate.judged_at is not None
    assert gate.judged_at - deployed_at >= STEADY_S

    run = Deployment()
    late = dataclasses.replace(BAD, late_s=60.0)
    gate = Gate(late, [run.world.snapshot])
    run.world.stop("a")
    deployed_at = run.world.at

    while gate.verdict is None:
        run.watch(5)
        gate.look(Seen(run.world.at, run.world.snapshot), deployed_at)

    assert gate.verdict is Verdict.FAILED
    assert gate.judged_at == deployed_at + 60.0


def test_a_page_keeps_the_rows_of_what_was_not_played_now() -> None:
    first = deployments_page("", [gate_row(Gated(GOOD, Verdict.FAILED))])
    assert "FALSE" not in first
    second = deployments_page(first, [gate_row(Gated(BAD, Verdict.PASSED))])
    third = deployments_page(second, [gate_row(Gated(GOOD, Verdict.PASSED, 3.0))])

    rows = [line for line in third.splitlines() if line.startswith("| `")]
    assert [row.split("|")[5].strip() for row in rows] == [
        "passed",
        "a FALSE PASS: passed, not failed",
    ]
