from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ehtui.domain.evidence import Evidence
from ehtui.domain.snapshot import (
    ConsumerRole,
    Health,
    LeaseState,
    OwnerState,
    Snapshot,
    Subject,
)
from ehtui.domain.why import why
from ehtui.domain.why.checks import Check, Verdict, Why
from ehtui.domain.why.evidence import CHECKS, CheckKind, WrittenCheckpoint
from ehtui.domain.world.process import LogState, RecognisedBy
from ehtui.views.cells import Tone
from ehtui.views.glyphs import ASCII
from ehtui.views.keys import named
from ehtui.views.phrasing import Phrasing
from ehtui.views.why import (
    GLOSSARY,
    TEXTS,
    TO_DO,
    Explanation,
    document,
    explain,
    explanation_lines,
)
from ehtui.views.why.words import CLAIMING, OWNERSHIP, STANDBY, VERDICT_WORDS
from tests.evidence import EXAMPLES, ZEROS, Values, anything, evidence_of, example
from tests.views import world
from tests.views.test_findings import MoonPhase

SAY = Phrasing(world.snapshot(), group=world.GROUP)


def told(snapshot: Snapshot, **subject: Any) -> Explanation:
    return explain(why(snapshot, Subject(**subject)), Phrasing(snapshot, group=world.GROUP))


def of_check(name: str, passed: bool | None, evidence: Evidence) -> Explanation:
    subject = Subject(group=world.GROUP, partition="2")

    return explain(Why(subject, Verdict.FINE, (Check(name, passed, evidence),)), SAY)


def test_the_catalogue_is_told_whole() -> None:
    assert {id_: text.kind for id_, text in TEXTS.items()} == CHECKS
    assert set(VERDICT_WORDS) == set(Verdict)


@pytest.mark.parametrize("kind", CHECKS.values(), ids=CHECKS)
@pytest.mark.parametrize("passed", [True, False, None])
@pytest.mark.parametrize("unknown", [False, True])
@pytest.mark.parametrize("values", [EXAMPLES, ZEROS], ids=["some", "zeros"])
def test_every_answer_has_words(
    kind: CheckKind[Any], passed: bool | None, unknown: bool, values: Values
) -> None:
    explained = of_check(
        kind.id, passed, example(kind.evidence, values, world.NOW, unknown=unknown)
    )
    (answer,) = explained.answers

    assert answer.text
    assert "None" not in answer.text
    assert "  " not in answer.text
    assert not answer.text.endswith((".", ";", ":", " "))
    assert all(step.endswith(".") for step in explained.next_steps)


def anything_of(kind: CheckKind[Any]) -> st.SearchStrategy[tuple[str, Evidence]]:
    return anything(kind.evidence).map(lambda evidence: (kind.id, evidence))


@given(
    st.sampled_from([*CHECKS.values()]).flatmap(anything_of),
    st.sampled_from([True, False, None]),
    st.booleans(),
)
def test_no_evidence_breaks_an_answer(
    asked: tuple[str, Evidence], passed: bool | None, is_new: bool
) -> None:
    name, evidence = asked
    assert of_check("new.check" if is_new else name, passed, evidence).answers[0].text


def test_words_are_for_the_evidence_of_their_own_check() -> None:
    (answer,) = of_check("lease.is_renewed", True, MoonPhase(61.0)).answers

    assert answer.text == "lease is renewed"


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_is_a_sentence(verdict: Verdict) -> None:
    assert VERDICT_WORDS[verdict][1].endswith(".")


def standing_by() -> Snapshot:
    held = [
        world.partition(str(n), world.lease(owner=owner), 20, 20)
        for n, owner in enumerate((world.A, world.B, world.C))
    ]

    return world.snapshot(
        groups=(world.group_state(*held),),
        consumers=(world.consumer(51411, 720, "spare", connections=1),),
        findings=(world.STANDS_BY,),
    )


def test_a_colleague_explains_standby() -> None:
    explained = told(standing_by(), pid=51411)
    answers = {answer.text: answer for answer in explained.answers}
    no_room = answers["There is no partition left for it: 3 partitions, 3 other owners"]
    heard = answers["Its log says “hasn't claimed an ownership” (12 times)"]

    assert explained.about == "start_consumer.py 51411"
    assert explained.tone is Tone.INFO
    assert explained.verdict.startswith("It works as designed: it is a spare.")
    assert (no_room.mark, no_room.tone, no_room.lesson) == ("✗", Tone.INFO, STANDBY)
    assert heard.lesson == CLAIMING
    assert sum(step.startswith("Price:") for step in explained.next_steps) == 3


def test_a_lesson_is_given_once() -> None:
    lessons = [answer.lesson for answer in told(standing_by(), pid=51411).answers]

    assert lessons.count(OWNERSHIP) == 1


def test_a_partition_whose_owner_fell_silent() -> None:
    explained = told(world.snapshot(), group=world.GROUP, partition="2")
    texts = [answer.text for answer in explained.answers]

    assert explained.about == "P2 of $Default"
    assert explained.verdict.startswith("Its owner has gone silent.")
    assert "51ab7c10 has not renewed its lease for 2m19s; the lease expires at 12:03:40" in texts
    assert explained.next_steps[-1].startswith("Nothing to do: a survivor takes over by itself")


def test_a_partition_that_works() -> None:
    snapshot = world.snapshot()
    explained = told(snapshot, group=world.GROUP, partition="0")

    assert (explained.tone, explained.next_steps) == (Tone.GOOD, ())
    assert {answer.mark for answer in explained.answers} <= {"✓", "–"}


def test_nobody_holds_it() -> None:
    free = world.partition(
        "0", world.lease(LeaseState.NEVER_OWNED), 20, 17, health=Health.UNOWNED, rule="unowned"
    )
    explained = told(
        world.snapshot(groups=(world.group_state(free),), findings=()),
        group=world.GROUP,
        partition="0",
    )

    assert explained.tone is Tone.CRITICAL
    assert "Nobody has ever claimed it" in [answer.text for answer in explained.answers]
    assert explained.next_steps == (
        "Start a consumer of this group: it claims free partitions in its first round.",
    )


def test_a_group_and_an_owner() -> None:
    snapshot = world.snapshot(findings=())
    group = told(snapshot, group="analytics")
    owner = told(snapshot, owner=world.A)

    assert group.about == "group analytics"
    assert group.verdict.startswith("This store has no records of it")
    assert owner.about == f"owner {world.A}"
    assert "It owns P0" in [answer.text for answer in owner.answers]


def test_a_process_that_ended() -> None:
    consumer = world.consumer(7, 60, role=ConsumerRole.UNKNOWN, status="zombie")
    explained = told(world.snapshot(consumers=(consumer,), findings=()), pid=7)

    assert explained.answers[-1].text == "Process 7 is not running (zombie)"
    assert explained.verdict == "It no longer exists, so it receives nothing."


def test_an_unknown_check_tells_its_name() -> None:
    (answer,) = of_check("moon.is_full", True, MoonPhase(61.0)).answers

    assert answer.text == "moon is full"


def test_its_document_has_flat_evidence() -> None:
    """JSON's keys, whether what it rests on is nested or not."""
    found: Any = document(why(world.snapshot(), Subject(group=world.GROUP, partition="2")))
    checks = {check["id"]: check for check in found["checks"]}
    owned, (overdue, *_) = checks["partition.is_owned"], found["findings"]

    assert found["verdict"] == "lapsing"
    assert found["subject"]["partition"] == "2"
    assert owned["passed"] is True
    assert owned["evidence"]["state"] == "overdue"
    assert {"takeover_earliest_at", "takeover_basis"} <= set(owned["evidence"])
    assert overdue["evidence"]["takeover_basis"] == "python-180/30"
    assert json.dumps(found, allow_nan=False)


def test_ascii_marks() -> None:
    explained = explain(
        why(standing_by(), Subject(pid=51411)), Phrasing(standing_by()), glyphs=ASCII
    )

    assert {answer.mark for answer in explained.answers} <= {"+", "x", "–"}


def test_other_groups_are_named() -> None:
    subject = Subject(group="analytics", partition="2")

    assert named(subject, SAY) == "P2 of analytics"


def test_lines_for_a_terminal() -> None:
    lines = list(explanation_lines(told(standing_by(), pid=51411)))
    check = next(at for at, line in enumerate(lines) if line.startswith("✓"))

    assert lines[0].startswith("Why start_consumer.py 51411? It works as designed")
    assert 0 < lines.index(TO_DO) < check < lines.index(GLOSSARY) < lines.index(f"    {STANDBY}")


def test_what_works_asks_for_nothing() -> None:
    held = world.partition("0", world.lease(), 20, 20)
    snapshot = world.snapshot(
        groups=(world.group_state(held, counts={}),), findings=(world.STANDS_BY,)
    )
    explained = told(snapshot, group=world.GROUP)

    assert (explained.tone, explained.next_steps) == (Tone.GOOD, ())


def test_a_silent_process_of_which_nobody_knows_who_it_is() -> None:
    silent = replace(
        world.consumer(
            9, 60, role=ConsumerRole.UNKNOWN, recognised_by=RecognisedBy.CONNECTION, name="python"
        ),
        log=LogState.SILENT,
    )
    held = (world.partition(str(n), world.lease(owner=o), 9, 9) for n, o in enumerate("ab"))
    group = replace(
        world.group_state(*held), owners=(OwnerState("a", ("0",)), OwnerState("b", ("1",)))
    )
    explained = told(world.snapshot(groups=(group,), consumers=(silent,), findings=()), pid=9)
    marks = {answer.text: answer.mark for answer in explained.answers}

    for question in ("there is a partition for it", "a partition is free for it"):
        reason = "it may be any of the 2 owners whose process is not known"
        assert marks[f"Not known whether {question}: {reason}"] == "–"

    (step,) = explained.next_steps
    assert 'getLogger("azure.eventhub").setLevel(logging.INFO)' in step


def test_a_checkpoint_of_the_owner_before_is_told_as_such() -> None:
    evidence = {"sequence": 6_497, "written_at": world.NOW - 90, "is_of_owner": False}
    told = evidence_of(WrittenCheckpoint, evidence)
    (answer,) = of_check("checkpoint.exists", True, told).answers
    assert (
        answer.text
        == "Last checkpoint: 6,497, written 1m30s ago, before its current owner claimed it"
    )

    own = replace(told, is_of_owner=True)
    assert of_check("checkpoint.exists", True, own).answers[0].text.endswith("1m30s ago")


def test_a_group_of_which_a_part_is_not_read_is_not_called_unread() -> None:
    held = world.partition("0", world.lease(), 20, 20)
    free = replace(
        world.partition("1", world.lease(LeaseState.RELEASED), 20, 5),
        health=Health.UNOWNED,
        rule="unowned",
    )
    group = replace(world.group_state(held, free), health=Health.UNOWNED)
    explained = told(world.snapshot(groups=(group,), findings=()), group=world.GROUP)

    assert explained.verdict.startswith("Nobody reads some of its partitions")
